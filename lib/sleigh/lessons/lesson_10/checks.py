"""Exercises of lesson 10: what a restart does, what a table lacks, and a sink that a RESTORE does not deceive."""

import tempfile
from collections import Counter
from pathlib import Path

import pyarrow as pa

from .. import on_duckdb
from ..answers import anything, function, one_of, optional, sql, tuple_of, whole_number
from ..compare import small_case
from ..exercises import Wrong, exercise
from ..frames import rows
from ..lesson_02.checks import memory_of


def next_step(offsets, commits, txn):
    """Our answer to 10.1, which the mistakes below are variations of."""
    newest = max(offsets, default=-1)
    number = newest if newest not in commits and newest >= 0 else newest + 1
    return number, "skips" if txn is not None and txn >= number else "writes"


# offsets, commits, txn: files as a folder lists them, in no order
_CHECKPOINTS = [
    ([0, 1, 2], [0, 1, 2], 2),
    ([0, 1, 2], [0, 1], 1),
    ([0, 1, 2], [0, 1], 2),
    ([], [], None),
    ([0], [], None),
    ([0], [], 0),
    ([9, 10, 8], [9, 8], 9),
    ([0, 1], [1, 0], 2),  # rewound by one, both files
    ([0, 1], [1, 0], 6),
    ([2, 4, 3, 5], [2, 3], 5),
    ([2, 4, 3, 5], [2, 3], 3),  # two ends are missing, and one plan is carried out
]


@exercise(
    "10.1",
    takes=function("offsets", "commits", "txn", gives=tuple_of(whole_number, one_of("writes", "skips"))),
    hints=[
        "Spark looks at the newest plan only. Has it ended, or not?",
        "If the newest of offsets/ is in commits/ too, the next number is new; otherwise this one is carried out again.",
        "The table skips a number up to its txn. A txn of 0 is a txn, and None is none.",
    ],
)
def check_10_1(answer):
    """A function (offsets, commits, txn) -> (the micro-batch that runs next, "writes" or "skips")."""
    found = [answer(list(offsets), list(commits), txn) for offsets, commits, txn in _CHECKPOINTS]
    for name, wrong in _MISTAKES.items():
        if found == [wrong(*case) for case in _CHECKPOINTS]:
            raise Wrong(name)
    for case, got in zip(_CHECKPOINTS, found, strict=True):
        offsets, commits, txn = case
        small_case(f"offsets {offsets}, commits {commits}, txn {txn}", next_step(*case), got)
    return "the plan says what runs, the table says whether it counts, and only both together are exactly once."


def _replaced(number, txn):
    return number, "skips" if txn is not None and txn >= number else "writes"


# What is said of a mistake -> the function that makes it and nothing else.
_MISTAKES = {
    "the newest plan may not have ended: then it is carried out again, before any other.": (
        lambda offsets, commits, txn: _replaced(max(offsets, default=-1) + 1, txn)
    ),
    "one after the last that has ended? Spark looks at the newest plan, and not at what has no end before it.": (
        lambda offsets, commits, txn: _replaced(max(commits, default=min(offsets, default=0) - 1) + 1, txn)
    ),
    "a repeated micro-batch is skipped only if the table has it: what does its txn say?": (
        lambda offsets, commits, txn: (
            next_step(offsets, commits, txn)[0],
            "skips" if max(offsets, default=-1) not in commits and offsets else "writes",
        )
    ),
    "the table does not know whether a number is repeated or new: it skips every number up to its txn.": (
        lambda offsets, commits, txn: (
            next_step(offsets, commits, txn)[0],
            next_step(offsets, commits, txn)[1] if max(offsets, default=-1) not in commits else "writes",
        )
    ),
    "txn 0 is micro-batch 0, written; only None is none.": (
        lambda offsets, commits, txn: next_step(offsets, commits, txn or None)
    ),
    "the table skips a number that equals its txn, and also those below it.": (
        lambda offsets, commits, txn: (
            next_step(offsets, commits, txn)[0],
            "skips" if txn == next_step(offsets, commits, txn)[0] else "writes",
        )
    ),
    "a number that equals the txn is in the table: skipped.": (
        lambda offsets, commits, txn: (
            next_step(offsets, commits, txn)[0],
            "skips" if txn is not None and txn > next_step(offsets, commits, txn)[0] else "writes",
        )
    ),
}


# delivery_id, city, status
_SENT = [
    ("A", "Suva", "delivered"),
    ("B", "Suva", "delayed"),
    ("B", "Suva", "delayed"),  # sent twice, and bronze keeps both
    ("C", "Apia", "delivered"),
    ("C", "Apia", "delayed"),
    ("D", "Nadi", "delivered"),
    ("D", "Nadi", "delivered"),
    (None, "Nadi", "delivered"),
    (None, "Apia", "delivered"),
    ("E", None, "delivered"),
    ("F", None, "delivered"),
    ("G", "Lautoka", "delivered"),
    ("G", "Lautoka", "delivered"),
]
_ARRIVED = [0, 1, 3, 7, 9]  # places of the rows that bronze has
_NAMES = ("delivery_id", "city", "status")


def tables():
    """(landing, bronze) of 10.2. Bronze has a column more, and lacks eight rows."""
    sent = pa.Table.from_pylist([dict(zip(_NAMES, row, strict=True)) for row in _SENT])
    arrived = sent.take(_ARRIVED)
    return sent, arrived.append_column("ingestion_timestamp", pa.array(range(len(arrived)), pa.timestamp("us", "UTC")))


@exercise(
    "10.2",
    takes=sql,
    hints=[
        "Bronze keeps what is sent twice: a row may be there once and lacking once. So an id is not enough, nor is IN.",
        "It is a difference of two tables in which rows are counted. SQL has EXCEPT, and a word behind it.",
        "SELECT ... FROM landing EXCEPT ALL SELECT the same columns FROM bronze.",
    ],
)
def check_10_2(answer):
    """SQL over `landing` and `bronze`: the rows that bronze lacks, each as often as it lacks it."""
    sent, arrived = tables()
    table = on_duckdb.ask(answer, {"landing": sent, "bronze": arrived})
    found = Counter(tuple(row[name] for name in _NAMES) for row in rows(*_NAMES)(table))
    lacking = Counter(_SENT) - Counter(_SENT[place] for place in _ARRIVED)
    if found == lacking:
        return (
            "as many as are lacking, NULL and doubles included: the repair can run twice, and the second finds nothing."
        )
    if found == Counter(_SENT):
        raise Wrong("those are all rows of landing: bronze would have most of them twice.")
    if found == Counter(set(_SENT) - {_SENT[place] for place in _ARRIVED}):
        raise Wrong("EXCEPT makes every row one: what is lacking twice, and what is there once of two, goes unnoticed.")
    there = {_SENT[place][0] for place in _ARRIVED}
    by_id = [row for row in _SENT if row[0] not in there or row[0] is None]
    if found in (Counter(by_id), Counter(row for row in by_id if row[0] is not None)):
        raise Wrong(
            "by delivery_id alone: of B one row is there and one is lacking, of C one, and NULL equals nothing."
        )
    for row in sorted({*lacking, *found}, key=str):
        small_case(f"how often {' '.join('NULL' if part is None else part for part in row)}", lacking[row], found[row])
    raise AssertionError("unreachable: the counters differ")


_FIRST, _SECOND, _THIRD = ["A", "B", "A"], ["C", "B"], ["D"]


@exercise(
    "10.3",
    takes=function("rows", "batch_id", "path", gives=optional(anything)),
    hints=[
        "A note in the log outlives RESTORE; rows do not. So let the rows themselves say which micro-batch wrote them.",
        "Put the number into the column batch. A micro-batch then replaces the rows that bear its number: none, or its own.",
        'write_deltalake(path, rows, mode="overwrite", predicate=f"batch = {batch_id}") is one commit.',
    ],
)
def check_10_3(answer):
    """A function (rows, batch_id, path) that writes a micro-batch: its rows are there once, after a RESTORE as well."""
    from deltalake import DeltaTable, Field, Schema

    with tempfile.TemporaryDirectory(prefix="sleigh-10-3-") as folder:
        path = str(Path(folder) / "table")
        DeltaTable.create(path, Schema([Field("delivery_id", "string"), Field("batch", "long")]))

        def require(when, expected):
            ids = DeltaTable(path).to_pyarrow_table(columns=["delivery_id"])["delivery_id"].to_pylist()
            small_case(f"the ids in the table after {when}", sorted(expected), sorted(map(str, ids)))

        restart = memory_of(answer)
        answer(_named(_FIRST), 0, path)
        require("micro-batch 0, A, B and A", _FIRST)
        answer(_named(_SECOND), 1, path)
        require("micro-batch 1, C and B", _FIRST + _SECOND)
        restart()
        answer(_named(_SECOND), 1, path)
        require("micro-batch 1, which came again", _FIRST + _SECOND)
        before = DeltaTable(path).version()
        answer(_named(_THIRD), 2, path)
        require("micro-batch 2, D", _FIRST + _SECOND + _THIRD)
        DeltaTable(path).restore(before)
        restart()
        answer(_named(_THIRD), 2, path)
        require("a RESTORE to before micro-batch 2, and micro-batch 2 again", _FIRST + _SECOND + _THIRD)
    return "the rows themselves say what was written: a replay changes nothing, and after a RESTORE it mends."


def _named(ids):
    return pa.table({"delivery_id": pa.array(ids, pa.string())})
