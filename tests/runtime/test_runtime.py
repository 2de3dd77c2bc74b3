"""The session, the lake, and the tables as tables.py has them."""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from deltalake import DeltaTable
from sleigh import runtime
from sleigh.errors import SleighError
from sleigh.runtime import profile
from sleigh.tables import TABLES, WALL_CLOCK


def test_one_session_a_process(spark):
    assert runtime.session() is spark
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
    assert spark.conf.get("spark.sql.shuffle.partitions") == profile.LAPTOP["spark.sql.shuffle.partitions"][0]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_made_as_the_schema_says(spark, lake, name):
    runtime.create_table(spark, name)
    assert [(field.name, field.dataType) for field in spark.table(name).schema] == [
        (field.name, field.dataType) for field in TABLES[name].columns
    ]
    assert [field.metadata["comment"] for field in spark.table(name).schema] == [
        field.metadata["comment"] for field in TABLES[name].columns
    ]
    assert DeltaTable(str(lake / name)).metadata().partition_columns == list(TABLES[name].partitioned_by)
    runtime.create_table(spark, name)  # again: nothing happens
    assert DeltaTable(str(lake / name)).version() == 0


def test_tables_have_the_columns_of_the_design():
    counts = {name: len(table.columns) for name, table in TABLES.items()}
    assert counts == {
        "landing_santa_deliveries": 17,
        "bronze_santa_deliveries": 18,
        "silver_santa_deliveries": 26,
        "quarantine_santa_deliveries": 20,
        "gold_delivery_summary_realtime": 21,
        "gold_delivery_by_region": 14,
        "gold_delivery_by_gift_type": 12,
        "gold_overall_progress": 19,
        "gold_top_cities": 10,
    }
    fields = [field for table in TABLES.values() for field in table.columns]
    assert all(field.nullable and field.metadata["comment"] for field in fields)
    assert all(re.fullmatch(r"\S.+\) \(lesson \d\d\)", table.made_by) for table in TABLES.values())
    times = {field.name for field in fields if "wall clock" in field.metadata["comment"]}
    assert times <= set(WALL_CLOCK)


@pytest.mark.parametrize("name", TABLES)
def test_a_missing_table_names_the_call_and_the_lesson(spark, lake, name):
    with pytest.raises(SleighError) as caught:
        runtime.read(spark, name)
    assert str(caught.value) == f"there is no table {name} in this lake yet: {TABLES[name].made_by} makes it"


def test_a_lake_is_found_again_and_left_again(spark, lake, tmp_path):
    runtime.create_table(spark, "silver_santa_deliveries")
    runtime.open_lake(spark, tmp_path / "other")
    assert not runtime.has_table(spark, "silver_santa_deliveries")
    assert runtime.lake() == (tmp_path / "other").resolve()
    runtime.open_lake(spark, lake)
    assert runtime.has_table(spark, "silver_santa_deliveries")
    assert spark.table("silver_santa_deliveries").count() == 0


def test_a_lake_below_a_file_is_one_line(spark, lake, tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "lake"):
        with pytest.raises(SleighError, match=r"^cannot write to the lake's folder .*: choose another with --lake$"):
            runtime.open_lake(spark, folder)


def test_a_lake_is_removed_only_if_it_is_one(spark, lake):
    runtime.create_table(spark, "silver_santa_deliveries")
    (lake / "thesis.odt").write_text("three years of work")
    with pytest.raises(SleighError, match=r"is not a lake \(it holds thesis.odt\): not deleted"):
        runtime.remove_lake(lake)
    assert (lake / "silver_santa_deliveries" / "_delta_log").exists()
    (lake / "thesis.odt").unlink()
    (lake / ".DS_Store").touch()  # Finder has looked at it
    runtime.remove_lake(lake)
    assert not lake.exists()
    runtime.remove_lake(lake)  # again: nothing happens


def test_another_thread_has_the_same_session(spark):
    with ThreadPoolExecutor() as threads:
        assert threads.submit(runtime.session).result() is spark


def test_a_session_that_was_stopped_by_hand_is_started_anew():
    """In a process of its own: no second JVM beside the first, and the profile is in force again."""
    script = """
import os
import re
from sleigh import runtime
runtime.session().stop()
spark = runtime.session()
print(spark.conf.get("spark.sql.shuffle.partitions"), len(os.popen(f"pgrep -P {os.getpid()} java").read().split()))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(profile.ROOT / "lib")},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == [profile.settings()["spark.sql.shuffle.partitions"], "1"], done.stderr


def test_without_a_lake_the_call_is_named(monkeypatch):
    monkeypatch.setattr(runtime, "_open_lake", None)
    with pytest.raises(SleighError, match=r"call runtime.session\(folder\) first"):
        runtime.lake()


def test_where(monkeypatch):
    for name in ("DATABRICKS_RUNTIME_VERSION", "SLEIGH_RUNTIME", "BINDER_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    assert runtime.where() == "local"
    monkeypatch.setenv("BINDER_SERVICE_HOST", "x")
    assert runtime.where() == "binder"
    monkeypatch.setenv("SLEIGH_RUNTIME", "connect")
    assert runtime.where() == "connect"
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "17.3")
    assert runtime.where() == "databricks"


def test_every_setting_has_a_reason_and_stands_in_the_generated_file(tmp_path):
    for chosen in (profile.ALWAYS, profile.LAPTOP):
        assert all(len(reason) > 10 for _, reason in chosen.values())
    assert all(profile.JAVA_OPTIONS.values())
    written = dict(line.split(" ", 1) for line in profile.write_conf(tmp_path).read_text().splitlines())
    assert set(profile.settings()) == set(written)
    assert set(profile.settings(laptop=False)) == set(written) - set(profile.LAPTOP)
    assert written["spark.driver.extraClassPath"].split(":") == profile.jars()
    before = os.stat(tmp_path / "spark-defaults.conf")
    profile.write_conf(tmp_path)
    assert os.stat(tmp_path / "spark-defaults.conf").st_ino == before.st_ino, "the same text is not written again"


def test_no_checksum_files(spark, lake):
    """The raw local file system is in force: Spark writes a table without .crc files beside the data."""
    spark.range(3).write.format("delta").save(str(lake / "_scratch"))
    written = [path.name for path in (lake / "_scratch").rglob("*") if path.is_file()]
    assert any(name.endswith(".parquet") for name in written)
    assert not [name for name in written if name.startswith(".") and name.endswith(".parquet.crc")]
    log = next((lake / "_scratch" / "_delta_log").glob("*.json")).read_text().splitlines()
    assert any("metaData" in json.loads(line) for line in log)


@pytest.mark.parametrize("wanted", ["1g", "4G", "512m", "1500m"])
def test_a_larger_heap_is_one_variable(monkeypatch, wanted):
    monkeypatch.setenv("SLEIGH_HEAP", wanted)
    assert profile.heap() == wanted


@pytest.mark.parametrize("wanted", ["much", "4", "4 g", "511m", "0g", "-1g", "4gb", "-Dx=1"])
def test_what_is_no_heap_is_one_line(monkeypatch, wanted):
    monkeypatch.setenv("SLEIGH_HEAP", wanted)
    with pytest.raises(SleighError, match=r"^SLEIGH_HEAP=.* is no size for a heap: write SLEIGH_HEAP=4g"):
        profile.heap()
