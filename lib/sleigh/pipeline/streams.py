"""One stream for each table: start it, wait for it, read its progress.

Two ways to write, both exactly-once. Final: append mode into the table; Delta remembers the stream's id and batch number
(`txn`), so a batch that is replayed after a crash is skipped. Live: update mode, each batch MERGEd on the table's key;
a replayed batch writes the same values again.

And two who may commit, one argument: `sink="spark"`, which runs everywhere, or "delta-rs", see sinks.py.
"""

import contextlib
import itertools
import json

from .. import runtime
from ..errors import SleighError
from ..tables import TABLES
from . import checkpoints, sinks

SINKS = ("spark", "delta-rs")

BEGINNINGS = {"startingVersion", "startingTimestamp", "readChangeFeed"}
"""Options of Delta's source that say where a new stream begins, or have a say in it."""

_APPENDING, _MAKING = {"add", "txn", "commitInfo"}, {"metaData", "protocol"}  # actions of Delta's log


def source(spark, table, files_per_batch=None, **options):
    """`table` as a stream, in the order of its commits; at most `files_per_batch` files to a micro-batch.

    `options` are those of Delta's source.
    """
    runtime.require_table(spark, table)
    if not options.keys() & BEGINNINGS and only_appended_to(table):
        # By itself a new stream first reads the table as it is now, and for that two Spark jobs sort all of its files, for
        # each micro-batch once more. In a table like this the first commit and those after it are the same rows.
        options["startingVersion"] = "0"
    reader = spark.readStream.options(**options)
    if files_per_batch:
        reader = reader.option("maxFilesPerTrigger", files_per_batch)
    return reader.table(table)


def only_appended_to(table):
    """Whether the log of `table`, from its first commit on, adds rows and does nothing else.

    False where the log is not on this machine, or no longer whole. Once it is false it stays so, and a stream that was
    killed in its first micro-batch begins as before.
    """
    if not runtime.backend().has_files:
        return False
    log = runtime.lake() / table / "_delta_log"
    for version in itertools.count():
        try:
            actions = (log / f"{version:020}.json").read_bytes().splitlines()  # bytes: see delta_log.actions
        except FileNotFoundError:
            return version > 0
        kinds = {next(iter(json.loads(action))) for action in actions}
        if not kinds <= _APPENDING | (_MAKING if version == 0 else set()):
            return False


def start(df, table, *, mode="final", trigger="available", sink="spark", write=None):
    """Start the stream that writes `df` into `table` (made if need be) and return its StreamingQuery.

    mode: 'final' (append) or, for tables of windows, 'live' (update mode and MERGE on the table's key).
    trigger: 'available' (all that is there, then stop) or seconds between micro-batches.
    sink: who commits a micro-batch, 'spark' or 'delta-rs'; a stream may go on with the other one.
    write: the foreachBatch function (batch, batch_id) to write with, instead of the sink's; exactly-once is then its affair.
    Raises SleighError if the checkpoint belongs to another query or does not fit the table, the gold table was begun in the
    other mode, or the sink or the trigger does not run here.
    """
    require_sink(sink)
    require_trigger(trigger)
    spark, windows = df.sparkSession, has_windows(table)
    if windows:
        checkpoints.require_mode(table, mode)
    checkpoints.clear_unplanned(table)
    checkpoints.require_fitting(spark, table)
    runtime.create_table(spark, table)
    writer = df.writeStream.format("delta").queryName(table).option("checkpointLocation", runtime.checkpoint(table))
    writer = (
        writer.trigger(availableNow=True)
        if trigger == "available"
        else writer.trigger(processingTime=f"{trigger} seconds")
    )
    merging = mode == "live" and windows
    writer = writer.outputMode("update" if merging else "append")
    try:
        if write:
            query = writer.foreachBatch(write).start()
        elif sink == "delta-rs":
            write = sinks.merge_into(table) if merging else sinks.append_to(table)
            query = writer.foreachBatch(write).start()
        elif merging:
            query = writer.foreachBatch(merge_into(spark, table)).start()
        else:
            query = writer.toTable(table)
    except Exception as error:
        raise checkpoints.explained(error, table) from error
    if windows:
        checkpoints.note_mode(table, mode)
    return query


@contextlib.contextmanager
def settings(spark, wanted):
    """Spark's settings for streams that are started inside: each takes a copy of the session's at its start.

    wanted: {name: (value, reason)}. They are for Spark as this machine has it; elsewhere nothing is set.
    """
    wanted = wanted if runtime.backend().own_machine else {}
    before = {name: spark.conf.get(name, None) for name in wanted}
    for name, (value, _) in wanted.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            spark.conf.unset(name) if value is None else spark.conf.set(name, value)


def has_windows(table):
    """Whether `table` is one of tables.TABLES with a row for each window; those may be written in live mode."""
    return table in TABLES and TABLES[table].window_minutes is not None


def require_sink(sink):
    """Raise SleighError unless `sink` is one, and runs where we are."""
    if sink not in SINKS:
        raise SleighError(f"sink must be {' or '.join(SINKS)}, not {sink!r}")
    if sink not in runtime.backend().sinks:
        raise SleighError(
            'sink="delta-rs" writes on this machine only: use sink="spark" on Connect, clusters, Databricks'
        )


def require_trigger(trigger):
    """Raise SleighError unless a stream may have this trigger where we are."""
    if trigger != "available" and "timed triggers" in runtime.backend().refuses:
        raise SleighError(
            'a stream that stays on runs on a machine of your own or a classic cluster only: use trigger="available" here, '
            "and start it again by a job"
        )


def merge_into(spark, table):
    """The foreachBatch function that MERGEs a micro-batch into gold table `table` on its key.

    SQL, not DeltaTable: the function also runs in a worker of Spark Connect, where there is no DeltaTable.
    """
    condition = " AND ".join(f"t.{key} <=> s.{key}" for key in TABLES[table].key)
    return merge_by(
        spark,
        table,
        f"MERGE INTO {{target}} t USING {{changes}} s ON {condition} "
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
    )


def merge_by(spark, table, statement):
    """The foreachBatch function that runs `statement`, a MERGE of the micro-batch {changes} into `table`, its {target}."""
    # On Databricks it runs in the session that all streams share, and that may have another schema open: the view has a
    # name of its own, the table its full one.
    view = f"{table}_updates"
    sql = statement.format(target=full_name(spark, table), changes=view)

    def merge(batch, batch_id):
        batch.createOrReplaceTempView(view)
        batch.sparkSession.sql(sql)

    return merge


def full_name(spark, table):
    """`table` with the catalog and the schema that are current now, quoted: the same table whatever is current later."""
    return ".".join(f"`{part}`" for part in (spark.catalog.currentCatalog(), spark.catalog.currentDatabase(), table))


def drain(*queries):
    """Wait until availableNow streams have ended. The first that failed raises SleighError, after the others ended."""
    failed = None
    for query in queries:
        try:
            query.awaitTermination()
        except Exception as error:
            failed = failed or (error, query.name)
    if failed:
        raise checkpoints.explained(*failed) from failed[0]


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
