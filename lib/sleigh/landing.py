"""Landing: the night's messages become commits of the landing table, in arrival order, each exactly once.

Locally delta-rs writes, with no JVM: 0.04 s a commit. On Databricks Spark does. Both name the commit with an application
transaction (Delta's `txn` action): the second the batch ends on. A batch that was landed before is skipped, so a killed
producer is simply started again.
"""

import json

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
        writer = spark.createDataFrame(rows).write.option("txnAppId", PRODUCER).option("txnVersion", until)
        writer.mode("append").saveAsTable(TABLE)
        return len(rows)
    return append_files(runtime.lake() / TABLE, rows, truth["arrival_time"], until)


def append_files(path, rows, arrival_time, until):
    """Append `rows` to the Delta table at `path` by delta-rs, as the batch that ends `until` seconds into the night.

    Returns the number of rows written: 0 if the table has the batch, fewer if it has its beginning.
    """
    from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

    table = DeltaTable(str(path))
    last = table.transaction_version(PRODUCER) or 0
    if last >= until:
        return 0
    rows = rows.filter(pc.greater_equal(_seconds(arrival_time), last))
    if len(rows):
        named = CommitProperties(app_transactions=[Transaction(PRODUCER, until)])
        write_deltalake(table, rows, mode="append", commit_properties=named)
    return len(rows)


def _seconds(arrival_time):
    """Whole seconds since the night's start."""
    return pc.seconds_between(pa.scalar(NIGHT_START, arrival_time.type), arrival_time)


def landed_seconds():
    """How many seconds of the night the open lake's landing table has; 0 for an empty lake."""
    from deltalake import DeltaTable

    path = runtime.lake() / TABLE
    if not (path / "_delta_log").exists():
        return 0
    return DeltaTable(str(path)).transaction_version(PRODUCER) or 0


def keep_truth(night, start_minute, minutes, **arguments):
    """Write the night's truth beside the tables, before anything is landed: `<lake>/_truth`, one parquet file a slice.

    `arguments` (seed, rate, faults) say which night the lake holds. Raises SleighError if it holds another one, or if
    the slice would leave messages out that lie before what was landed.
    """
    folder = runtime.lake() / "_truth"
    folder.mkdir(exist_ok=True)
    card = folder / "night.json"
    if card.exists():
        held = json.loads(card.read_text())
        if held != arguments:
            raise SleighError(
                "this lake holds another night ("
                + ", ".join(f"--{name} {_shown(value)}" for name, value in held.items())
                + "): use the same arguments, or another --lake"
            )
        if start_minute * 60 < landed_seconds() and not _covered(folder, start_minute):
            raise SleighError(
                f"this lake has the night up to minute {landed_seconds() // 60}: continue with --start-minute "
                f"{landed_seconds() // 60}, or use another --lake"
            )
    part = folder / f"{start_minute:05d}-{start_minute + minutes:05d}.part"
    pq.write_table(night.truth, part)
    part.rename(part.with_suffix(".parquet"))
    card.write_text(json.dumps(arguments))


def _shown(value):
    return ",".join(f"{name}={rate}" for name, rate in value.items()) if isinstance(value, dict) else value


def _covered(folder, minute):
    slices = [tuple(map(int, path.stem.split("-"))) for path in folder.glob("*.parquet")]
    return any(start <= minute < end for start, end in slices)


def truth():
    """The truth of every message landed or meant to be landed in the open lake, by seq: see night.Night.truth.

    Raises SleighError if the lake has none.
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
    return table
