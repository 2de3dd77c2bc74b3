"""The gold tables: a row for each tumbling window and group."""

from .table import Table, columns

_WINDOW = columns("""
    window_start timestamp start of the window, inclusive
    window_end timestamp end of the window, exclusive
""")

SUMMARY = Table(
    name="gold_delivery_summary_realtime",
    lesson="04",
    key=("window_start",),
    watermark_minutes=5,
    window_minutes=1,
    counted="total_deliveries",
    columns=columns(
        """
        total_deliveries bigint events in the window, all statuses
        total_gifts_delivered bigint gifts of the events with status delivered
        successful_deliveries bigint events with status delivered
        delayed_deliveries bigint events with status delayed
        en_route_deliveries bigint events with status en_route
        completion_percentage double successful_deliveries of total_deliveries
        delay_rate_percentage double delayed_deliveries of total_deliveries
        avg_delivery_time_seconds double mean seconds a stop took
        avg_adjusted_delivery_time_seconds double mean of the weather-adjusted seconds
        avg_distance_km double mean distance from the previous stop
        avg_reindeer_speed_kmh double mean speed, km/h
        avg_magic_level double mean magic level
        max_delivery_time_seconds int longest stop
        min_delivery_time_seconds int shortest stop
        total_distance_traveled_km double sum of the distances
        unique_regions_visited bigint distinct regions, exact
        unique_countries_visited bigint distinct countries, exact
        unique_cities_visited bigint distinct (city, country), exact
        calculated_at timestamp when this row was computed (wall clock)
        """,
        after=_WINDOW,
    ),
)

BY_REGION = Table(
    name="gold_delivery_by_region",
    lesson="05",
    key=("window_start", "region"),
    watermark_minutes=5,
    window_minutes=5,
    counted="total_deliveries",
    columns=columns(
        """
        region string the region
        total_deliveries bigint events in the window, all statuses
        total_gifts bigint gifts of all events
        successful_deliveries bigint events with status delivered
        delayed_deliveries bigint events with status delayed
        success_rate_percentage double successful_deliveries of total_deliveries
        avg_delivery_time double mean seconds a stop took
        avg_magic_level double mean magic level
        total_distance_km double sum of the distances
        countries_in_region bigint distinct countries, exact
        cities_visited bigint distinct (city, country), exact
        calculated_at timestamp when this row was computed (wall clock)
        """,
        after=_WINDOW,
    ),
)

BY_GIFT_TYPE = Table(
    name="gold_delivery_by_gift_type",
    lesson="06",
    key=("window_start", "gift_type"),
    watermark_minutes=5,
    window_minutes=5,
    counted="total_deliveries",
    columns=columns(
        """
        gift_type string the kind of gift
        total_deliveries bigint events in the window, all statuses
        total_gifts bigint gifts of all events
        successful_deliveries bigint events with status delivered
        success_rate_percentage double successful_deliveries of total_deliveries
        avg_delivery_time double mean seconds a stop took
        avg_adjusted_delivery_time double mean of the weather-adjusted seconds
        max_delivery_time int longest stop, seconds
        min_delivery_time int shortest stop, seconds
        calculated_at timestamp when this row was computed (wall clock)
        """,
        after=_WINDOW,
    ),
)

OVERALL_PROGRESS = Table(
    name="gold_overall_progress",
    lesson="07",
    key=("window_start",),
    watermark_minutes=5,
    window_minutes=10,
    counted="period_deliveries",
    columns=columns(
        """
        period_deliveries bigint events in the window, all statuses
        period_gifts bigint gifts of all events
        period_successful bigint events with status delivered
        period_delayed bigint events with status delayed
        period_en_route bigint events with status en_route
        success_rate_percentage double period_successful of period_deliveries
        delay_rate_percentage double period_delayed of period_deliveries
        avg_time_to_delivery double mean seconds of the stops with status delivered
        avg_time_to_delivery_minutes double the same in minutes
        period_distance_km double sum of the distances
        avg_reindeer_speed double mean speed, km/h
        avg_magic_level double mean magic level
        clear_weather_count bigint events in clear weather
        snowy_weather_count bigint events in snow
        foggy_weather_count bigint events in fog
        cloudy_weather_count bigint events under clouds
        calculated_at timestamp when this row was computed (wall clock)
        """,
        after=_WINDOW,
    ),
)

TOP_CITIES = Table(
    name="gold_top_cities",
    lesson="08",
    key=("window_start", "city", "country", "region"),
    watermark_minutes=5,
    window_minutes=15,
    counted="total_deliveries",
    columns=columns(
        """
        city string name of the city
        country string name of the country
        region string the city's region
        total_deliveries bigint events in the window, all statuses
        total_gifts bigint gifts of all events
        successful_deliveries bigint events with status delivered
        avg_delivery_time double mean seconds a stop took
        calculated_at timestamp when this row was computed (wall clock)
        """,
        after=_WINDOW,
    ),
)
