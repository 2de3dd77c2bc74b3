"""The five gold streams at once, each MERGEs in foreachBatch, in the one session that they share in the stand-in.

python -m standin.merges        (the variables of notebook.py are set) prints what the tables then hold, as JSON
"""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sleigh import ledger, pipeline
from sleigh.lessons.notebook import same_rows
from sleigh.lessons.prepare import prepare
from sleigh.pipeline import gold, streams
from sleigh.tables import SILVER

from standin import notebook


def at_once(queries):
    """How many of these streams were in a micro-batch at the same time, at most."""
    spans = []
    for query in queries:
        for report, step in zip(query.recentProgress, streams.progress(query), strict=True):
            begun = datetime.fromisoformat(report.timestamp)
            spans.append((begun, begun + timedelta(seconds=step["seconds"])))
    return max(sum(begun <= moment < ended for begun, ended in spans) for moment, _ in spans)


def main():
    # Nothing is late, so a stream counts what a batch does, however it is cut: here in two micro-batches and an empty one.
    faults = {"broken": 0.05, "duplicates": 0.05, "late": 0}
    spark = prepare("04", minutes=10, until="bronze", rate=60, every=300, faults=faults)
    streams.drain(pipeline.start_silver(spark, files_per_batch=1), pipeline.start_quarantine(spark))
    with ThreadPoolExecutor(
        len(gold.GOLD)
    ) as pool:  # one after the other, the first would be over before the last begins
        started = [*pool.map(lambda table: pipeline.start_table(spark, table, mode="live"), gold.GOLD)]
    streams.drain(*started)
    silver = spark.table(SILVER.name)
    for table, compute in gold.GOLD.items():
        same_rows(spark.table(table), compute(silver))
    balance = ledger.reconcile(spark)
    print(balance)
    print(
        json.dumps(
            {
                "balanced": balance.balanced,
                "at once": at_once(started),
                "batches": [len(q.recentProgress) for q in started],
            }
        )
    )


if __name__ == "__main__":
    notebook.install()
    main()
