"""Exercises of lesson 08: when a leader is final, a top list with its ties, and what a cut list can still tell."""

from ..answers import function, text, tuple_of, whole_number
from ..exercises import Wrong, exercise
from ..frames import frame

LEADERS = ("Lagos", "Johannesburg", "Kinshasa", "Cairo")
"""The cities that come first, for some micro-batch or some cut, in the lesson's quarter of an hour."""


@exercise(
    "08.1",
    takes=tuple_of(text, whole_number),
    hints=[
        "The quarter ends at 22:30. Which micro-batch brings the first delivery of 22:40 or later?",
        "Micro-batch 11 does: it holds the arrivals from 22:39 to 22:42. Which micro-batch works with that?",
        "The micro-batch that publishes a window still counts what it brings itself. Look at the rings in the picture.",
    ],
)
def check_08_1(answer):
    """(city, micro-batch from 1): the leader that append publishes with a watermark of ten minutes, and when."""
    try:
        city, batch = answer
    except (TypeError, ValueError):
        raise Wrong("the answer is a city and the number of a micro-batch.") from None
    if not isinstance(city, str) or not isinstance(batch, int) or isinstance(batch, bool):
        raise Wrong("the answer is a city, as text, and the number of a micro-batch.")
    if batch == 10:
        raise Wrong("10 is the micro-batch with five minutes. How much later does the watermark pass 22:30 now?")
    if batch == 11:
        raise Wrong("micro-batch 11 brings the delivery that is needed. Its own watermark comes from those before it.")
    if batch == 13:
        raise Wrong("13 is the empty one, and there the watermark has passed 22:30 already. In which one did it first?")
    if batch != 12:
        raise Wrong(f"micro-batch {batch}? Write down the newest delivery and the watermark after each one from 8 on.")
    if city == "Lagos":
        raise Wrong("the micro-batch is right. How many of the two rings in the picture come in time for it?")
    if city != "Johannesburg":
        raise Wrong(f"the micro-batch is right. {city} gets no more deliveries after micro-batch 10; who does?")
    return (
        "11 and 12 bring Johannesburg's two late deliveries, and 12, which publishes, still counts its own: 56 to 55."
    )


# window -> (city, country, deliveries). A tie across the third place; a tie at the first place of two cities of one name;
# and a window with fewer cities than places.
_COUNTS = {
    "22:15": [
        ("Beirut", "Lebanon", 42),
        ("Cairo", "Egypt", 54),
        ("Lagos", "Nigeria", 55),
        ("Kinshasa", "Congo", 54),
        ("Johannesburg", "South Africa", 54),
        ("Rome", "Italy", 29),
    ],
    "22:30": [
        ("London", "Canada", 31),
        ("Paris", "France", 30),
        ("London", "United Kingdom", 31),
        ("Rome", "Italy", 20),
        ("Madrid", "Spain", 12),
    ],
    "22:45": [("Dakar", "Senegal", 8), ("Praia", "Cape Verde", 9)],
}


@exercise(
    "08.2",
    takes=function("rows", "n", gives=frame),
    hints=[
        "A city is on the list if fewer than n cities of its window have more deliveries. Which function counts those?",
        'Window.partitionBy("window_start").orderBy(F.desc("total_deliveries")), and no tie-break: that would end the ties.',
        'rows.withColumn("place", F.rank().over(...)), then keep the rows with place <= n.',
    ],
)
def check_08_2(answer):
    """A function (DataFrame, n) -> DataFrame: the first n places of each window, ties whole, with a column place."""
    if not callable(answer):
        raise Wrong("the answer is a function: it takes the rows and n, and returns the rows of the list.")
    from ... import runtime

    rows = [(window, *row) for window, counts in _COUNTS.items() for row in counts]
    schema = "window_start string, city string, country string, total_deliveries bigint"
    given = runtime.session().createDataFrame(rows, schema)
    for n in (3, 1):
        _check_list(answer(given, n), n)
    return "equal counts in equal places, nobody left out by chance, and one list for each window."


def _check_list(listed, n):
    if listed is None or not hasattr(listed, "columns"):
        raise Wrong("the function must return a DataFrame.")
    for name in ("window_start", "city", "country", "total_deliveries", "place"):
        if name not in listed.columns:
            raise Wrong(f"the column {name} is missing.")
    found = {}
    for row in listed.select("window_start", "city", "country", "total_deliveries", "place").collect():
        key = (row.window_start, row.city, row.country)
        if key in found:
            raise Wrong(f"{row.window_start}, top {n}: {row.city} ({row.country}) is on the list twice.")
        found[key] = row
    # Who is on the list comes before the numbers: the first mistake explains the second.
    for window, counts in _COUNTS.items():
        if not any(key[0] == window for key in found):
            raise Wrong(f"{window}, top {n}: no city at all. Each window has a list of its own.")
        on_list = {key[1:] for key in found if key[0] == window}
        for city, country, count in counts:
            _check_city(window, n, city, country, (city, country) in on_list, counts, count)
    for (window, city, _), row in found.items():
        ahead = sum(count > row.total_deliveries for *_, count in _COUNTS[window])
        if row.place != 1 + ahead:
            raise Wrong(f"{window}, top {n}: {city} has place {row.place}, and {ahead} cities have more deliveries.")


def _check_city(window, n, city, country, listed, counts, count):
    ahead = sum(other > count for *_, other in counts)
    equal = sum(other == count for *_, other in counts)
    if not listed and ahead < n:
        why = "though others with as many are on it" if equal > 1 else f"though only {ahead} have more"
        raise Wrong(f"{window}, top {n}: {city} ({country}) with {count} deliveries is not on the list, {why}.")
    if listed and ahead >= n:
        raise Wrong(f"{window}, top {n}: {city} is on the list, though {ahead} cities have more deliveries.")


# What the lesson's four lists say, ties whole: the deliveries of Johannesburg, and of the last one on the list it lacks.
_LISTED, _THIRD = 187, 49


@exercise(
    "08.3",
    takes=tuple_of(whole_number, whole_number),
    hints=[
        "In the quarter whose list it is missing from, Johannesburg may have had no delivery at all. And at most?",
        "A city with as many deliveries as the third would be on the list, since ties are whole.",
    ],
)
def check_08_3(answer):
    """(least, most): what Johannesburg can have in the hour if one knows no more than the four lists."""
    try:
        least, most = answer
    except (TypeError, ValueError):
        raise Wrong("the answer is two whole numbers, the least and the most.") from None
    if any(not isinstance(number, int) or isinstance(number, bool) for number in (least, most)):
        raise Wrong("the answer is two whole numbers, the least and the most.")
    if least == most:
        raise Wrong("one number would be certain. Not being on a list of three tells you less than that.")
    if least < _LISTED:
        raise Wrong(f"{_LISTED} deliveries are on the lists, so it cannot have fewer.")
    if least > _LISTED:
        raise Wrong("in the quarter without it, it may have had no delivery at all. What is the least then?")
    if most == _LISTED + _THIRD:
        raise Wrong(f"with {_THIRD} in that quarter it would share the third place, and ties are on the list.")
    if most < _LISTED + _THIRD:
        if most == _LISTED + _THIRD - 1:
            return (
                f"anything from {least} to {most}: it may lead the hour, or be behind Cairo, Lagos and Kinshasa; the lists "
                "cannot tell."
            )
        raise Wrong("it could have had more: how many in that quarter without being on its list?")
    raise Wrong(f"{most} is too many: with {most - _LISTED} in that quarter it would be on its list.")
