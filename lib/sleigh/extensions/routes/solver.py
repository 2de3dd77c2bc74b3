"""Short ways through all stops: a tour comes home, a path ends anywhere. numpy and plain Python, no Spark.

Distances are whole metres, a symmetric int64 matrix with one row and column a stop. An order is a list of its indices.
So all is exact: the same stops, kicks and seed give the same order on every machine, and no search ends by the clock.
"""

import numpy as np

from ...domain import great_circle_km

NEAR = 10
"""A stop is joined only with one of so many nearest. More are seldom of use, and cost in proportion."""

SEGMENT = 3
"""Or-opt moves as many stops at once (I. Or, Traveling Salesman-Type Combinatorial Problems, 1976)."""

CUT = 50
"""A kick exchanges two neighbouring pieces of the order that are no longer than that together."""


def metres(latitude, longitude):
    """The great-circle distances of stops, arrays in degrees, as such a matrix."""
    latitude, longitude = np.asarray(latitude), np.asarray(longitude)
    km = great_circle_km(latitude[:, None], longitude[:, None], latitude, longitude)
    return np.rint(1000 * km).astype(np.int64)


def length(metres, order, *, closed=True):
    """How long the tour is, or the path if it is not closed: whole metres."""
    order = np.asarray(order, int)
    following = np.roll(order, -1) if closed else order[1:]
    return int(metres[order[: len(following)], following].sum())


def nearest_neighbour(metres, start=0):
    """From `start` always to the nearest stop that is left; of those that are equally near to the first."""
    left = metres.copy()
    left[:, start] = np.iinfo(left.dtype).max
    order = [start]
    for _ in range(len(left) - 1):
        order.append(int(left[order[-1]].argmin()))
        left[:, order[-1]] = np.iinfo(left.dtype).max
    return order


def tour(metres, *, start=0, kicks=1000, seed=0):
    """A short tour from `start`: the nearest neighbour's, improved, and improved again after each of so many kicks."""
    return _begun(_searched(metres, nearest_neighbour(metres, start), kicks, seed), start)


def path(metres, start=0, end=None, *, kicks=0, seed=0):
    """A short path from `start` through all stops, to another one, `end`, or ending anywhere.

    It is the tour with one more stop, as far from each other stop as all of them together, and near to `start` and `end`:
    the best tour comes to it once and goes on to `start`, and where it is left out there is the path.
    """
    order = [stop for stop in nearest_neighbour(metres, start) if stop != end]
    order += [len(metres)] if end is None else [end, len(metres)]
    order = _begun(_searched(with_gate(metres, start, end), order, kicks, seed), start)
    if order[-1] != len(metres):  # it goes the other way round
        order = [start, *order[:0:-1]]
    return order[:-1]


def _searched(metres, order, kicks, seed):
    return iterated(metres, improve(metres, order), kicks, seed)


def _begun(order, start):
    """The same tour, told from `start` on."""
    place = order.index(start)
    return order[place:] + order[:place]


def with_gate(metres, start=0, end=None):
    """The matrix with that one more stop, the last. A path is a tour of it, longer by gate(metres), if its end is free."""
    far = np.full((1, len(metres)), gate(metres))
    far[0, [start] if end is None else [start, end]] = 0
    return np.block([[metres, far.T], [far, np.zeros((1, 1), np.int64)]])


def gate(metres):
    """How far the one more stop of with_gate is from the others: no path is as long."""
    return int(metres.max(initial=0)) * len(metres) + 1


def insert(metres, order, stop, *, flown=0):
    """The path `order` with `stop` between two of its stops where it adds least, the first such place (cheapest insertion).

    The first `flown` legs have been flown and stay; so does the end of the path. Raises ValueError if no leg is left.
    """
    here, there = np.asarray(order[flown:-1], int), np.asarray(order[flown + 1 :], int)
    added = metres[here, stop] + metres[stop, there] - metres[here, there]
    place = flown + 1 + int(added.argmin())
    return [*order[:place], stop, *order[place:]]


def iterated(metres, order, kicks, seed=0):
    """The best of `order` and what comes of it by so many kicks (iterated local search).

    A kick exchanges two pieces (the double bridge of O. Martin, S. W. Otto, E. W. Felten, 1991, kept local), the search
    mends what it can around the six stops at the cuts, and the result is kept if it is no longer than the best.
    """
    stops, near = len(order), _near(metres)
    if stops < 8:  # a kick needs room
        return list(order)
    order, shortest = list(order), length(metres, order)
    table = metres.tolist()
    for draws in np.random.Generator(np.random.PCG64(seed)).random((kicks, 4)):
        place = int(draws[0] * stops)
        first, second, third = sorted(1 + (draws[1:] * min(CUT, stops - 2)).astype(int))
        if not first < second < third:
            continue
        line = order[place:] + order[:place]
        kicked = line[:first] + line[second:third] + line[first:second] + line[third:]
        cuts = (first - 1, first, second - 1, second, third - 1, third)
        found = _improved(table, kicked, near, [line[cut] for cut in cuts])
        now = length(metres, found)
        if now <= shortest:
            order, shortest = found, now
    return order


def improve(metres, order):
    """The order after 2-opt and Or-opt moves among near stops, until none is found that makes the tour shorter."""
    if len(order) < 4:
        return list(order)
    return _improved(metres.tolist(), list(order), _near(metres), order)


def _near(metres):
    """The NEAR nearest other stops of each, nearest first; of those that are equally near the first."""
    off = metres.copy()
    np.fill_diagonal(off, np.iinfo(off.dtype).max)
    return off.argsort(axis=1, kind="stable")[:, : min(NEAR, len(off) - 1)].tolist()


def _improved(metres, order, near, todo):
    """The same from nested lists. Only the stops `todo` are looked at, and those whose legs have changed since."""
    places = [0] * len(order)
    for place, stop in enumerate(order):
        places[stop] = place
    todo = list(todo)
    waiting = set(todo)
    while todo:
        stop = todo.pop()
        waiting.discard(stop)
        while move := _best_move(metres, order, places, near, stop):
            make, *stops = move
            for touched in make(order, places, *stops):
                if touched not in waiting:
                    waiting.add(touched)
                    todo.append(touched)
    return order


def _best_move(metres, order, places, near, stop):
    """What gains most by a new leg from `stop` to one near it: _turn or _shift and its stops; None if nothing gains."""
    size, place = len(order), places[stop]
    gain, move = 0, None

    # 2-opt: of the legs stop-beside and other-after both go, stop-other and beside-after come, and what is between the
    # two turns round. Either with the legs that follow the two stops or with those that lead to them.
    for step in (1, -1):
        beside = order[(place + step) % size]
        leg = metres[stop][beside]
        for other in near[stop]:
            new = metres[stop][other]
            if new >= leg:
                break
            after = order[(places[other] + step) % size]
            saved = leg + metres[other][after] - new - metres[beside][after]
            if saved > gain:
                gain, move = saved, (_turn, beside, other) if step == 1 else (_turn, other, beside)

    # Or-opt: a few stops, `stop` at their end, leave their place and come between `other` and one of its neighbours.
    for count in range(1, min(SEGMENT, size - 3) + 1):
        for step in (1, -1):
            piece = [order[(place + step * each) % size] for each in range(count)]
            before, after = order[(place - step) % size], order[(place + step * count) % size]
            freed = metres[before][stop] + metres[piece[-1]][after] - metres[before][after]
            if freed <= gain:
                continue
            for other in near[stop]:
                if metres[stop][other] >= freed:
                    break
                if other in piece:
                    continue
                at = places[other]
                for beside in (order[at - 1], order[(at + 1) % size]):
                    if beside in piece:
                        continue
                    added = metres[other][stop] + metres[piece[-1]][beside] - metres[other][beside]
                    if freed - added > gain:
                        gain, move = freed - added, (_shift, piece, other, beside)
    return move


def _turn(order, places, first, last):
    """Turn round what lies from stop `first` to stop `last`. Returns the stops whose legs have changed."""
    here, there = places[first], places[last]
    if here > there:  # it goes over the end of the list: turning the rest is the same tour
        here, there = there + 1, here - 1
    touched = [order[here - 1], order[here], order[there], order[(there + 1) % len(order)]]
    order[here : there + 1] = order[here : there + 1][::-1]
    for place in range(here, there + 1):
        places[order[place]] = place
    return touched


def _shift(order, places, piece, other, beside):
    """Move the stops `piece` between two neighbours, the first of them next to `other`. Returns the stops touched."""
    spots = sorted(places[stop] for stop in piece)
    around = [order[spot - 1] for spot in spots] + [order[(spot + 1) % len(order)] for spot in spots]
    touched = [*around, *piece, other, beside]
    rest = [stop for stop in order if stop not in piece]
    at = rest.index(other)
    if rest[(at + 1) % len(rest)] == beside:
        order[:] = rest[: at + 1] + piece + rest[at + 1 :]
    else:
        order[:] = rest[:at] + piece[::-1] + rest[at:]
    for place, stop in enumerate(order):
        places[stop] = place
    return touched
