"""The 14 queries give the same rows on Spark SQL and on DuckDB, whatever is in the lake and whoever writes to it."""

import contextlib
import datetime as dt
import math
import re
import shutil
import time

import duckdb
import helpers
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from engines import assert_engines_agree, assert_same_rows, assert_spark_agrees
from sleigh import live, pipeline, runtime
from sleigh.errors import SleighError
from sleigh.live import run
from sleigh.pipeline import gold, streams
from sleigh.serve import warehouse

SILVER = "silver_santa_deliveries"


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


def empty(spark):
    for name in warehouse.READS:
        runtime.create_table(spark, name)


def test_on_an_empty_lake(spark, lake):
    empty(spark)
    sizes = assert_engines_agree(spark, lake)
    assert sizes == dict.fromkeys(warehouse.QUERIES, 0) | {"07_delivery_times": 6, "10_reindeer": 1, "14_night": 1}


def test_on_a_lake_with_one_event_that_no_window_has_yet(spark, lake):
    helpers.land_messages(spark, [helpers.message()])
    pipeline.run(spark, sink="delta-rs")
    sizes = assert_engines_agree(spark, lake)
    assert sizes["06_live_activity"] == sizes["12_map"] == sizes["13_status"] == 1
    assert sizes["02_completion_trend"] == 0, "append mode shows no open window"


def test_text_is_data_whatever_it_says(spark, lake):
    helpers.land_messages(
        spark, [helpers.message(city="'; DROP TABLE silver_santa_deliveries; --", country="<script>")]
    )
    pipeline.run(spark, mode="live", sink="delta-rs")
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
    commits = [[helpers.message(2 * n + k, seconds=n) for k in range(2)] for n in range(12)]
    helpers.land_messages(spark, *commits)
    streams.drain(pipeline.start_bronze(spark, files_per_batch=1, sink="delta-rs"))
    house, seen = warehouse.Warehouse(lake), []
    query = pipeline.start_silver(spark)
    while query.isActive:
        house.refresh()
        one, other = totals(house)
        assert one == other and one % 2 == 0
        assert totals(house) == (one, other)
        seen.append(one)
        time.sleep(0.05)  # the stream wants the two cores as well
    query.awaitTermination()  # raises what it died of
    house.refresh()
    assert totals(house) == (24, 24)
    assert seen == sorted(seen) and len(set(seen)) > 3, f"too few states seen: {seen}"


@contextlib.contextmanager
def pinned(spark, versions):
    """Inside, Spark reads the tables in these versions, by temporary views of their names."""
    for name, version in versions.items():
        spark.sql(f"SELECT * FROM spark_catalog.default.{name} VERSION AS OF {version}").createOrReplaceTempView(name)
    try:
        yield
    finally:
        for name in versions:
            spark.catalog.dropTempView(name)


def test_on_both_engines_while_all_streams_write(spark, lake, monkeypatch):
    """Two refreshes of a lake whose silver and gold grow all the time, each compared with Spark at the same versions."""
    monkeypatch.setattr(run, "TRIGGERS", run.TRIGGERS | dict.fromkeys(gold.GOLD, 3))
    empty(spark)
    running = live.start(lake, rate=600, speed=60)
    try:
        house = warehouse.Warehouse(lake)
        for version in (1, 2):
            while min((versions := house.refresh()).values()) < version:
                assert not [part for part in live.status(running) if part["error"]]
                time.sleep(0.2)
            with pinned(spark, versions):
                sizes = assert_spark_agrees(spark, {name: house.ask(name) for name in warehouse.QUERIES})
            assert all(sizes.values())
    finally:
        balance = live.stop(running)
    assert balance.balanced, str(balance)


@pytest.fixture
def copy(late, tmp_path):
    """A lake with a night in it that a test may spoil."""
    return shutil.copytree(late, tmp_path / "copy")


def test_one_file_that_is_missing_is_named(copy):
    """No VACUUM has deleted it, so no longer retention would help."""
    file = min((copy / SILVER).glob("*.parquet"))
    file.rename(copy / "elsewhere")
    house = warehouse.Warehouse(copy)
    with pytest.raises(
        SleighError, match=f"^{SILVER} lacks a file that its log names, {file}: bring it back, or delete"
    ):
        house.ask_all()
    (copy / "elsewhere").rename(file)
    assert house.ask_all()


def replace_files(path):
    """Write the rows of the table at `path` once more and VACUUM: whoever has looked at the log before finds no file."""
    write_deltalake(str(path), DeltaTable(str(path)).to_pyarrow_table(), mode="overwrite")
    DeltaTable(str(path)).vacuum(0, enforce_retention_duration=False, dry_run=False)


@pytest.mark.parametrize("times", [1, 2, 100])
def test_files_that_go_between_the_look_at_the_log_and_the_read(copy, monkeypatch, times):
    opened, left = warehouse.Warehouse._open, [None] * times

    def open_too_early(self, name):
        table = opened(self, name)
        if name == SILVER and left:
            left.pop()
            replace_files(self.folder / name)
        return table

    house = warehouse.Warehouse(copy)
    before = house.ask_all()
    monkeypatch.setattr(warehouse.Warehouse, "_open", open_too_early)
    replace_files(copy / SILVER)
    if times > warehouse._TRIES:
        with pytest.raises(SleighError, match=f"the files of {SILVER} are deleted faster than they can be read"):
            house.refresh()
        left.clear()
    after = house.ask_all()
    assert not left
    for name, rows in after.items():
        assert_same_rows(name, rows, before[name])


def test_a_read_that_fails_spoils_nothing(copy):
    """DuckDB refuses every statement after one that failed inside BEGIN, until somebody says ROLLBACK."""
    house = warehouse.Warehouse(copy)
    before = house.ask("14_night")
    house._db.execute(f"ALTER TABLE all_{SILVER} ALTER COLUMN city TYPE INTEGER USING 1")  # takes no name of a city
    replace_files(copy / SILVER)
    with pytest.raises(duckdb.Error):
        house.refresh()
    house.refresh()
    assert_same_rows("14_night", house.ask("14_night"), before)


@pytest.mark.parametrize("commits", [1, 9])
def test_a_table_that_was_deleted_and_made_anew(copy, commits):
    house = warehouse.Warehouse(copy)
    house.refresh()
    kept = house.select("SELECT * FROM silver_santa_deliveries ORDER BY delivery_id LIMIT 9").cast(
        warehouse._schema(SILVER)
    )
    shutil.rmtree(copy / SILVER)
    for n in range(commits):
        write_deltalake(str(copy / SILVER), kept.slice(n, 1), mode="append")
    assert house.refresh()[SILVER] == commits - 1
    assert house.ask("14_night")["deliveries"].to_pylist() == [commits]


def test_a_region_has_no_now_of_its_own(copy):
    """Santa leaves regions for good: what he did there eight hours ago is not the last half hour of the night."""
    house = warehouse.Warehouse(copy)
    house.refresh()
    row = house.select("SELECT * FROM silver_santa_deliveries ORDER BY delivery_timestamp DESC LIMIT 1").to_pylist()[0]
    row |= {"region": "elsewhere", "delivery_timestamp": row["delivery_timestamp"] + dt.timedelta(hours=8)}
    write_deltalake(str(copy / SILVER), pa.Table.from_pylist([row], warehouse._schema(SILVER)), mode="append")
    (region,) = house.one("SELECT region FROM silver_santa_deliveries LIMIT 1")
    rows = house.ask_all(region=region)
    assert len(rows["06_live_activity"]) > 1, "silver has the region"
    for name in ("08_weather", "12_map", "13_status"):
        assert len(rows[name]) == 0, name
    assert rows["10_reindeer"]["deliveries"].to_pylist() == [0]
    assert len(house.ask_all(region="elsewhere")["12_map"]) == 1


def test_every_now_of_the_queries_is_found():
    for name in warehouse.QUERIES:
        text = "\n".join(line for line in warehouse.sql(name).splitlines() if not line.startswith("--"))
        assert len(warehouse._NEWEST.findall(text)) == len(re.findall(r"\(SELECT max", text)), name


def test_final_is_what_was_closed_when_the_rows_were_read(copy, monkeypatch):
    house = warehouse.Warehouse(copy)
    read = house.ask_all(final=True)["09_distance"]
    monkeypatch.setattr(
        warehouse.checkpoints, "watermark", lambda *_: 10**15
    )  # the streams go on; the rows here do not
    house.view(final=True)
    assert house.ask("09_distance") == read


def test_a_refresh_survives_optimize_and_vacuum(spark, copy):
    runtime.open_lake(spark, copy)
    house = warehouse.Warehouse(copy)
    before = house.refresh()
    seen = totals(house)
    spark.sql("OPTIMIZE silver_santa_deliveries")
    assert totals(house) == seen
    spark.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    try:
        spark.sql("VACUUM silver_santa_deliveries RETAIN 0 HOURS")
    finally:
        spark.conf.unset("spark.databricks.delta.retentionDurationCheck.enabled")
    assert totals(house) == seen, "the old version's files are gone, its rows are in memory"
    assert house.refresh()["silver_santa_deliveries"] > before["silver_santa_deliveries"]
    assert totals(house) == totals(warehouse.Warehouse(copy)) == seen, "the new one's are read"
