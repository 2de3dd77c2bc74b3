"""A way through more stops than a matrix of distances holds: always on to the nearest one that is left."""

import numpy as np

from ...domain import EARTH_RADIUS_KM, great_circle_km

CANDIDATES = 8
"""So many neighbours of each stop are looked up at once; where all of them are taken, the tree is asked again."""


def walk(latitude, longitude, start=0):
    """The path of the nearest neighbour from `start`, a list of indices; latitude and longitude are arrays in degrees.

    Points of a sphere that are near in a straight line are near along it, so a k-d tree (J. L. Bentley, 1975) of the
    points in space finds them: about n log n steps, where a matrix would need n². Points are whole metres, squares of
    their distances exact, so the way is the same on every machine. Nothing is improved: a quarter is lost, and a route of
    that size is walked in a second.
    """
    from scipy.spatial import cKDTree

    points = _points(latitude, longitude)
    size = len(points)
    left, order = np.ones(size, bool), [start]
    left[start] = False
    tree, members = cKDTree(points), np.arange(size)
    near = tree.query(points, k=min(CANDIDATES, size))[1].reshape(size, -1).tolist()
    taken = [False] * size
    taken[start] = True
    for count in range(1, size):
        here = order[-1]
        nearest = next((stop for stop in near[here] if not taken[stop]), None)
        if nearest is None:
            if size - count < len(members) / 2:  # most of the tree has been walked: plant it anew
                members = np.flatnonzero(left)
                tree = cKDTree(points[members])
            nearest = _nearest(tree, members, points[here], left)
        taken[nearest] = True
        left[nearest] = False
        order.append(nearest)
    return order


def steps(latitude, longitude, order):
    """How far each stop of the order is from the one before, whole metres; 0 for the first. Both are arrays in degrees."""
    latitude, longitude = np.asarray(latitude)[order], np.asarray(longitude)[order]
    km = great_circle_km(latitude[:-1], longitude[:-1], latitude[1:], longitude[1:])
    return np.concatenate([np.zeros(min(1, len(order)), np.int64), np.rint(1000 * km).astype(np.int64)])


def _nearest(tree, members, point, left):
    """The nearest that is left, looked for among twice as many each time."""
    count = 2 * CANDIDATES
    while True:
        found = members[np.atleast_1d(tree.query(point, k=min(count, len(members)))[1])]
        free = found[left[found]]
        if len(free):
            return int(free[0])
        count *= 2


def _points(latitude, longitude):
    """Points on the sphere as x, y, z in whole metres."""
    phi, theta = np.radians(latitude), np.radians(longitude)
    around = np.cos(phi)
    unit = np.column_stack([around * np.cos(theta), around * np.sin(theta), np.sin(phi)])
    return np.rint(1000 * EARTH_RADIUS_KM * unit)
