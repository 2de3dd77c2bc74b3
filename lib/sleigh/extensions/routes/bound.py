"""How short a tour can be at best: lengths that no tour is below. Whole metres, exact, as in solver.py.

A tour without one of its stops is a tree, so it is no shorter than the shortest tree of the other stops and the two
shortest legs of that one: a 1-tree. If each stop takes a toll from whoever comes or leaves, all tours become longer by the
same, twice the sum of the tolls, and stay in the same order. The shortest 1-tree does not: a toll on a stop with many legs
drives it towards a tour. M. Held, R. M. Karp, The Traveling-Salesman Problem and Minimum Spanning Trees, Operations
Research 18, 1970, and part II, Mathematical Programming 1, 1971, with their subgradient steps.
"""

import numpy as np

TAKEN = np.iinfo(np.int64).max


def tree(metres):
    """The length of the shortest tree that joins all stops. No path is shorter."""
    return spanning_tree(metres)[0]


def held_karp(metres, tour, *, rounds=300):
    """The best such bound after so many rounds. tour: the length of any tour, which sets how far a step goes.

    Tolls are whole metres, so it holds exactly; whatever the tolls are, it is a bound, and more rounds only raise it.
    """
    stops = len(metres)
    if stops < 3:
        return 2 * int(metres.max(initial=0))
    tolls, best, scale, idle = np.zeros(stops, np.int64), 0, 2.0, 0
    for _ in range(rounds):
        found, legs = one_tree(metres + tolls[:, None] + tolls)
        found -= 2 * int(tolls.sum())
        best, idle = (found, 0) if found > best else (best, idle + 1)
        if idle == 10:
            scale, idle = scale / 2, 0
        off = legs - 2
        if not off.any():  # it is a tour, and so the best one
            break
        step = scale * max(tour - found, 1) / int((off**2).sum())
        tolls += np.rint(step * off).astype(np.int64)
    return best


def one_tree(metres):
    """(length, number of legs of each stop) of the shortest 1-tree: a tree without stop 0, and two legs to that."""
    found, legs = spanning_tree(metres[1:, 1:])
    nearest = 1 + metres[0, 1:].argsort(kind="stable")[:2]
    legs = np.concatenate([[2], legs])
    legs[nearest] += 1
    return found + int(metres[0, nearest].sum()), legs


def spanning_tree(metres):
    """(length, number of legs of each stop) of the shortest tree, by R. C. Prim's algorithm, 1957."""
    stops = len(metres)
    legs, total = np.zeros(stops, np.int64), 0
    inside = np.zeros(stops, bool)
    inside[:1] = True
    distance, parent = metres[:1].ravel().copy(), np.zeros(stops, np.int64)
    distance[:1] = TAKEN
    for _ in range(stops - 1):
        stop = int(distance.argmin())
        total += int(distance[stop])
        legs[[stop, parent[stop]]] += 1
        inside[stop] = True
        closer = (metres[stop] < distance) & ~inside
        distance[closer], parent[closer] = metres[stop][closer], stop
        distance[stop] = TAKEN
    return total, legs
