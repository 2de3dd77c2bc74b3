"""Exercises of lesson 09: which micro-batch loses a row, the delay from a percentile, and a clock with two inputs."""

import re

from ..answers import function, number, optional, text, tuple_of, whole_number
from ..exercises import Wrong, exercise


@exercise(
    "09.1",
    takes=whole_number,
    hints=[
        "The window of 10:03:30 ends at 10:04:00. After which micro-batch is the newest event minus two minutes past that?",
        "10:07:50 minus two minutes is. The micro-batch after the one that brings it is the first to work with it.",
        "That micro-batch closes the window when it ends. What it brings itself still counts.",
    ],
)
def check_09_1(answer):
    """Number of the first micro-batch, from 0, that loses its late delivery; the newest events are 10:01:50 + 2 min * n."""
    if not isinstance(answer, int) or isinstance(answer, bool):
        raise Wrong("the answer is one whole number, that of a micro-batch.")
    if answer == 2:
        raise Wrong("in micro-batch 2 it is more than two minutes late, and counted: its window is still there.")
    if answer == 3:
        raise Wrong(
            "micro-batch 3 brings the event that moves the watermark past 10:04:00. It does not work with it yet."
        )
    if answer == 4:
        raise Wrong(
            "micro-batch 4 is the one that closes the window. It adds what it brings first, then lets go of it."
        )
    if answer == 6:
        raise Wrong("6 is the answer with five minutes. This stream waits two.")
    if answer != 5:
        raise Wrong(f"{answer}? Write down newest event and watermark for each micro-batch, from 0 on.")
    return "4 works with 10:05:50 and closes the window 10:03 at its end; 5 is the first that finds it gone."


DELAYS = (0, 1, 2, 5, 10, 30, 60)

# name -> lateness in minutes, percent, the smallest delay that is enough
_NIGHTS = {
    "nine in ten on time": ([0.0] * 90 + [1.5] * 5 + [4.0] * 4 + [25.0], 99, 5),
    "exactly on the line": ([0.0] * 98 + [2.0, 45.0], 99, 2),
    "three days old": ([0.0] * 97 + [0.5, 9.0, 4320.0], 99, 10),
    "all on time": ([0.0] * 50, 99.9, 0),
    "half of them enough": ([6.0, 7.0, 0.5, 40.0], 25, 1),
    "nobody waits two hours": ([0.0] * 10 + [120.0], 99, None),
}


@exercise(
    "09.2",
    takes=function("lateness", "percent", gives=optional(number)),
    hints=[
        "For one delay: which share of the deliveries is later than it? share_later(lateness, delay) has it in percent.",
        "The delay is enough if at most 100 - percent of them are later. Try the delays from the smallest up.",
        "Compare counts instead of shares if the last digit of a division worries you: at most len * (100 - percent) / 100.",
    ],
)
def check_09_2(answer):
    """A function (lateness in minutes, percent) -> the smallest delay of DELAYS with which that share is never lost."""
    if not callable(answer):
        raise Wrong("the answer is a function of two things: the list of lateness in minutes, and a percentage.")
    for name, (lateness, percent, right) in _NIGHTS.items():
        given = sorted(lateness, key=lambda late: -late)
        found = answer(list(given), percent)
        kept = f"{name}: {percent} % of {len(lateness)} deliveries"
        if found is None and right is not None:
            raise Wrong(f"{kept}: there is a delay that is enough. (Does your function return it?)")
        if found is not None and found not in DELAYS:
            raise Wrong(f"{kept}: {found!r} is none of the delays {DELAYS}.")
        if right is None and found is not None:
            raise Wrong(f"{kept}: one in eleven is two hours late, no delay is enough, and {found} is promised.")
        if found != right:
            late = sum(minutes > found for minutes in lateness)
            if found > right:
                raise Wrong(f"{kept}: {found} minutes are enough, and longer than need be.")
            raise Wrong(f"{kept}: with {found} minutes {late} of them are later, and may be lost.")
    return (
        "with one input, read in order, what is not later than the delay is never lost: the percentile is a promise, and "
        "the loss at most the rest."
    )


@exercise(
    "09.3",
    takes=tuple_of(text, text, text),
    hints=[
        "Each input has a line of its own: its newest event minus its own delay. What does min do with the two?",
        "An input that says nothing keeps the line it had.",
        "In (c) both lines are past eleven. Write both down, and take the lower one.",
    ],
)
def check_09_3(answer):
    """Three times as text: the watermark under policy min after (a), (b) and (c)."""
    if not isinstance(answer, list | tuple) or len(answer) != 3:
        raise Wrong('the answer is a list of three times, like ["10:07:00", "10:08:00", "10:09:00"].')
    times = [re.fullmatch(r"(\d\d:\d\d)(:\d\d)?", str(text).strip()) for text in answer]
    if not all(times):
        raise Wrong('each of the three is a time as text, like "10:07:00".')
    first, second, third = [time[1] + (time[2] or ":00") for time in times]
    if first == "10:45:00":
        raise Wrong("(a) 10:45 is north's line, the faster one. min takes the other.")
    if first == "10:43:00":
        raise Wrong("(a) each input has a delay of its own: south's is ten minutes, not five.")
    if first != "10:38:00":
        raise Wrong("(a) write down the newest event minus the delay, once for each input.")
    if second == "11:25:00":
        raise Wrong("(b) that is north's line. An input that falls silent is not left out of the minimum.")
    if second < first:
        raise Wrong("(b) a watermark never goes back.")
    if second != first:
        raise Wrong("(b) only north has moved. Which of the two lines is the lower one?")
    if third == "11:25:00":
        raise Wrong("(c) that is north's line. Is the one of south, with its ten minutes, behind it or before?")
    if third == "11:26:00":
        raise Wrong("(c) the delay of south is ten minutes, not five.")
    if third != "11:21:00":
        raise Wrong("(c) write down both lines again, and take the lower one.")
    return (
        "the clock stood at 10:38 for as long as south was silent, and south's longer delay holds it back after that."
    )
