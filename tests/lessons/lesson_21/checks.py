"""Answers to the exercises of lesson 21."""

import itertools

# 21.1: one city moved


def length(km, tour):
    return sum(km[tour[place - 1]][tour[place]] for place in range(len(tour)))


def best_move(km, tour):
    best = tour
    for place, city in enumerate(tour):
        rest = tour[:place] + tour[place + 1 :]
        for at in range(len(rest)):
            order = [*rest[:at], city, *rest[at:]]
            if length(km, order) < length(km, best):
                best = order
    return best


def by_gain(km, tour):
    """What goes and what comes, without making the tours."""
    size, most, move = len(tour), 0, None
    for place in range(size):
        before, city, after = tour[place - 1], tour[place], tour[(place + 1) % size]
        freed = km[before][city] + km[city][after] - km[before][after]
        for at in range(size):
            one, other = tour[at], tour[(at + 1) % size]
            if city in (one, other):
                continue
            saved = freed - (km[one][city] + km[city][other] - km[one][other])
            if saved > most:
                most, move = saved, (city, one)
    if move is None:
        return tuple(tour)
    rest = [city for city in tour if city != move[0]]
    at = rest.index(move[1])
    return (*rest[: at + 1], move[0], *rest[at + 1 :])


def backwards(km, tour):
    """The same ring, told the other way round and from another city."""
    order = best_move(km, tour)[::-1]
    return order[2:] + order[:2]


def first_move(km, tour):
    for place, city in enumerate(tour):
        rest = tour[:place] + tour[place + 1 :]
        for at in range(len(rest)):
            order = [*rest[: at + 1], city, *rest[at + 1 :]]
            if length(km, order) < length(km, tour):
                return order
    return tour


def only_the_middle(km, tour):
    best = tour
    for place in range(1, len(tour) - 1):
        rest = tour[:place] + tour[place + 1 :]
        for at in range(1, len(rest) + 1):
            order = [*rest[:at], tour[place], *rest[at:]]
            best = min(best, order, key=lambda each: length(km, each))
    return best


def all_moves(km, tour):
    while (better := best_move(km, tour)) != tour:
        tour = better
    return tour


def swap(km, tour):
    best = tour
    for one, other in itertools.combinations(range(len(tour)), 2):
        order = list(tour)
        order[one], order[other] = order[other], order[one]
        best = min(best, order, key=lambda each: length(km, each))
    return best


def open_ended(km, tour):
    def way(order):
        return sum(km[one][other] for one, other in itertools.pairwise(order))

    orders = [tour]
    for place, city in enumerate(tour):
        rest = tour[:place] + tour[place + 1 :]
        orders += [[*rest[: at + 1], city, *rest[at + 1 :]] for at in range(len(rest))]
    return min(orders, key=way)


def optimum(km, tour):
    return min(([tour[0], *rest] for rest in itertools.permutations(tour[1:])), key=lambda order: length(km, order))


def worst(km, tour):
    """Moves a city where it costs most."""
    rest = tour[1:]
    return max((rest[:at] + tour[:1] + rest[at:] for at in range(len(rest))), key=lambda order: length(km, order))


# 21.2: one city inserted


def cheapest(km, path, stop, flown):
    added = [
        (km[path[leg]][stop] + km[stop][path[leg + 1]] - km[path[leg]][path[leg + 1]], leg)
        for leg in range(flown, len(path) - 1)
    ]
    _, leg = min(added)
    path.insert(leg + 1, stop)
    return path


def with_slices(km, path, stop, flown):
    done, ahead = path[: flown + 1], path[flown:]
    places = range(1, len(ahead))
    at = min(places, key=lambda n: km[ahead[n - 1]][stop] + km[stop][ahead[n]] - km[ahead[n - 1]][ahead[n]])
    return tuple(done[:-1] + ahead[:at] + [stop] + ahead[at:])


def anywhere(km, path, stop, flown):
    return cheapest(km, path, stop, 0)


def without_the_old_leg(km, path, stop, flown):
    leg = min(range(flown, len(path) - 1), key=lambda n: km[path[n]][stop] + km[stop][path[n + 1]])
    return [*path[: leg + 1], stop, *path[leg + 1 :]]


def behind_the_nearest(km, path, stop, flown):
    nearest = min(path[flown:-1], key=lambda city: km[city][stop])
    at = path.index(nearest)
    return [*path[: at + 1], stop, *path[at + 1 :]]


def one_too_far(km, path, stop, flown):
    return cheapest(km, path, stop, min(flown + 1, len(path) - 2))


def at_the_end_too(km, path, stop, flown):
    inner = cheapest(km, list(path), stop, flown)
    at = inner.index(stop)
    before, after = inner[at - 1], inner[at + 1]
    added = km[before][stop] + km[stop][after] - km[before][after]
    return [*path, stop] if km[path[-1]][stop] < added else inner


def the_last_of_equal(km, path, stop, flown):
    added = [
        (km[path[leg]][stop] + km[stop][path[leg + 1]] - km[path[leg]][path[leg + 1]], -leg)
        for leg in range(flown, len(path) - 1)
    ]
    leg = -min(added)[1]
    return [*path[: leg + 1], stop, *path[leg + 1 :]]


def planned_anew(km, path, stop, flown):
    ahead = [*path[flown + 1 : -1], stop]
    orders = ([*path[: flown + 1], *order, path[-1]] for order in itertools.permutations(ahead))
    return min(orders, key=lambda order: sum(km[one][other] for one, other in itertools.pairwise(order)))


def forgotten(km, path, stop, flown):
    return list(path)


def always_last(km, path, stop, flown):
    return [*path[:-1], stop, *path[-1:]]


# 21.3: what became of each stop

OPEN = "time_bucket(INTERVAL '2 minutes', delivery_timestamp) + INTERVAL '2 minutes' > watermark"

FATES = f"""
    SELECT CASE WHEN delivery_id IN (SELECT delivery_id FROM legs) THEN 'on a route'
                WHEN {OPEN} THEN 'waiting' ELSE 'too late' END AS fate,
           count(*) AS stops
    FROM silver, stream GROUP BY fate
"""

BY_UNION = f"""
    SELECT 'on a route' AS fate, count(DISTINCT delivery_id) AS stops FROM legs
    UNION ALL SELECT 'waiting', count(*) FROM silver CROSS JOIN stream
              WHERE delivery_id NOT IN (SELECT delivery_id FROM legs) AND {OPEN}
    UNION ALL SELECT 'too late', count(*) FROM silver CROSS JOIN stream
              WHERE delivery_id NOT IN (SELECT delivery_id FROM legs) AND NOT ({OPEN});
"""

JOINED = f"""
    SELECT CASE WHEN l.delivery_id IS NOT NULL THEN 'on a route' WHEN {OPEN} THEN 'waiting' ELSE 'too late' END AS fate,
           count(*) AS stops
    FROM silver LEFT JOIN legs l USING (delivery_id), stream GROUP BY fate
"""

CASES = {
    "21.1": {
        "right": [best_move, by_gain, backwards],
        "wrong": [
            ("the first move that helps", first_move),
            ("the first and the last city of the list may move", only_the_middle),
            ("Only one is asked for", all_moves),
            ("exchanges two cities", swap),
            ("the leg from the last city to the first counts", open_ended),
            ("Only one is asked for", optimum),
            ("as it was", lambda km, tour: list(tour)),
            ("length after the move", worst),
            ("does not visit each of its cities once", lambda km, tour: tour[:-1]),
            ("is called with (km, tour)", lambda tour: tour),
        ],
    },
    "21.2": {
        "right": [cheapest, with_slices],
        "wrong": [
            ("changes a leg that has been flown", anywhere),
            ("the old leg falls away", without_the_old_leg),
            ("behind its nearest stop", behind_the_nearest),
            ("has not been flown: it may be broken up", one_too_far),
            ("that is home", at_the_end_too),
            ("the first one is meant", the_last_of_equal),
            ("have changed their order", planned_anew),
            ("does not visit each stop once", forgotten),
            ("expected", always_last),
        ],
    },
    "21.3": {
        "right": [FATES, BY_UNION],
        "wrong": [
            ("b1 is on two routes", JOINED),
            ("nobody waits for c2", FATES.replace("> watermark", ">= watermark")),
            (
                "d1 is as old as the watermark",
                FATES.replace(OPEN, "delivery_timestamp > watermark"),
            ),
            ("the window of e1 is two minutes long", FATES.replace("INTERVAL '2 minutes'", "INTERVAL '1 minute'")),
            ("no table called silver", "VALUES ('on a route', 5), ('waiting', 4), ('too late', 2)"),
            ("too late is missing", FATES.replace("'too late'", "'late'")),
            ("DuckDB refuses it", "SELECT fate FROM silver"),
            ("the column stops is missing", FATES.replace("AS stops", "AS n")),
            ("that gives no rows", ""),
        ],
    },
}
