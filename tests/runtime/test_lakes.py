"""The lake that is open, and its tables as tables has them."""

import json

import pytest
from deltalake import DeltaTable
from sleigh import runtime
from sleigh.errors import SleighError
from sleigh.runtime import lakes
from sleigh.tables import TABLES


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


def test_without_a_lake_the_call_is_named(monkeypatch):
    monkeypatch.setattr(lakes, "_open", None)
    with pytest.raises(SleighError, match=r"call runtime.session\(folder\) first"):
        runtime.lake()


def test_no_checksum_files(spark, lake):
    """The raw local file system is in force: Spark writes a table without .crc files beside the data."""
    spark.range(3).write.format("delta").save(str(lake / "_scratch"))
    written = [path.name for path in (lake / "_scratch").rglob("*") if path.is_file()]
    assert any(name.endswith(".parquet") for name in written)
    assert not [name for name in written if name.startswith(".") and name.endswith(".parquet.crc")]
    log = next((lake / "_scratch" / "_delta_log").glob("*.json")).read_text().splitlines()
    assert any("metaData" in json.loads(line) for line in log)


def test_a_lake_s_name_is_read_alike_by_spark_and_delta_rs(spark, tmp_path):
    for name in ("50%", "%zz", 'dq"x', "co:lon", "ha#sh", "Sänta 🎅", "eq=1", "d$HOME", "a,b"):
        runtime.open_lake(spark, tmp_path / name)
        runtime.create_table(spark, "silver_santa_deliveries")
        row = spark.createDataFrame([("x",)], "delivery_id string")
        row.write.format("delta").mode("append").saveAsTable("silver_santa_deliveries")
        assert runtime.read(spark, "silver_santa_deliveries").num_rows == 1, name
