"""What lesson 06 says of means and windows, on a few crafted rows each: red here means that Spark behaves otherwise now.

Every stream takes one landing commit to a micro-batch. Times are minutes after noon.
"""

import importlib.util
import json

import pytest
from helpers import land_messages, message
from pyspark.errors import AnalysisException, IllegalArgumentException, StreamingQueryException
from pyspark.sql import functions as F
from sleigh import landing, runtime
from sleigh.paths import ROOT
from sleigh.pipeline import streams


def deliveries(spark):
    rows = spark.readStream.options(startingVersion=0, maxFilesPerTrigger=1).table(landing.TABLE)
    rows = rows.select("gift_type", "delivery_time_seconds", F.to_timestamp("timestamp").alias("at"))
    return rows.withWatermark("at", "5 minutes")


def run(rows, name, mode="append", sink="memory", checkpoint=None):
    """Drain a stream over all that has landed. Returns the state rows after each micro-batch that had any."""
    writer = rows.writeStream.format(sink).queryName(name).outputMode(mode).trigger(availableNow=True)
    query = writer.option("checkpointLocation", checkpoint or runtime.checkpoint(name)).start()
    query.awaitTermination()
    return [step["state_rows"] for step in streams.progress(query)]


def at(*minutes, number=0):
    """One message for each minute."""
    return [message(number + place, seconds=round(60 * minute)) for place, minute in enumerate(minutes)]


def spans(rows):
    """(start, end, count), minutes after noon, of windows `w`, sorted."""
    minute = "round((unix_millis({}) - unix_millis(timestamp'2026-12-24 12:00:00')) / 60000, 3)"
    columns = [minute.format("w.start"), minute.format("w.end"), "count"]
    return sorted(tuple(float(value) for value in row) for row in rows.selectExpr(*columns).collect())


@pytest.fixture
def batch(spark):
    """A function: a DataFrame with one row for each minute after noon."""

    def rows(*minutes):
        times = spark.createDataFrame([(float(minute),) for minute in minutes], "minute double").coalesce(1)
        since = F.unix_millis(F.lit("2026-12-24 12:00:00").cast("timestamp"))
        return times.select(F.timestamp_millis((since + F.col("minute") * 60_000).cast("bigint")).alias("at"))

    return rows


# Means


def test_means_do_not_merge_and_sums_and_counts_do(spark):
    rows = [("a", 1, 10.0), ("a", 1, 20.0), ("a", 1, 30.0), ("a", 2, 100.0), ("a", 2, None)]
    rows = spark.createDataFrame(rows, "gift string, window int, seconds double").coalesce(1)
    true = rows.agg(F.avg("seconds")).first()[0]
    parts = rows.groupBy("window").agg(
        F.avg("seconds").alias("mean"),
        F.sum("seconds").alias("sum"),
        F.count("seconds").alias("timed"),
        F.count("*").alias("n"),
    )
    averaged, merged, by_all = parts.selectExpr("avg(mean)", "sum(sum) / sum(timed)", "sum(mean * n) / sum(n)").first()
    assert (true, averaged, merged, by_all) == (40.0, 60.0, 40.0, 52.0)


def test_a_window_that_leads_everywhere_may_lose_over_all(spark):
    rows = [("a", 1, 17, 21), ("b", 1, 4, 5), ("a", 2, 10, 10), ("b", 2, 18, 19), ("a", 3, 13, 17), ("b", 3, 6, 8)]
    rows = spark.createDataFrame(rows, "gift string, window int, good int, all int").coalesce(1)
    rates = rows.groupBy("window").pivot("gift", ["a", "b"]).agg(F.first(F.expr("good / all")))
    assert all(row.a > row.b for row in rates.collect())
    over_all = dict(rows.groupBy("gift").agg(F.expr("sum(good) / sum(all)")).collect())
    assert over_all["a"] < over_all["b"]


def test_the_state_of_a_mean_is_a_sum_and_a_count(spark, lake, tmp_path):
    checkpoint = str(tmp_path / "mean")  # the state store reader finds nothing where a folder's name has a blank
    land_messages(spark, at(0, 1, 2))
    means = deliveries(spark).groupBy(F.window("at", "5 minutes")).agg(F.avg("delivery_time_seconds"))
    run(means, "mean", sink="noop", checkpoint=checkpoint)
    state = spark.read.format("statestore").load(checkpoint)
    assert [field.name for field in state.schema["value"].dataType] == ["sum", "count"]
    assert [tuple(row.value) for row in state.collect()] == [(120, 3)]


# Where windows lie


def test_a_sliding_window_copies_each_row(batch):
    rows = batch(1.5).select(F.window("at", "10 minutes", "2 minutes").alias("w"), F.lit(1).alias("count"))
    assert spans(rows) == [(start, start + 10, 1) for start in (-8, -6, -4, -2, 0)]


def test_a_slide_that_does_not_divide_the_length_gives_no_fixed_number(batch):
    sliding = F.window("at", "10 minutes", "4 minutes").alias("w")
    assert [batch(minute).select(sliding).count() for minute in (1.333, 3.333)] == [3, 2]


def test_a_session_of_one_row_is_as_long_as_the_gap(batch):
    rows = batch(1.5).select(F.session_window("at", "2 minutes").alias("w"), F.lit(1).alias("count"))
    assert spans(rows) == [(1.5, 3.5, 1)]


def start_of(spark, text, length, start_time="0 minutes"):
    rows = spark.sql(f"SELECT timestamp'{text}' AS at").select(F.window("at", length, startTime=start_time).alias("w"))
    return rows.select(F.date_format("w.start", "EEE HH:mm")).first()[0]


def test_windows_lie_on_a_grid_from_1970(spark):
    assert start_of(spark, "2026-12-24 10:00:00", "7 minutes") == "Thu 09:55"
    assert start_of(spark, "2026-12-24 10:00:00", "7 minutes", "5 minutes") == "Thu 10:00"
    assert start_of(spark, "2026-12-25 10:00:00", "7 minutes", "5 minutes") == "Fri 09:55"
    assert start_of(spark, "2026-12-26 10:00:00", "1 week") == "Thu 00:00"
    assert start_of(spark, "2026-12-24 23:00:00", "1 day", "10 hours") == "Thu 10:00"


def test_a_window_without_rows_is_no_row(batch):
    rows = batch(1, 12).groupBy(F.window("at", "5 minutes").alias("w")).count()
    assert spans(rows) == [(0, 5, 1), (10, 15, 1)]


def test_a_row_at_the_end_of_a_session_still_joins_it(batch):
    session = F.session_window("at", "2 minutes").alias("w")
    assert spans(batch(0, 2).groupBy(session).count()) == [(0, 4, 2)]
    assert spans(batch(0, 2.001).groupBy(session).count()) == [(0, 2, 1), (2.001, 4.001, 1)]


# The same in streams

KINDS = {
    "tumbling": lambda: F.window("at", "10 minutes"),
    "sliding": lambda: F.window("at", "10 minutes", "2 minutes"),
    "session": lambda: F.session_window("at", "2 minutes"),
}


def counted(spark, kind):
    return deliveries(spark).groupBy("gift_type", KINDS[kind]().alias("w")).count()


SLIDING = {-8: 1, -6: 2, -4: 3, -2: 3, 0: 4, 2: 3, 4: 2, 6: 1, 8: 1}
"""Start of each sliding window -> how many of the minutes 1, 3.5, 4 and 9 are in it: 20 in all."""


@pytest.mark.parametrize(
    ("kind", "state", "windows"),
    [
        ("tumbling", [1, 1], [(0, 10, 4)]),
        ("sliding", [9, 5], [(start, start + 10, count) for start, count in SLIDING.items()]),
        ("session", [3, 1], [(1, 3, 1), (3.5, 6, 2), (9, 11, 1)]),
    ],
)
def test_three_kinds_of_window_over_the_same_rows(spark, lake, kind, state, windows):
    """Minutes 1, 3.5, 4 and 9; minute 30 closes the windows they are in, and its own are open at the end."""
    land_messages(spark, at(1, 3.5, 4, 9), at(30, number=10))
    seen = run(counted(spark, kind), f"kind_{kind}")
    assert [seen[0], seen[-1]] == state
    assert spans(spark.table(f"kind_{kind}")) == windows


def test_a_late_row_makes_one_session_of_two(spark, lake):
    land_messages(spark, at(1, 2, 4.5), at(3.2, number=10))
    history = []

    def keep(rows, number):
        history.append(spans(rows))

    writer = counted(spark, "session").writeStream.outputMode("complete").foreachBatch(keep)
    streams.drain(writer.option("checkpointLocation", runtime.checkpoint("bridge")).trigger(availableNow=True).start())
    assert history[:2] == [[(1, 4, 2), (4.5, 6.5, 1)], [(1, 6.5, 4)]]


# What is refused


def test_a_session_in_update_mode_is_refused(spark, lake):
    land_messages(spark, at(1))
    with pytest.raises(AnalysisException, match=r"STREAMING_OUTPUT_MODE\.UNSUPPORTED_OPERATION.*session window"):
        run(counted(spark, "session"), "update", mode="update", sink="noop")


def test_a_session_without_another_key_starts_and_then_fails(spark, lake):
    land_messages(spark, at(1))
    for number, keys in enumerate([[], [F.lit("all")]]):  # a literal is dropped from the keys
        alone = deliveries(spark).groupBy(*keys, KINDS["session"]()).count()
        with pytest.raises(StreamingQueryException, match="Global aggregation with session window"):
            run(alone, f"alone_{number}", sink="noop")
    same = deliveries(spark).withColumn("everything", F.lit("all")).groupBy("everything", KINDS["session"]()).count()
    assert run(same, "everything", sink="noop")[0] == 1


def test_a_batch_takes_a_session_without_another_key(batch):
    assert batch(0, 1).groupBy(F.session_window("at", "2 minutes")).count().count() == 1


@pytest.mark.parametrize(
    ("windows", "error", "says"),
    [
        ([["5 minutes"], ["10 minutes"]], AnalysisException, "cartesian product"),
        ([["5 minutes", "10 minutes"]], AnalysisException, "slide_duration"),
        ([["1 month"]], IllegalArgumentException, "greater than a month"),
    ],
)
def test_windows_that_are_refused(batch, windows, error, says):
    with pytest.raises(error, match=says):
        batch(1).groupBy(*[F.window("at", *arguments) for arguments in windows]).count()


# What the lesson says of many seeds, from bench/averages.py


def test_the_benchmark_counts_what_the_lesson_counts_of_its_own_night():
    spec = importlib.util.spec_from_file_location("averages", ROOT / "bench" / "averages.py")
    averages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(averages)
    lesson = (ROOT / "notebooks" / "06_gift_type.ipynb").read_text()
    pairs, by_rate, by_seconds, paradox = averages.compare(averages.windows(4939, 12))
    assert f"{pairs}     {by_rate}                    {by_seconds}" in lesson, "the output of the cell `pairs`"
    assert paradox == 1, "Toys and Books from 10:15"


def test_the_numbers_in_the_text_are_those_of_the_benchmark():
    text = (ROOT / "notebooks" / "06_gift_type.ipynb").read_text()
    text = text[text.index("bench/averages.py") :][:600]
    for row in json.loads((ROOT / "bench" / "results" / "averages.json").read_text())["averages"]:
        assert f"{row['percent_turned_by_rate']} %" in text and f"{row['percent_turned_by_seconds']} %" in text
        assert f"{row['seeds']:,} seeds" in text
