"""Exercises of lesson 08: what is known after some updates, a top list with its ties, and what a cut list can still tell."""

from datetime import timedelta

from ...domain import NIGHT_START
from ..answers import function, tuple_of, whole_number
from ..compare import same_table
from ..exercises import Wrong, exercise
from ..frames import rows

_KEY = ("window_start", "city", "country")


def _at(clock):
    hour, minute = map(int, clock.split(":"))
    return NIGHT_START + timedelta(hours=hour - 10, minutes=minute)


# What update mode wrote: micro-batch, window, city, country, deliveries. Not in order; two cities of one name; a city that
# is in two windows; one that comes last; one without a country.
_CHANGES = [
    (4, "22:30", "Lagos", "Nigeria", 3),
    (2, "22:15", "Lagos", "Nigeria", 15),
    (2, "22:15", "London", "Canada", 6),
    (3, "22:15", "London", "United Kingdom", 9),
    (3, "22:15", "Lagos", "Nigeria", 25),
    (2, "22:15", "London", "United Kingdom", 4),
    (3, "22:15", "North Pole", None, 2),
    (4, "22:15", "London", "Canada", 7),
    (5, "22:30", "Lagos", "Nigeria", 11),
    (5, "22:15", "Rome", "Italy", 1),
    (4, "22:15", "North Pole", None, 5),
    (6, "22:15", "Lagos", "Nigeria", 26),
]


def _known(count=max, seen=lambda batch, after: batch <= after, key=(1, 2, 3)):
    """A function of `after`: the rows known then, as dicts. The arguments are what a mistaken answer does otherwise."""

    def rows_after(after):
        counts = {}
        for change in _CHANGES:
            if seen(change[0], after):
                counts.setdefault(tuple(change[place] for place in key), []).append(change)
        found = []
        for changes in counts.values():
            window, city, country = changes[0][1:4]
            number = count([change[4] for change in changes])
            found.append(dict(zip((*_KEY, "total_deliveries"), (_at(window), city, country, number), strict=True)))
        return found

    return rows_after


_right = _known()
_MISTAKES = [
    (_known(seen=lambda batch, after: batch == after), "these are the changes of that micro-batch alone"),
    (_known(seen=lambda batch, after: batch < after), "what micro-batch {after} itself changed is missing"),
    (_known(seen=lambda batch, after: True), "what came in later micro-batches is in it"),
    (_known(count=sum), "the changes are added up, and each is the whole count, not what was added"),
    (_known(count=len), "these are numbers of changes, not of deliveries"),
    (_known(count=min), "these are the smallest counts, and a count grows"),
]


@exercise(
    "08.1",
    takes=function("changes", "after", gives=rows(*_KEY, "total_deliveries"), slow=True),
    hints=[
        "A city that did not change in micro-batch `after` is known all the same, from the last one that changed it.",
        "Keep the changes up to `after`, and of each window, city and country the newest. A count never falls.",
        'where micro_batch <= after, groupBy the three, F.max_by("total_deliveries", "micro_batch").',
    ],
)
def check_08_1(answer):
    """A function (DataFrame, micro-batch) -> table: the newest count of each city and window after that micro-batch."""
    from ... import runtime

    schema = "micro_batch int, window_start timestamp, city string, country string, total_deliveries bigint"
    changes = [(batch, _at(window), *rest) for batch, window, *rest in _CHANGES]
    changes = runtime.session().createDataFrame(changes, schema).coalesce(1)
    # After 3 each mistake shows; 5 is for what is tuned to the first.
    for after in (3, 5):
        found = answer(changes, after)
        for mistaken, why in _MISTAKES:
            if _sorted(found) == _sorted(mistaken(after)):
                raise Wrong(f"after micro-batch {after}: {why.format(after=after)}.")
        expected = _clock(_right(after))
        same_table(_clock(found), expected, _KEY, given=f"after micro-batch {after}")
    return "a list of changes and what is known are two things: the second has every city that ever came."


def _sorted(table):
    return sorted(table, key=str)


def _clock(table):
    """The rows with the window as a message shows it."""
    return [
        row | {"window_start": f"{row['window_start']:%H:%M}"} if hasattr(row["window_start"], "hour") else row
        for row in table
    ]


# window -> (city, country, deliveries). A tie across the third place; a tie at the first place of two cities of one name,
# with the next city right behind it; and a window with fewer cities than places.
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
    takes=function("rows", "n", gives=rows(*_KEY, "total_deliveries", "place"), slow=True),
    hints=[
        "A city is on the list if fewer than n cities of its window have more deliveries. Which function counts those?",
        'Window.partitionBy("window_start").orderBy(F.desc("total_deliveries")), and no tie-break: that would end the ties.',
        'rows.withColumn("place", F.rank().over(...)), then keep the rows with place <= n.',
    ],
)
def check_08_2(answer):
    """A function (DataFrame, n) -> table: the first n places of each window, ties whole, with a column place."""
    from ... import runtime

    cities = [(_at(window), *row) for window, counts in _COUNTS.items() for row in counts]
    schema = "window_start timestamp, city string, country string, total_deliveries bigint"
    cities = runtime.session().createDataFrame(cities, schema).coalesce(1)
    for n in (3, 1, 2):
        _check_list(_clock(answer(cities, n)), n)
    return "equal counts in equal places, nobody left out by chance, and one list for each window."


def _check_list(listed, n):
    found = {}
    for row in listed:
        key = tuple(row[name] for name in _KEY)
        if key in found:
            raise Wrong(f"{row['window_start']}, top {n}: {row['city']} ({row['country']}) is on the list twice.")
        found[key] = row
    # Who is on the list comes before the numbers: the first mistake explains the second.
    for window, counts in _COUNTS.items():
        on_list = {key[1:] for key in found if key[0] == window}
        if not on_list:
            raise Wrong(f"{window}, top {n}: no city at all. Each window has a list of its own.")
        for city, country, count in counts:
            _check_city(
                f"{window}, top {n}: {city} ({country}) with {count} deliveries", on_list, counts, n, (city, country)
            )
    for (window, city, country), row in found.items():
        if (city, country, row["total_deliveries"]) not in _COUNTS.get(window, ()):
            raise Wrong(f"{window}, top {n}: {city} ({country}) with {row['total_deliveries']} is in no row handed in.")
        ahead = sum(count > row["total_deliveries"] for *_, count in _COUNTS[window])
        if row["place"] != 1 + ahead:
            raise Wrong(f"{window}, top {n}: {city} has place {row['place']}, and {ahead} cities have more deliveries.")


def _check_city(who, on_list, counts, n, key):
    count = next(count for *city, count in counts if tuple(city) == key)
    ahead = [other for *_, other in counts if other > count]
    if key not in on_list and len(ahead) < n:
        equal = [city for *city, other in counts if other == count and tuple(city) in on_list]
        why = f"though {equal[0][0]} with as many is on it" if equal else f"though only {len(ahead)} have more"
        raise Wrong(f"{who} is not on the list, {why}.")
    if key in on_list and len(ahead) >= n:
        raise Wrong(f"{who} is on the list, though {len(ahead)} cities have more.")


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
    least, most = answer
    if least > most:
        raise Wrong("the least comes first, and is not above the most.")
    if least == most:
        raise Wrong("one number would be certain. Not being on a list of three tells you less than that.")
    if least < _LISTED:
        raise Wrong(f"the least: {_LISTED} deliveries are on the lists, so it cannot have fewer.")
    if least > _LISTED:
        raise Wrong("the least: in the quarter without it, it may have had no delivery at all.")
    if most == _LISTED + _THIRD:
        raise Wrong(
            f"the most: with {_THIRD} in that quarter it would share the third place, and ties are on the list."
        )
    if most > _LISTED + _THIRD:
        raise Wrong(f"{most} is too many: with {most - _LISTED} in that quarter it would be on its list.")
    if most < _LISTED + _THIRD - 1:
        more = most + 1 - _LISTED
        raise Wrong(
            f"it could have had more: with {more} in the quarter without it, it would not be on the list either."
        )
    return (
        f"anything from {least} to {most}: it may lead the hour, or be behind Cairo, Lagos and Kinshasa; the lists cannot "
        "tell."
    )
