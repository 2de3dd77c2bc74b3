"""Silver: the rows that keep every rule, once each, typed and enriched."""

from pyspark.sql import functions as F

from ..domain import WEATHER_IMPACT
from ..tables import SILVER
from .expectations import valid

DEDUP_DELAY = "1 hour"
"""How long the stream remembers a delivery_id, and so how late an event may be and still reach silver."""


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
        .select(*SILVER.names)
    )


def clean(bronze):
    """Bronze rows -> silver rows. The same function serves batch and stream.

    The stream forgets a delivery_id one hour of event time after it, and drops an event that is later than that; a batch
    sees everything and drops duplicates only.
    """
    rows = conform(valid(bronze)).withWatermark("delivery_timestamp", DEDUP_DELAY)
    if rows.isStreaming:
        return rows.dropDuplicatesWithinWatermark(["delivery_id"])
    return rows.dropDuplicates(["delivery_id"])
