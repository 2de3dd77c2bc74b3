"""The pipeline: landing -> bronze -> silver and quarantine -> the gold tables. The part that a team copies.

stages.py says which stream feeds which; bronze, expectations, silver and gold are pure functions over DataFrames, which
serve batch and stream; streams.py starts and awaits, with checkpoints.py and sinks.py; repair.py empties the quarantine;
inspect/ says where each stream stands, without Spark.
"""

from .. import runtime
from ..tables import BRONZE, QUARANTINE, SILVER
from .stages import FILES_PER_BATCH, STREAMS, run

__all__ = [
    "FILES_PER_BATCH",
    "STREAMS",
    "run",
    "start_bronze",
    "start_quarantine",
    "start_silver",
    "start_table",
    "write",
]


def start_table(spark, table, **how):
    """Start the stream that writes `table`. `how`, here and below: see stages.Stream.start and streams.start."""
    return STREAMS[table].start(spark, **how)


def start_bronze(spark, *, files_per_batch=None, **how):
    """Landing -> bronze, all that has landed in one micro-batch if `files_per_batch` is not given."""
    return start_table(spark, BRONZE.name, files_per_batch=files_per_batch, **how)


def start_silver(spark, **how):
    """Bronze -> silver: the rows that keep every rule, once each."""
    return start_table(spark, SILVER.name, **how)


def start_quarantine(spark, **how):
    """Bronze -> quarantine: the other rows, with their reasons."""
    return start_table(spark, QUARANTINE.name, **how)


def write(spark, df, table):
    """Append a batch DataFrame to `table`, made if need be."""
    runtime.create_table(spark, table)
    df.write.format("delta").mode("append").saveAsTable(table)
