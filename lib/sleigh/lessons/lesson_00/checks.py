"""Exercises of lesson 00, Welcome."""

import datetime as dt

from ...tables import BRONZE, LANDING, SILVER, SUMMARY
from ..answers import record, set_of, text, whole_number
from ..exercises import Wrong, exercise

_A_MINUTE = 600  # messages


@exercise(
    "00.1",
    takes=record(silver=whole_number, counted=whole_number),
    hints=[
        "Which of the three kinds of faults kept a message out of silver? None of them is left.",
        "The newest event is still from 10:09:59.9. Does the watermark depend on faults?",
        "The final minutes are the same four as in the lesson. The radio sends 600 messages a minute.",
    ],
)
def check_00_1(answer):
    silver, counted = answer["silver"], answer["counted"]
    if silver > 10 * _A_MINUTE:
        raise Wrong(f"{silver:,} in silver are more than the 6,000 that were sent.")
    if silver != 10 * _A_MINUTE:
        raise Wrong(
            f"{silver:,} in silver? What kept the other {10 * _A_MINUTE - silver:,} out, with no faults at all?"
        )
    if counted == 2397:
        raise Wrong("2,397 were counted when some were broken, copied or still on their way. Now none is.")
    if counted % _A_MINUTE:
        raise Wrong(f"silver is right. {counted:,} counted? Every minute holds {_A_MINUTE} now, and windows are whole.")
    if counted != 4 * _A_MINUTE:
        raise Wrong(f"silver is right. {counted:,} would be {counted // _A_MINUTE} final minutes. {_after(10)}")
    return "all 6,000, and four final minutes of 600. A perfect radio does not make a window final sooner."


@exercise(
    "00.2",
    takes=whole_number,
    hints=[
        "The window of 10:09 ends at 10:10:00.0. Which event moves the watermark there?",
        "The watermark is the newest event minus five minutes, so an event of 10:15:00.0 or later is needed.",
        "Fifteen minutes end with the message of 10:14:59.9.",
    ],
)
def check_00_2(answer):
    if not 0 < answer < 14 * 60:
        raise Wrong(f"{answer} minutes? The night begins at 10:00; count the minutes that must have landed.")
    if answer < 16:
        raise Wrong(f"{_after(answer)} The window of 10:09 ends at 10:10:00.0.")
    if answer > 16:
        raise Wrong(f"{_after(answer)} That is past 10:10:00.0, and fewer minutes are enough.")
    return "the first message of the sixteenth minute, 10:15:00.0, moves the watermark to 10:10:00.0."


def _after(minutes):
    """What stands where when so many minutes of a perfect radio have landed, as a sentence."""
    newest = dt.datetime(2026, 12, 24, 10) + dt.timedelta(minutes=minutes, milliseconds=-100)
    watermark = newest - dt.timedelta(minutes=5)
    return f"After {minutes} minutes the newest event is of {newest:%H:%M:%S}.9 and the watermark at {watermark:%H:%M:%S}.9."


@exercise(
    "00.3",
    takes=set_of(text),
    hints=[
        "The delivery is from 10:00, one of the four minutes that are in the table for good.",
        'print(ledger.reconcile(spark)) names a table after each LOST and DOUBLED, such as "silver: ...".',
        'Silver has lost a row. What does the final count of 10:00 say now, compared with its rows? {"silver", ...}',
    ],
)
def check_00_3(answer):
    named = {name.rstrip(":").lower() for name in answer}
    named = {"silver" if name == SILVER.name else name for name in named}
    right = {"silver", SUMMARY.name}
    if named == right:
        return "silver has lost it, and the minute 10:00 counts one more than silver can explain: 620 of 619."
    for name in sorted(named - right):
        if name in (LANDING.name, BRONZE.name, "landing", "landed", "bronze"):
            raise Wrong(f"{name}: the row is still there. Only silver was touched; who had read it from there?")
        if name.startswith("gold_"):
            raise Wrong(f"{name} has no final window yet, so it has counted nothing that could be wrong.")
        raise Wrong(
            f"{name} is not what the ledger calls a table. Run it and read the word after each LOST and DOUBLED."
        )
    if named == {"silver"}:
        raise Wrong("silver is one of them. But the row was counted before it went: who has one more than silver now?")
    if named == {SUMMARY.name}:
        raise Wrong("its count and silver's rows disagree, that is one. Which table lacks a row that the truth knows?")
    raise Wrong("none at all? Run it and read the word after each LOST and DOUBLED.")
