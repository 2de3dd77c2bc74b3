"""delta-rs as the sink of a stream: foreachBatch hands a micro-batch over as Arrow, and delta-rs commits it.

Spark computes, somebody else writes the transaction. On a laptop that saves most of a micro-batch: Spark rebuilds the
table's state at each commit, which takes it a second for fifty rows and delta-rs a few hundredths.

Exactly-once, as Spark's own sink has it: each commit carries the stream's id and the micro-batch's number (`txn`), and a
micro-batch that the table has is skipped. The id is that of the checkpoint, and the very one that Spark's sink writes. So
a new checkpoint begins anew, and a stream may go on with the other sink.
"""

import threading
from collections import defaultdict

import pyarrow as pa

from .. import runtime
from ..tables import TABLES
from . import checkpoints

REOPEN_AFTER = 100
"""Commits until a table is opened anew. A kept table holds every commit since it was opened, and each makes the next one
slower; with delta-rs' checkpoint of the log, one every 100 commits, opening is quick."""

_writing = defaultdict(threading.Lock)  # path -> held while a micro-batch is committed there


def append_to(table):
    """The foreachBatch function that appends a micro-batch to `table` as one file."""
    return of_batches(append_rows_to(table))


def append_rows_to(table):
    """The function (rows, batch_id) that appends a pyarrow Table to `table` as what a micro-batch has written."""
    return committing(table, appending)


def merge_into(table):
    """The foreachBatch function that merges a micro-batch into gold table `table` on its key."""
    return of_batches(committing(table, merging(*TABLES[table].key)))


def of_batches(commit):
    """The foreachBatch function that hands each micro-batch to commit(rows, batch_id)."""
    # toArrow also of a micro-batch that will be skipped: only so is Spark's state written, and the watermark found.
    return lambda batch, batch_id: commit(batch.toArrow(), batch_id)


def committing(name, write):
    """The function (rows, batch_id) that commits a micro-batch to table `name`, once, by write(delta, rows, named).

    delta: the DeltaTable at its newest version; rows: a pyarrow Table with its columns, not empty; named: the
    CommitProperties that the commit must bear.
    """
    path, checkpoint = runtime.lake() / name, runtime.checkpoint(name)
    delta, stream = None, None

    def commit(rows, batch_id):
        from deltalake import CommitProperties, DeltaTable, Transaction

        nonlocal delta, stream
        # One at a time: a stopped stream's last micro-batch may still be on its way when the next stream starts.
        with _writing[path]:
            stream = stream or checkpoints.stream_id(checkpoint)
            if delta is None or batch_id % REOPEN_AFTER == 0:
                delta = DeltaTable(str(path))
            else:
                delta.update_incremental()
            last = delta.transaction_version(stream)
            # An empty micro-batch leaves no commit: there is nothing to read in it, and nothing to repeat.
            if len(rows) and (last is None or last < batch_id):
                rows = rows.cast(pa.schema(delta.schema().to_arrow()))
                write(delta, rows, CommitProperties(app_transactions=[Transaction(stream, batch_id)]))

    return commit


def appending(delta, rows, named):
    """What committing() writes by: append `rows` as one file."""
    from deltalake import write_deltalake

    write_deltalake(delta, rows, mode="append", commit_properties=named)


def merging(*keys):
    """What committing() writes by: the function that merges `rows` on the columns `keys`."""
    # A NULL region is a region of its own. The brackets are not for show: delta-rs reads `a IS .. FROM b AND c` otherwise.
    same = " AND ".join(f"(t.{key} IS NOT DISTINCT FROM s.{key})" for key in keys)

    def merge(delta, rows, named):
        step = delta.merge(rows, same, source_alias="s", target_alias="t", commit_properties=named)
        step.when_matched_update_all().when_not_matched_insert_all().execute()

    return merge


def select(sql, **tables):
    """The rows of a query as a pyarrow Table, by DuckDB; `tables` are the pyarrow Tables that it names in {brackets}."""
    import duckdb

    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        for name, rows in tables.items():
            db.register(name, rows)
        return db.sql(sql.format(**{name: name for name in tables})).to_arrow_table()
