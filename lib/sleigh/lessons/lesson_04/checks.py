"""Exercises of lesson 04: when a window becomes visible, and how to read or keep the newest version of each window."""

import atexit
import shutil
import tempfile
from datetime import UTC, datetime

from ... import runtime
from ...tables import SUMMARY
from ..answers import anything, function, optional, whole_number
from ..exercises import Wrong, exercise
from ..frames import rows


@exercise(
    "04.1",
    takes=whole_number,
    hints=[
        "Which micro-batch brings the first event from which two minutes can be taken to reach 10:01:00?",
        "An event of 10:03:00 or later does, and micro-batch 3 holds the minute 10:03. Which watermark does 3 itself use?",
        "A watermark that is found in one micro-batch is used in the next.",
    ],
)
def check_04_1(answer):
    """Number of the micro-batch, from 0, in which append mode writes the window 10:00 with a watermark of two minutes."""
    if answer == 7:
        raise Wrong("7 is the answer with five minutes. How much sooner does the watermark pass 10:01 now?")
    if answer == 5:
        raise Wrong("5 is the fifth micro-batch if the first is number 1. Spark's first is number 0.")
    if answer == 3:
        raise Wrong("micro-batch 3 brings the event that is needed. Its own watermark comes from those before it.")
    if answer == 2:
        raise Wrong("after micro-batch 2 the newest event is 10:02:59, and the watermark 10:00:59: not past the end.")
    if answer != 4:
        raise Wrong(
            f"{answer}? Micro-batch 0 sees events up to 10:00:59, so 1 works with the watermark 09:58:59. Go on like that "
            "until one works with 10:01:00 or later."
        )
    return "micro-batch 3 moves the watermark to 10:01:59, and 4 works with it: three minutes sooner, as the delay is."


# Window -> its versions: second of 23:00 at which it was computed, total_deliveries, avg_magic_level. In the table they
# stand in this order; the newest is neither always first or last nor always the largest.
_VERSIONS = {
    "10:00": [(1, 50, 80.5), (7, 53, 70.5), (4, 51, 90.5)],
    "10:01": [(4, 48, 60.5)],
    "10:02": [(9, 30, None), (7, 40, 65.5)],
    "10:03": [(2, 20, 50.5), (8, 20, 55.5)],
}
_LATER = {
    "10:00": [(14, 52, 95.5), (12, 58, 75.5)],
    "10:04": [(13, 33, 61.5)],
}


def _table(versions):
    """Rows of the table with all versions, as dicts with the columns of the gold table."""
    return [_row(window, *version) for window, several in versions.items() for version in several]


def _row(window, second, total, magic):
    start = datetime.fromisoformat(f"2026-12-24 {window}:00+00:00")
    known = {
        "window_start": start,
        "window_end": start.replace(minute=start.minute + 1),
        "total_deliveries": total,
        "delayed_deliveries": total % 7,
        "avg_magic_level": magic,
        "calculated_at": datetime(2026, 12, 24, 23, 0, second, tzinfo=UTC),
    }
    return dict.fromkeys(SUMMARY.columns.names) | known


def _frame(spark, versions):
    return spark.createDataFrame([tuple(row.values()) for row in _table(versions)], SUMMARY.columns).coalesce(1)


def _require_newest(found, versions, where):
    """Raise Wrong unless the rows `found` are the newest version of each window; `where` begins the message."""
    wanted = {}
    for row in sorted(_table(versions), key=lambda row: row["calculated_at"]):
        wanted[row["window_start"]] = row
    got = {start: [row for row in found if row["window_start"] == start] for start in wanted}
    for start, newest in sorted(wanted.items()):
        window = f"{start:%H:%M}"
        case = f"{where}{window}, with the versions {_told(versions[window])}"
        if len(got[start]) != 1:
            raise Wrong(f"{case}: expected one row, got {len(got[start])}.")
        for name, value in newest.items():
            if got[start][0][name] != value:
                raise Wrong(
                    f"{case}: expected {_short(name, value)} as in the newest, got {_short('', got[start][0][name])}."
                )
    if len(found) > len(wanted):
        raise Wrong(f"{where}{len(found)} rows for {len(wanted)} windows.")


def _told(versions):
    return ", ".join(f"23:00:{second:02} ({total} deliveries)" for second, total, _ in versions)


def _short(name, value):
    told = "NULL" if value is None else f"{value:%H:%M:%S}" if isinstance(value, datetime) else str(value)
    return f"{name} {told}".strip()


_columns = rows(*SUMMARY.columns.names)


@exercise(
    "04.2",
    takes=function("versions", gives=_columns),
    hints=[
        "For each window_start you want the row whose calculated_at is the largest, all columns of that one row.",
        "A SQL window: row_number() over (partition by window_start order by calculated_at desc), and keep number 1.",
        "Or aggregate: groupBy('window_start').agg(F.max_by(F.struct('*'), 'calculated_at')), and unpack the struct.",
    ],
)
def check_04_2(answer):
    """A function DataFrame -> DataFrame: of rows with window_start and calculated_at the newest row of each window."""
    _require_newest(answer(_frame(runtime.session(), _VERSIONS)), _VERSIONS, "")
    return "one row a window, the newest, whole. Every reader of that table must do this; MERGE does it once, for all."


@exercise(
    "04.3",
    takes=function("batch", "batch_id", gives=optional(anything), slow=True),
    hints=[
        "First make one row a window of the micro-batch (04.2), then bring those rows into summary_current.",
        "MERGE INTO summary_current t USING <view> s ON t.window_start = s.window_start, with both WHEN clauses.",
        "The view must be made and asked for in one session: batch.createOrReplaceTempView, batch.sparkSession.sql.",
    ],
)
def check_04_3(answer):
    """A foreachBatch function that keeps table summary_current at the newest version of each window."""
    spark = runtime.session()
    _make_current(spark)
    batches = _session_of_a_batch(spark)
    so_far = {window: list(several) for window, several in _VERSIONS.items()}
    answer(_frame(batches, _VERSIONS), 0)
    _require_newest(_columns(spark.table("summary_current")), so_far, "after micro-batch 0, ")
    for window, several in _LATER.items():
        so_far[window] = so_far.get(window, []) + several
    for when in ("after micro-batch 1, ", "after micro-batch 1 a second time, "):
        answer(_frame(batches, _LATER), 1)
        _require_newest(_columns(spark.table("summary_current")), so_far, when)
    return "one row a window, the newest, after several versions in one micro-batch and after one that came twice."


def _make_current(spark):
    """The empty table summary_current, whatever an earlier check has left.

    Where a table is a folder of this machine, it is one of its own: all kernels of a checkout share the warehouse, and
    another one may have a table of this name there.
    """
    spark.sql("DROP TABLE IF EXISTS summary_current")
    writer = spark.createDataFrame([], SUMMARY.columns).write.format("delta")
    if runtime.backend().has_files:
        folder = tempfile.mkdtemp(prefix="sleigh-check-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        writer = writer.option("path", f"{folder}/summary_current")
    writer.saveAsTable("summary_current")


def _session_of_a_batch(spark):
    # As in a stream: the views of a micro-batch are seen in its own session only. Where there is but one, that one.
    try:
        return spark.newSession()
    except Exception:
        return spark
