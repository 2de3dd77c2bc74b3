"""Landing: the night's messages become commits of the landing table, in arrival order, each exactly once.

Locally delta-rs writes, with no JVM: 0.04 s a commit. On Databricks Spark does. Both name the commit with an application
transaction (Delta's `txn` action): the second the batch ends on. A batch that was landed before is skipped, so a killed
producer is simply started again. Live mode's producer is a process of its own, see producer.py.
"""

import contextlib
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from . import runtime
from .errors import SleighError
from .night import NIGHT_START, batches

TABLE = "landing_santa_deliveries"
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
    end = (_seconds(night.truth["arrival_time"][-1:])[0].as_py() // 60 + 1) * 60
    landed = 0
    for number, events, truth in batches(night, every):
        until = min((number + 1) * every, end)
        done = _append(spark, with_ingestion_date(events, truth["arrival_time"]), truth, until)
        landed += done
        if on_batch:
            on_batch(done)
    return landed


def _append(spark, rows, truth, until):
    if runtime.where() == "databricks":
        before = spark.table(TABLE).count()
        writer = spark.createDataFrame(rows).write.option("txnAppId", PRODUCER).option("txnVersion", until)
        writer.format("delta").mode("append").saveAsTable(TABLE)
        return spark.table(TABLE).count() - before  # Delta passes over a batch that is there, and does not say so
    return append_files(runtime.lake() / TABLE, rows, truth["arrival_time"], until)


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
        rest = rows.filter(pc.greater_equal(_seconds(arrival_time), last))
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

    From here on truth() takes for sent what has landed. Changes nothing where something has landed.
    """
    from deltalake import CommitProperties, DeltaTable, Transaction
    from deltalake.exceptions import CommitFailedError

    path = Path(lake) / TABLE
    runtime.create_files(path, TABLE)
    table = DeltaTable(str(path))
    if table.transaction_version(PRODUCER) is not None:
        return
    named = CommitProperties(app_transactions=[Transaction(PRODUCER, second)])
    with contextlib.suppress(CommitFailedError):  # another producer was first
        table.create_write_transaction([], "append", table.schema(), commit_properties=named)


def _seconds(arrival_time):
    """Whole seconds since the night's start."""
    return pc.seconds_between(pa.scalar(NIGHT_START, arrival_time.type), arrival_time)


def landed_seconds(lake=None):
    """How many seconds of the night the landing table has; 0 for an empty lake. `lake`: its folder; else the open one."""
    return _landed(lake or runtime.lake()) or 0


def _landed(lake):
    """The same, or None if no producer has begun."""
    from deltalake import DeltaTable

    path = Path(lake) / TABLE
    if not (path / "_delta_log").exists():
        return None
    return DeltaTable(str(path)).transaction_version(PRODUCER)


def keep_truth(night, start_minute, minutes, *, lake=None, **arguments):
    """Write the night's truth beside the tables, before anything is landed: `<lake>/_truth`, one parquet file a slice.

    `arguments` (seed, rate, faults) say which night the lake holds. Raises SleighError if it holds another one, or if
    the slice would leave messages out: some before what was landed, or some whose truth is kept and that were not.
    """
    lake = lake or runtime.lake()
    folder = Path(lake) / "_truth"
    folder.mkdir(exist_ok=True)
    if require_night(lake, **arguments):
        landed = _landed(lake)  # None: by hand, or by Spark on Databricks
        if landed is not None and _leaves_out(folder, landed, start_minute):
            raise SleighError(
                f"this lake has the night up to minute {landed // 60}: continue with --start-minute {landed // 60}, "
                "or use another --lake"
            )
    part = folder / f"{start_minute:05d}-{start_minute + minutes:05d}.{os.getpid()}.part"
    pq.write_table(night.truth, part)
    part.rename(folder / f"{start_minute:05d}-{start_minute + minutes:05d}.parquet")
    (folder / "night.json").write_text(json.dumps(arguments))


def require_night(lake, **arguments):
    """Whether the lake at folder `lake` has the night of `arguments` (seed, rate, faults), False if it has none yet.

    Raises SleighError if it has another one.
    """
    card = Path(lake) / "_truth" / "night.json"
    if not card.exists():
        return False
    held = json.loads(card.read_text())
    if held != arguments:
        raise SleighError(
            "this lake holds another night ("
            + ", ".join(f"--{name} {shown(value)}" for name, value in held.items())
            + "): use the same arguments, or another --lake"
        )
    return True


def shown(value):
    """An argument of the night as it is typed: the rates of a mapping of faults one after the other."""
    return ",".join(f"{name}={rate}" for name, rate in value.items()) if isinstance(value, dict) else value


def _leaves_out(folder, landed, minute):
    """Whether to go on from `minute` would leave messages out, if second `landed` is where the landing is."""
    slices = [tuple(map(int, path.stem.split("-"))) for path in folder.glob("*.parquet")]
    if minute * 60 < landed:
        return not any(start <= minute < end for start, end in slices)
    # Truth was kept of what lies between, and its producer stopped.
    return any(landed < min(end, minute) * 60 for start, end in slices if start < minute)


def truth():
    """The truth of every message that was sent to the open lake, by seq: see night.Night.truth.

    A producer keeps the truth of some minutes at a time, then lands them bit by bit, and may be stopped or killed at any
    moment. What its last commit does not reach was not sent. Raises SleighError if the lake has no truth.
    """
    files = sorted((runtime.lake() / "_truth").glob("*.parquet"))
    if not files:
        raise SleighError("this lake has no truth to compare with: fill it with landing.keep_truth and landing.land")
    table = pa.concat_tables([pq.read_table(file) for file in files])
    first = pc.sort_indices(table["seq"])
    table = table.take(first)
    if len(files) > 1:  # slices may overlap; the same seq is then the same row
        seq = table["seq"].combine_chunks()
        keep = pa.concat_arrays([pa.array([True]), pc.not_equal(seq[1:], seq[:-1])])
        table = table.filter(keep)
    until = _landed(runtime.lake())  # None for what was landed by hand, or by Spark on Databricks: all of it was sent
    return table if until is None else table.filter(pc.less(_seconds(table["arrival_time"]), until))
