"""The tables of messages and deliveries: landing, bronze, silver and the quarantine."""

from .table import Table, columns

EVENT = columns("""
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
    columns=columns("ingestion_date date date of arrival; the writer adds it, partition column", after=EVENT),
)

BRONZE = Table(
    name="bronze_santa_deliveries",
    lesson="02",
    columns=columns(
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
    columns=columns(
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
    columns=columns(
        """
        failed_rules array<string> names of the rules that are not true for this row
        quarantined_at timestamp when the row was set apart (wall clock)
        """,
        after=BRONZE.columns,
    ),
)
