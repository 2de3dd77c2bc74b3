"""The boxes of a table's files, and that as many are read as by them must be read."""

import datetime as dt
import itertools

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from sleigh.errors import SleighError
from sleigh.lessons.prepare import own_table
from sleigh.pipeline import layout
from sleigh.pipeline.streams import settings

NOON = dt.datetime(2026, 12, 24, 12, tzinfo=dt.UTC)


def rows(number, region="Europe"):
    """Three rows: x from 10 * number to 10 * number + 4, a minute each."""
    return pa.table(
        {
            "x": [10.0 * number, 10.0 * number + 4, 10.0 * number + 1],
            "at": pa.array([NOON + dt.timedelta(minutes=10 * number + k) for k in range(3)], pa.timestamp("us", "UTC")),
            "region": [region] * 3,
        }
    )


@pytest.fixture
def table(tmp_path):
    """Three files, the last one first."""
    for number in (2, 0, 1):
        write_deltalake(str(tmp_path), rows(number), mode="append")
    return tmp_path


def test_each_file_has_its_box_and_they_are_in_order(table):
    found = layout.boxes(table, "x", "at")
    assert [box["x"] for box in found] == [(0.0, 4.0), (10.0, 14.0), (20.0, 24.0)]
    assert found[1]["at"] == (NOON + dt.timedelta(minutes=10), NOON + dt.timedelta(minutes=12))
    assert [box["rows"] for box in found] == [3] * 3
    assert all((table / box["file"]).stat().st_size == box["bytes"] for box in found)


def test_what_was_overwritten_has_no_box_any_more(table):
    write_deltalake(str(table), rows(7), mode="overwrite")
    assert [box["x"] for box in layout.boxes(table, "x")] == [(70.0, 74.0)]


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ((0, 100), 3),
        ((11, 12), 1),
        ((4, 10), 2),  # both ends touch
        ((5, 9), 0),
        ((14, 14), 1),
    ],
)
def test_a_file_is_read_if_its_box_meets_the_range_ends_included(table, asked, read):
    assert len(layout.touched(layout.boxes(table, "x"), x=asked)) == read


def test_all_ranges_have_to_be_met_and_without_any_all_is_read(table):
    boxes = layout.boxes(table, "x", "at")
    first = (NOON, NOON + dt.timedelta(minutes=5))
    assert len(layout.touched(boxes, at=first)) == 1
    assert layout.touched(boxes, x=(10, 14), at=first) == []
    assert layout.touched(boxes) == boxes


def test_a_partition_is_a_box_without_width(tmp_path):
    for number, region in itertools.product(range(2), ("Europe", "Asia")):
        write_deltalake(str(tmp_path), rows(number, region), mode="append", partition_by=["region"])
    boxes = layout.boxes(tmp_path, "region", "x")
    assert [box["region"] for box in boxes] == [("Asia", "Asia")] * 2 + [("Europe", "Europe")] * 2
    assert len(layout.touched(boxes, region=("Asia", "Asia"), x=(0, 1))) == 1


def test_a_file_without_statistics_must_be_read(spark, lake):
    own_table(spark, "unknown", "x DOUBLE")
    for collect in ("true", "false"):
        with settings(spark, {"spark.databricks.delta.stats.collect": (collect, "the case")}):
            spark.range(3).selectExpr("double(id) AS x").coalesce(1).write.format("delta").mode("append").saveAsTable(
                "unknown"
            )
    boxes = layout.boxes(lake / "_scratch" / "unknown", "x")
    assert [box["x"] for box in boxes] == [(0.0, 2.0), (None, None)]
    assert layout.touched(boxes, x=(50, 60)) == boxes[1:]
    assert len(spark.table("unknown").where("x BETWEEN 50 AND 60").inputFiles()) == 1


def test_spark_reads_as_many_files_as_the_boxes_say(spark, lake):
    own_table(spark, "three", "x DOUBLE, at TIMESTAMP, region STRING")
    folder = lake / "_scratch" / "three"
    for number in range(3):
        write_deltalake(str(folder), rows(number), mode="append")
    boxes = layout.boxes(folder, "x", "at")
    for asked in ((4, 10), (5, 9)):
        files = spark.table("three").where(f"x BETWEEN {asked[0]} AND {asked[1]}").inputFiles()
        assert len(files) == len(layout.touched(boxes, x=asked))


def test_what_is_no_table_and_what_is_no_column(table, tmp_path):
    with pytest.raises(SleighError, match="has no column y"):
        layout.boxes(table, "x", "y")
    with pytest.raises(SleighError, match="there is no Delta table at"):
        layout.boxes(tmp_path / "elsewhere", "x")
