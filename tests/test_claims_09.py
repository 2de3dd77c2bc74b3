"""What lesson 09 says of watermarks, on a few crafted rows each: red here means that Spark behaves otherwise now.

Every stream takes one landing commit to a micro-batch. Times are minutes after noon.
"""

import pytest
from helpers import land_messages, message
from pyspark.errors import AnalysisException
from pyspark.sql import functions as F
from sleigh import landing, runtime, streams

TEN_MINUTES = [[message(100 * n + minute, seconds=60 * minute) for minute in (n, n + 1)] for n in range(0, 10, 2)]
"""Five commits, two on-time rows each: minutes 0 and 1, 2 and 3, ... 8 and 9."""


def deliveries(spark, where="true"):
    rows = spark.readStream.option("maxFilesPerTrigger", 1).table(landing.TABLE).where(where)
    return rows.select("delivery_id", F.to_timestamp("timestamp").alias("at"), F.lit(1).alias("one"))


def per_minute(rows):
    counts = rows.groupBy(F.window("at", "1 minute")).agg(F.count("*").alias("n"))
    return counts.select(F.col("window.start").alias("start"), F.col("window.end").alias("end"), "n")


def run(rows, name, mode="append", sink="memory"):
    """The micro-batches of a stream over all that has landed, see streams.progress."""
    writer = rows.writeStream.format(sink).queryName(name).outputMode(mode)
    query = writer.option("checkpointLocation", runtime.checkpoint(name)).trigger(availableNow=True).start()
    query.awaitTermination()
    return [step for step in streams.progress(query) if step["watermark"]]


def watermarks(steps):
    """Minutes after noon, None for 1970."""
    texts = [step["watermark"] for step in steps]
    return [None if text.startswith("1970") else int(text[11:13]) * 60 - 720 + int(text[14:16]) for text in texts]


def counted(spark, name):
    """{minute of the window: rows counted} of a memory table."""
    return {row.start.hour * 60 + row.start.minute - 720: row.n for row in spark.table(name).collect()}


@pytest.fixture
def waiting(spark, lake):
    """Land the commits and run the usual stream over them, waiting `delay` minutes: its steps and its counts."""

    def waited(*commits, delay=2, name):
        land_messages(spark, *commits)
        steps = run(per_minute(deliveries(spark).withWatermark("at", f"{delay} minutes")), name)
        return steps, counted(spark, name)

    return waited


def test_a_micro_batch_runs_with_what_the_earlier_ones_have_seen(waiting):
    steps, _ = waiting(*TEN_MINUTES, name="clock")
    # Newest events 1, 3, 5, 7, 9; the last micro-batch has no rows and closes what they made final.
    assert watermarks(steps) == [None, -1, 1, 3, 5, 7]
    assert [step["rows"] for step in steps] == [2, 2, 2, 2, 2, 0]


def test_append_writes_the_windows_that_the_watermark_has_passed(waiting):
    steps, counts = waiting(*TEN_MINUTES, name="append")
    assert counts == dict.fromkeys(range(7), 1)
    assert steps[-1]["state_rows"] == 3


def test_a_watermark_never_goes_back(waiting):
    old = [message(900 + n, seconds=60 * 3) for n in range(2)]
    steps, _ = waiting(*TEN_MINUTES, old, old, name="back")
    assert watermarks(steps) == [None, -1, 1, 3, 5, 7, 7]


@pytest.mark.parametrize(("minute", "lost"), [(2, True), (3, False), (4, False)])
def test_a_row_is_lost_only_if_an_earlier_micro_batch_closed_its_window(waiting, minute, lost):
    """The row comes in micro-batch 4, which runs with watermark 5; micro-batch 3 ran with 3 and closed minutes 0 to 2.

    All three are later than the delay of two minutes and below the watermark of their own micro-batch.
    """
    *earlier, last = TEN_MINUTES
    row = message(900, seconds=60 * minute)
    steps, counts = waiting(*earlier, [*last, row], name=f"lost_{minute}")
    assert watermarks(steps)[3:5] == [3, 5]
    assert sum(step["dropped"] for step in steps) == (1 if lost else 0)
    assert counts[minute] == (1 if lost else 2)


def test_the_dropped_counter_counts_rows_after_partial_aggregation(waiting):
    *earlier, last = TEN_MINUTES
    ten_of_one_minute = [message(900 + n, seconds=n) for n in range(10)]
    one_of_another = [message(950, seconds=60)]
    steps, counts = waiting(*earlier, [*last, *ten_of_one_minute, *one_of_another], name="counter")
    assert counts[0] == counts[1] == 1, "eleven rows are lost"
    assert steps[4]["dropped"] == 2, "one for each window"


def test_an_idle_source_stops_the_clock(spark, lake):
    land_messages(spark, *TEN_MINUTES)
    rows = per_minute(deliveries(spark).withWatermark("at", "2 minutes"))
    assert run(rows, "idle", sink="noop")[-1]["state_rows"] == 3
    assert run(rows, "idle", sink="noop") == []


@pytest.mark.parametrize(("policy", "last", "dropped"), [("min", 1, 0), ("max", 7, 1)])
def test_with_two_inputs_the_policy_says_whose_clock_it_is(spark, lake, policy, last, dropped):
    """South falls silent after minute 3 and returns, too late for `max`, with a row of minute 2 in the last commit."""
    south = [message(500 + n, seconds=60 * n, city="South") for n in range(4)]
    *earlier, end = TEN_MINUTES
    # One commit more before the last, so that the micro-batch before it has run with north's 7.
    back = [message(900, seconds=60 * 2, city="South")]
    land_messages(spark, [*earlier[0], *south], *earlier[1:], end, [message(901, seconds=60 * 9)], back)
    spark.conf.set("spark.sql.streaming.multipleWatermarkPolicy", policy)
    try:
        north, other = (
            deliveries(spark, f"city {sign} 'South'").withWatermark("at", "2 minutes") for sign in ("<>", "=")
        )
        steps = run(per_minute(north.unionAll(other)), f"two_{policy}")
    finally:
        spark.conf.unset("spark.sql.streaming.multipleWatermarkPolicy")
    assert watermarks(steps)[-1] == last
    assert sum(step["dropped"] for step in steps) == dropped
    assert set(counted(spark, f"two_{policy}")) == set(range(last)), "windows that end by then, and no others"


MISPLACED = {
    "after the aggregation": lambda rows: per_minute(rows).withWatermark("end", "2 minutes"),
    "on another column": lambda rows: per_minute(
        rows.withColumn("other", F.col("at")).withWatermark("other", "2 minutes")
    ),
}


@pytest.mark.parametrize("where", MISPLACED)
def test_a_misplaced_watermark_is_refused_in_append_and_keeps_all_state_in_update(spark, lake, where):
    land_messages(spark, *TEN_MINUTES)
    name = where.replace(" ", "_")
    with pytest.raises(AnalysisException, match=r"STREAMING_OUTPUT_MODE\.UNSUPPORTED_OPERATION"):
        run(MISPLACED[where](deliveries(spark)), f"{name}_append")
    steps = run(MISPLACED[where](deliveries(spark)), name, mode="update", sink="noop")
    assert watermarks(steps)[-1] is not None, "the watermark moves, and nothing comes of it"
    assert [step["state_rows"] for step in steps if step["rows"]] == [2, 4, 6, 8, 10]


def test_in_the_right_place_update_lets_windows_go(spark, lake):
    land_messages(spark, *TEN_MINUTES)
    rows = per_minute(deliveries(spark).withWatermark("at", "2 minutes"))
    steps = run(rows, "right_place", mode="update", sink="noop")
    assert max(step["state_rows"] for step in steps) < 10 and steps[-1]["state_rows"] == 3


def test_grouped_data_has_no_watermark(spark, lake):
    land_messages(spark, *TEN_MINUTES)
    with pytest.raises(AttributeError, match="withWatermark"):
        deliveries(spark).groupBy("at").withWatermark("at", "2 minutes")
