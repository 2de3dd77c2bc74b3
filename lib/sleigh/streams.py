"""One stream for each table: start it, wait for it, read its progress.

Two ways to write, both exactly-once. Final: append mode into the table; Delta remembers the stream's id and batch number
(`txn`), so a batch that is replayed after a crash is skipped. Live: update mode, each batch MERGEd on the table's key;
a replayed batch writes the same values again.
"""

import json
from pathlib import Path

from . import runtime
from .errors import SleighError
from .gold import KEYS
from .schemas import TABLES


def source(spark, table, files_per_batch=None):
    """`table` as a stream, in the order of its commits; at most `files_per_batch` files to a micro-batch."""
    runtime.require_table(spark, table)
    reader = spark.readStream
    if files_per_batch:
        reader = reader.option("maxFilesPerTrigger", files_per_batch)
    return reader.table(table)


def start(df, table, *, mode="final", trigger="available"):
    """Start the stream that writes `df` into `table` (made if need be) and return its StreamingQuery.

    mode: 'final' (append) or 'live' (update mode and MERGE on gold.KEYS; only for gold tables).
    trigger: 'available' (all that is there, then stop) or seconds between micro-batches.
    Raises SleighError if the checkpoint belongs to another query, or the gold table was begun in the other mode.
    """
    _require_mode(table, mode)
    runtime.create_table(df.sparkSession, table)
    writer = df.writeStream.format("delta").queryName(table).option("checkpointLocation", runtime.checkpoint(table))
    writer = (
        writer.trigger(availableNow=True)
        if trigger == "available"
        else writer.trigger(processingTime=f"{trigger} seconds")
    )
    try:
        if mode == "live" and table in KEYS:
            query = writer.outputMode("update").foreachBatch(merge_into(table)).start()
        else:
            query = writer.outputMode("append").toTable(table)
    except Exception as error:
        raise _explained(error, table) from error
    if table in KEYS:
        _mode_note(table).write_text(mode)
    return query


def _mode_note(table):
    return Path(runtime.checkpoint(table)) / "sleigh-mode"


def _require_mode(table, mode):
    # Spark would go on: the windows that live mode has shown would be appended once more as final, or the other way round.
    note = _mode_note(table)
    if table in KEYS and note.exists() and note.read_text() != mode:
        raise SleighError(
            f"{table} was begun in {note.read_text()} mode: go on with --mode {note.read_text()}, or use another lake"
        )


def merge_into(table):
    """The foreachBatch function that MERGEs a micro-batch into gold table `table` on its key.

    SQL, not DeltaTable: the function also runs in a worker of Spark Connect, where there is no DeltaTable.
    """
    condition = " AND ".join(f"t.{key} <=> s.{key}" for key in KEYS[table])

    def merge(batch, batch_id):
        batch.createOrReplaceTempView("updates")
        batch.sparkSession.sql(
            f"MERGE INTO {table} t USING updates s ON {condition} "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        )

    return merge


def drain(*queries):
    """Wait until availableNow streams have ended. The first that failed raises SleighError, after the others ended."""
    failed = None
    for query in queries:
        try:
            query.awaitTermination()
        except Exception as error:
            failed = failed or (error, query.name)
    if failed:
        raise _explained(*failed) from failed[0]


def stop(*queries):
    """Stop running streams; each finishes or abandons its micro-batch, and the checkpoint knows which."""
    for query in queries:
        query.stop()


# What Spark 4.2 and Delta 4.4 say when a checkpoint meets other grouping keys, other aggregates, another stateful operator
# or none, another source, another number of sources (tests/test_streams.py provokes each).
_OTHER_PLAN = (
    "STATE_STORE_KEY_SCHEMA_NOT_COMPATIBLE",
    "STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE",
    "STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA",
    "DIFFERENT_DELTA_TABLE_READ_BY_STREAMING_SOURCE",
    "sources in the checkpoint offsets",
)


def _explained(error, table):
    """One line for what the reader can mend; the error itself otherwise."""
    text = str(error)
    if any(sign in text for sign in _OTHER_PLAN):
        folder = runtime.checkpoint(table) if table in TABLES else "its checkpoint"
        return SleighError(
            f"the checkpoint of {table} was written by another query: delete {folder} and the table's folder beside it, "
            "then run again"
        )
    return error


def progress(query):
    """What each micro-batch did, oldest first: a list of dicts.

    batch, rows (read), watermark (ISO 8601 text or None), dropped (rows after partial aggregation that were too late,
    over all stateful operators), state_rows, seconds.
    """
    steps = []
    for report in query.recentProgress:
        entry = json.loads(report.json)
        operators = entry.get("stateOperators") or []
        steps.append(
            {
                "batch": entry["batchId"],
                "rows": report.numInputRows,  # on Connect the JSON has it for each source only
                "watermark": (entry.get("eventTime") or {}).get("watermark"),
                "dropped": sum(operator["numRowsDroppedByWatermark"] for operator in operators),
                "state_rows": sum(operator["numRowsTotal"] for operator in operators),
                "seconds": entry["durationMs"].get("triggerExecution", 0) / 1000,
            }
        )
    return steps
