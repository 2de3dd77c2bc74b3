"""What lesson 13 says of numbers on a dashboard: red here means that Spark, DuckDB, Delta or plotly behaves otherwise."""

import json

import duckdb
import helpers
import plotly.graph_objects as go
import pytest
from deltalake import DeltaTable
from pyarrow import dataset
from sleigh import landing, pipeline, runtime
from sleigh.landing import producer
from sleigh.pipeline import streams
from sleigh.serve import charts, warehouse

SUMMARY = "gold_delivery_summary_realtime"
NEWEST = "(SELECT max(delivery_timestamp) FROM silver_santa_deliveries)"


@pytest.fixture(scope="module")
def folder(spark, tmp_path_factory):
    """One delivery a second from 12:00:00 on, in live mode: to 12:05:19 in version 1, to 12:07:29 in version 2."""
    folder = tmp_path_factory.mktemp("claims") / "lake"
    runtime.open_lake(spark, folder)
    seconds = [helpers.message(number) for number in range(450)]
    helpers.land_messages(spark, seconds[:320], seconds[320:])
    streams.drain(pipeline.start_bronze(spark, files_per_batch=1, sink="delta-rs"))
    streams.drain(pipeline.start_silver(spark, sink="delta-rs"))
    for name in warehouse.READS:
        runtime.create_table(spark, name)
    by_region = "gold_delivery_by_region"
    streams.drain(*[pipeline.start_table(spark, name, mode="live", sink="delta-rs") for name in (SUMMARY, by_region)])
    return folder


@pytest.fixture
def house(spark, folder):
    helpers.opened(spark, folder)
    made = warehouse.Warehouse(folder)
    made.refresh()
    return made


def counts(rows):
    return {f"{row['window_start']:%H:%M}": row["total_deliveries"] for row in rows}


def at_version(folder, version, name):
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    for table in warehouse.READS:
        last = DeltaTable(str(folder / table)).version()
        db.register(table, DeltaTable(str(folder / table), version=min(version, last)).to_pyarrow_table())
    return db.sql(warehouse.sql(name)).to_arrow_table().to_pylist()


def test_the_newest_minute_holds_what_has_happened_of_it(house):
    found = counts(house.ask("02_completion_trend").to_pylist())
    assert found["12:06"] == 60 and found["12:07"] == 30 and max(found) == "12:07"


def test_final_has_no_open_window_and_ends_minutes_ago(house):
    house.view(final=True)
    assert counts(house.ask("02_completion_trend").to_pylist()) == {"12:00": 60, "12:01": 60}


def test_an_earlier_refresh_is_an_earlier_version_and_ends_in_a_crash_too(house, folder):
    then, now = (counts(at_version(folder, version, "02_completion_trend")) for version in (1, 2))
    assert (then["12:05"], now["12:05"]) == (20, 60) and max(then) == "12:05"


def test_the_latest_five_minutes_may_be_seconds_old(folder, house):
    (row,) = at_version(folder, 1, "03_by_region")
    assert row["window_start"].minute == 5 and row["total_deliveries"] == 20


def test_spark_reads_the_same_earlier_version_by_name(spark, house, folder):
    rows = spark.sql(f"SELECT * FROM {SUMMARY} VERSION AS OF 1").toArrow().to_pylist()
    assert counts(rows) == counts(at_version(folder, 1, "02_completion_trend"))


def test_where_comes_before_a_window_function_and_limit_after_it(spark, house):
    start = f"SELECT sum(total_deliveries) OVER (ORDER BY window_start) AS total FROM {SUMMARY}"
    where = f"{start} WHERE window_start = (SELECT max(window_start) FROM {SUMMARY})"
    limit = f"{start} ORDER BY window_start DESC LIMIT 1"
    for ask in (lambda text: house.one(text)[0], lambda text: spark.sql(text).collect()[0][0]):
        assert (ask(where), ask(limit)) == (30, 450)


def test_null_stands_first_in_spark_and_last_in_duckdb_unless_told(spark, house):
    query = "SELECT x FROM (VALUES ('b'), (NULL), ('a')) AS t (x) ORDER BY x"
    engines = (
        lambda text: [row[0] for row in spark.sql(text).collect()],
        lambda text: house.select(text)["x"].to_pylist(),
    )
    assert [ask(query) for ask in engines] == [[None, "a", "b"], ["a", "b", None]]
    assert [ask(query + " NULLS LAST") for ask in engines] == [["a", "b", None]] * 2


@pytest.mark.parametrize(("clock", "count"), [("2026-12-23 09:00", 450), ("2026-12-25 09:00", 0)])
def test_with_a_wall_clock_the_last_ten_minutes_are_everything_or_nothing(house, clock, count):
    text = warehouse.sql("10_reindeer")
    assert NEWEST in text
    (row,) = house.select(text.replace(NEWEST, f"TIMESTAMPTZ '{clock}:00+00'")).to_pylist()
    assert row["deliveries"] == count and (row["avg_speed_kmh"] is None) == (count == 0)


def test_one_message_with_a_clock_two_hours_ahead_empties_the_charts(spark, lake):
    for name in warehouse.READS:
        runtime.create_table(spark, name)
    helpers.land_messages(spark, [*[helpers.message(n) for n in range(9)], helpers.message(9, seconds=7_200)])
    pipeline.run(spark, mode="live", sink="delta-rs")
    rows = warehouse.Warehouse(lake).ask_all()
    assert rows["10_reindeer"]["deliveries"].to_pylist() == [1] and rows["14_night"]["deliveries"].to_pylist() == [10]


def test_queries_that_read_when_asked_are_torn_by_a_commit(spark, lake):
    def deliveries(rows):
        return sum(rows["deliveries"].to_pylist())

    for name in warehouse.READS:
        runtime.create_table(spark, name)
    runtime.create_table(spark, landing.TABLE)
    fast = {"rate": 60, "batch_seconds": 20, "wait": lambda seconds: None, "faults": "none"}

    def arrive():
        producer.produce(lake, minutes=1 / 3, **fast)
        streams.drain(pipeline.start_bronze(spark, sink="delta-rs"))
        streams.drain(pipeline.start_silver(spark, sink="delta-rs"))

    arrive()
    house = warehouse.Warehouse(lake)
    house.refresh()
    torn = [deliveries(warehouse.ask_spark(spark, "08_weather"))]
    arrive()
    torn.append(deliveries(warehouse.ask_spark(spark, "07_delivery_times")))
    assert torn == [20, 40]
    assert [deliveries(house.ask(name)) for name in ("08_weather", "07_delivery_times")] == [20, 20]
    house.refresh()
    assert [deliveries(house.ask(name)) for name in ("08_weather", "07_delivery_times")] == [40, 40]


def test_vacuum_takes_the_files_from_a_reader_who_looked_before(spark, lake):
    name = "gold_delivery_by_region"
    helpers.land_messages(spark, [helpers.message(0)], [helpers.message(1)])
    streams.drain(pipeline.start_bronze(spark, files_per_batch=1, sink="delta-rs"))
    streams.drain(pipeline.start_silver(spark, sink="delta-rs"))
    streams.drain(pipeline.start_table(spark, name, mode="live", sink="delta-rs"))
    noted = DeltaTable(str(lake / name), version=1).file_uris()
    DeltaTable(str(lake / name)).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    with pytest.raises(FileNotFoundError):
        dataset.dataset(noted, format="parquet").to_table()
    house = warehouse.Warehouse(lake, tables=(name,))
    house.refresh()
    assert house.ask("03_by_region")["total_deliveries"].to_pylist() == [2]


def test_an_update_in_place_is_a_hundredth_of_a_new_figure_and_nothing_if_nothing_is_new(house, folder):
    def size(thing):
        return len(json.dumps(thing, default=str))

    full = house.ask_all()
    house.view(final=True)
    figure = go.FigureWidget(charts.figure({name: house.ask(name) for name in warehouse.QUERIES}))
    sent = []
    figure.observe(lambda change: sent.append(change["new"]), "_py2js_update")
    charts.update(figure, full)
    first = [message for message in sent if message]
    charts.update(figure, full)
    assert len(first) == 1 and len([message for message in sent if message]) == 1
    assert size(first) * 100 < size(figure.get_state())


def test_an_aggregate_without_groups_has_a_row_on_an_empty_lake(spark, lake):
    rows = warehouse.Warehouse(lake).ask_all(missing="empty")
    with_rows = {name: len(found) for name, found in rows.items() if len(found)}
    assert with_rows == {"07_delivery_times": 6, "10_reindeer": 1, "14_night": 1}
