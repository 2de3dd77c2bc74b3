"""What lesson 04 says of Spark: when a window becomes visible, what is refused, and what a MERGE mends.

Ten micro-batches of one event each, counted from 0, from the minutes 12:00 to 12:09; 7 and 8 bring one more for 12:00.
With a delay of five minutes the watermark is 12:00:59 after micro-batch 5 and 12:01:59 after 6.
"""

from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.errors import AnalysisException
from pyspark.sql import functions as F
from sleigh.pipeline import streams

NOON = datetime(2026, 12, 24, 12)
LATE_IN = (7, 8)


@pytest.fixture(scope="module")
def deliveries(spark, tmp_path_factory):
    """A function: the deliveries as a stream, one file to a micro-batch."""
    path = str(tmp_path_factory.mktemp("claims") / "deliveries")
    for batch in range(10):
        events = [NOON + timedelta(minutes=batch, seconds=59)] + [NOON] * (batch in LATE_IN)
        write_deltalake(path, pa.table({"at": pa.array(events, pa.timestamp("us", "UTC"))}), mode="append")
    assert DeltaTable(path).version() == 9
    return lambda: spark.readStream.format("delta").option("maxFilesPerTrigger", 1).load(path)


def per_minute(deliveries):
    return deliveries.withWatermark("at", "5 minutes").groupBy(F.window("at", "1 minute")).count()


def run(rows, mode, folder, write):
    """Drain `rows` into `write`(batch, number from 0). Returns the query."""
    writer = rows.writeStream.outputMode(mode).foreachBatch(write).option("checkpointLocation", str(folder))
    query = writer.trigger(availableNow=True).start()
    streams.drain(query)
    return query


@pytest.fixture(scope="module")
def seen(deliveries, tmp_path_factory):
    """A function of a mode: its rows as (micro-batch, minute of the window, count), and its progress."""
    known = {}

    def rows_of(mode):
        if mode not in known:
            found = []

            def keep(batch, number):
                found.extend((number, row.window.start.minute, row["count"]) for row in batch.collect())

            query = run(per_minute(deliveries()), mode, tmp_path_factory.mktemp(mode) / "checkpoint", keep)
            known[mode] = sorted(found), streams.progress(query)
        return known[mode]

    return rows_of


def test_append_shows_a_window_one_batch_after_the_event_that_closes_it(seen):
    rows, progress = seen("append")
    # Micro-batch 10 has no rows: Spark adds it to bring the watermark up to date.
    assert [(batch, minute) for batch, minute, _ in rows] == [(7, 0), (8, 1), (9, 2), (10, 3)]
    assert [step["rows"] for step in progress] == [1] * 7 + [2, 2, 1, 0]
    assert progress[6]["watermark"] == "2026-12-24T12:00:59.000Z"
    assert progress[7]["watermark"] == "2026-12-24T12:01:59.000Z"


def test_update_shows_a_window_at_once_and_again_when_it_changes(seen):
    rows, _ = seen("update")
    assert rows == sorted([(batch, batch, 1) for batch in range(10)] + [(7, 0, 2)])


def test_an_event_is_dropped_by_the_watermark_of_the_batch_before(seen):
    """Micro-batch 7 writes the window 12:00 and still counts an event that it brings itself; 8 drops the next one."""
    for mode in ("append", "update"):
        rows, progress = seen(mode)
        assert max(count for _, minute, count in rows if minute == 0) == 2, mode
        assert [step["dropped"] for step in progress] == [0] * 8 + [1, 0, 0], mode


def test_complete_writes_everything_each_time_and_drops_nothing(seen):
    rows, progress = seen("complete")
    last = max(batch for batch, _, _ in rows)
    # No empty micro-batch: there is no window to close.
    assert [sum(batch == number for batch, _, _ in rows) for number in range(11)] == [*range(1, 11), 0]
    assert {minute: count for batch, minute, count in rows if batch == last} == {0: 3} | dict.fromkeys(range(1, 10), 1)
    assert sum(step["dropped"] for step in progress) == 0


def test_state_shrinks_in_append_and_update_and_never_in_complete(seen):
    assert {mode: seen(mode)[1][-1]["state_rows"] for mode in ("append", "update", "complete")} == {
        "append": 6,
        "update": 6,
        "complete": 10,
    }


def refused(rows, mode, folder):
    with pytest.raises(AnalysisException) as error:
        rows.writeStream.format("noop").outputMode(mode).option("checkpointLocation", str(folder)).start()
    return str(error.value)


def test_append_without_a_watermark_is_refused(deliveries, tmp_path):
    rows = deliveries().groupBy(F.window("at", "1 minute")).count()
    assert "[STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION]" in refused(rows, "append", tmp_path)


def test_a_watermark_after_the_aggregation_is_none(deliveries, tmp_path):
    rows = deliveries().groupBy(F.window("at", "1 minute")).count().select(F.col("window.start").alias("at"), "count")
    late = rows.withWatermark("at", "5 minutes")
    assert "[STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION]" in refused(late, "append", tmp_path)


def test_a_grouping_has_no_watermark(deliveries):
    with pytest.raises(AttributeError, match="withWatermark"):
        deliveries().groupBy(F.window("at", "1 minute")).withWatermark("at", "5 minutes")


def test_delta_takes_no_update_mode(spark, deliveries, tmp_path):
    writer = per_minute(deliveries()).writeStream.format("delta").outputMode("update")
    with pytest.raises(AnalysisException, match=r"does not support Update output mode"):
        writer.option("checkpointLocation", str(tmp_path / "checkpoint")).start(str(tmp_path / "table"))
