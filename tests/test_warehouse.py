"""The 14 queries give the same rows on Spark SQL and on DuckDB, whatever is in the lake and whoever writes to it."""

import math
import threading
import time

import helpers
import pyarrow as pa
import pytest
from sleigh import pipeline, runtime, streams, warehouse
from sleigh.errors import SleighError


def plain_rows(table):
    """Rows as tuples, in order; every number as int or float, times in microseconds."""
    columns = []
    for column in table.columns:
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64())
        values = column.to_pylist()
        columns.append([float(v) if type(v).__name__ in ("float", "Decimal") else v for v in values])
    return list(zip(*columns, strict=True))


def same(one, other):
    """Equal, doubles to twelve digits: the engines add them in different orders."""
    if isinstance(one, float) and isinstance(other, float):
        return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-9)
    return one == other


def assert_engines_agree(spark, folder):
    """All 14 on both engines over the open lake. Returns {query: number of rows}."""
    by_duckdb = warehouse.Warehouse(folder).ask_all()
    sizes = {}
    for name, rows in by_duckdb.items():
        by_spark = warehouse.ask_spark(spark, name)
        assert rows.column_names == by_spark.column_names, name
        duck, sparks = plain_rows(rows), plain_rows(by_spark)
        assert len(duck) == len(sparks), f"{name}: {len(duck)} rows by DuckDB, {len(sparks)} by Spark"
        for place, pair in enumerate(zip(duck, sparks, strict=True)):
            assert all(map(same, *pair)), f"{name}, row {place}: {pair[0]} by DuckDB, {pair[1]} by Spark"
        sizes[name] = len(duck)
    return sizes


def test_there_are_fourteen_and_each_says_what_it_answers_and_feeds():
    assert [name[:2] for name in warehouse.QUERIES] == [f"{n:02d}" for n in range(1, 15)]
    for name in warehouse.QUERIES:
        first, second = warehouse.sql(name).splitlines()[:2]
        assert first.startswith("-- ") and "?" in first and second.startswith("-- Feeds "), name


def test_they_read_the_tables_that_the_warehouse_opens():
    text = "\n".join(warehouse.sql(name) for name in warehouse.QUERIES)
    assert {name for name in warehouse.READS if name in text} == set(warehouse.READS)


def test_on_a_night_with_every_fault(spark, late):
    sizes = assert_engines_agree(spark, late)
    assert all(sizes.values())
    assert sizes["06_live_activity"] == 100 and sizes["07_delivery_times"] == 6 and sizes["05_top_cities"] <= 10


def test_on_a_night_in_live_mode(spark, live_folder):
    assert all(assert_engines_agree(spark, helpers.opened(spark, live_folder)).values())


@pytest.mark.parametrize("seed", [1, 2026])
def test_on_a_random_night(spark, tmp_path, seed):
    folder = tmp_path / "night"
    helpers.fill(spark, folder, minutes=25, rate=30, seed=seed, start_minute=40 * seed % 1400, every=300)
    assert all(assert_engines_agree(spark, folder).values())


def empty(spark):
    for name in warehouse.READS:
        runtime.create_table(spark, name)


def test_on_an_empty_lake(spark, lake):
    empty(spark)
    sizes = assert_engines_agree(spark, lake)
    assert sizes == dict.fromkeys(warehouse.QUERIES, 0) | {"07_delivery_times": 6, "10_reindeer": 1, "14_night": 1}


def test_on_a_lake_with_one_event_that_no_window_has_yet(spark, lake):
    helpers.land_messages(spark, [helpers.message()])
    pipeline.run(spark)
    sizes = assert_engines_agree(spark, lake)
    assert sizes["06_live_activity"] == sizes["12_map"] == sizes["13_status"] == 1
    assert sizes["02_completion_trend"] == 0, "append mode shows no open window"


def test_text_is_data_whatever_it_says(spark, lake):
    helpers.land_messages(
        spark, [helpers.message(city="'; DROP TABLE silver_santa_deliveries; --", country="<script>")]
    )
    pipeline.run(spark, mode="live")
    assert_engines_agree(spark, lake)
    assert warehouse.Warehouse(lake).ask("12_map")["country"].to_pylist() == ["<script>"]


def test_a_limit_takes_the_newest_and_shows_them_in_time_order(late):
    house = warehouse.Warehouse(late)
    starts = house.ask("02_completion_trend")["window_start"].to_pylist()
    every = house.ask("09_distance")["window_start"].to_pylist()
    assert starts == sorted(starts) == every[-60:]


def test_the_distance_is_truly_cumulative(late):
    rows = warehouse.Warehouse(late).ask("09_distance").to_pylist()
    total = 0
    for row in rows:
        total += row["distance_km"]
        assert math.isclose(row["cumulative_distance_km"], total, abs_tol=1e-6)


def test_the_classes_of_delivery_time_hold_everything_of_the_hour(late):
    house = warehouse.Warehouse(late)
    rows = house.ask("07_delivery_times").to_pylist()
    assert [row["seconds"] for row in rows] == ["0-30", "30-45", "45-60", "60-90", "90-120", "120+"]
    assert sum(row["deliveries"] for row in rows) == sum(house.ask("08_weather")["deliveries"].to_pylist()) > 0


def test_a_missing_table_and_an_unknown_query_are_one_line(spark, lake):
    with pytest.raises(SleighError, match="there is no table silver_santa_deliveries in this lake yet"):
        warehouse.Warehouse(lake).ask_all()
    with pytest.raises(SleighError, match="there is no query '15_more'"):
        warehouse.sql("15_more")


def totals(house):
    """Deliveries of silver by two queries of one refresh: torn reads would make them differ."""
    return house.ask("14_night")["deliveries"].to_pylist()[0], sum(
        house.ask("07_delivery_times")["deliveries"].to_pylist()
    )


def test_a_refresh_sees_one_version_while_a_stream_writes(spark, lake):
    """Batches of two rows are committed all the time; between two refreshes nothing may change."""
    empty(spark)
    commits = [[helpers.message(2 * n + k, seconds=n) for k in range(2)] for n in range(40)]
    helpers.land_messages(spark, *commits)
    streams.drain(pipeline.start_bronze(spark, files_per_batch=1))
    house, seen = warehouse.Warehouse(lake), []
    query = pipeline.start_silver(spark)
    done = threading.Event()
    waiter = threading.Thread(target=lambda: (query.awaitTermination(), done.set()))
    waiter.start()
    while not done.is_set():
        house.refresh()
        one, other = totals(house)
        assert one == other and one % 2 == 0
        assert totals(house) == (one, other)
        seen.append(one)
        time.sleep(0.05)  # the stream wants the two cores as well
    waiter.join()
    house.refresh()
    assert totals(house) == (80, 80)
    assert seen == sorted(seen) and len(set(seen)) > 3, f"too few states seen: {seen}"


def test_a_refresh_survives_optimize_and_vacuum(spark, lake):
    empty(spark)
    helpers.land_messages(spark, *[[helpers.message(n)] for n in range(6)])
    streams.drain(pipeline.start_bronze(spark, files_per_batch=1))
    streams.drain(pipeline.start_silver(spark))
    house = warehouse.Warehouse(lake)
    before = house.refresh()
    spark.sql("OPTIMIZE silver_santa_deliveries")
    assert totals(house) == (6, 6)
    spark.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    try:
        spark.sql("VACUUM silver_santa_deliveries RETAIN 0 HOURS")
    finally:
        spark.conf.unset("spark.databricks.delta.retentionDurationCheck.enabled")
    assert totals(house) == (6, 6), "the old version's files are gone, the new one's are read"
    assert house.refresh()["silver_santa_deliveries"] > before["silver_santa_deliveries"]
