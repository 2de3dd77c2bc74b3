"""One stream for each table: start it, wait for it, read its progress.

Two ways to write, both exactly-once. Final: append mode into the table; Delta remembers the stream's id and batch number
(`txn`), so a batch that is replayed after a crash is skipped. Live: update mode, each batch MERGEd on the table's key;
a replayed batch writes the same values again.

And two who may commit, one argument: `sink="spark"`, which runs everywhere, or "delta-rs", see sinks.py.
"""

import json
import shutil
from pathlib import Path

from .. import runtime
from ..errors import SleighError
from ..tables import TABLES
from . import sinks
from .gold import KEYS


def source(spark, table, files_per_batch=None):
    """`table` as a stream, in the order of its commits; at most `files_per_batch` files to a micro-batch."""
    runtime.require_table(spark, table)
    reader = spark.readStream
    if files_per_batch:
        reader = reader.option("maxFilesPerTrigger", files_per_batch)
    return reader.table(table)


SINKS = ("spark", "delta-rs")


def start(df, table, *, mode="final", trigger="available", sink="spark"):
    """Start the stream that writes `df` into `table` (made if need be) and return its StreamingQuery.

    mode: 'final' (append) or 'live' (update mode and MERGE on gold.KEYS; only for gold tables).
    trigger: 'available' (all that is there, then stop) or seconds between micro-batches.
    sink: who commits a micro-batch, 'spark' or 'delta-rs'; a stream may go on with the other one.
    Raises SleighError if the checkpoint belongs to another query or to a table that is gone, the gold table was begun in
    the other mode, or the sink does not run here.
    """
    require_sink(sink)
    require_mode(table, mode)
    _clear_unplanned(table)
    if not runtime.has_table(df.sparkSession, table):
        _require_unfilled(table)
        runtime.create_table(df.sparkSession, table)
    writer = df.writeStream.format("delta").queryName(table).option("checkpointLocation", runtime.checkpoint(table))
    writer = (
        writer.trigger(availableNow=True)
        if trigger == "available"
        else writer.trigger(processingTime=f"{trigger} seconds")
    )
    merging = mode == "live" and table in KEYS
    writer = writer.outputMode("update" if merging else "append")
    try:
        if sink == "delta-rs":
            write = sinks.merge_into(table) if merging else sinks.append_to(table)
            query = writer.foreachBatch(write).start()
        elif merging:
            query = writer.foreachBatch(merge_into(table)).start()
        else:
            query = writer.toTable(table)
    except Exception as error:
        raise _explained(error, table) from error
    if table in KEYS:
        _mode_note(table).write_text(mode)
    return query


def require_sink(sink):
    """Raise SleighError unless `sink` is one, and runs where we are."""
    if sink not in SINKS:
        raise SleighError(f"sink must be {' or '.join(SINKS)}, not {sink!r}")
    if sink == "delta-rs" and runtime.where() in ("connect", "databricks"):
        # There foreachBatch runs in a worker, not beside the tables' files, and on Databricks the catalog owns them.
        raise SleighError('sink="delta-rs" writes on this machine only: use sink="spark" on Connect and Databricks')


def _clear_unplanned(table):
    # Killed at its very start, a stream leaves state without a single planned micro-batch, or half a plan in a hidden
    # file, and Spark then refuses the checkpoint for good (STATE_STORE_CHECKPOINT_LOCATION_NOT_EMPTY). Nothing has been
    # read yet, so nothing is lost. The stream's id in `metadata` stays.
    folder = Path(runtime.checkpoint(table))
    if not any((folder / "offsets").glob("[0-9]*")):
        for left in [folder / name for name in ("state", "offsets", "commits") if (folder / name).exists()]:
            shutil.rmtree(left)


def _require_unfilled(table):
    # An empty table made anew would get only what comes from now on, and all that was in it would be missing.
    written = Path(runtime.checkpoint(table)) / "commits"
    if any(written.glob("[0-9]*")):
        raise SleighError(
            f"{table} is gone, and its checkpoint says that it was filled: bring it back, or delete {written.parent} too, "
            "to fill it anew"
        )


def _mode_note(table):
    return Path(runtime.checkpoint(table)) / "sleigh-mode"


def require_mode(table, mode):
    """Raise SleighError if gold table `table` was begun in the other mode."""
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
    failed = None
    for query in queries:
        try:
            query.stop()
        except Exception as error:  # the others are stopped all the same
            failed = failed or error
    if failed:
        raise failed


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
            f"the checkpoint of {table} was written by another query: delete {folder} and the table's folder in the lake, "
            "then run again"
        )
    return error


def progress(query):
    """What each micro-batch did, oldest first: a list of dicts, see step."""
    return [step(report) for report in query.recentProgress]


def step(report):
    """What one micro-batch did, from its StreamingQueryProgress.

    batch, rows (read), watermark (ISO 8601 text or None), newest_event (the same, of the rows it read), dropped (rows
    after partial aggregation that were too late, over all stateful operators), state_rows, seconds.
    """
    entry = json.loads(report.json)
    operators = entry.get("stateOperators") or []
    return {
        "batch": entry["batchId"],
        "rows": report.numInputRows,  # on Connect the JSON has it for each source only
        "watermark": (entry.get("eventTime") or {}).get("watermark"),
        "newest_event": (entry.get("eventTime") or {}).get("max"),
        "dropped": sum(operator["numRowsDroppedByWatermark"] for operator in operators),
        "state_rows": sum(operator["numRowsTotal"] for operator in operators),
        "seconds": entry["durationMs"].get("triggerExecution", 0) / 1000,
    }
