"""What lesson 09 says of watermarks, beyond what its cells print: red here means that Spark behaves otherwise now.

Every stream takes one landing commit to a micro-batch. Times are minutes after noon.
"""

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from helpers import LANDING_SCHEMA, NOON, land_messages, message
from pyspark.sql import functions as F
from sleigh import landing, runtime
from sleigh.pipeline import streams

TEN_MINUTES = [[message(100 * n + minute, seconds=60 * minute) for minute in (n, n + 1)] for n in range(0, 10, 2)]
"""Five commits, two on-time rows each: minutes 0 and 1, 2 and 3, ... 8 and 9."""


def deliveries(spark, where="true"):
    reader = spark.readStream.option("startingVersion", 0).option("maxFilesPerTrigger", 1)
    rows = reader.table(landing.TABLE).where(where)
    return rows.select("delivery_id", F.to_timestamp("timestamp").alias("at"), F.lit(1).alias("one"))


def per_minute(rows):
    counts = rows.groupBy(F.window("at", "1 minute")).agg(F.count("*").alias("n"))
    return counts.select(F.col("window.start").alias("start"), F.col("window.end").alias("end"), "n")


def land_commit(spark, messages):
    """One more commit of landing, beside what land_messages has landed; without truth."""
    runtime.create_table(spark, landing.TABLE)
    rows = [each | {"ingestion_date": NOON.date()} for each in messages]
    table = pa.Table.from_pylist(rows, LANDING_SCHEMA)
    write_deltalake(str(runtime.lake() / landing.TABLE), table, mode="append")


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


def test_a_watermark_never_goes_back(waiting):
    old = [message(900 + n, seconds=60 * 3) for n in range(2)]
    steps, _ = waiting(*TEN_MINUTES, old, old, name="back")
    # Newest events 1, 3, 5, 7, 9: a micro-batch runs with what the earlier ones have seen.
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


def test_what_is_not_later_than_the_delay_is_never_lost(spark, lake):
    """At its tightest: an empty micro-batch has put the newest event to use, and the row comes right after it."""
    on_the_line, a_second_more = message(901, seconds=480), message(902, seconds=479)
    dropped = []
    for commit in ([message(0)], [message(600)], [on_the_line], [a_second_more]):
        land_commit(spark, commit)
        steps = run(per_minute(deliveries(spark).withWatermark("at", "2 minutes")), "promise", sink="noop")
        dropped.append(sum(step["dropped"] for step in steps))
    assert dropped == [0, 0, 0, 1]


def test_an_empty_micro_batch_closes_windows_one_step_sooner(spark, lake):
    """A live stream that has to wait for its next commit: the row of minute 4 is lost that the other cut still takes.

    See test_a_row_is_lost_only_if_an_earlier_micro_batch_closed_its_window.
    """
    *earlier, last = TEN_MINUTES
    dropped = []
    for commit in [*earlier, [*last, message(900, seconds=60 * 4)]]:
        land_commit(spark, commit)
        rows = per_minute(deliveries(spark).withWatermark("at", "2 minutes"))
        steps = run(rows, "live", sink="noop")
        assert [step["rows"] > 0 for step in steps] == [True, False], "every commit is followed by an empty micro-batch"
        dropped.append(sum(step["dropped"] for step in steps))
    assert dropped == [0, 0, 0, 0, 1]


def test_one_message_from_the_future_closes_everything_before_it(waiting):
    future = [message(990, seconds=60 * 600)]
    steps, counts = waiting(TEN_MINUTES[0], future, *TEN_MINUTES[1:], name="future")
    assert counts == {0: 1, 1: 1, 2: 1, 3: 1}, "the commit after it was still taken, all later ones were lost"
    assert sum(step["dropped"] for step in steps) == 6


@pytest.mark.parametrize(("north", "south", "last"), [("2 minutes", "2 minutes", 6), ("2 minutes", "5 minutes", 3)])
def test_each_input_has_a_delay_of_its_own(spark, lake, north, south, last):
    land_messages(spark, [message(1, seconds=60 * 9), message(2, seconds=60 * 8, city="South")])
    first = deliveries(spark, "city <> 'South'").withWatermark("at", north)
    other = deliveries(spark, "city = 'South'").withWatermark("at", south)
    assert watermarks(run(per_minute(first.unionAll(other)), "own_delay", sink="noop"))[-1] == last


@pytest.mark.parametrize(("restart", "last"), [(False, 7), (True, 6)])
def test_a_restart_forgets_how_far_each_input_was(spark, lake, restart, last):
    """North's newest minute is 9, south's first 8 and then 12. Only the clock of both is in the checkpoint."""

    def drained():
        north, south = (
            deliveries(spark, f"city {sign} 'South'").withWatermark("at", "2 minutes") for sign in ("<>", "=")
        )
        return run(per_minute(north.unionAll(south)), "forgets", sink="noop")

    land_commit(spark, [message(1, seconds=60 * 9), message(2, seconds=60 * 8, city="South")])
    if restart:
        assert watermarks(drained())[-1] == 6
    land_commit(spark, [message(3, seconds=60 * 12, city="South")])
    assert watermarks(drained())[-1] == last
    if restart:
        land_commit(spark, [message(4, seconds=60 * 9)])
        assert watermarks(drained())[-1] == 6, "south has to be heard again as well"


def test_an_input_that_never_sends_stops_the_clock_of_both(spark, lake):
    land_messages(spark, *TEN_MINUTES)
    north, moon = (deliveries(spark, f"city {sign} 'Moon'").withWatermark("at", "2 minutes") for sign in ("<>", "="))
    steps = run(per_minute(north.unionAll(moon)), "moon")
    assert set(watermarks(steps)) == {None} and counted(spark, "moon") == {}
    assert steps[-1]["state_rows"] == 10


@pytest.mark.parametrize(
    ("column", "delay", "text"),
    [
        ("at", "5", "CANNOT_PARSE_INTERVAL"),
        ("one", "5 minutes", "EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE"),
    ],
)
def test_what_with_watermark_refuses(spark, lake, column, delay, text):
    land_messages(spark, *TEN_MINUTES)
    with pytest.raises(Exception, match=text):
        assert deliveries(spark).withWatermark(column, delay).schema
