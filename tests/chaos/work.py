"""One piece of work on a lake, in a process of its own that may be killed: what storm.py kills.

PYTHONPATH=lib python tests/chaos/work.py PIECE LAKE SINK     says "begun" on stdout when Spark is up, and "ended" at its end
"""

import sys

from pyspark.sql import functions as F
from sleigh import pipeline, runtime
from sleigh.ending import leave
from sleigh.pipeline import repair
from sleigh.pipeline.stages import STAGES
from sleigh.tables import BRONZE, QUARANTINE, SILVER

COMPACTED = (BRONZE.name, SILVER.name, QUARANTINE.name, *(stream.target.name for stream in STAGES["gold"]))


FILES_PER_BATCH = 5
"""Commits of landing to a micro-batch: enough of them for a kill to find one, and few enough to end soon."""


def stage(spark, name, sink, mode="final"):
    """Let the streams of a stage take what there is."""
    pipeline.run(spark, stages={name: STAGES[name]}, mode=mode, sink=sink, files_per_batch=FILES_PER_BATCH)


def mended(rows):
    """What this repair does: one gift where the number of them is no number above 0."""
    return rows.withColumn("num_gifts", F.when(F.col("num_gifts") > 0, F.col("num_gifts")).otherwise(1))


def compact(spark, _):
    """Write each table's files as one, and delete the old ones at once, as nobody should whose streams are behind."""
    spark.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
    for table in COMPACTED:
        spark.sql(f"OPTIMIZE {table}")
        spark.sql(f"VACUUM {table} RETAIN 0 HOURS")


PIECES = {
    "bronze": lambda spark, sink: stage(spark, "bronze", sink),
    "silver": lambda spark, sink: stage(spark, "silver", sink),
    "append": lambda spark, sink: stage(spark, "gold", sink),
    "MERGE": lambda spark, sink: stage(spark, "gold", sink, mode="live"),
    "replay": lambda spark, _: repair.replay(spark, mended),
    "compaction": compact,
}
"""Name -> work(spark, sink). Each may be killed at any moment and called again."""


def main(piece, lake, sink):
    """Claim the lake, open it, and do the work."""
    runtime.claim(lake)
    spark = runtime.session(lake)
    print("begun", flush=True)
    PIECES[piece](spark, sink)
    print("ended", flush=True)
    return 0


if __name__ == "__main__":
    leave(main(*sys.argv[1:]))
