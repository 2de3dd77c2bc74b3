"""Exercises of lesson 02: what a replay writes, how many micro-batches there are, and which one took a delivery in."""

from ..answers import function, number, record, whole_number
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
    if not isinstance(answer, dict) or set(answer) != {"plain", "remembers"}:
        raise Wrong('answer with both counts: {"plain": ..., "remembers": ...}')
    plain, remembers = answer["plain"], answer["remembers"]
    if plain == 900:
        raise Wrong("plain append cannot know that micro-batch 2 is in the table already: it writes it again")
    if plain in (1600, 1700):
        raise Wrong("only the micro-batch without a commit is run again, not the two before it")
    if remembers == 1100:
        raise Wrong("the sink that remembers finds micro-batch 2 in its log and skips it")
    if 800 in (plain, remembers) or plain == 1000:
        raise Wrong(
            "the 100 rows that landed after the crash are missing: they get a micro-batch of their own, number 3"
        )
    if (plain, remembers) != (1100, 900):
        raise Wrong("start from the 800 rows that were written, then add what each restart writes")
    return "800 + 200 again + 100 new = 1,100 by plain append; 800 + 100 = 900 where the log remembers micro-batch 2."


@exercise(
    "02.2",
    takes=function("files", "per_trigger", gives=number),
    hints=[
        "Six files with maxFilesPerTrigger=2 were three micro-batches. What would seven be?",
        "The last micro-batch may be smaller than the others, but it is one.",
        "Round up: math.ceil(files / per_trigger).",
    ],
)
def check_02_2(answer):
    """A function (files, per_trigger) -> number of micro-batches of an availableNow run."""
    if not callable(answer):
        raise Wrong("hand over the function itself: check('02.2', micro_batches), without calling it")
    for files, per_trigger, right in ((6, 2, 3), (7, 2, 4), (5, 100, 1), (10, 3, 4), (9, 3, 3), (0, 4, 0)):
        got = answer(files, per_trigger)
        if got == right and not isinstance(got, float):
            continue
        case = f"{files} files, {per_trigger} to a micro-batch: your function says {got}"
        if isinstance(got, float):
            raise Wrong(f"{case}; there are no parts of micro-batches, so return a whole number")
        if files == 0:
            raise Wrong(f"{case}; a run that finds nothing new runs no micro-batch (run 2 of the lesson)")
        if got < right:
            raise Wrong(f"{case}; the files that are left over need a micro-batch too")
        raise Wrong(f"{case}; that is more than it takes: no micro-batch runs without files")
    return "every full one and, if files are left over, one more; nothing waiting is no micro-batch at all."


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
    if not isinstance(answer, dict) or set(answer) != {"micro_batch", "landing_commit"}:
        raise Wrong('answer with both numbers: {"micro_batch": ..., "landing_commit": ...}')
    batch, commit = answer["micro_batch"], answer["landing_commit"]
    if commit == 5 or batch == 2:
        raise Wrong("that is where its event time 10:04 would put it; it arrived later: follow ingestion_timestamp")
    if batch == 6:
        raise Wrong(
            "6 is the version of bronze that holds it; micro-batches count from 0, and version 0 is the empty table"
        )
    if commit == 9:
        raise Wrong("9 is its minute of arrival; landing commit 1 brought minute 0, so commit 9 brought minute 8")
    if (batch, commit) != (5, 10):
        raise Wrong(
            "look its ingestion_timestamp up among the batchTimestampMs of the offsets files, then read the range"
        )
    return "micro-batch 5 read landing commit 10 and nothing else: minute 10:09, a good four minutes after the event."
