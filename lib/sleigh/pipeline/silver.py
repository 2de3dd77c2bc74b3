"""Silver: the rows that keep every rule, once each, typed and enriched."""

from pyspark.sql import functions as F

from ..domain import WEATHER_IMPACT
from ..tables import SILVER
from .expectations import valid


def conform(valid_rows):
    """Valid bronze rows -> the 26 columns of silver; duplicates still in."""
    impact = F.create_map(*[F.lit(item) for pair in WEATHER_IMPACT.items() for item in pair])
    hours = F.col("delivery_time_seconds") / 3600
    return (
        valid_rows.withColumn("delivery_timestamp", F.expr("try_to_timestamp(timestamp)"))
        .withColumn("delivery_date", F.to_date("delivery_timestamp"))
        .withColumn("delivery_hour", F.hour("delivery_timestamp"))
        .withColumn("delivery_minute", F.minute("delivery_timestamp"))
        .withColumn("weather_impact_factor", impact[F.col("weather_condition")])
        .withColumn("adjusted_delivery_time_seconds", F.col("delivery_time_seconds") / F.col("weather_impact_factor"))
        .withColumn("is_delivered", (F.col("status") == "delivered").cast("int"))
        .withColumn("is_delayed", (F.col("status") == "delayed").cast("int"))
        .withColumn("is_en_route", (F.col("status") == "en_route").cast("int"))
        # In ANSI mode a division by zero ends the stream; a stop of 0 seconds has no speed instead.
        .withColumn("effective_speed_kmh", F.try_divide("distance_from_previous_km", hours))
        .select(*SILVER.columns.names)
    )


def clean(bronze):
    """A stream of bronze rows -> a stream of silver rows.

    It remembers a delivery_id for as long as the watermark waits (tables.SILVER, one hour of event time), and drops an event
    that is later than that. Spark refuses this form for a batch.
    """
    rows = conform(valid(bronze)).withWatermark("delivery_timestamp", f"{SILVER.watermark_minutes} minutes")
    return rows.dropDuplicatesWithinWatermark([*SILVER.key])


def clean_batch(bronze):
    """A batch of bronze rows -> its silver rows. It sees everything: duplicates go, and nothing is too late."""
    return conform(valid(bronze)).dropDuplicates([*SILVER.key])
