"""What lesson 18 says of experiments, on the simulator's own rows and by chance: no Spark, so that it takes seconds."""

import hashlib
import zlib
from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from sleigh import domain
from sleigh.extensions.experiment import analysis
from sleigh.lessons.lesson_18 import nights
from sleigh.simulator.night import night

TESTS = 1_000


@pytest.fixture(scope="module")
def first():
    return rows(nights.FIRST)


@pytest.fixture(scope="module")
def second():
    return rows(nights.SECOND)


def rows(how):
    """The deliveries of silver, and beside them the concealed: window, delayed, arm, city, true probability, status."""
    sent = night(how["minutes"], rate=how["rate"], faults=how["faults"])
    frame = sent.events.select(["city", "status"]).to_pandas()
    truth = sent.truth.select(["kind", "event_time", "arm", "delay_probability"]).to_pandas()
    frame = frame.assign(**truth, delayed=(frame["status"] == "delayed").astype(int))
    frame["window"] = ((frame["event_time"] - domain.NIGHT_START).dt.total_seconds() // 300).astype(int)
    return frame[(frame["kind"] == "clean") | (frame["status"] == "rerouted")].drop_duplicates()


def counted(frame):
    """Both arms as (deliveries, delayed)."""
    found = frame.groupby("arm")["delayed"].agg(["size", "sum"])
    return tuple(found.loc["A"]), tuple(found.loc["B"])


def by_window(frame):
    found = frame.groupby("window")["delayed"].agg(["size", "sum"])
    return found["size"].to_numpy(), found["sum"].to_numpy()


# --- 1: checksums


def same_arm(number, one, other, ids):
    return np.mean([number(f"{one}:{name}") % 2 == number(f"{other}:{name}") % 2 for name in ids])


def test_two_salts_of_a_checksum_agree_on_all_or_on_none_and_of_a_hash_on_half():
    ids = [f"SD-24-{number:07d}" for number in range(2_000)]
    salts = ("routing", "reindeer", "ribbon", "a much longer name", "x")

    def md5(text):
        return int(hashlib.md5(text.encode()).hexdigest()[:8], 16)

    for one, other in combinations(salts, 2):
        assert same_arm(lambda text: zlib.crc32(text.encode()), one, other, ids) in (0, 1)
        assert abs(same_arm(md5, one, other, ids) - 0.5) < 0.06
    assert same_arm(lambda text: zlib.crc32(text.encode()), "routing", "reindeer", ids) == 0
    assert same_arm(lambda text: zlib.crc32(text.encode()), "routing", "ribbon", ids) == 1


# --- 2 and 3: a winner that is none


def test_the_winner_of_the_first_night_has_no_effect_and_a_ratio_that_says_so(first):
    silver = first[first["status"] != "rerouted"]
    a, b = counted(silver)
    d, v = analysis.difference(a, b)
    assert -0.02 < d < -0.017 and analysis.p_value(d, v) < 1e-60
    assert analysis.mismatch([a[0], b[0]], [1, 1]) < 0.001
    hidden = len(first) - len(silver)
    d, v = analysis.difference(a, (b[0] + hidden, b[1] + hidden))
    assert abs(d) < 0.001 and analysis.p_value(d, v) > 0.2
    assert analysis.mismatch([a[0], b[0] + hidden], [1, 1]) > 0.2
    true = first.groupby("arm")["delay_probability"].mean()
    assert abs(true["A"] - true["B"]) < 0.0006


def test_the_same_ratio_means_more_in_a_larger_sample():
    found = [analysis.mismatch([51 * n, 49 * n], [1, 1]) for n in (50, 200, 500)]
    assert np.allclose(found, [0.157, 0.0047, 7.7e-6], rtol=0.02)


# --- 4 and 5: looks


@pytest.fixture(scope="module")
def aa(second):
    """A/A tests: (difference, variance), tests x looks."""
    return analysis.difference(*analysis.divided_anew(*by_window(second), TESTS, np.random.default_rng(18)))


def test_the_more_looks_the_more_winners_and_one_look_keeps_its_promise(aa):
    p = analysis.p_value(*aa)
    shares = []
    for often in (1, 2, 5, 25, 300):
        at = np.linspace(0, p.shape[1], often + 1).astype(int)[1:] - 1
        shares.append((p[:, at] < 0.05).any(axis=1).mean())
    assert shares == sorted(shares) and 0.03 < shares[0] < 0.07 and shares[3] > 0.22 and 0.40 < shares[4] < 0.50


def test_evidence_is_below_one_in_twenty_at_any_number_of_looks(aa):
    assert (analysis.evidence(*aa) >= 20).any(axis=1).mean() < 0.05


def test_power_is_what_it_costs_and_time_what_it_saves(second):
    n, k = (of[:120] for of in by_window(second))
    found = {}
    for spared in (0.05, 0.1, 0.2):
        d, v = analysis.difference(*analysis.divided_anew(n, k, TESTS, np.random.default_rng(5), spared))
        stops = analysis.evidence(d, v) >= 20
        after = np.where(stops.any(axis=1), stops.argmax(axis=1), 120)
        found[spared] = (analysis.p_value(d, v)[:, -1] < 0.05).mean(), stops.any(axis=1).mean(), np.median(after) / 12
    for one_look, always, _ in found.values():
        assert always <= one_look
    assert found[0.1][0] > 0.75 and 0.4 < found[0.1][1] < 0.65
    assert found[0.2][1] > 0.98 and found[0.2][2] < 4


def test_the_second_night_stops_too_early_with_too_much(second):
    a, b = (np.array([by_window(second[second["arm"] == name])]).squeeze().cumsum(axis=1) for name in ("A", "B"))
    d, v = analysis.difference(a, b)
    p, valid = analysis.p_value(d, v), analysis.always_valid(analysis.evidence(d, v))
    early, late = np.argmax(p < 0.05), np.argmax(valid < 0.05)
    assert 0 < early < late < 120
    true = second.groupby("arm")["delay_probability"].mean()
    assert d[early] < 1.2 * (true["B"] - true["A"])
    assert abs(d[-1] - (true["B"] - true["A"])) < analysis.margin(v[-1])


# --- 6: cities


def test_a_test_by_city_needs_the_cities_and_is_worth_a_fifteenth(second):
    cities = second.groupby("city")["delayed"].agg(["size", "sum"])
    n, k = cities["size"].to_numpy(), cities["sum"].to_numpy()
    new = np.random.default_rng(6).random((TESTS, len(cities))) < 0.5
    naive = analysis.p_value(*analysis.difference(*[(mine @ n, mine @ k) for mine in (~new, new)])) < 0.05
    d, v = analysis.clustered(n, k, new)
    assert naive.mean() > 0.5
    assert stats.binomtest(int((analysis.p_value(d, v) < 0.05).sum()), TESTS, 0.05).pvalue > 0.001
    by_delivery = analysis.difference(*counted(second))[1]
    assert 10 < v.mean() / by_delivery < 20
    rates = np.sort(k / n)
    assert rates[0] < 0.02 and rates[-1] > 0.1
