"""What lesson 07 says of Spark: running totals, windows over windows, and which window still takes a late delivery.

Eight micro-batches, times in minutes after noon, a delay of five minutes. Micro-batches 1 to 8 run with the watermark
-1, 3, 7, 11, 15, 19, 23, 27; each drops by the one before. So 2 is late for its minute only, 9.2 for its minute and its
ten minutes, 14.5 for its minute and its quarter of an hour, which both end at 15, and not for its ten minutes.
"""

from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from helpers import bronze_rows, message
from pyspark.errors import AnalysisException
from pyspark.sql import Window
from pyspark.sql import functions as F
from sleigh.pipeline import gold, silver, streams
from sleigh.serve import warehouse

NOON = datetime(2026, 12, 24, 12)
BATCHES = [[0.5, 4], [8, 4.2], [12, 4.4], [16], [20, 2], [24, 9.2], [28], [32, 14.5]]
CHECK = "spark.sql.streaming.statefulOperator.checkCorrectness.enabled"


@pytest.fixture(scope="module")
def source(spark, tmp_path_factory):
    """A function: the deliveries as a stream, one file to a micro-batch."""
    path = str(tmp_path_factory.mktemp("claims") / "deliveries")
    for minutes in BATCHES:
        events = [NOON + timedelta(minutes=minute) for minute in minutes]
        write_deltalake(path, pa.table({"at": pa.array(events, pa.timestamp("us", "UTC"))}), mode="append")
    return lambda: spark.readStream.format("delta").option("maxFilesPerTrigger", 1).load(path)


def windows(rows, minutes):
    return (
        rows.withWatermark("at", "5 minutes").groupBy(F.window("at", f"{minutes} minutes")).agg(F.count("*").alias("n"))
    )


def chained(rows, time=None):
    time = F.window_time("window") if time is None else time
    return windows(rows, 1).groupBy(F.window(time, "10 minutes")).agg(F.sum("n").alias("n"))


def with_total(rows):
    return rows.withColumn("total", F.sum("n").over(Window.orderBy("window")))


@pytest.fixture(scope="module")
def ran(source, tmp_path_factory):
    """A function of a stream's making and its mode: rows as (micro-batch, minute, ...), and its progress."""
    known = {}

    def run(make, mode="append", columns=("n",), inside=lambda batch: batch):
        key = (make, mode, columns)
        if key not in known:
            found = []

            def keep(batch, number):
                rows = inside(batch).select("window.start", *columns).collect()
                found.extend((number, (row[0] - NOON).seconds // 60, *row[1:]) for row in rows)

            writer = make(source()).writeStream.outputMode(mode).foreachBatch(keep).trigger(availableNow=True)
            query = writer.option("checkpointLocation", str(tmp_path_factory.mktemp("checkpoint"))).start()
            streams.drain(query)
            known[key] = sorted(found), [step["dropped"] for step in streams.progress(query)]
        return known[key]

    return run


def minute(rows):
    return windows(rows, 1)


def ten(rows):
    return windows(rows, 10)


def quarter(rows):
    return windows(rows, 15)


@pytest.fixture(scope="module")
def ten_with_total(ran):
    """The windows of ten minutes, each micro-batch with a running total that foreachBatch adds."""
    return ran(ten, columns=("n", "total"), inside=with_total)


def refused(rows, mode, folder):
    with pytest.raises(AnalysisException) as error:
        rows.writeStream.format("noop").outputMode(mode).option("checkpointLocation", str(folder)).start()
    return str(error.value)


@pytest.mark.parametrize("mode", ["append", "update", "complete"])
def test_a_stream_refuses_a_running_total_when_it_starts(source, tmp_path, mode):
    rows = with_total(ten(source()))
    assert rows.columns == ["window", "n", "total"], "the plan itself is accepted"
    text = refused(rows, mode, tmp_path)
    assert "[NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING]" in text
    assert "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW" in text, "the frame that ORDER BY brings along"


def test_inside_foreach_batch_a_running_total_begins_anew_in_each_micro_batch(ten_with_total):
    rows, _ = ten_with_total
    assert rows == [(4, 0, 6, 6), (7, 10, 3, 3)], "the night has 9 by then"


def test_order_by_alone_gives_equal_rows_one_total(spark):
    rows = spark.sql("""SELECT start, sum(n) OVER (ORDER BY start) AS by_range,
                               sum(n) OVER (ORDER BY start ROWS UNBOUNDED PRECEDING) AS by_rows
                        FROM VALUES (0, 3), (0, 5), (10, 2) AS t(start, n)""")
    found = rows.collect()
    assert sorted((row.start, row.by_range) for row in found) == [(0, 8), (0, 8), (10, 10)]
    assert len({row.by_rows for row in found}) == 3


def test_the_long_window_loses_fewer_than_the_short_ones_it_is_made_of(ran, ten_with_total):
    assert ran(minute)[1] == [0, 0, 0, 0, 1, 1, 0, 1, 0], "2, 9.2 and 14.5"
    assert ten_with_total[1] == [0, 0, 0, 0, 0, 1, 0, 0, 0], "9.2 only"


def test_a_longer_window_that_is_not_made_of_the_shorter_may_lose_what_that_counts(ran):
    rows, dropped = ran(quarter)
    assert rows == [(5, 0, 8)], "with 9.2, which the ten minutes lost"
    assert dropped == [0, 0, 0, 0, 0, 0, 0, 1, 0], "14.5, which the ten minutes counted"


def test_a_window_over_a_window_is_what_the_final_minutes_add_up_to(ran):
    single, _ = ran(minute)
    rows, _ = ran(chained)
    sums = {start: sum(n for _, at, n in single if start <= at < start + 10) for start in (0, 10)}
    assert {start: n for _, start, n in rows} == sums == {0: 5, 10: 2}


def test_a_window_over_a_window_comes_in_the_same_micro_batch_as_a_direct_one(ran, ten_with_total):
    assert [(batch, start) for batch, start, _ in ran(chained)[0]] == [(4, 0), (7, 10)]
    assert [(batch, start) for batch, start, *_ in ten_with_total[0]] == [(4, 0), (7, 10)]


@pytest.mark.parametrize("mode", ["update", "complete"])
def test_a_window_over_a_window_is_refused_but_in_append_mode(source, tmp_path, mode):
    assert CHECK in refused(chained(source()), mode, tmp_path)


def test_without_that_check_update_mode_counts_each_version_of_a_minute(spark, ran):
    spark.conf.set(CHECK, "false")
    try:
        rows, _ = ran(chained, "update")
    finally:
        spark.conf.unset(CHECK)
    # The minute 4 came as 1, 2 and 3: six for three deliveries, beside 0.5 and 8.
    assert max(n for _, start, n in rows if start == 0) == 1 + (1 + 2 + 3) + 1


def test_the_start_of_a_window_has_no_watermark(source, tmp_path):
    text = refused(chained(source(), F.col("window.start")), "append", tmp_path)
    assert "[STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION]" in text and "watermark" in text


@pytest.fixture
def progress(spark):
    """Three windows, from 12:00, 12:10 and 12:30, of 2, 1 and 3 deliveries; two with a weather that has no column."""
    minutes = (0, 5, 12, 31, 32, 33)
    skies = ("Hail", None, "Clear", "Snowy", "Foggy", "Cloudy")
    sent = [
        message(number, seconds=60 * at, weather_condition=sky, num_gifts=number + 1)
        for number, (at, sky) in enumerate(zip(minutes, skies, strict=True))
    ]
    return gold.overall_progress(silver.clean_batch(bronze_rows(spark, sent))).localCheckpoint()


def test_running_totals(progress):
    rows = gold.running_totals(progress).orderBy("window_start").collect()
    assert [row.window_start.minute for row in rows] == [0, 10, 30], "a window without events has no row"
    assert [(row.total_deliveries, row.total_gifts, row.total_distance_km) for row in rows] == [
        (2, 3, 20.0),
        (3, 6, 30.0),
        (6, 21, 60.0),
    ]
    assert gold.running_totals(progress).columns[:19] == progress.columns


def test_running_totals_are_those_of_the_dashboard(spark, progress):
    text = warehouse.sql("01_overall_progress").replace("gold_overall_progress", "{progress}")
    (card,) = spark.sql(text, progress=progress).collect()
    last = gold.running_totals(progress).orderBy(F.col("window_start").desc()).first()
    assert {name: last[name] for name in card.asDict()} == card.asDict()


def test_running_totals_are_refused_by_a_stream(spark, source, tmp_path):
    columns = [F.col("window.start").alias("window_start"), F.col("n").alias("period_deliveries")]
    rows = ten(source()).select(*columns, F.lit(1).alias("period_gifts"), F.lit(1.0).alias("period_distance_km"))
    assert "NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING" in refused(gold.running_totals(rows), "append", tmp_path)


def test_one_delivery_more_in_the_first_window_changes_every_total(progress):
    more = F.when(F.minute("window_start") == 0, 1).otherwise(0)
    mended = progress.withColumn("period_deliveries", F.col("period_deliveries") + more)
    rows = gold.running_totals(mended).orderBy("window_start").collect()
    assert [(row.period_deliveries, row.total_deliveries) for row in rows] == [(3, 3), (1, 4), (3, 7)]


def test_an_unknown_weather_is_in_the_period_and_in_no_column(progress):
    known = ["clear_weather_count", "snowy_weather_count", "foggy_weather_count", "cloudy_weather_count"]
    rows = progress.orderBy("window_start").select("period_deliveries", *known).collect()
    assert [tuple(row) for row in rows] == [(2, 0, 0, 0, 0), (1, 1, 0, 0, 0), (3, 0, 1, 1, 1)]
