"""Exercises of lesson 16: a MERGE with two conditions, versions that are spans of one status, and what a feed tells."""

import datetime as dt
import uuid

from ..answers import first_word, function, record, sql, whole_number
from ..attempt import theirs
from ..compare import same_table
from ..exercises import Wrong, exercise
from ..frames import rows

_TEN = dt.datetime(2026, 12, 24, 10, tzinfo=dt.UTC)


def _at(minute):
    return _TEN + dt.timedelta(minutes=minute)


def _clock(value):
    """A time as a message shows it, 10:03; anything else as it is."""
    return f"{value:%H:%M:%S}".removesuffix(":00") if isinstance(value, dt.datetime) else value


def _clocks(row):
    return {name: _clock(value) for name, value in row.items()}


# What the table has, what the micro-batch brings, and what the table must have then: delivery, sequence, status, earliest.
_HELD = [
    ("A", 1, "en_route", 1),
    ("B", 2, "delivered", 5),
    ("C", 2, "delivered", 3),
    ("E", 1, "en_route", 1),
    ("F", 3, "returned", 2),
    ("G", 1, "en_route", 0),
]
_BROUGHT = [  # delivery, sequence, status, changed_at
    ("D", 3, "returned", 8),
    ("A", 2, "delivered", 5),
    ("B", 1, "en_route", 2),
    ("C", 2, "delivered", 6),
    ("D", 1, "en_route", 4),
    ("E", 3, "delivered", 9),
    ("F", 2, "delayed", 4),
    ("E", 2, "delayed", 7),
    ("D", 2, "delayed", 6),
]
_THEN = [
    ("A", 2, "delivered", 1),
    ("B", 2, "delivered", 2),
    ("C", 2, "delivered", 3),
    ("D", 3, "returned", 4),
    ("E", 3, "delivered", 1),
    ("F", 3, "returned", 2),
    ("G", 1, "en_route", 0),
]
_WRITTEN = 3  # of the rows that were there: A, B and E


@exercise(
    "16.1",
    takes=function("target", "changes", gives=sql),
    hints=[
        "Bring the micro-batch to one row a delivery first: GROUP BY delivery_id, with max(sequence), "
        "max_by(status, sequence) and min(changed_at).",
        "MERGE takes several WHEN MATCHED, each with its own condition; the first that holds is done. One is for what is "
        "newer, one for what is older than `earliest`.",
        "The newer one sets earliest = least(t.earliest, s.earliest); the other one sets nothing but earliest. "
        "WHEN NOT MATCHED THEN INSERT * needs the columns' names.",
    ],
)
def check_16_1(answer):
    """A function (target, changes) -> the MERGE that keeps status_current with the time of the oldest change known."""
    from ... import runtime

    spark, name = runtime.session(), f"exercise_16_1_{uuid.uuid4().hex[:8]}"
    target, view = name, f"{name}_changes"
    statement = answer(target, view)
    if first_word(statement) not in ("MERGE", "WITH"):
        raise Wrong("what your function returns is one MERGE statement, text that begins with MERGE INTO.")
    _frame(spark, _BROUGHT, "changed_at").createOrReplaceTempView(view)
    held = _frame(spark, _HELD, "earliest")
    try:
        held.write.format("delta").saveAsTable(target)
        with theirs("your MERGE", slow=True):
            spark.sql(statement)
        found = rows("delivery_id", "sequence", "status", "earliest")(spark.table(target))
        written = _updated(spark, target)
    finally:
        spark.sql(f"DROP TABLE IF EXISTS {target}")
        spark.catalog.dropTempView(view)
    _blame(found)
    wanted = [_clocks(_row(each, "earliest")) for each in _THEN]
    same_table([_clocks(row) for row in found], wanted, by="delivery_id", given="A to G after the MERGE")
    if written != _WRITTEN:
        raise Wrong(
            f"the rows are right, and {written} of them were written where {_WRITTEN} changed: each one too many is a "
            "change to whoever reads the change data feed. A repetition must match no condition."
        )
    return "one row a delivery, the newest status, the oldest time; C and F were not touched at all."


def _frame(spark, given, time):
    parts = [{**_row(each, time), time: _at(each[3]).replace(tzinfo=None)} for each in given]
    schema = f"delivery_id string, sequence int, status string, {time} timestamp"
    return spark.createDataFrame([tuple(part.values()) for part in parts], schema).coalesce(1)


def _row(each, time):
    return {"delivery_id": each[0], "sequence": each[1], "status": each[2], time: _at(each[3])}


def _updated(spark, target):
    metrics = spark.sql(f"DESCRIBE HISTORY {target}").first()["operationMetrics"]
    return int(metrics.get("numTargetRowsUpdated", -1))


def _blame(found):
    """Raise Wrong for what one mistake alone leaves in one of the rows."""
    by_id = {row["delivery_id"]: (row["sequence"], row["status"], row["earliest"]) for row in found}
    if by_id.get("B", ())[:2] == (1, "en_route") and by_id.get("F", ())[:2] == (2, "delayed"):
        raise Wrong("B was delivered, and an older change that came late has sent it on its way again.")
    if by_id.get("A") == (2, "delivered", _at(5)):
        raise Wrong("A set out at 10:01, and its row has forgotten it: a newer change must not move `earliest`.")
    if by_id.get("B") == (2, "delivered", _at(5)) and by_id.get("A") == (2, "delivered", _at(1)):
        raise Wrong("B's older change is late for the status, and not for `earliest`: that is 10:02 now.")


_CHANGES = [  # delivery, sequence, status, changed_at; in no order, some twice
    ("A", 3, "delivered", 9),
    ("A", 1, "en_route", 1),
    ("A", 2, "delayed", 4),
    ("A", 2, "delayed", 4),
    ("B", 4, "returned", 20),
    ("B", 2, "delayed", 5),
    ("B", 1, "en_route", 2),
    ("B", 3, "delayed", 11),
    ("C", 1, "en_route", 3),
    ("C", 1, "en_route", 3),
    ("D", 5, "delivered", 17),
    ("D", 3, "en_route", 12),
    ("D", 2, "delayed", 8),
    ("D", 1, "en_route", 6),
    ("D", 4, "en_route", 14),
]
_SPANS = [  # delivery, status, valid_from, valid_to
    ("A", "en_route", 1, 4),
    ("A", "delayed", 4, 9),
    ("A", "delivered", 9, None),
    ("B", "en_route", 2, 5),
    ("B", "delayed", 5, 20),
    ("B", "returned", 20, None),
    ("C", "en_route", 3, None),
    ("D", "en_route", 6, 8),
    ("D", "delayed", 8, 12),
    ("D", "en_route", 12, 17),
    ("D", "delivered", 17, None),
]


@exercise(
    "16.2",
    takes=function("changes", gives=rows("delivery_id", "status", "valid_from", "valid_to", "is_current"), slow=True),
    hints=[
        "Three steps: each change once, then only those that change the status, then the end of each from the next.",
        'Window.partitionBy("delivery_id").orderBy("sequence") serves F.lag("status") as well as F.lead("changed_at").',
        "Keep a change where lag(status) is NULL or another status. Filter before the lead, or a span ends where the "
        "same status was told again.",
    ],
)
def check_16_2(answer):
    """A function from a DataFrame of changes to spans of one status: repetitions and `still delayed` make none."""
    from ... import runtime

    found = answer(_frame(runtime.session(), _CHANGES, "changed_at"))
    found = [row | {"is_current": bool(row["is_current"])} if row["is_current"] in (0, 1) else row for row in found]
    count = [row["delivery_id"] for row in found].count
    if count("B") == 4 and count("D") == 5:
        raise Wrong("B was delayed at 10:05, and again at 10:11. One span of one status, from 10:05 to 10:20.")
    if count("D") == 3 and count("B") == 3:
        raise Wrong("D was on its way, then delayed, then on its way again: two spans of one status are two versions.")
    times = [(row["valid_from"], row["valid_to"]) for row in found]
    if any(isinstance(each, dt.datetime) and isinstance(end, dt.datetime) and end <= each for each, end in times):
        raise Wrong("a version ends when it begins, or before. Each change once, and in which order?")
    wanted = [
        {
            "delivery_id": delivery,
            "status": status,
            "valid_from": _clock(_at(start)),
            "valid_to": None if end is None else _clock(_at(end)),
            "is_current": end is None,
        }
        for delivery, status, start, end in _SPANS
    ]
    same_table([_clocks(row) for row in found], wanted, by=["delivery_id", "valid_from"], given="deliveries A to D")
    return "11 spans of 15 rows: each ends where another status begins, whatever came twice."


@exercise(
    "16.3",
    takes=record(inserts=whole_number, in_order=whole_number, last_write=whole_number),
    hints=[
        "Write the table down after each micro-batch, once for each of the two.",
        "A row that UPDATE SET * has written is a preimage and a postimage, whether a value differs or not.",
        "In order only two rows are ever updated: A in micro-batch 2 and B in micro-batch 3. Without the condition, "
        "whatever matches is.",
    ],
)
def check_16_3(answer):
    """{"inserts", "in_order", "last_write"}: rows that are inserted, and rows of either table's feed in all."""
    inserts, in_order, last = (answer[name] for name in ("inserts", "in_order", "last_write"))
    if inserts == 0:
        raise Wrong("inserts: MERGE inserts what matches nothing, and in micro-batch 1 the table is empty.")
    if inserts != 2:
        raise Wrong(f"inserts: {inserts}? A row is inserted when the table sees a delivery for the first time.")
    if in_order == 4:
        raise Wrong("in_order: an update is two rows of the feed, what was and what is.")
    if in_order == 2:
        raise Wrong("in_order: those are the inserts. A2 and B3 are newer than what the table has.")
    if in_order == 8:
        raise Wrong("in_order: B2 is older than B3 of the same micro-batch, so the table never has it.")
    if in_order == 10:
        raise Wrong("in_order: that many, if whatever matches is written. With the condition a repetition is not.")
    if in_order != 6:
        raise Wrong(f"in_order: {in_order}? The inserts, and two rows for each change that is newer than the row.")
    if last == 6:
        raise Wrong("last_write: it writes B1, which came again, and A1, which came late, as well.")
    if last == 8:
        raise Wrong("last_write: one update too few. UPDATE SET * writes a row, too, if the values are the same.")
    if last != 10:
        raise Wrong(f"last_write: {last}? Two inserts, then two rows for each delivery in micro-batches 2 and 3.")
    return "2 inserts and 2 updates in order, 6 rows; last write wins makes 4 updates of it, one of them wrong: A goes back."
