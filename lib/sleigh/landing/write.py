"""Land messages: the night becomes commits of the landing table, in arrival order, each exactly once.

Locally delta-rs writes, with no JVM: 0.04 s a commit. On a cluster and on Databricks Spark does. Both name the commit
with an application transaction (Delta's `txn` action): the second the batch ends on. A batch that was landed before is
skipped, so a killed producer is simply started again.
"""

import contextlib
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from .. import runtime
from ..domain import night_milliseconds
from ..simulator.night import batches
from ..tables import LANDING

TABLE = LANDING.name
PRODUCER = "sleigh.landing"  # the application's id in Delta's txn actions


def with_ingestion_date(events, arrival_time):
    """The 16 fields plus ingestion_date, the date of arrival (UTC): the partition column."""
    return events.append_column("ingestion_date", pc.cast(pc.floor_temporal(arrival_time, unit="day"), pa.date32()))


def land(spark, night, *, every=300, on_batch=None):
    """Append the night to the landing table, one commit for each `every` seconds of arrival.

    The commits end on multiples of `every`, but for the last, which ends with the night's last minute. Rows that an
    earlier call has landed are passed over. `on_batch(rows)` is called after each commit. Returns the number of rows
    landed by this call.
    """
    runtime.create_table(spark, TABLE)
    end = (int(night_milliseconds(night.truth["arrival_time"])[-1]) // 60_000 + 1) * 60
    landed = 0
    for number, events, truth in batches(night, every):
        until = min((number + 1) * every, end)
        rows = with_ingestion_date(events, truth["arrival_time"])
        done = append(spark, TABLE, rows, truth["arrival_time"], until)
        landed += done
        if on_batch:
            on_batch(done)
    return landed


def append(spark, table, rows, arrival_time, until):
    """Append `rows` to `table` of the open lake, as append_files does; by Spark where Spark commits all."""
    backend = runtime.backend()
    if not backend.spark_commits_all:
        return append_files(runtime.lake() / table, rows, arrival_time, until)
    if backend.has_files:
        last = last_second(runtime.lake(), table) or 0
        if last >= until:
            return 0
        rows = _after(last, rows, arrival_time)
        if len(rows):
            _append_by_spark(spark, table, rows, until)
        return len(rows)
    before = spark.table(table).count()
    _append_by_spark(spark, table, rows, until)
    return spark.table(table).count() - before  # Delta passes over a batch that is there, and does not say so


def _append_by_spark(spark, table, rows, until):
    # As one file: bronze takes files, and should not meet the end of a batch before its beginning.
    writer = runtime.backend().as_one(spark.createDataFrame(rows)).write.format("delta").mode("append")
    writer.option("txnAppId", PRODUCER).option("txnVersion", until).saveAsTable(table)


def _after(second, rows, arrival_time):
    """Those of `rows` that have come at `second` of the night or later."""
    return rows.filter(pa.array(night_milliseconds(arrival_time) >= 1000 * second))


def append_files(path, rows, arrival_time, until):
    """Append `rows` to the Delta table at `path` by delta-rs, as the batch that ends `until` seconds into the night.

    Returns the number of rows written: 0 if the table has the batch, fewer if it has its beginning. Two producers may
    land the same night at once: Delta lets one commit of an application through, and the other looks again.
    """
    from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
    from deltalake.exceptions import CommitFailedError

    named = CommitProperties(app_transactions=[Transaction(PRODUCER, until)])
    while True:
        table = DeltaTable(str(path))
        last = table.transaction_version(PRODUCER) or 0
        if last >= until:
            return 0
        rest = _after(last, rows, arrival_time)
        if not len(rest):
            return 0
        try:
            write_deltalake(table, rest, mode="append", commit_properties=named)
            return len(rest)
        except CommitFailedError:
            if (DeltaTable(str(path)).transaction_version(PRODUCER) or 0) <= last:
                raise


def begin(lake, second):
    """Make the landing table of the lake at folder `lake`, and note that its night begins `second` s after NIGHT_START.

    From here on truth() takes for sent what has landed. Changes nothing where something has landed. Raises SleighError if
    the table's log is damaged.
    """
    from deltalake import CommitProperties, DeltaTable, Transaction
    from deltalake.exceptions import CommitFailedError

    path = Path(lake) / TABLE
    runtime.require_whole_log(path)
    runtime.create_files(path, TABLE)
    table = DeltaTable(str(path))
    if table.transaction_version(PRODUCER) is not None:
        return
    named = CommitProperties(app_transactions=[Transaction(PRODUCER, second)])
    with contextlib.suppress(CommitFailedError):  # another producer was first
        table.create_write_transaction([], "append", table.schema(), commit_properties=named)


def landed_seconds(lake=None):
    """How many seconds of the night the landing table has; 0 for an empty lake. `lake`: its folder; else the open one."""
    return last_second(lake or runtime.lake()) or 0


def last_second(lake, table=TABLE):
    """How many seconds of the night landing table `table` of the lake at folder `lake` has, None if none has begun it."""
    from deltalake import DeltaTable

    path = Path(lake) / table
    if not (path / "_delta_log").exists():
        return None
    return DeltaTable(str(path)).transaction_version(PRODUCER)
