"""Exercises of lesson 21: one city moved, one city inserted, and what became of each stop."""

import datetime as dt
import itertools

import pyarrow as pa

from .. import on_duckdb
from ..answers import function, list_of, sql, whole_number
from ..compare import same_table, small_case
from ..exercises import Wrong, exercise
from ..frames import rows

# Cities as points on a plane, their distances the way along its streets: whole km that can be checked by hand.
_TOURS = [
    ([(0, 0), (4, 0), (8, 0), (8, 3), (4, 1), (0, 3)], [0, 1, 2, 3, 4, 5]),  # nothing helps
    ([(0, 0), (9, 9), (5, 0), (10, 0), (10, 10), (0, 10)], [0, 1, 2, 3, 4, 5]),
    ([(0, 0), (5, 0), (10, 0), (10, 10), (5, 10), (0, 10), (6, 1)], [0, 1, 2, 3, 4, 5, 6]),  # the last one
    ([(10, 9), (0, 0), (10, 0), (10, 10), (0, 10)], [0, 1, 2, 3, 4]),  # the first one
    ([(0, 1), (0, 7), (3, 0), (9, 0), (9, 9), (2, 9)], [0, 2, 1, 3, 4, 5]),
    ([(0, 0), (6, 0), (6, 6), (1, 9), (0, 6), (0, 3), (5, 9)], [0, 1, 6, 2, 3, 4, 5]),
    ([(0, 0), (1, 8), (20, 0), (19, 6), (20, 20), (0, 20), (9, 1)], [0, 3, 1, 2, 4, 6, 5]),  # two that help
]


def _km(points):
    return [[abs(x - u) + abs(y - v) for u, v in points] for x, y in points]


def length(km, tour):
    """How long a tour is, home again included."""
    return sum(km[one][other] for one, other in zip(tour, [*tour[1:], *tour[:1]], strict=True))


def _moves(tour, places=None):
    """Every tour that comes of moving one stop; `places`: which of them may be moved."""
    for place in range(len(tour)) if places is None else places:
        rest = [*tour[:place], *tour[place + 1 :]]
        for at in range(len(rest)):
            yield [*rest[: at + 1], tour[place], *rest[at + 1 :]]


def move_one(km, tour):
    """Our answer to 21.1."""
    return min([tour, *_moves(tour)], key=lambda order: length(km, order))


@exercise(
    "21.1",
    takes=function("km", "tour", gives=list_of(whole_number)),
    hints=[
        "Take a city out: two of its legs go, and one comes between its neighbours. Put it between two others: one leg "
        "goes, two come.",
        "With a dozen cities it is no shame to try all: for each place, the rest of the tour without it; for each gap of "
        "the rest, the tour with the city there; the length of each.",
        "min(tours, key=...) over the tour as it is and all tours that one move makes. The gap between the last and the "
        "first city is a gap like any other.",
    ],
)
def check_21_1(answer):
    """A function (km, tour) -> the shortest tour that comes of moving one city, or the tour as it was."""
    found = [answer([list(row) for row in _km(points)], list(tour)) for points, tour in _TOURS]
    for (_, tour), got in zip(_TOURS, found, strict=True):
        if sorted(got) != sorted(tour):
            raise Wrong(f"tour {tour}: {got} does not visit each of its cities once.")
    lengths = [length(_km(points), got) for (points, _), got in zip(_TOURS, found, strict=True)]
    for said, wrong in _MISTAKES.items():
        if lengths == [length(_km(points), wrong(_km(points), tour)) for points, tour in _TOURS]:
            raise Wrong(said)
    for (points, tour), got, now in zip(_TOURS, found, lengths, strict=True):
        km = _km(points)
        best = length(km, move_one(km, tour))
        if now < best:
            raise Wrong(
                f"tour {tour}: {got} has {now} km, and one move, the best, makes {best}. Only one is asked for."
            )
        small_case(f"tour {tour} of {length(km, tour)} km through {points}: length after the move", best, now)
    return "that is Or-opt for one city; with 2-opt it mends most of what a kick has broken."


def _best_swap(km, tour):
    found = [tour]
    for one in range(len(tour)):
        for other in range(one):
            order = list(tour)
            order[one], order[other] = order[other], order[one]
            found.append(order)
    return min(found, key=lambda order: length(km, order))


def _first_that_helps(km, tour):
    return next((order for order in _moves(tour) if length(km, order) < length(km, tour)), tour)


def _without_the_ends(km, tour):
    return min([tour, *_moves(tour, range(1, len(tour) - 1))], key=lambda order: length(km, order))


def _as_a_path(km, tour):
    def open_length(order):
        return sum(km[one][other] for one, other in itertools.pairwise(order))

    return min([tour, *_moves(tour)], key=open_length)


# What is said of a mistake -> the function that makes it and nothing else.
_MISTAKES = {
    "that exchanges two cities; one of them is to move, and all others keep their order.": _best_swap,
    "that takes the first move that helps. Which of all moves saves most?": _first_that_helps,
    "the first and the last city of the list may move as well: a tour is a ring.": _without_the_ends,
    "a tour comes home: the leg from the last city to the first counts.": _as_a_path,
    "the tour is as it was: some of these can be made shorter.": lambda km, tour: tour,
}


# points, path, how many legs are flown, the new stop (the last of the points)
_PATHS = [
    ([(0, 0), (10, 0), (20, 0), (30, 0), (14, 1)], [0, 1, 2, 3], 0),
    ([(0, 0), (10, 0), (20, 0), (30, 0), (4, 1)], [0, 1, 2, 3], 1),  # least is where the sleigh has been
    ([(0, 0), (10, 0), (20, 0), (30, 0), (12, 1)], [0, 1, 2, 3], 1),  # the leg that comes next
    ([(0, 0), (10, 0), (20, 0), (30, 0), (36, 0)], [0, 1, 2, 3], 1),  # beyond the end
    ([(0, 0), (20, 0), (22, 0), (22, 20), (18, 3)], [0, 1, 2, 3], 0),  # nearest to stop 1, but from which side?
    ([(0, 0), (2, 4), (30, 0), (30, 30), (6, 3)], [0, 1, 2, 3], 1),
    (
        [(0, 0), (4, 4), (4, 0), (26, 4), (30, 0), (10, 8)],
        [0, 2, 1, 3, 4],
        0,
    ),  # short legs are near, the long one is cheap
    ([(0, 0), (10, 0), (0, 0), (10, 0), (5, 5)], [0, 1, 2, 3], 0),  # it adds as much three times
]


def insert(km, path, stop, flown):
    """Our answer to 21.2."""
    return _insert_by(km, path, stop, flown, len(path) - 1)


def _insert_by(km, path, stop, first, last, added=None):
    added = added or (lambda here, there: km[here][stop] + km[stop][there] - km[here][there])
    place = min(range(first, last), key=lambda leg: added(path[leg], path[leg + 1]))
    return [*path[: place + 1], stop, *path[place + 1 :]]


@exercise(
    "21.2",
    takes=function("km", "path", "stop", "flown", gives=list_of(whole_number)),
    hints=[
        "Between a and b the new stop adds km[a][stop] + km[stop][b] - km[a][b].",
        "Leg number n, from 0, leads from path[n] to path[n + 1]. Those from `flown` on are still to come.",
        "n = min(range(flown, len(path) - 1), key=what leg n would add), then path[: n + 1] + [stop] + path[n + 1 :].",
    ],
)
def check_21_2(answer):
    """A function (km, path, stop, flown) -> the path with the stop where it adds least, behind what has been flown."""
    found = [answer([list(row) for row in _km(points)], list(path), len(path), flown) for points, path, flown in _PATHS]
    for (_, path, flown), got in zip(_PATHS, found, strict=True):
        if sorted(got) != sorted([*path, len(path)]):
            raise Wrong(f"path {path}, stop {len(path)}: {got} does not visit each stop once.")
        if [stop for stop in got if stop != len(path)] != list(path):
            raise Wrong(f"path {path}, stop {len(path)}: in {got} the others have changed their order.")
        if got[: flown + 1] != path[: flown + 1]:
            raise Wrong(f"path {path}, flown {flown}: {got} changes a leg that has been flown.")
    for said, wrong in _WRONG_PLACES.items():
        if found == [wrong(_km(points), path, len(path), flown) for points, path, flown in _PATHS]:
            raise Wrong(said)
    for (points, path, flown), got in zip(_PATHS, found, strict=True):
        right = insert(_km(points), path, len(path), flown)
        small_case(f"path {path} through {points}, stop {len(path)}, flown {flown}", right, got)
    return "a path of n stops takes a new one in n steps, and nobody else's order changes."


def _next_to_the_nearest(km, path, stop, flown):
    place = min(range(flown, len(path) - 1), key=lambda at: km[path[at]][stop])
    return [*path[: place + 1], stop, *path[place + 1 :]]


def _may_end(km, path, stop, flown):
    inside = insert(km, path, stop, flown)
    place = inside.index(stop)
    added = km[inside[place - 1]][stop] + km[stop][inside[place + 1]] - km[inside[place - 1]][inside[place + 1]]
    return [*path, stop] if km[path[-1]][stop] < added else inside


_WRONG_PLACES = {
    "a stop near the new one is not yet a good place: what is added counts, and the old leg falls away.": (
        lambda km, path, stop, flown: _insert_by(
            km, path, stop, flown, len(path) - 1, lambda here, there: km[here][stop] + km[stop][there]
        )
    ),
    "behind its nearest stop? It may be cheaper before that, or between two others.": _next_to_the_nearest,
    "the leg that comes next, from the stop where the sleigh is, has not been flown: it may be broken up.": (
        lambda km, path, stop, flown: _insert_by(km, path, stop, min(flown + 1, len(path) - 2), len(path) - 1)
    ),
    "the path ends where it ended: that is home.": _may_end,
    "where two places add as much, the first one is meant.": lambda km, path, stop, flown: _last_of_equal(
        km, path, stop, flown
    ),
}


def _last_of_equal(km, path, stop, flown):
    legs = range(len(path) - 2, flown - 1, -1)
    place = min(legs, key=lambda leg: km[path[leg]][stop] + km[stop][path[leg + 1]] - km[path[leg]][path[leg + 1]])
    return [*path[: place + 1], stop, *path[place + 1 :]]


_NOON = dt.datetime(2026, 12, 24, 12, tzinfo=dt.UTC)

# delivery, seconds after noon, how often it is on a route; the first watermark stands at 6:00 minutes
_STOPS = [
    ("a1", 5, 1),
    ("a2", 65, 1),
    ("a3", 119, 0),  # too late
    ("b1", 130, 2),  # somebody has written it twice
    ("b2", 200, 1),
    ("c1", 240, 1),
    ("c2", 359, 0),  # too late: its window ended at 6:00, and that is where the watermark is
    ("d1", 360, 0),
    ("d2", 300 + 61, 0),
    ("d3", 479, 0),
    ("e1", 480, 0),
]
_FATES = {
    360: {"on a route": 5, "waiting": 4, "too late": 2},
    545: {"on a route": 5, "waiting": 1, "too late": 5},  # in the midst of a window, and of its second minute
}
"""Where the watermark stands, in seconds after noon -> what has become of the stops then."""


def tables(watermark=360):
    """The tables of exercise 21.3: silver, legs, stream."""
    times = pa.timestamp("us", "UTC")
    silver = {"delivery_id": [stop[0] for stop in _STOPS], "delivery_timestamp": [_at(stop[1]) for stop in _STOPS]}
    return {
        "silver": pa.table(silver, pa.schema([("delivery_id", pa.string()), ("delivery_timestamp", times)])),
        "legs": pa.table({"delivery_id": [name for name, _, count in _STOPS for _ in range(count)]}),
        "stream": pa.table({"watermark": pa.array([_at(watermark)], times)}),
    }


def _at(seconds):
    return _NOON + dt.timedelta(seconds=seconds)


@exercise(
    "21.3",
    takes=sql,
    hints=[
        "A CASE with three branches for each row of silver: it is in legs; its window is open; neither.",
        "The window of a time begins at time_bucket(INTERVAL '2 minutes', delivery_timestamp), and ends two minutes later. "
        "It is open while its end is after the watermark.",
        "Ask with delivery_id IN (SELECT delivery_id FROM legs): a join would count a stop twice that is there twice. Then "
        "GROUP BY fate.",
    ],
)
def check_21_3(answer):
    """SQL over silver, legs and stream for DuckDB: fate and stops, how many rows of silver have it."""
    for watermark, fates in _FATES.items():
        found = rows("fate", "stops")(on_duckdb.ask(answer, tables(watermark)))
        counts = {row["fate"]: row["stops"] for row in found}
        for said, wrong in _WRONG_FATES.items():
            if counts == wrong and len(found) == len(wrong):
                raise Wrong(said)
        expected = [{"fate": fate, "stops": stops} for fate, stops in fates.items()]
        same_table(
            found, expected, by="fate", given=f"{len(_STOPS)} rows of silver, watermark {_at(watermark):%H:%M:%S}"
        )
    return "every row of silver has one fate, wherever the watermark stands."


_WRONG_FATES = {
    "b1 is on two routes, which is an error of the routes; silver has it once.": {
        "on a route": 6,
        "waiting": 4,
        "too late": 2,
    },
    "a window whose end is the watermark is closed: nobody waits for c2 any more.": {
        "on a route": 5,
        "waiting": 5,
        "too late": 1,
    },
    "d1 is as old as the watermark, but its window ends two minutes later, and is open.": {
        "on a route": 5,
        "waiting": 3,
        "too late": 3,
    },
    "the window of e1 is two minutes long, from 12:08 to 12:10: at 12:09:05 it is open.": {
        "on a route": 5,
        "too late": 6,
    },
}
