"""Exercises of lesson 06: how many windows hold an event, merging the windows of a table, and the gap of a session."""

from ..answers import function, number, tuple_of, whole_number
from ..exercises import Wrong, exercise
from ..frames import frame


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
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        raise Wrong("the answer is a list of two numbers, one for each event.")
    if 2.5 in answer:
        raise Wrong("2.5 is the mean over many events. One event is in a whole number of windows.")
    if not all(isinstance(number, int) and not isinstance(number, bool) for number in answer):
        raise Wrong("the answer is two whole numbers.")
    first, second = answer
    if first == second == 5:
        raise Wrong("5 is the number with a slide of 2 minutes. Now the windows start every 4.")
    if first == second == 2:
        raise Wrong("10 divided by 4 is more than 2: one of the two events is in one window more.")
    if first == second == 3:
        raise Wrong("for one of the two the third window has ended already. Write down when each one ends.")
    if (first, second) == (2, 3):
        raise Wrong(
            "the right numbers for the wrong events: for which of the two has the window of 10:32 ended already?"
        )
    if (first, second) != (3, 2):
        raise Wrong(f"{first} and {second}? List the starts between 10:28 and 10:44 and add ten minutes to each.")
    return "3 and 2. Where the slide does not divide the length, the sum over all windows has no fixed factor."


# gift_type -> windows (start, total_deliveries, timed_deliveries, avg_delivery_time, max_delivery_time)
_WINDOWS = {
    "Toys": [("10:00", 10, 8, 40.0, 70), ("10:05", 2, 2, 80.0, 95), ("10:10", 6, 0, None, None)],
    "Books": [("10:00", 1, 1, 20.0, 20), ("10:05", 5, 4, 30.0, 44)],
    "Art Supplies": [("10:00", 3, 0, None, None)],
}
_COLUMNS = ("total_deliveries", "avg_delivery_time", "max_delivery_time")
_RIGHT = {"Toys": (18, 48.0, 95), "Books": (6, 28.0, 44), "Art Supplies": (3, None, None)}
_BY_TOTAL = {
    "Toys": (560 / 12, 560 / 18),
    "Books": (170 / 6,),
}  # the deliveries of all windows, or of those with a mean


@exercise(
    "06.2",
    takes=function("windows", gives=frame),
    hints=[
        "A mean times the number of values it was made of is a sum, and sums can be added.",
        "avg_delivery_time was made of timed_deliveries values; the other deliveries sent no time.",
        "F.sum(F.col('avg_delivery_time') * F.col('timed_deliveries')) over F.sum('timed_deliveries'), for each gift type.",
    ],
)
def check_06_2(answer):
    """A function DataFrame -> DataFrame: the windows of each gift type merged into one row."""
    if not callable(answer):
        raise Wrong("the answer is a function: it takes the windows and returns one row for each gift type.")
    from ... import runtime

    rows = [(*window[:1], gift, *window[1:]) for gift, windows in _WINDOWS.items() for window in windows]
    schema = (
        "window_start string, gift_type string, total_deliveries bigint, timed_deliveries bigint, "
        "avg_delivery_time double, max_delivery_time int"
    )
    merged = answer(runtime.session().createDataFrame(rows, schema).coalesce(1))
    if merged is None or not hasattr(merged, "columns"):
        raise Wrong("the function must return a DataFrame.")
    if missing := [name for name in ("gift_type", *_COLUMNS) if name not in merged.columns]:
        raise Wrong(f"the column {missing[0]} is missing: the merged row has gift_type and {', '.join(_COLUMNS)}.")
    found = merged.select("gift_type", *_COLUMNS).collect()
    _one_row_each([row.gift_type for row in found])
    for row in sorted(found, key=lambda row: -row.total_deliveries):
        _right_measures(row.gift_type, row)
    return "the means weigh by what they were made of: 48 s for Toys, where the plain average says 60."


def _one_row_each(gifts):
    if len(gifts) > len(set(gifts)):
        raise Wrong(f"{max(gifts, key=gifts.count)} has more than one row: the windows are still apart.")
    if gone := sorted(set(_RIGHT) - set(gifts)):
        raise Wrong(f"{gone[0]} is gone: its deliveries sent no time, and they are deliveries all the same.")


def _right_measures(gift, row):
    total, mean, longest = _RIGHT[gift]
    if row.total_deliveries != total:
        raise Wrong(f"{gift}: {row.total_deliveries} deliveries, and its windows hold {total}. Counts are added.")
    if row.max_delivery_time != longest:
        raise Wrong(
            f"{gift}: no stop took {row.max_delivery_time} s, or a longer one did. What is a maximum of maxima?"
        )
    if mean is None:
        if row.avg_delivery_time is not None:
            raise Wrong(f"{gift}: no time is known, so the mean is NULL and not {row.avg_delivery_time:g}.")
        return
    if row.avg_delivery_time is None:
        raise Wrong(
            f"{gift}: the mean is NULL, though there are times. One window without any must not spoil the rest."
        )
    off = abs(row.avg_delivery_time - mean)
    means = [window[3] for window in _WINDOWS[gift] if window[3] is not None]
    if off > 0.01 and abs(row.avg_delivery_time - sum(means) / len(means)) < 0.01:
        raise Wrong(
            f"{gift}: {row.avg_delivery_time:g} is the plain average: a window of 2 weighs as much as one of 10."
        )
    if any(abs(row.avg_delivery_time - value) < 0.01 for value in _BY_TOTAL[gift]):
        raise Wrong(
            f"{gift}: {row.avg_delivery_time:.3f} weighs by total_deliveries, and those without a time are in no mean."
        )
    if off > 0.01:
        raise Wrong(
            f"{gift}: {row.avg_delivery_time:g} is not the mean. How many seconds are that in all, by how many?"
        )


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
    if not isinstance(answer, int) or isinstance(answer, bool):
        raise Wrong("the answer is a whole number of minutes.")
    if answer in (13, 14, 15):
        raise Wrong("that is how long all of it lasts. The gap is a pause between two deliveries, not a length.")
    if answer == 3:
        raise Wrong("with 3 minutes the first two sessions join. There is one pause that is longer.")
    if answer < 3:
        raise Wrong(f"{answer}? The lesson's 2 minutes left three sessions. Look for the longest pause.")
    if answer > 4:
        raise Wrong(f"{answer} minutes give one session, and so does less.")
    return "the longest pause is from 10:50:15 to 10:54:05. A gap joins; no one has to say how long a session may be."
