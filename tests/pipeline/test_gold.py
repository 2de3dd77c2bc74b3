"""The five gold tables by hand: a few events whose every figure can be worked out on paper."""

from datetime import datetime

import helpers
import pytest
from helpers import message
from sleigh.pipeline import gold, silver
from sleigh.tables import TABLES


def computed(spark, table, messages):
    rows = gold.GOLD[table](silver.conform(helpers.bronze_rows(spark, messages)))
    keys = TABLES[table].key
    return [row.asDict() for row in rows.orderBy(*keys).drop("calculated_at").collect()]


def noon(minutes=0):
    return datetime(2026, 12, 24, 12, minutes)


# Noon, 12:00:59.9 (still the first minute) and 12:01 (the next one).
EVENTS = [
    message(0, num_gifts=3, delivery_time_seconds=30, weather_condition="Clear", magic_level=90.0),
    message(
        1,
        num_gifts=5,
        delivery_time_seconds=41,
        status="delayed",
        city="Apia",
        country="Samoa",
        weather_condition="Snowy",
    ),
    message(
        2, num_gifts=7, timestamp="2026-12-24T12:00:59.900Z", status="en_route", delivery_time_seconds=None, city="Nadi"
    ),
    message(
        3, num_gifts=1, timestamp="2026-12-24T12:01:00.000Z", gift_type="Books", region="Asia", city="Suva", country="?"
    ),
]


@pytest.mark.parametrize("table", gold.GOLD)
def test_the_columns_of_the_schema(spark, table):
    rows = gold.GOLD[table](silver.conform(helpers.bronze_rows(spark, EVENTS)))
    assert [(f.name, f.dataType) for f in rows.schema] == [(f.name, f.dataType) for f in TABLES[table].columns]
    assert {*TABLES[table].key, TABLES[table].counted} <= set(TABLES[table].columns.names)


@pytest.mark.parametrize("table", gold.GOLD)
def test_windows_are_tumbling_and_aligned(spark, table):
    length = TABLES[table].window_minutes
    events = [message(0, seconds=0), message(1, seconds=60 * length - 1), message(2, seconds=60 * length)]
    rows = computed(spark, table, events)
    assert [(row["window_start"], row["window_end"], row[TABLES[table].counted]) for row in rows] == [
        (noon(), noon(length), 2),
        (noon(length), noon(2 * length), 1),
    ]


def test_summary(spark):
    first, second = computed(spark, "gold_delivery_summary_realtime", EVENTS)
    assert first == {
        "window_start": noon(),
        "window_end": noon(1),
        "total_deliveries": 3,
        "total_gifts_delivered": 3,  # only the event with status delivered
        "successful_deliveries": 1,
        "delayed_deliveries": 1,
        "en_route_deliveries": 1,
        "completion_percentage": 33.33,
        "delay_rate_percentage": 33.33,
        "avg_delivery_time_seconds": 35.5,  # of two: NULL is not 0
        "avg_adjusted_delivery_time_seconds": 42.333,  # (30 / 1.0 + 41 / 0.75) / 2
        "avg_distance_km": 10.0,
        "avg_reindeer_speed_kmh": 900.0,
        "avg_magic_level": 83.333,
        "max_delivery_time_seconds": 41,
        "min_delivery_time_seconds": 30,
        "total_distance_traveled_km": 30.0,
        "unique_regions_visited": 1,
        "unique_countries_visited": 2,
        "unique_cities_visited": 3,
    }
    assert second["total_deliveries"] == second["successful_deliveries"] == 1
    assert second["completion_percentage"] == 100.0 and second["total_gifts_delivered"] == 1


def test_by_region(spark):
    asia, oceania = computed(spark, "gold_delivery_by_region", EVENTS)
    assert (asia["region"], asia["total_deliveries"], asia["countries_in_region"]) == ("Asia", 1, 1)
    assert oceania == {
        "window_start": noon(),
        "window_end": noon(5),
        "region": "Oceania",
        "total_deliveries": 3,
        "total_gifts": 15,
        "successful_deliveries": 1,
        "delayed_deliveries": 1,
        "success_rate_percentage": 33.33,
        "avg_delivery_time": 35.5,
        "avg_magic_level": 83.333,
        "total_distance_km": 30.0,
        "countries_in_region": 2,
        "cities_visited": 3,
    }


def test_a_place_without_its_name_is_a_delivery_but_no_place(spark):
    """As countDistinct has it: a row in which any of the columns is NULL does not count."""
    nameless = [message(0), message(1, city=None), message(2, country=None), message(3, city=None, country=None)]
    (row,) = computed(spark, "gold_delivery_by_region", nameless)
    assert (row["total_deliveries"], row["countries_in_region"], row["cities_visited"]) == (4, 1, 1)


def test_by_gift_type(spark):
    books, toys = computed(spark, "gold_delivery_by_gift_type", EVENTS)
    assert (books["gift_type"], books["total_gifts"]) == ("Books", 1)
    assert toys == {
        "window_start": noon(),
        "window_end": noon(5),
        "gift_type": "Toys",
        "total_deliveries": 3,
        "total_gifts": 15,
        "successful_deliveries": 1,
        "success_rate_percentage": 33.33,
        "avg_delivery_time": 35.5,
        "avg_adjusted_delivery_time": 42.333,
        "max_delivery_time": 41,
        "min_delivery_time": 30,
    }


def test_overall_progress(spark):
    (row,) = computed(spark, "gold_overall_progress", EVENTS)
    assert row == {
        "window_start": noon(),
        "window_end": noon(10),
        "period_deliveries": 4,
        "period_gifts": 16,
        "period_successful": 2,
        "period_delayed": 1,
        "period_en_route": 1,
        "success_rate_percentage": 50.0,
        "delay_rate_percentage": 25.0,
        "avg_time_to_delivery": 35.0,  # (30 + 40) / 2: the delivered ones only
        "avg_time_to_delivery_minutes": 0.583,
        "period_distance_km": 40.0,
        "avg_reindeer_speed": 900.0,
        "avg_magic_level": 82.5,
        "clear_weather_count": 1,
        "snowy_weather_count": 1,
        "foggy_weather_count": 2,
        "cloudy_weather_count": 0,
    }


def test_top_cities(spark):
    rows = computed(spark, "gold_top_cities", EVENTS)
    assert [(row["city"], row["country"], row["region"], row["total_gifts"]) for row in rows] == [
        ("Apia", "Samoa", "Oceania", 5),
        ("Nadi", "Fiji", "Oceania", 7),
        ("Suva", "?", "Asia", 1),
        ("Suva", "Fiji", "Oceania", 3),
    ]
    assert [row["avg_delivery_time"] for row in rows] == [41.0, None, 40.0, 30.0]


def test_null_is_a_key_like_any_other(spark):
    rows = computed(spark, "gold_delivery_by_region", [message(0, region=None), message(1, region=None), message(2)])
    assert [(row["region"], row["total_deliveries"]) for row in rows] == [(None, 2), ("Oceania", 1)]


def test_absurd_measurements_are_passed_over(spark):
    """NaN, infinity and what fits no decimal count as missing: one of them does not spoil a window's mean."""
    fields = ("distance_from_previous_km", "reindeer_speed_kmh", "magic_level")
    absurd = [float("nan"), float("inf"), float("-inf"), 1e308, -1e308]
    rows = [message(9)] + [message(i, **dict.fromkeys(fields, value)) for i, value in enumerate(absurd)]
    (row,) = computed(spark, "gold_delivery_summary_realtime", rows)
    assert row["total_deliveries"] == 6
    assert (row["avg_distance_km"], row["avg_reindeer_speed_kmh"], row["avg_magic_level"]) == (10.0, 900.0, 80.0)
    assert row["total_distance_traveled_km"] == 10.0


def test_large_numbers_do_not_overflow(spark):
    large = 2**31 - 1
    rows = [message(i, num_gifts=large, delivery_time_seconds=large, weather_condition="Clear") for i in range(3)]
    (row,) = computed(spark, "gold_delivery_by_gift_type", rows)
    assert row["total_gifts"] == 3 * large
    assert row["avg_delivery_time"] == row["max_delivery_time"] == large


def test_the_order_of_rows_does_not_change_a_digit(spark):
    """Sums of doubles would: 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1."""
    rows = [message(i, distance_from_previous_km=(i * 7919 % 1000) / 1000 + 0.0005) for i in range(60)]
    one = computed(spark, "gold_delivery_summary_realtime", rows)
    other = computed(spark, "gold_delivery_summary_realtime", rows[::-1])
    assert one == other
    exact = sum(i * 7919 % 1000 * 10 + 5 for i in range(60))
    assert one[0]["total_distance_traveled_km"] == round(exact / 10_000, 3)
