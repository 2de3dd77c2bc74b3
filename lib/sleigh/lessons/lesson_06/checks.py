"""Exercises of lesson 06: how many windows hold an event, merging the windows of a table, and the gap of a session."""

from itertools import pairwise

from ..answers import function, number, short, tuple_of, whole_number
from ..compare import same_table
from ..exercises import Wrong, exercise
from ..frames import rows


@exercise(
    "06.1",
    takes=tuple_of(number, number),
    hints=[
        "Windows start every 4 minutes, counted from 1970; one of them starts at 10:40. Write down the starts around 10:40.",
        "An event is in every window that started less than 10 minutes before it, and not after it.",
    ],
)
def check_06_1(answer):
    """How many windows of 10 minutes, sliding by 4, hold the events at 10:41:20 and 10:43:20: two whole numbers."""
    if answer == (3, 2):
        return "3 and 2. Where the slide does not divide the length, the sum over all windows has no fixed factor."
    if 2.5 in answer:
        raise Wrong("2.5 is the mean over many events. One event is in a whole number of windows.")
    if answer == (5, 5):
        raise Wrong("5 is the number with a slide of 2 minutes. Now the windows start every 4.")
    if answer == (1, 1):
        raise Wrong("1 is the number for tumbling windows. These overlap.")
    if answer == (2, 2):
        raise Wrong("10 divided by 4 is more than 2: one of the two events is in one window more.")
    if answer == (3, 3):
        raise Wrong("for one of the two the third window has ended already. Write down when each one ends.")
    if answer == (2, 3):
        raise Wrong(
            "the right numbers for the wrong events: for which of the two has the window of 10:32 ended already?"
        )
    first, second = map(short, answer)
    raise Wrong(
        f"{first} and {second}? An event of 10:39:59 is in two, those that start at 10:32 and at 10:36. "
        "Go on like this for 10:41:20 and 10:43:20."
    )


# gift_type -> windows (start, total_deliveries, timed_deliveries, avg_delivery_time, max_delivery_time)
_WINDOWS = {
    "Toys": [("10:00", 10, 8, 41.25, 70), ("10:05", 2, 2, 83.5, 95), ("10:10", 7, 0, None, None)],
    "Books": [("10:05", 5, 4, 31.3, 61), ("10:00", 2, 1, 20.6, 21), ("10:10", 6, 2, 40.3, 44)],
    "Art Supplies": [("10:00", 3, 0, None, None), ("10:10", 4, 0, None, None)],
    "Games": [("10:05", 9, 3, 12.4, 30)],
}
_MEASURES = ("total_deliveries", "avg_delivery_time", "max_delivery_time")
_CLOSE = 0.051  # a mean may be rounded to one decimal


def _merged(gift, mean):
    """The one row of a gift type, with the mean that `mean` makes of all its windows and of those that have one."""
    windows = _WINDOWS[gift]
    timed = [window for window in windows if window[3] is not None]
    return {
        "gift_type": gift,
        "total_deliveries": sum(window[1] for window in windows),
        "avg_delivery_time": mean(windows, timed) if timed else None,
        "max_delivery_time": max((window[4] for window in timed), default=None),
    }


def _mean(windows, timed):
    return sum(window[2] * window[3] for window in timed) / sum(window[2] for window in timed)


def _by_total(windows, timed):
    return sum(window[1] * window[3] for window in timed) / sum(window[1] for window in windows)


# What the mean is not -> the mistake. Told only of an answer whose means are all made like that.
_MISTAKES = [
    (
        lambda windows, timed: sum(window[3] for window in timed) / len(timed),
        "is the plain average of the windows: one of 2 deliveries weighs as much as one of 10",
    ),
    (_by_total, "weighs by total_deliveries, and a delivery without a time is in no mean"),
    (
        lambda windows, timed: _by_total(timed, timed),
        "weighs by total_deliveries, and a delivery without a time is in no mean",
    ),
    (lambda windows, timed: sum(window[3] for window in timed), "is the sum of the windows' means"),
    (lambda windows, timed: max(window[3] for window in timed), "is the largest of the windows' means"),
    (lambda windows, timed: int(_mean(windows, timed)), "is the mean without its fraction"),
    (lambda windows, timed: int(_mean(windows, timed) + 0.5), "is the mean rounded to whole seconds"),
]


@exercise(
    "06.2",
    takes=function("windows", gives=rows("gift_type", *_MEASURES), slow=True),
    hints=[
        "A mean times the number of values it was made of is a sum, and sums can be added.",
        "avg_delivery_time was made of timed_deliveries values; the other deliveries sent no time.",
        "F.sum(F.col('avg_delivery_time') * F.col('timed_deliveries')) over F.sum('timed_deliveries'), for each gift type.",
    ],
)
def check_06_2(answer):
    """A function DataFrame -> table: the windows of each gift type merged into one row."""
    from ... import runtime

    windows = [(*window[:1], gift, *window[1:]) for gift, windows in _WINDOWS.items() for window in windows]
    schema = (
        "window_start string, gift_type string, total_deliveries bigint, timed_deliveries bigint, "
        "avg_delivery_time double, max_delivery_time int"
    )
    found = answer(runtime.session().createDataFrame(windows, schema).coalesce(1))
    _told_by_its_means(found)
    for gift in _WINDOWS:
        shown = " · ".join(", ".join("NULL" if part is None else f"{part:g}" for part in w[1:]) for w in _WINDOWS[gift])
        own = [row for row in found if row["gift_type"] == gift]
        given = f"{gift}, windows of (total, timed, mean, maximum) {shown}"
        same_table(own, [_merged(gift, _mean)], "gift_type", given=given, close=_CLOSE)
    same_table(found, [_merged(gift, _mean) for gift in _WINDOWS], "gift_type", close=_CLOSE)
    return "the means weigh by what they were made of: 49.7 s for Toys, where the plain average says 62.4."


def _told_by_its_means(found):
    means = {row["gift_type"]: row["avg_delivery_time"] for row in found}
    timed = [gift for gift in _WINDOWS if _merged(gift, _mean)["avg_delivery_time"] is not None]
    if len(found) != len(means) or any(not isinstance(means.get(gift), int | float) for gift in timed):
        return
    for mean, mistake in _MISTAKES:
        if all(abs(means[gift] - _merged(gift, mean)["avg_delivery_time"]) < _CLOSE for gift in timed):
            raise Wrong(f"{timed[0]}: {means[timed[0]]:.6g} {mistake}.")


_SECONDS = (2480, 2540, 2600.219, 2680, 2770, 2945, 3015, 3245, 3270, 3285)
"""The lesson's ten deliveries, seconds after 10:00."""


def _sessions(gap):
    """How many deliveries are in each session, in order, with a gap of so many seconds."""
    sizes = [1]
    for before, after in pairwise(_SECONDS):
        if after - before <= gap:
            sizes[-1] += 1
        else:
            sizes.append(1)
    return sizes


@exercise(
    "06.3",
    takes=whole_number,
    hints=[
        "A session ends when nothing comes for as long as the gap. So look at the pauses between neighbours.",
        "The longest pause decides: the gap must reach from the delivery before it to the one after.",
    ],
)
def check_06_3(answer):
    """Smallest gap, in whole minutes, with which the ten deliveries of the lesson are one session."""
    if answer <= 0:
        raise Wrong(f"{answer}? A gap is a pause, so it is longer than nothing.")
    if answer in (13, 14):
        raise Wrong("that is how long all of it lasts. The gap is a pause between two deliveries, not a length.")
    if answer in (230, 240):
        raise Wrong(f"{answer} is a number of seconds, or a gap of hours. How many whole minutes?")
    sizes = _sessions(60 * answer)
    if len(sizes) > 1:
        raise Wrong(f"with {answer} min the ten are {len(sizes)} sessions, of {', '.join(map(str, sizes))} deliveries.")
    if len(_sessions(60 * (answer - 1))) == 1:
        raise Wrong(f"{answer} minutes give one session, and so does less.")
    return "the longest pause is from 10:50:15 to 10:54:05. A gap joins; no one has to say how long a session may be."
