"""Bronze and silver: untouched rows, typed rows, and values that nobody would expect."""

import math

import helpers
import pytest
from helpers import message
from sleigh.domain import WEATHER_IMPACT
from sleigh.pipeline import bronze, silver
from sleigh.tables import BRONZE, EVENT, SILVER


def conformed(spark, *messages):
    """The silver rows of these messages, by delivery_id."""
    return {row.delivery_id: row for row in silver.conform(helpers.bronze_rows(spark, messages)).collect()}


def test_bronze_touches_nothing(spark):
    sent = [message(1), message(2, timestamp="?", num_gifts=None), dict.fromkeys(EVENT.names), message(1)]
    rows = helpers.bronze_rows(spark, sent)
    assert [(f.name, f.dataType) for f in rows.schema] == [(f.name, f.dataType) for f in BRONZE.columns]
    assert helpers.counted(rows.select(EVENT.names)) == helpers.counted(
        helpers.pa.Table.from_pylist(sent, helpers.EVENT_SCHEMA)
    )
    assert rows.where("ingestion_date = to_date(ingestion_timestamp)").count() == 4
    assert bronze.ingest(rows).columns == BRONZE.columns.names, "a column that is there already is made anew"


def test_silver_is_typed_as_the_schema_says(spark):
    rows = silver.clean_batch(helpers.bronze_rows(spark, [message()]))
    assert [(f.name, f.dataType) for f in rows.schema] == [(f.name, f.dataType) for f in SILVER.columns]


def test_each_column_by_hand(spark):
    row = conformed(spark, message(timestamp="2026-12-24T23:59:59.900Z", status="delayed"))["T-00000"]
    assert f"{row.delivery_timestamp:%Y-%m-%d %H:%M:%S.%f}" == "2026-12-24 23:59:59.900000"
    assert (str(row.delivery_date), row.delivery_hour, row.delivery_minute) == ("2026-12-24", 23, 59)
    assert (row.is_delivered, row.is_delayed, row.is_en_route) == (0, 1, 0)
    assert row.weather_impact_factor == 0.85
    assert math.isclose(row.adjusted_delivery_time_seconds, 40 / 0.85)
    assert math.isclose(row.effective_speed_kmh, 10 / (40 / 3600))


@pytest.mark.parametrize("text", ["2026-12-24T12:00:00Z", "2026-12-25T01:00:00+13:00", "2026-12-24 12:00:00"])
def test_times_are_utc(spark, text):
    row = conformed(spark, message(timestamp=text))["T-00000"]
    assert f"{row.delivery_timestamp:%d %H:%M}" == "24 12:00" and row.delivery_hour == 12


@pytest.mark.parametrize("status", ["delivered", "delayed", "en_route"])
def test_one_flag_each(spark, status):
    row = conformed(spark, message(status=status))["T-00000"]
    assert {"delivered": row.is_delivered, "delayed": row.is_delayed, "en_route": row.is_en_route} == {
        "delivered": 0,
        "delayed": 0,
        "en_route": 0,
    } | {status: 1}


def test_weather(spark):
    conditions = [*WEATHER_IMPACT, "Hail", "snowy", "", None]
    rows = conformed(spark, *[message(i, weather_condition=value) for i, value in enumerate(conditions)])
    factors = [rows[f"T-{i:05d}"].weather_impact_factor for i in range(len(conditions))]
    assert factors == [1.0, 0.95, 0.85, 0.75, None, None, None, None]
    adjusted = [rows[f"T-{i:05d}"].adjusted_delivery_time_seconds for i in range(len(conditions))]
    assert adjusted[:4] == [40 / factor for factor in factors[:4]] and adjusted[4:] == [None] * 4


def test_no_time_no_speed(spark):
    rows = conformed(
        spark,
        message(0, delivery_time_seconds=0),
        message(1, delivery_time_seconds=None),
        message(2, distance_from_previous_km=None),
        message(3, delivery_time_seconds=0, distance_from_previous_km=0.0),
        message(4, distance_from_previous_km=0.0),
    )
    assert [rows[f"T-{i:05d}"].effective_speed_kmh for i in range(5)] == [None, None, None, None, 0.0]
    assert rows["T-00000"].adjusted_delivery_time_seconds == 0.0


def test_duplicates_go_and_different_deliveries_stay(spark):
    rows = silver.clean_batch(helpers.bronze_rows(spark, [message(1), message(1), message(2), message(1, city="Nadi")]))
    assert sorted(row.delivery_id for row in rows.collect()) == ["T-00001", "T-00002"]


def test_a_broken_duplicate_does_not_shadow_a_valid_row(spark):
    rows = silver.clean_batch(helpers.bronze_rows(spark, [message(1, num_gifts=None), message(1)])).collect()
    assert [(row.delivery_id, row.num_gifts) for row in rows] == [("T-00001", 2)]
