"""What each arm has delivered: silver -> tables.EXPERIMENT_ARMS, a windowed aggregate for batch and stream, as gold is."""

from pyspark.sql import functions as F

from ...tables import EXPERIMENT_ARMS
from . import assignment


def by_arm(silver, arm=None):
    """One row for each arm and 5 minutes. arm: the Column that says which, assignment.arm() if not given."""
    table = EXPERIMENT_ARMS
    rows = silver.withColumn("arm", assignment.arm() if arm is None else arm)
    rows = rows.withWatermark("delivery_timestamp", f"{table.watermark_minutes} minutes")
    counts = rows.groupBy(F.window("delivery_timestamp", f"{table.window_minutes} minutes"), "arm").agg(
        F.count("*").alias("deliveries"), F.sum("is_delayed").alias("delayed")
    )
    counts = counts.select(
        F.col("window.start").alias("window_start"), F.col("window.end").alias("window_end"), "*"
    ).withColumn("calculated_at", F.current_timestamp())
    return counts.select(*table.columns.names)
