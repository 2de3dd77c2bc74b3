"""The tables agree with themselves and with those who read them; what they hold is tested where it is made."""

import re

import pytest
from helpers import PIPELINE
from sleigh.pipeline.gold import GOLD
from sleigh.pipeline.stages import STAGES, STREAMS
from sleigh.serve import health, warehouse
from sleigh.tables import TABLES, WALL_CLOCK

WINDOWED = [table for table in TABLES.values() if table.window_minutes]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_knows_only_columns_that_it_has(table):
    named = {*table.key, *table.partitioned_by} | ({table.counted} if table.counted else set())
    assert named <= set(table.columns.names) and len(set(table.columns.names)) == len(table.columns)
    assert table.name not in PIPELINE or table.layer in ("landing", "bronze", "silver", "quarantine", "gold")
    assert re.fullmatch(r"[a-z_.]+\(.*\) \(lesson \d\d\)", table.made_by)


@pytest.mark.parametrize("table", WINDOWED, ids=lambda table: table.name)
def test_a_table_of_windows_says_all_that_streams_and_ledger_ask(table):
    assert table.columns.names[:2] == ["window_start", "window_end"]
    assert table.key == ("window_start", *table.groups)
    assert table.watermark_minutes >= 0 and table.counted


def test_each_gold_table_has_its_function_and_each_table_its_stream():
    assert list(GOLD) == [table.name for table in WINDOWED if table.layer == "gold"]
    assert PIPELINE == ("landing_santa_deliveries", *STREAMS) == tuple(TABLES)[: len(PIPELINE)]


def test_a_stage_reads_what_the_stages_before_it_write():
    written = {"landing_santa_deliveries"}
    for stage in STAGES.values():
        assert {stream.source.name for stream in stage} <= written
        written |= {stream.target.name for stream in stage}


def test_the_dashboard_reads_tables_that_there_are():
    asked = {
        name for file in warehouse.QUERIES.values() for name in re.findall(r"\w+_santa_\w+|gold_\w+", file.read_text())
    }
    assert asked == set(warehouse.READS) <= set(health.READS) <= set(TABLES)


def test_tables_have_the_columns_of_the_design():
    counts = {name: len(TABLES[name].columns) for name in PIPELINE}
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
