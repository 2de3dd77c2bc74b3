"""Exercises of lesson 09: a stream that forgets, the delay from a percentile, and a clock with two inputs."""

import datetime as dt
import re

from .. import small_stream
from ..answers import anything, function, number, optional, short, tuple_of
from ..compare import same_table, small_case
from ..exercises import Wrong, exercise
from . import forgetting


@exercise(
    "09.1",
    takes=function("deliveries", gives=small_stream.stream),
    hints=[
        "Three steps in this order: withWatermark, groupBy with a window and a region, agg or count.",
        'The watermark belongs on the column that the window is made of: withWatermark("delivery_timestamp", "10 minutes").',
        'F.window("delivery_timestamp", "5 minutes") has a start and an end: F.col("window.start").alias("window_start").',
    ],
)
def check_09_1(counts):
    """A function from the stream to counts of 5 minutes a region, with a watermark of 10 minutes in the right place."""
    found, steps = forgetting.run(counts)
    held = [step["state_rows"] for step in steps if step["rows"]]
    if not any(held):
        raise Wrong("your stream keeps no state at all: it counts nothing over more than one micro-batch.")
    delay = small_stream.delay(steps)
    if delay is None:
        raise Wrong(f"it has no watermark, so it never forgets: state_rows after each micro-batch is {held}.")
    if delay != 10:
        raise Wrong(f"its watermark is {delay:g} minutes behind the newest event, not ten.")
    if held[-1] > held[-2]:
        raise Wrong(
            f"there is a watermark, and nothing comes of it: state_rows is {held}. It must be on the column of which the "
            "window is made, before groupBy."
        )
    same_table(
        found, forgetting.expected(), by=["region", "window_start"], given="Africa, Europe and some without a region"
    )
    return (
        f"state_rows levels off at {held[-1]}: {held}. Without the watermark it would be {held[0] * len(held)} by now."
    )


DELAYS = (0, 1, 2, 5, 10, 30, 60)

# lateness in minutes, percent, the smallest delay that is enough
_NIGHTS = [
    ([0, 1.5, 0, 4, 0, 0, 25, 0, 1.5, 0], 90, 5),
    ([0, 0, 2, 0, 45, 0, 0, 0, 0, 0], 90, 2),  # late by just the delay is not later than it
    ([6, 7, 0.5, 40], 50, 10),
    ([6, 7, 0.5, 40], 25, 1),
    ([0.5, 0.25, 0.75, 0.5], 75, 1),
    ([40, 31, 50, 1], 100, 60),
    ([0, 0, 0, 60], 100, 60),
    ([120, 0, 0, 0, 0], 90, None),
    ([120, 0, 0, 0, 0], 80, 0),
    ([0, 0, 0], 99, 0),
]


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
    found = [answer(list(lateness), percent) for lateness, percent, _ in _NIGHTS]
    for name, wrong in _MISTAKES.items():
        if found == [wrong(lateness, percent) for lateness, percent, _ in _NIGHTS]:
            raise Wrong(name)
    for (lateness, percent, right), got in zip(_NIGHTS, found, strict=True):
        small_case(f"lateness {lateness}, {percent} %", right, got)
    return (
        "with one input, read in order, what is not later than the delay is never lost: the percentile is a promise, and "
        "the loss at most the rest."
    )


def _first(enough):
    return next((delay for delay in DELAYS if enough(delay)), None)


def _smallest(lateness, percent, late=lambda minutes, delay: minutes > delay):
    return _first(lambda delay: 100 * sum(late(each, delay) for each in lateness) <= (100 - percent) * len(lateness))


# What is said of a mistake -> the function that makes it and nothing else: an answer that equals it every time has it.
_MISTAKES = {
    "that is the smallest delay above the mean of the lateness. A mean says nothing of the last few percent.": (
        lambda lateness, percent: _first(lambda delay: delay >= sum(lateness) / len(lateness))
    ),
    "that waits for nearly all of them, whatever `percent` says.": lambda lateness, percent: _smallest(lateness, 99),
    "what is late by exactly the delay is not later than the delay: nothing of it can be lost.": (
        lambda lateness, percent: _smallest(lateness, percent, lambda minutes, delay: minutes >= delay)
    ),
    "a delivery of half a minute is later than 0 minutes: do not cut the lateness to whole minutes.": (
        lambda lateness, percent: _smallest([int(each) for each in lateness], percent)
    ),
    "the list comes in no order: sort it before you take its place number so-and-so.": (
        lambda lateness, percent: _first(
            lambda delay: delay >= lateness[max(0, -(-len(lateness) * percent // 100) - 1)]
        )
    ),
    "that is the largest delay, or none, and the smallest that is enough is asked for.": (
        lambda lateness, percent: None if _smallest(lateness, percent) is None else DELAYS[-1]
    ),
}


def _time(value):
    """A kind: a time of day as text, HH:MM:SS; HH:MM, a whole timestamp, and Python's own times will do."""
    settled = anything(value)
    if isinstance(settled, dt.datetime | dt.time):
        return f"{settled:%H:%M:%S}"
    text = re.fullmatch(
        r"(?:\d{4}-\d\d-\d\d[T ])?(\d{1,2}:\d\d)(:\d\d)?(?:\.0+)?(?:Z|\+00:00| ?UTC)?", str(settled).strip()
    )
    if not text:
        raise Wrong(f'{short(settled)} is no time as text, like "10:07:00".')
    return f"{text[1]:0>5}{text[2] or ':00'}"


@exercise(
    "09.3",
    takes=tuple_of(_time, _time, _time),
    hints=[
        "Each input has a line of its own: its newest event minus its own delay. What does min do with the two?",
        "An input that says nothing keeps the line it had.",
        "In (c) both lines are past eleven. Write both down, and take the lower one.",
    ],
)
def check_09_3(answer):
    """Three times as text: the watermark under policy min after (a), (b) and (c)."""
    for letter, given, (right, mistakes) in zip("abc", answer, _CLOCKS, strict=True):
        if given in mistakes:
            raise Wrong(f"({letter}) {mistakes[given]}")
        if given != right:
            raise Wrong(f"({letter}) {given}? Write down the newest event minus the delay, once for each input.")
    return (
        "the clock stood at 10:38 for as long as south was silent, and south's longer delay holds it back after that."
    )


# The watermark after (a), (b) and (c), and the times that one mistake alone leads to.
_CLOCKS = [
    (
        "10:38:00",
        {
            "10:45:00": "10:45 is north's line, the faster one. min takes the other.",
            "10:43:00": "each input has a delay of its own: south's is ten minutes, not five.",
            "10:40:00": "each input has a delay of its own, and ten minutes are south's. Which of the two lines is lower?",
            "10:48:00": "10:48 is south's newest event. Its delay is still to be taken off.",
            "10:50:00": "10:50 is north's newest event, and the watermark is behind the newest event.",
        },
    ),
    (
        "10:38:00",
        {
            "11:25:00": "that is north's line. An input that falls silent is not left out of the minimum.",
            "10:48:00": "10:48 is south's newest event. Its delay is still to be taken off.",
            "11:20:00": "that is south's delay, taken off north's newest event.",
            "11:30:00": "that is north's newest event, and the watermark is behind the newest event.",
            "10:45:00": "that was north's line in (a). min takes the lower of the two lines, and south's has not moved.",
        },
    ),
    (
        "11:21:00",
        {
            "11:25:00": "that is north's line. Is the one of south, with its ten minutes, behind it or before?",
            "11:26:00": "the delay of south is ten minutes, not five.",
            "11:31:00": "that is south's newest event, and the watermark is behind the newest event.",
            "10:38:00": "south is back, so its line has moved, too.",
            "11:20:00": "that is south's delay, taken off north's newest event.",
        },
    ),
]
