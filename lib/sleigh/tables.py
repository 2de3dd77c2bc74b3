"""Every table of the lake: the one place where a table, a column, a key or the length of a window is named.

A `Table` says all that code must know of it; what reads and writes tables (runtime, pipeline, ledger, dashboard) asks it.
Times are UTC. Percentages run from 0 to 100 and are rounded to 2 decimals, means and sums of measurements to 3; see
pipeline/gold.py for why they come out the same on every run.
"""

from dataclasses import dataclass

from pyspark.sql import types as T


@dataclass(frozen=True)
class Table:
    """What there is to know of one table.

    name; columns (a StructType, in the order of the table, each with its comment); lesson and call that make it; key (the
    columns that name one row, none where rows may repeat); partitioned_by (columns); watermark_minutes: how long the stream
    that writes it waits for late events. For tables of tumbling windows also window_minutes, their length, and counted, the
    column that counts the events of a row.
    """

    name: str
    columns: T.StructType
    lesson: str
    call: str = "pipeline.run(spark)"
    key: tuple = ()
    partitioned_by: tuple = ()
    watermark_minutes: int | None = None
    window_minutes: int | None = None
    counted: str | None = None

    @property
    def layer(self):
        """landing, bronze, silver, quarantine or gold: the first word of its name."""
        return self.name.split("_")[0]

    @property
    def groups(self):
        """The columns of the key beside window_start."""
        return tuple(column for column in self.key if column != "window_start")

    @property
    def made_by(self):
        """What to call, and where to read about it, when the table is missing."""
        return f"{self.call} (lesson {self.lesson})"


_TYPES = {
    "string": T.StringType(),
    "int": T.IntegerType(),
    "bigint": T.LongType(),
    "double": T.DoubleType(),
    "date": T.DateType(),
    "timestamp": T.TimestampType(),
    "array<string>": T.ArrayType(T.StringType()),
}


def _columns(text, after=()):
    """One line a column: name, type, comment; `after` are columns that come before them.

    Every column may be NULL: a table takes what arrives, the rules judge.
    """
    fields = list(after)
    for line in text.strip().splitlines():
        name, kind, comment = line.split(maxsplit=2)
        fields.append(T.StructField(name, _TYPES[kind], True, {"comment": comment}))
    return T.StructType(fields)


EVENT = _columns("""
    delivery_id string unique id of a delivery; a re-sent message repeats it
    timestamp string event time as sent: ISO 8601, UTC
    city string name of the city
    country string name of the country
    region string one of the course's regions
    latitude double degrees, north is positive
    longitude double degrees, east is positive
    timezone string IANA time zone of the city
    gift_type string one of seven kinds of gift
    num_gifts int gifts handed over at this stop
    status string en_route, delivered or delayed
    delivery_time_seconds int seconds the stop took
    distance_from_previous_km double great-circle distance from the previous stop, km
    weather_condition string Clear, Cloudy, Foggy or Snowy
    reindeer_speed_kmh double speed over the last leg, km/h
    magic_level double what is left of the magic, 0 to 100
""")
"""What a message says: the columns of landing, as sent, and of bronze."""

LANDING = Table(
    name="landing_santa_deliveries",
    lesson="01",
    call="landing.land(...)",
    partitioned_by=("ingestion_date",),
    columns=_columns("ingestion_date date date of arrival; the writer adds it, partition column", after=EVENT),
)

BRONZE = Table(
    name="bronze_santa_deliveries",
    lesson="02",
    columns=_columns(
        """
        ingestion_timestamp timestamp when bronze took the row in (wall clock)
        ingestion_date date date of ingestion_timestamp
        """,
        after=EVENT,
    ),
)

SILVER = Table(
    name="silver_santa_deliveries",
    lesson="03",
    key=("delivery_id",),
    watermark_minutes=60,
    columns=_columns(
        """
        delivery_id string unique id of the delivery
        delivery_timestamp timestamp event time; the watermarks run on it
        delivery_date date date of the event
        delivery_hour int hour of the event, 0 to 23
        delivery_minute int minute of the event, 0 to 59
        city string name of the city
        country string name of the country
        region string one of the course's regions
        latitude double degrees, north is positive
        longitude double degrees, east is positive
        timezone string IANA time zone of the city
        gift_type string one of seven kinds of gift
        num_gifts int gifts handed over at this stop
        status string en_route, delivered or delayed
        delivery_time_seconds int seconds the stop took
        adjusted_delivery_time_seconds double delivery_time_seconds / weather_impact_factor
        distance_from_previous_km double great-circle distance from the previous stop, km
        weather_condition string Clear, Cloudy, Foggy or Snowy
        weather_impact_factor double Clear 1.0, Cloudy 0.95, Foggy 0.85, Snowy 0.75; NULL for an unknown condition
        reindeer_speed_kmh double speed over the last leg, km/h
        magic_level double what is left of the magic, 0 to 100
        is_delivered int 1 if status is delivered, else 0
        is_delayed int 1 if status is delayed, else 0
        is_en_route int 1 if status is en_route, else 0
        effective_speed_kmh double distance over delivery time, km/h; NULL where the time is 0 or NULL
        ingestion_timestamp timestamp when bronze took the row in (wall clock)
        """,
    ),
)

QUARANTINE = Table(
    name="quarantine_santa_deliveries",
    lesson="03",
    columns=_columns(
        """
        failed_rules array<string> names of the rules that are not true for this row
        quarantined_at timestamp when the row was set apart (wall clock)
        """,
        after=BRONZE.columns,
    ),
)

_WINDOW = _columns("""
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
    columns=_columns(
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
    columns=_columns(
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
    columns=_columns(
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
    columns=_columns(
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
    columns=_columns(
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

TABLES = {value.name: value for value in list(globals().values()) if isinstance(value, Table)}
"""Every table of this module by its name, in the order in which they come to be."""

WALL_CLOCK = ("ingestion_timestamp", "ingestion_date", "quarantined_at", "calculated_at")
"""Columns that differ from run to run by nature; proofs and shown tables leave them out."""
