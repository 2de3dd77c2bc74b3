"""What lesson 07 says of Spark and of running totals, beyond what its cells print.

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
    return lambda: spark.readStream.format("delta").options(startingVersion=0, maxFilesPerTrigger=1).load(path)


def windows(rows, minutes):
    return (
        rows.withWatermark("at", "5 minutes").groupBy(F.window("at", f"{minutes} minutes")).agg(F.count("*").alias("n"))
    )


def chained(rows):
    return windows(rows, 1).groupBy(F.window(F.window_time("window"), "10 minutes")).agg(F.sum("n").alias("n"))


def with_total(rows):
    return rows.withColumn("total", F.sum("n").over(Window.orderBy("window")))


def dropped(rows, folder):
    """How many rows each micro-batch of a stream in append mode has dropped."""
    writer = rows.writeStream.format("noop").option("checkpointLocation", str(folder)).trigger(availableNow=True)
    query = writer.start()
    streams.drain(query)
    return [step["dropped"] for step in streams.progress(query)]


def ten(rows):
    return windows(rows, 10)


def quarter(rows):
    return windows(rows, 15)


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


def test_a_longer_window_that_is_not_made_of_the_shorter_may_lose_what_that_counts(source, tmp_path):
    assert dropped(ten(source()), tmp_path / "ten") == [0, 0, 0, 0, 0, 1, 0, 0, 0], "9.2"
    assert dropped(quarter(source()), tmp_path / "quarter") == [0, 0, 0, 0, 0, 0, 0, 1, 0], "14.5"


@pytest.mark.parametrize("mode", ["update", "complete"])
def test_a_window_over_a_window_is_refused_but_in_append_mode(source, tmp_path, mode):
    assert CHECK in refused(chained(source()), mode, tmp_path)


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
