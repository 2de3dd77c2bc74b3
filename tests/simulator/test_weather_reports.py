"""What the weather service says: true to the night, the same however it is cut, the stated rates."""

from itertools import pairwise

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from sleigh.domain import NIGHT_MINUTES, WEATHER_IMPACT, night_milliseconds
from sleigh.simulator.night import night
from sleigh.simulator.weather import WEATHER_MINUTES
from sleigh.simulator.weather_reports import (
    CORRECTED_MINUTES,
    PUBLISHED_SECONDS,
    SILENT,
    WRONG,
    reports,
    true_weather,
)
from sleigh.simulator.world import cities

STATIONS = len(cities())


@pytest.fixture(scope="module")
def published():
    """All that is said in a night, with its truth: a list of dicts; times as ms after NIGHT_START."""
    told, truth = reports(7, until=100_000)  # of the last ones the correction comes after the night
    times = {name: night_milliseconds(told[name]).tolist() for name in ("valid_from", "issued_at")}
    columns = {"city": told["city"].to_pylist(), "condition": told["condition"].to_pylist()} | times
    columns |= {name: truth[name].to_pylist() for name in truth.column_names}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@pytest.mark.parametrize("cuts", [[0, 1, 3600, 3601, 90_000], [0, 50_000, 90_000]])
def test_a_cut_changes_nothing(cuts):
    whole = reports(7)
    parts = [reports(7, since=first, until=last) for first, last in pairwise(cuts)]
    for place in (0, 1):
        assert whole[place].equals(pa.concat_tables([part[place] for part in parts]))


def test_same_seed_same_weather_other_seed_another():
    assert reports(7)[0].equals(reports(7)[0]) and not reports(7)[0].equals(reports(8)[0])
    assert reports(7, until=30)[0].num_rows == 0, "nothing is published before it was observed"


def test_it_comes_in_order_and_after_it_was_observed(published):
    issued = np.array([row["issued_at"] for row in published])
    assert (np.diff(issued) >= 0).all() and not (issued % 1000).any()
    for row in published:
        assert row["valid_from"] % (60_000 * WEATHER_MINUTES) == 0 and row["condition"] in WEATHER_IMPACT
        if row["kind"] != "correction":
            low, high = PUBLISHED_SECONDS
            assert 1000 * low <= row["issued_at"] - row["valid_from"] <= 1000 * high


def test_what_is_wrong_is_corrected_once_and_nothing_else_is(published):
    first = {(row["city"], row["valid_from"]): row for row in published if row["kind"] != "correction"}
    later = {(row["city"], row["valid_from"]): row for row in published if row["kind"] == "correction"}
    assert len(first) + len(later) == len(published)
    for row in published:
        assert (row["condition"] == row["true_condition"]) == (row["kind"] != "wrong")
    assert later.keys() == {place for place, row in first.items() if row["kind"] == "wrong"}
    low, high = CORRECTED_MINUTES
    minutes = [(row["issued_at"] - first[place]["issued_at"]) / 60_000 for place, row in later.items()]
    assert low <= min(minutes) < low + 1 and high - 1 < max(minutes) <= high


def test_as_many_are_wrong_and_silent_as_stated(published):
    steps = NIGHT_MINUTES // WEATHER_MINUTES
    said = [row for row in published if row["kind"] != "correction"]
    wrong = sum(row["kind"] == "wrong" for row in said)
    assert stats.binomtest(STATIONS * steps - len(said), STATIONS * steps, SILENT).pvalue > 1e-6
    assert stats.binomtest(wrong, len(said), WRONG).pvalue > 1e-6
    others = {(row["true_condition"], row["condition"]) for row in said if row["kind"] == "wrong"}
    assert len(others) == 4 * 3, "each condition is taken for each other one"


def test_corrections_can_be_as_late_as_one_likes():
    told, truth = reports(7, until=100_000, corrected=(5, 5))
    issued, valid = night_milliseconds(told["issued_at"]), night_milliseconds(told["valid_from"])
    first = {}
    for city, at, when, kind in zip(told["city"].to_pylist(), valid, issued, truth["kind"].to_pylist(), strict=True):
        if kind == "wrong":
            first[city, at] = when
        elif kind == "correction":
            assert when - first.pop((city, at)) == 5 * 60_000
    assert not first


def test_the_truth_is_the_weather_of_the_messages():
    sent = night(300, start_minute=200, rate=60, seed=7, faults="broken=0,duplicates=0,late=0.3")
    with duckdb.connect() as db:
        db.register("weather", true_weather(7))
        db.register(
            "sent",
            sent.events.select(["city", "weather_condition"]).append_column("event_time", sent.truth["event_time"]),
        )
        same, n = db.execute("""
            SELECT count(*) FILTER (weather_condition = condition), count(*)
            FROM sent JOIN weather USING (city) WHERE event_time >= valid_from AND event_time < valid_to""").fetchall()[0]
    assert same == n == len(sent.events) == 18_000
