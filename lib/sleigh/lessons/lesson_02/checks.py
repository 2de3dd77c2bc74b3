"""Exercises of lesson 02: what a replay writes, a sink that bears one, and which micro-batch took a delivery in."""

import inspect
import uuid

from ..answers import anything, function, optional, record, whole_number
from ..compare import small_case
from ..exercises import Wrong, exercise


@exercise(
    "02.1",
    takes=record(plain=whole_number, remembers=whole_number),
    hints=[
        "After the restart two things happen: the interrupted micro-batch runs again, then the new rows get their own.",
        "The offsets of micro-batch 2 were written down before the crash. The rows that landed later cannot slip into it.",
        "Plain append writes micro-batch 2 a second time. With (stream id, 2) in its log, Delta skips it. Both add the 100.",
    ],
)
def check_02_1(answer):
    """{"plain": rows, "remembers": rows} after the restart: 800 rows, of them 200 in the last micro-batch, then 100 new."""
    plain, remembers = answer["plain"], answer["remembers"]
    if (plain, remembers) == (900, 1100):
        raise Wrong("the right numbers, the wrong way round: which of the two writes micro-batch 2 again?")
    for name, rows in (("plain", plain), ("remembers", remembers)):
        if rows < 800:
            raise Wrong(f"{name}: {rows:,}? 800 rows were in the table before the crash, and none is taken away.")
    if plain == 900:
        raise Wrong("plain: append cannot know that micro-batch 2 is in the table already, and writes it again.")
    if plain in (800, 1000):
        raise Wrong("plain: the 100 rows that landed after the crash are missing. They get a micro-batch of their own.")
    if plain in (1600, 1700):
        raise Wrong("plain: only the micro-batch without a commit is run again, not the two before it.")
    if plain == 1200:
        raise Wrong("plain: the 100 new rows are not in the micro-batch that is run again, so they are written once.")
    if plain != 1100:
        raise Wrong(f"plain: {plain:,}? Start from the 800 that were written, then add what the restart writes.")
    if remembers == 1100:
        raise Wrong("remembers: it finds micro-batch 2 in its log and skips it.")
    if remembers == 800:
        raise Wrong("remembers: the 100 rows that landed after the crash get a micro-batch of their own, number 3.")
    if remembers != 900:
        raise Wrong(f"remembers: {remembers:,}? Start from the 800 that were written; which micro-batch is new to it?")
    return "800 + 200 again + 100 new = 1,100 by plain append; 800 + 100 = 900 where the log remembers micro-batch 2."


@exercise(
    "02.2",
    takes=function("batch", "batch_id", "table", "stream", gives=optional(anything), slow=True),
    hints=[
        "Section 3 has such a sink: `named`. Here the stream's id comes as an argument.",
        'batch.write.format("delta").option("txnAppId", ...).option("txnVersion", ...).mode("append")',
        "txnAppId is the stream, txnVersion the number of the micro-batch; .saveAsTable(table) ends the line.",
    ],
)
def check_02_2(answer):
    """A function (batch, batch_id, table, stream) that appends the batch to the table, once."""
    from ... import runtime

    spark = runtime.session()
    table = f"exercise_02_2_{uuid.uuid4().hex[:8]}"  # a new one each time: what an earlier try left would speak for this one
    restart = memory_of(answer)
    batches = [_rows(spark, ids) for ids in ("AB", "CA", "D", "E")]
    spark.sql(f"CREATE TABLE {table} (delivery_id STRING) USING delta")
    try:
        answer(batches[0], 0, table, "stream 1")
        answer(batches[1], 1, table, "stream 1")
        restart()
        answer(batches[1], 1, table, "stream 1")
        answer(batches[2], 2, table, "stream 1")
        answer(batches[3], 0, table, "stream 2")
        found = [row.delivery_id for row in spark.table(table).collect()]
    finally:
        spark.sql(f"DROP TABLE IF EXISTS {table}")
    for delivery_id, what in (
        ("B", "a row of micro-batch 0"),
        ("C", "a row of micro-batch 1, which came again after a restart of the process"),
        ("D", "a row of micro-batch 2, after the replay"),
        ("E", "a row of micro-batch 0 of another stream (the same numbers, a new checkpoint)"),
    ):
        small_case(f"how often the table has {what}", 1, found.count(delivery_id))
    small_case(
        "how often it has a delivery sent in micro-batch 0 and again in 1 (bronze keeps both)", 2, found.count("A")
    )
    return "each micro-batch once: the table's log remembers the stream and the number, and that outlives the process."


def _rows(spark, ids):
    return spark.createDataFrame([(delivery_id,) for delivery_id in ids], "delivery_id string").coalesce(1)


def memory_of(function):
    """A function that puts back what `function` can remember in Python, as the death of its process would."""
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    if code is None:
        return lambda: None
    names = {name: function.__globals__[name] for name in code.co_names if name in function.__globals__}
    cells = [(cell, cell.cell_contents) for cell in function.__closure__ or ()]
    held = [*names.values(), *(value for _, value in cells), *(function.__defaults__ or ())]
    contents = [(value, value.copy()) for value in held if isinstance(value, list | dict | set)]

    def restart():
        function.__globals__.update(names)
        for cell, value in cells:
            cell.cell_contents = value
        for value, before in contents:
            value.clear()
            (value.extend if isinstance(value, list) else value.update)(before)

    return restart


@exercise(
    "02.3",
    takes=record(micro_batch=whole_number, landing_commit=whole_number),
    hints=[
        "The lesson's walk has two steps: ingestion_timestamp to micro-batch, then that micro-batch's range of commits.",
        "The cell with stamp() and position() works for any row: put the other delivery_id in.",
        "From micro-batch 4 on each one read a single landing commit, so the range leaves only one to choose.",
    ],
)
def check_02_3(answer):
    """{"micro_batch": n, "landing_commit": n} of SD-24-0000921 (event 10:04:56, arrival 10:09)."""
    batch, commit = answer["micro_batch"], answer["landing_commit"]
    if (batch, commit) == (10, 5):
        raise Wrong("the right numbers, the wrong way round.")
    if (batch, commit) == (2, 5):
        raise Wrong("that is where its event time 10:04 would put it. It arrived later: follow ingestion_timestamp.")
    if batch == 6:
        raise Wrong(
            "6 is the version of bronze that holds it. Version 0 is the empty table; micro-batches begin with 0."
        )
    if batch != 5:
        raise Wrong(
            f"micro-batch {batch}? Look its ingestion_timestamp up among the batchTimestampMs of the offsets files."
        )
    if commit == 9:
        raise Wrong("micro-batch 5 is right. 9 is the minute of arrival, and landing commit 1 brought minute 0.")
    if commit == 11:
        raise Wrong(
            "micro-batch 5 is right. Its offset is version 11, index -1: *before* the first file of version 11."
        )
    if commit != 10:
        raise Wrong(f"micro-batch 5 is right. Commit {commit}? Its range goes from the end of offsets/4 to that of 5.")
    return "micro-batch 5 read landing commit 10 and nothing else: minute 10:09, a good four minutes after the event."
