"""What lesson 15 says and its cells do not print: whose fault the rest is."""

from itertools import pairwise

import pytest
from sleigh.extensions.route_anomalies import rules
from sleigh.extensions.route_anomalies.rules import Stop
from sleigh.simulator.night import night

LESSON = {"rate": 60, "faults": {"anomalies": 0.006}}


@pytest.fixture(scope="module")
def lesson():
    """(the lesson's clean stops in order of event time, {id: anomaly}, {id: id of the stop that was made before it})."""
    slice_ = night(240, **LESSON)
    rows = [event | truth for event, truth in zip(slice_.events.to_pylist(), slice_.truth.to_pylist(), strict=True)]
    rows = [row for row in rows if row["kind"] == "clean"]
    columns = ("delivery_id", "city", "latitude", "longitude", "distance_from_previous_km")
    stops = sorted(Stop(int(row["event_time"].timestamp() * 1e6), *(row[name] for name in columns)) for row in rows)
    # The whole truth needs the messages that arrive after the lesson's four hours.
    longer = [row for row in night(335, **LESSON).truth.to_pylist() if row["kind"] != "duplicate"]
    made = sorted((row["event_time"], row["delivery_id"]) for row in longer)
    before = {name: previous for (_, previous), (_, name) in pairwise(made)}
    return stops, {row["delivery_id"]: row["anomaly"] for row in rows}, before


def test_a_broken_hop_is_next_to_a_wrong_place_or_lacks_a_stop(lesson):
    stops, anomaly, before = lesson
    known = {stop.delivery_id for stop in stops}
    for one, other in pairwise(stops):
        if rules.gap(one, other) > rules.HOP_KM and not (anomaly[one.delivery_id] or anomaly[other.delivery_id]):
            assert before[other.delivery_id] != one.delivery_id and before[other.delivery_id] not in known


def examined(stops):
    threes = zip([None, *stops], stops, stops[1:], strict=False)
    return {stop.delivery_id: rules.examine(before, stop, after, rules.centres()) for before, stop, after in threes}


def test_false_alarms_have_a_missing_stop_on_either_side_and_missed_loops_are_as_far_away(lesson):
    stops, anomaly, before = lesson
    found = examined(stops)
    after = {stop.delivery_id: following for stop, following in pairwise(stops)}
    for name, row in found.items():
        if row["kind"] and not anomaly[name]:
            # A wrong neighbour would do as well.
            for here in (name, after[name].delivery_id):
                previous = found[here]["previous_id"]
                assert before[here] != previous or anomaly[previous] or anomaly[here]
        if anomaly[name] and not row["kind"]:
            assert anomaly[name] == "loop" and min(row["gap_in_km"], row["gap_out_km"]) <= rules.HOP_KM
