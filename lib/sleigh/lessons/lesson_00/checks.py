"""Exercises of lesson 00, Welcome."""

from ...tables import BRONZE, LANDING, SUMMARY
from ..answers import record, set_of, text, whole_number
from ..exercises import Wrong, exercise


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
    if not isinstance(answer, dict) or set(answer) != {"silver", "counted"}:
        raise Wrong('the answer is a dict with the keys "silver" and "counted"')
    if answer["silver"] != 6000:
        raise Wrong(f"{answer['silver']} in silver? Without faults nothing is quarantined and nothing deduplicated.")
    if answer["counted"] in (6000, 3000):
        minutes = answer["counted"] // 600
        raise Wrong(f"{answer['counted']:,} would be {minutes} minutes. How many windows had the watermark passed?")
    if answer["counted"] == 2397:
        raise Wrong(
            "2,397 is what is left of four minutes when some messages are broken, copied or still on their way."
        )
    if answer["counted"] != 2400:
        raise Wrong(f"{answer['counted']} is no whole number of the minutes that are final, at 600 messages each.")
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
    if answer == 15:
        raise Wrong("the newest event of 15 minutes is from 10:14:59.9, and the watermark a tenth of a second short.")
    if answer == 14:
        raise Wrong("the watermark has to reach the end of the window 10:09, which is 10:10, not its beginning.")
    if answer == 10:
        raise Wrong("with ten minutes only 10:00 to 10:03 were final: the stream waits five minutes for late events.")
    if answer == 20:
        raise Wrong("five minutes of waiting are counted twice: the watermark is the newest event minus five minutes.")
    if answer != 16:
        raise Wrong(
            f"{answer}? Find the first event that moves the watermark to 10:10:00.0, and the minute it comes in."
        )
    return "the first message of the sixteenth minute, 10:15:00.0, moves the watermark to 10:10:00.0."


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
    if isinstance(answer, str):
        raise Wrong('a set is asked for, even if it were of one: {"..."}')
    named = {str(name).strip().rstrip(":") for name in answer}
    if named == {"silver"}:
        raise Wrong(
            "silver is one of them. But this delivery was counted before it went: gold has one more than silver."
        )
    if named == {SUMMARY.name}:
        raise Wrong("its count and silver disagree, that is one. And which table lacks a row that the truth knows?")
    if "silver" in named and len(named) > 2:
        raise Wrong(
            "the other four gold tables have no final window yet, so they have counted nothing that could be wrong."
        )
    if LANDING.name in named or BRONZE.name in named:
        raise Wrong("the row is still in landing and in bronze. Only silver was touched; who had read it from there?")
    if named != {"silver", SUMMARY.name}:
        raise Wrong("run it and read the word after each LOST and DOUBLED.")
    return "silver has lost it, and the minute 10:00 counts one more than silver can explain: 620 of 619."
