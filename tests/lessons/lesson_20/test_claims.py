"""What lesson 20 says of joins with weather from outside, on counts."""

import duckdb
import helpers
import pyarrow as pa
import pytest
from pyspark.sql import functions as F
from sleigh import runtime
from sleigh.lessons.prepare import own_table
from sleigh.pipeline import streams
from sleigh.simulator.night import night
from sleigh.simulator.weather_reports import reports

NIGHT = {"start_minute": 120, "rate": 10, "seed": 24, "faults": {"broken": 0, "duplicates": 0, "late": 0.1}}


@pytest.fixture(scope="module")
def sent():
    messages = night(180, **NIGHT)
    columns = {"delivery_id": messages.events["delivery_id"], "city": messages.events["city"]}
    columns |= {"seen": messages.events["weather_condition"]}
    return pa.table(columns | {name: messages.truth[name] for name in ("event_time", "arrival_time")})


def wrong(sent, asked, newest="valid_from <= event_time", **how):
    """Percent of the deliveries that get another weather than the sleigh saw, by what was `asked` of the reports."""
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.register("sent", sent)
        db.register("told", reports(NIGHT["seed"], until=60 * 300, **how)[0])
        return db.execute(f"""
            SELECT round(100 * avg((condition IS DISTINCT FROM seen)::INT), 1) FROM (
                SELECT delivery_id, any_value(seen) AS seen, arg_max(condition, (valid_from, issued_at)) AS condition
                FROM sent LEFT JOIN told ON sent.city = told.city AND {newest} AND {asked} GROUP BY delivery_id)
            """).fetchall()[0][0]


def test_now_is_wrong_for_four_of_ten_and_as_of_for_few(sent):
    assert wrong(sent, "true", newest="true") > 35
    assert wrong(sent, "true") < 5, "with all corrections"
    assert 15 < wrong(sent, "issued_at <= arrival_time") < 25, "as it was known when the delivery came"


def test_patience_helps_as_long_as_it_is_longer_than_the_correction_takes(sent):
    half_an_hour = "issued_at <= event_time + INTERVAL 30 MINUTES"
    quick, slow = (wrong(sent, half_an_hour, corrected=(minutes, minutes)) for minutes in (10, 45))
    assert quick < 3 and slow > 12
    assert wrong(sent, "true", newest="true", corrected=(10, 10)) > 30, "and none of it helps the join with now"


def day(clock):
    return f"2026-12-24 {clock}:00"


def small(spark, table, names, parts):
    """A table of the lesson's own: columns of text, the last one of times; a commit for each part."""
    *texts, time = names
    own_table(spark, table, ", ".join([*(f"{name} STRING" for name in texts), f"{time} TIMESTAMP"]))
    for part in parts:
        rows = spark.createDataFrame([(*row[:-1], day(row[-1])) for row in part], names)
        rows.withColumn(time, F.col(time).cast("timestamp")).coalesce(1).write.insertInto(table)


DELIVERIES = [
    [("d1", "Suva", "12:05"), ("d2", "Suva", "12:10"), ("d3", "Suva", "12:17"), ("d4", "Apia", "12:10")],
    [("d5", "Suva", "13:05"), ("d6", "Suva", "14:05"), ("d7", "Suva", "15:05")],
]
STATIONS = [[("Suva", "12:00"), ("Suva", "12:15")], [("Suva", "13:00"), ("Suva", "14:00"), ("Suva", "15:00")]]


@pytest.fixture(scope="module")
def seven_folder(spark, tmp_path_factory):
    """A lake with the seven deliveries and the five observations of the lesson."""
    folder = tmp_path_factory.mktemp("seven") / "lake"
    runtime.open_lake(spark, folder)
    small(spark, "seven", ["id", "city", "delivered"], DELIVERIES)
    small(spark, "stations", ["station", "valid_from"], STATIONS)
    return folder


@pytest.fixture
def seven(spark, seven_folder):
    """The same, open."""
    return helpers.opened(spark, seven_folder)


def joined(spark, left, right):
    """(ids of the rows that come out, rows of state at the end) of the left join with watermarks where they are given."""
    sides = []
    for table, column, delay in (("seven", "delivered", left), ("stations", "valid_from", right)):
        rows = spark.readStream.option("maxFilesPerTrigger", 1).table(table)
        sides.append(rows.withWatermark(column, delay) if delay else rows)
    near = "city = station AND valid_from <= delivered AND valid_from > delivered - INTERVAL 20 MINUTES"
    own_table(spark, "joined", "id STRING, city STRING, delivered TIMESTAMP, station STRING, valid_from TIMESTAMP")
    writer = sides[0].join(sides[1], F.expr(near), "left").writeStream.format("delta")
    writer = writer.option("checkpointLocation", runtime.checkpoint("joined")).trigger(availableNow=True)
    query = writer.toTable("joined")
    streams.drain(query)
    ids = sorted(row.id for row in spark.table("joined").select("id").collect())
    return ids, streams.progress(query)[-1]["state_rows"]


def test_with_watermarks_on_both_sides_a_left_join_loses_nothing(spark, seven):
    ids, _ = joined(spark, "30 minutes", "30 minutes")
    assert [name for name in ids if name in ("d1", "d2", "d3", "d4")] == ["d1", "d2", "d3", "d3", "d4"]


def test_with_one_on_the_weather_alone_a_delivery_vanishes_and_the_state_stays(spark, seven):
    ids, state = joined(spark, None, "30 minutes")
    assert "d4" not in ids and {"d1", "d2", "d3", "d5", "d6", "d7"} <= set(ids)
    assert state >= 7


def test_with_one_on_the_deliveries_alone_it_is_refused(spark, seven):
    with pytest.raises(Exception, match=r"(?i)watermark"):
        joined(spark, "30 minutes", None)


def test_asof_is_an_alias_to_spark(spark, seven):
    rows = "SELECT * FROM seven ASOF JOIN stations ON city = station AND delivered >= valid_from"
    found = spark.sql(f"SELECT ASOF.id FROM ({rows.replace('*', 'ASOF.*')}) ASOF WHERE id = 'd6'").collect()
    assert len(found) == 4, "all that are not younger: 12:00, 12:15, 13:00 and 14:00"


def test_a_static_table_is_read_anew_for_each_micro_batch_and_never_again_for_a_row(spark, lake):
    def observe(clock):
        spark.sql(f"INSERT INTO observed VALUES ('Suva', TIMESTAMP '{day(clock)}')")

    own_table(spark, "came", "id STRING, city STRING")
    own_table(spark, "observed", "station STRING, valid_from TIMESTAMP")
    newest = spark.table("observed").groupBy("station").agg(F.max("valid_from").alias("newest"))
    rows = spark.readStream.table("came").join(newest, F.expr("city = station"), "left")

    def drain(table):
        writer = rows.select("id", F.date_format("newest", "HH:mm").alias("newest")).writeStream.format("delta")
        writer = writer.option("checkpointLocation", runtime.checkpoint(table)).trigger(availableNow=True)
        streams.drain(writer.toTable(table))
        return sorted((row.id, row.newest) for row in spark.table(table).collect())

    for table in ("as_it_happens", "once_more"):
        own_table(spark, table, "id STRING, newest STRING")
    observe("12:00")
    spark.sql("INSERT INTO came VALUES ('a', 'Suva')")
    drain("as_it_happens")
    observe("12:15")
    spark.sql("INSERT INTO came VALUES ('b', 'Suva')")
    assert drain("as_it_happens") == [("a", "12:00"), ("b", "12:15")]
    assert drain("once_more") == [("a", "12:15"), ("b", "12:15")]


def test_a_function_is_called_for_the_filter_and_for_the_column(spark, lake, tmp_path):
    """Calls are counted by what the function appends to a file."""
    calls = str(tmp_path / "calls")

    @F.udf("string")
    def ask(city):
        with open(calls, "a") as file:
            file.write("x")
        return city

    rows = spark.createDataFrame([("Suva",)] * 10, "city string").coalesce(1)
    found = rows.withColumn("weather", ask("city")).where("weather IS NOT NULL")
    assert len(found.toArrow()) == 10
    assert (tmp_path / "calls").stat().st_size == 20
