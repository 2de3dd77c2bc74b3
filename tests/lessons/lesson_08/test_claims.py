"""What lesson 08 says of Spark: which top list a stream refuses, which it gives, and what a tie does to it.

One landing commit to a micro-batch, times in minutes after noon, windows of 15 minutes, a watermark of five. The window
12:00 closes when the watermark passes 12:15: micro-batch 3 brings 12:21, and 4 works with that. What 5 brings is too late.
"""

import pytest
from helpers import land_messages, message
from pyspark.errors import AnalysisException
from pyspark.sql import Window
from pyspark.sql import functions as F
from sleigh import landing, runtime
from sleigh.pipeline import streams

COMMITS = [
    {1: ["Cairo"] * 3 + ["Lagos"] * 2 + ["Rome"]},
    {14: ["Lagos"] * 2},
    {16: ["Oslo"], 5: ["Rome"]},
    {21: ["Oslo"]},
    {22: ["Oslo"], 6: ["Cairo"]},
    {23: ["Oslo"], 7: ["Cairo"] * 2},
]


def by_count():
    return Window.partitionBy("start").orderBy(F.desc("n"))


def land(spark, commits=COMMITS):
    number, ready = 0, []
    for commit in commits:
        rows = [(minute, city) for minute, cities in commit.items() for city in cities]
        ready.append([message(number + i, seconds=60 * minute, city=city) for i, (minute, city) in enumerate(rows)])
        number += len(rows)
    land_messages(spark, *ready)


def by_window(spark):
    rows = spark.readStream.options(startingVersion=0, maxFilesPerTrigger=1).table(landing.TABLE)
    rows = rows.withColumn("at", F.to_timestamp("timestamp")).withWatermark("at", "5 minutes")
    return rows.groupBy(F.window("at", "15 minutes"), "city").agg(F.count("*").alias("n"))


def cities(spark):
    return by_window(spark).select(F.minute("window.start").alias("start"), "city", "n")


def run(rows, mode, name):
    """{micro-batch: its rows as tuples, sorted}, without the micro-batches that gave none."""
    found = {}

    def keep(batch, number):
        if got := sorted(map(tuple, batch.collect())):
            found[number] = got

    writer = rows.writeStream.outputMode(mode).foreachBatch(keep).option("checkpointLocation", runtime.checkpoint(name))
    streams.drain(writer.trigger(availableNow=True).start())
    return found


def refused(rows, mode):
    with pytest.raises(AnalysisException) as error:
        rows.writeStream.format("noop").outputMode(mode).option("checkpointLocation", runtime.checkpoint("no")).start()
    return str(error.value)


@pytest.fixture
def landed(spark, lake):
    land(spark)
    return spark


@pytest.mark.parametrize("mode", ["append", "update", "complete"])
def test_a_stream_refuses_rank_in_every_mode(landed, mode):
    for function in (F.rank, F.dense_rank, F.row_number):
        rows = cities(landed).withColumn("place", function().over(by_count()))
        assert "[NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING]" in refused(rows, mode)


@pytest.mark.parametrize("mode", ["append", "update"])
def test_a_stream_refuses_to_sort_but_in_complete_mode(landed, mode):
    assert "Sorting is not supported" in refused(cities(landed).orderBy(F.desc("n")), mode)


def test_update_mode_refuses_a_limit(landed):
    assert "Limits are not supported" in refused(cities(landed).limit(3), "update")


def test_a_second_aggregation_publishes_a_top_list_in_the_same_micro_batch(landed):
    ordered = F.sort_array(F.collect_list(F.struct("n", "city")), asc=False)
    whole = F.expr("filter(cities, c -> c.n >= coalesce(try_element_at(cities, 2).n, 0))")
    lists = by_window(landed).groupBy("window").agg(ordered.alias("cities"))
    found = run(lists.select(F.minute("window.start"), whole.getField("city")), "append", "lists")
    assert found == {4: [(0, ["Lagos", "Cairo"])]}


def test_a_second_aggregation_is_refused_under_another_name_of_the_time(landed):
    rows = by_window(landed).withColumn("start", F.col("window.start")).groupBy("start").agg(F.max_by("city", "n"))
    assert "[STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION]" in refused(rows, "append")


def test_a_second_aggregation_is_refused_in_update_mode(landed):
    rows = by_window(landed).groupBy("window").agg(F.max_by("city", "n"))
    assert "possible 'correctness' issue due to global watermark" in refused(rows, "update")
