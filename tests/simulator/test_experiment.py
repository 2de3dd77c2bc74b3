"""Two routings: who is served by which, what the new one saves and conceals, and that all else is as without it."""

import hashlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy import stats
from sleigh import domain
from sleigh.simulator.faults import DEFAULT_FAULTS, parse_faults
from sleigh.simulator.night import night
from sleigh.simulator.status_changes import status_changes

NIGHT = {"minutes": 100, "rate": 100}
FOLLOWS = ["status", "delivery_time_seconds", "delay_probability"]  # from the routing


def frame(faults):
    """Messages with their truth, the truth's id as true_id."""
    slice_ = night(**NIGHT, faults=faults)
    truth = slice_.truth.to_pandas().rename(columns={"delivery_id": "true_id"})
    return pd.concat([slice_.events.to_pandas(), truth.assign(broken_rules=truth.broken_rules.map(list))], axis=1)


@pytest.fixture(scope="module")
def plain():
    return frame("default")


@pytest.fixture(scope="module")
def better():
    return frame("experiment=0.4")


@pytest.fixture(scope="module")
def concealed():
    return frame("swallowed=0.4,duplicates=0.2")


# --- the arm


def test_a_bucket_is_the_beginning_of_an_md5():
    for salt, unit in (("routing", "SD-24-0000001"), ("", "Reykjavík"), ("a:b", "")):
        digits = hashlib.md5(f"{salt}:{unit}".encode()).hexdigest()[:8]
        assert domain.bucket(salt, unit) == int(digits, 16) % 10_000
    assert domain.bucket("routing", "SD-24-0000001") == 7279, "the same for ever"


def test_arms_share_the_buckets_and_what_is_left_is_in_none():
    arms = {"A": 2_000, "B": 1_000}
    found = [domain.arm("bells", str(number), arms) for number in range(20_000)]
    counts = [found.count(name) for name in ("A", "B", None)]
    assert stats.chisquare(counts, [4_000, 2_000, 14_000]).pvalue > 1e-4
    assert domain.arm("bells", None, arms) is None
    edges = {domain.bucket("bells", str(number)): name for number, name in enumerate(found)}
    assert all(name == ("A" if at < 2_000 else "B" if at < 3_000 else None) for at, name in edges.items())
    assert {1_999, 2_000, 2_999, 3_000} <= edges.keys(), "both sides of both borders were tried"


def test_the_arm_in_the_truth_is_that_of_the_delivery_and_halves_it(better):
    assert (better.arm == [domain.arm(domain.ROUTING_SALT, name, domain.ROUTINGS) for name in better.true_id]).all()
    assert abs((better.arm == "B").mean() - 0.5) < 0.02


# --- what the new routing does


def test_all_but_what_follows_from_the_routing_is_as_in_the_night_without(plain, better):
    others = [name for name in plain.columns if name not in FOLLOWS]
    pd.testing.assert_frame_equal(better[others], plain[others])
    old = better.arm == "A"
    pd.testing.assert_frame_equal(better.loc[old, FOLLOWS], plain.loc[old, FOLLOWS])


def test_it_spares_its_share_of_the_delays_and_makes_none(plain, better):
    new = better.arm == "B"
    np.testing.assert_allclose(better.delay_probability[new], 0.6 * plain.delay_probability[new])
    was, now = plain.status[new] == "delayed", better.status[new] == "delayed"
    assert not (now & ~was).any()
    assert stats.binomtest(int((was & ~now).sum()), int(was.sum()), 0.4).pvalue > 1e-4
    spared = was & ~now
    assert set(better.status[new][spared]) == {"delivered"}
    assert (better.delivery_time_seconds[new][spared] < plain.delivery_time_seconds[new][spared]).all()


def test_what_it_conceals_are_delays_of_its_own_under_another_name(concealed):
    before = frame("duplicates=0.2")
    hidden = concealed.status == "rerouted"
    assert set(concealed.arm[hidden]) == {"B"} and set(before.status[hidden]) == {"delayed"}
    assert set(concealed.kind[hidden]) == {"broken"} and set(map(tuple, concealed.broken_rules[hidden])) == {
        ("valid_status",)
    }
    delays = (before.kind == "clean") & (concealed.arm == "B") & (before.status == "delayed")
    assert stats.binomtest(int((hidden & delays).sum()), int(delays.sum()), 0.4).pvalue > 1e-4
    others = [name for name in before.columns if name not in ("status", "kind", "broken_rules")]
    pd.testing.assert_frame_equal(concealed[others], before[others])
    pd.testing.assert_frame_equal(concealed.loc[~hidden, before.columns], before[~hidden])


def test_a_message_that_comes_twice_is_concealed_twice_or_not_at_all(concealed):
    """Or the second one would be in silver, though nothing was lost of it."""
    whole = concealed[(concealed.kind != "broken") | (concealed.status == "rerouted")]
    told = whole.groupby("true_id").status.agg(["size", "nunique"])
    assert (told["nunique"] == 1).all()
    twice = whole[whole.true_id.isin(told.index[told["size"] > 1])]
    assert (twice.status == "rerouted").sum() >= 10


# --- on request only, and slice by slice


def test_a_night_has_no_second_routing_unless_it_is_asked_for():
    for name in ("experiment", "swallowed"):
        assert parse_faults(f"{name}=0.1") == DEFAULT_FAULTS | {name: 0.1}
        assert parse_faults(f"{name}=0") == DEFAULT_FAULTS and name not in parse_faults("none")
    assert "arm" not in night(1, rate=6).truth.column_names
    assert night(1, rate=6, faults="swallowed=0.1").truth["arm"].type == pa.string()


def test_slices_fit_together():
    faults = "experiment=0.3,swallowed=0.4,late=0.4,duplicates=0.3"
    whole = night(12, start_minute=40, rate=90, faults=faults)
    parts = [night(5, start_minute=40, rate=90, faults=faults), night(7, start_minute=45, rate=90, faults=faults)]
    for table in ("events", "truth"):
        assert getattr(whole, table).equals(pa.concat_tables([getattr(part, table) for part in parts]))


def test_the_feed_of_changes_knows_of_the_new_routing(better):
    said = better[(better.kind != "duplicate") & (better.status == "delayed")]
    spared = better[(better.kind == "clean") & (frame("default").status == "delayed") & (better.status == "delivered")]
    _, truth = status_changes(100, rate=100, faults="experiment=0.4")
    delayed = set(truth.filter(pc.equal(truth["status"], "delayed"))["delivery_id"].to_pylist())
    arrived = set(truth["delivery_id"].to_pylist())
    closed = set(truth.filter(pc.equal(truth["sequence"], 2))["delivery_id"].to_pylist())
    assert not delayed & set(spared.true_id) and set(spared.true_id) & closed
    assert (set(said.true_id) & arrived & closed) <= delayed


def test_a_flood_is_served_by_both_routings_too():
    night_ = night(60, rate=20, faults="flood=0.5,experiment=0.4,swallowed=0.4")
    rows = night_.truth.to_pandas().query("helper")
    assert len(rows) > 500 and set(rows.kind) == {"clean"}
    assert (rows.arm == [domain.arm(domain.ROUTING_SALT, name, domain.ROUTINGS) for name in rows.delivery_id]).all()
    mean = rows.groupby("arm").delay_probability.mean()
    assert 0.5 < mean["B"] / mean["A"] < 0.7
