"""The five gold streams at once, each MERGEs in foreachBatch, in the one session that they share in the stand-in.

python -m standin.merges        (the variables of notebook.py are set) prints what the tables then hold, as JSON
"""

import json
import tempfile
import time
from pathlib import Path

from sleigh import ledger, pipeline
from sleigh.lessons.notebook import same_rows
from sleigh.lessons.prepare import prepare
from sleigh.pipeline import gold, streams
from sleigh.tables import SILVER

from standin import notebook

WAIT_SECONDS = 120


def together(write, folder, table):
    """The foreachBatch function `write`, which waits in its first micro-batch until all five are in theirs.

    Otherwise it is the machine's load that says how many MERGEs are at once. Raises TimeoutError if they never are.
    """

    def waiting(batch, batch_id):
        if batch_id == 0:
            (folder / table).touch()
            deadline = time.monotonic() + WAIT_SECONDS
            while (there := len([*folder.iterdir()])) < len(gold.GOLD):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{there} of {len(gold.GOLD)} streams at once")
                time.sleep(0.05)
        write(batch, batch_id)

    return waiting


def main():
    # Nothing is late, so a stream counts what a batch does, however it is cut: here in two micro-batches and an empty one.
    faults = {"broken": 0.05, "duplicates": 0.05, "late": 0}
    spark = prepare("04", minutes=10, until="bronze", rate=60, every=300, faults=faults)
    streams.drain(pipeline.start_silver(spark, files_per_batch=1), pipeline.start_quarantine(spark))
    merge_into = streams.merge_into
    with tempfile.TemporaryDirectory() as folder:
        streams.merge_into = lambda spark, table: together(merge_into(spark, table), Path(folder), table)
        started = [pipeline.start_table(spark, table, mode="live") for table in gold.GOLD]
        streams.drain(*started)
    silver = spark.table(SILVER.name)
    for table, compute in gold.GOLD.items():
        same_rows(spark.table(table), compute(silver))
    balance = ledger.reconcile(spark)
    print(balance)
    print(json.dumps({"balanced": balance.balanced, "batches": [len(query.recentProgress) for query in started]}))


if __name__ == "__main__":
    notebook.install()
    main()
