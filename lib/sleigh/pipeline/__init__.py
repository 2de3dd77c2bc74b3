"""The whole pipeline: landing -> bronze -> silver and quarantine -> five gold tables."""

import time
from functools import partial

from .. import runtime
from . import bronze, expectations, gold, silver, streams

LANDING = "landing_santa_deliveries"

FILES_PER_BATCH = 3
"""Landing files to a micro-batch of bronze. Each later stream takes what one micro-batch before it wrote."""


def run(spark, *, mode="final", sink="spark", files_per_batch=FILES_PER_BATCH, on_stage=None):
    """Stream what has landed through all tables with availableNow, several micro-batches a stream.

    mode, sink: see streams.start; the mode is fixed by the first run on a lake. `on_stage(name)` is called as each stage
    begins. Returns {stage: seconds}.
    """
    stages = {
        "bronze": [partial(start_bronze, spark, files_per_batch=files_per_batch, sink=sink)],
        "silver": [partial(start_silver, spark, sink=sink), partial(start_quarantine, spark, sink=sink)],
        "gold": [partial(start_gold_table, spark, table, mode=mode, sink=sink) for table in gold.GOLD],
    }
    seconds = {}
    for stage, starts in stages.items():
        if on_stage:
            on_stage(stage)
        begun = time.monotonic()
        if mode == "live" and runtime.where() == "connect":
            # On Connect each foreachBatch starts a Python worker, and Spark gives it ten seconds to call back. While
            # other streams keep two cores busy that is not enough, so here they run one after the other.
            for start in starts:
                streams.drain(start())
        else:
            streams.drain(*_started(starts))
        seconds[stage] = round(time.monotonic() - begun, 2)
    return seconds


def _started(starts):
    queries = []
    try:
        for start in starts:
            queries.append(start())
    except BaseException:
        streams.stop(*queries)
        raise
    return queries


# A micro-batch is written as one file and read as a whole. Were it two, the next stream could take the younger first and
# its watermark would run ahead of events that were on time.
def start_bronze(spark, *, files_per_batch=None, **how):
    """Landing -> bronze. `how`, here and below: trigger and sink as in streams.start, for gold also mode."""
    rows = streams.source(spark, LANDING, files_per_batch)
    return streams.start(bronze.ingest(rows).coalesce(1), "bronze_santa_deliveries", **how)


def start_silver(spark, *, files_per_batch=1, **how):
    """Bronze -> silver: the rows that keep every rule, once each."""
    rows = streams.source(spark, "bronze_santa_deliveries", files_per_batch)
    return streams.start(silver.clean(rows).coalesce(1), "silver_santa_deliveries", **how)


def start_quarantine(spark, *, files_per_batch=1, **how):
    """Bronze -> quarantine: the other rows, with their reasons."""
    rows = streams.source(spark, "bronze_santa_deliveries", files_per_batch)
    return streams.start(expectations.quarantine(rows).coalesce(1), "quarantine_santa_deliveries", **how)


def start_gold_table(spark, table, *, files_per_batch=1, **how):
    """Silver -> one gold table."""
    rows = streams.source(spark, "silver_santa_deliveries", files_per_batch)
    return streams.start(gold.GOLD[table](rows), table, **how)


STREAMS = {
    "bronze_santa_deliveries": start_bronze,
    "silver_santa_deliveries": start_silver,
    "quarantine_santa_deliveries": start_quarantine,
    **{table: partial(start_gold_table, table=table) for table in gold.GOLD},
}
"""Table -> the function that starts its stream, in the order in which the tables come to be."""

STAGES = [list(STREAMS)[:1], list(STREAMS)[1:3], list(STREAMS)[3:]]
"""The same tables by stage: each needs only what the stages before it write."""


def write(spark, df, table):
    """Append a batch DataFrame to `table`, made if need be."""
    runtime.create_table(spark, table)
    df.write.format("delta").mode("append").saveAsTable(table)
