"""The feed of status changes: the same however it is cut, lives that make sense, the stated rates, true to the messages."""

from collections import defaultdict

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sleigh.domain import night_milliseconds
from sleigh.simulator.faults import DEFAULT_FAULTS, parse_faults
from sleigh.simulator.night import night
from sleigh.simulator.status_changes import AFTER_DELAY, CHANGES, UNCLOSED, status_changes

POOR = {"rate": 97, "seed": 3, "faults": "late=0.5,duplicates=0.4,broken=0.4"}


def within(count, n, rate):
    """Whether `count` of `n` is what a rate can give, but for one time in a million."""
    return stats.binomtest(int(count), int(n), rate).pvalue > 1e-6


def lives(truth):
    """{delivery_id: its changes that are whole, in order, each once} of a truth."""
    found = defaultdict(dict)
    for row in truth.to_pylist():
        if row["kind"] != "broken":
            found[row["delivery_id"]].setdefault(row["sequence"], row)
    return {delivery: [changes[number] for number in sorted(changes)] for delivery, changes in found.items()}


@settings(max_examples=15, deadline=None, derandomize=True, database=None)
@given(
    start=st.integers(0, 200) | st.integers(1400, 1460),
    lengths=st.lists(st.integers(1, 20), min_size=2, max_size=2),
    rate=st.integers(1, 40),
    faults=st.sampled_from(["default", "none", "late=0.5", "broken=0.5,duplicates=0.5,late=0.5"]),
)
def test_a_cut_changes_nothing(start, lengths, rate, faults):
    first, second = lengths
    how = {"rate": rate, "seed": rate, "faults": faults}
    whole = status_changes(first + second, start_minute=start, **how)
    parts = [
        status_changes(first, start_minute=start, **how),
        status_changes(second, start_minute=start + first, **how),
    ]
    for place in (0, 1):
        assert whole[place].equals(pa.concat_tables([part[place] for part in parts]))


def test_same_seed_same_feed_other_seed_another():
    assert status_changes(3)[0].equals(status_changes(3)[0])
    assert not status_changes(3)[0].equals(status_changes(3, seed=25)[0])


def test_rows_come_in_order_of_arrival_and_what_is_whole_says_the_truth():
    changes, truth = status_changes(30, **POOR)
    arrival = night_milliseconds(truth["arrival_time"])
    assert (arrival[1:] >= arrival[:-1]).all() and arrival[0] >= 0 and arrival[-1] < 30 * 60_000
    assert len(set(truth["number"].to_pylist())) == len(truth) == len(changes) > 3000
    for sent, true in zip(changes.to_pylist(), truth.to_pylist(), strict=True):
        said = {**true, "changed_at": true["changed_at"].strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"}
        differs = [name for name in sent if sent[name] != said[name]]
        assert len(differs) == (true["kind"] == "broken") == len(true["broken_rules"])


def test_a_life_is_one_of_those_that_there_are_and_goes_forward():
    """All changes of ninety minutes, so those of the first twenty are whole lives but for what is broken."""
    _, truth = status_changes(90, rate=97, faults="none")
    found = [life for life in lives(truth).values() if life[0]["changed_at"].hour < 10 or life[-1]["sequence"] == 3]
    kinds = {tuple(change["status"] for change in life) for life in lives(truth).values() if life[0]["sequence"] == 1}
    delayed = ("en_route", "delayed")
    assert kinds == {
        *[("en_route",), ("en_route", "delivered"), delayed, (*delayed, "delivered"), (*delayed, "returned")]
    }
    assert found and {change["status"] for life in found for change in life} == set(CHANGES)
    for life in lives(truth).values():
        times = [change["changed_at"] for change in life]
        assert times == sorted(set(times)), life


def test_a_delivery_is_in_the_status_of_its_message_at_the_time_of_its_message():
    how = {"rate": 60, "seed": 5, "faults": "late=0.3,broken=0,duplicates=0.1"}
    messages, truth = night(60, **how), lives(status_changes(150, **how)[1])
    sent = zip(messages.events.to_pylist(), messages.truth.to_pylist(), strict=True)
    compared, unheard = 0, 0
    for message, true in sent:
        if true["kind"] == "duplicate":
            continue
        at = [change for change in truth[true["delivery_id"]] if change["changed_at"] == true["event_time"]]
        compared += 1
        unheard += not at
        assert not at or at[0]["status"] == message["status"]
    assert compared > 3000 and within(unheard, compared, UNCLOSED * 0.85), "a message of en_route says no more itself"


def test_only_originals_are_deliveries():
    how = {"rate": 60, "seed": 5, "faults": "duplicates=0.3,broken=0,late=0"}
    named = set(night(30, **how).truth["delivery_id"].to_pylist())
    heard = set(status_changes(31, **how)[1]["delivery_id"].to_pylist())
    assert named <= heard and len(heard - named) < 60 * 6, "and those of the next minutes, whose sleigh has set out"


@pytest.mark.parametrize("faults", ["default", POOR["faults"]])
def test_the_rates_are_those_of_the_night(faults):
    changes, truth = status_changes(240, rate=97, faults=faults)
    rates, kinds = parse_faults(faults), truth["kind"].to_pylist()
    whole = len(changes) - kinds.count("repeated")
    assert within(kinds.count("broken"), whole, rates["broken"])
    assert within(kinds.count("repeated"), kinds.count("clean"), rates["duplicates"])


def test_some_changes_come_before_an_older_one_and_without_faults_none():
    def overtaken(faults):
        newest, count = {}, 0
        for row in status_changes(240, rate=97, faults=faults)[1].to_pylist():
            if row["kind"] == "clean":
                count += row["sequence"] < newest.get(row["delivery_id"], 0)
                newest[row["delivery_id"]] = max(row["sequence"], newest.get(row["delivery_id"], 0))
        return count

    assert overtaken("none") == 0 and overtaken("default") > 20 * DEFAULT_FAULTS["late"]


def test_what_becomes_of_the_delayed():
    """Of those that were delayed in the first two hours all is heard within four."""
    done = [
        life
        for life in lives(status_changes(300, rate=97, faults="none")[1]).values()
        if len(life) > 1 and life[1]["status"] == "delayed" and life[1]["changed_at"].hour < 12
    ]
    for status, share in AFTER_DELAY.items():
        assert within(sum(life[-1]["status"] == status for life in done), len(done), share)


def test_arguments_outside_the_night_are_refused():
    with pytest.raises(ValueError, match="minutes must be"):
        status_changes(0)
    with pytest.raises(ValueError, match="faults must be"):
        status_changes(1, faults="bells=1")
