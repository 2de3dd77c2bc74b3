"""What a learner's SQL gives on DuckDB, and that nothing in it holds the notebook up."""

import datetime as dt

import pyarrow as pa
import pytest
from sleigh.lessons import attempt, on_duckdb
from sleigh.lessons.attempt import Wrong, limited

NOON = dt.datetime(2026, 12, 24, 12, tzinfo=dt.UTC)
STOPS = {"stops": pa.table({"moment": pa.array([NOON], pa.timestamp("us", "UTC"))})}


def test_the_rows_come_back_with_times_in_utc():
    table = on_duckdb.ask("SELECT date_trunc('hour', moment) AS moment, hour(moment) AS hour FROM STOPS;", STOPS)
    assert table.to_pylist() == [{"moment": NOON, "hour": 12}]


def test_a_query_that_never_ends_is_stopped_within_a_check(monkeypatch):
    monkeypatch.setattr(attempt, "CALL_SECONDS", 0.2)
    endless = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r, stops"
    with pytest.raises(Wrong, match=r"stopped after 0\.2 seconds"), limited(20):
        on_duckdb.ask(endless, STOPS)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT nothing FROM stops", "DuckDB refuses it: Binder Error"),
        ("", "gives no rows"),
        ("SELECT TIMESTAMPTZ '2026-12-24 12:00Z' AS moment", "no table called stops"),
    ],
)
def test_what_is_no_answer_is_told_in_one_line(query, says):
    with pytest.raises(Wrong, match=says) as told:
        on_duckdb.ask(query, STOPS)
    assert "\n" not in str(told.value)
