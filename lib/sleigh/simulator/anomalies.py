"""Wrong places: what the sleigh's receiver reports when it is not well. Off, unless a night is asked for anomalies=0.006.

    jump         one stop is reported KM_AWAY from where it was; its city is the true one
    loop         one stop is reported in a city where the sleigh was 2 to 12 stops before, at another house there; at least
                 LOOP_KM from where it was. Every field of the place says so, and only the distance does not
    standstill   3 to 5 stops in a row are reported at the position of the stop before them, each 0 km from the one before;
                 their cities are the true ones

Stops in a row, before and after are meant in order of event time. distance_from_previous_km is that of the way which the
sleigh has flown, but for a standstill. A re-sent message repeats what its original said.
"""

import numpy as np

from ..domain import EARTH_RADIUS_KM, great_circle_km
from .places import positions

KINDS = ("", "jump", "loop", "standstill")
"""truth.anomaly; the codes below are places in this tuple."""

JUMP, LOOP, STANDSTILL = 1, 2, 3

KM_AWAY = (100, 10_000)
LOOP_KM = 500
LOOP_BACK = (2, 12)
STANDS = (3, 5)

DRAWS = ("anomaly", "how_far", "whither")
STREAM = 15
"""Second part of the spawn key of these draws' generators: a night with anomalies is the same night otherwise."""


def choose(rows, order, rate):
    """The kind of anomaly of each message, and the message whose place it reports: itself, if it is none of another's.

    rows: broken and DRAWS, arrays. order: the positions of the stops in order of event time. Two arrays as long as rows:
    codes, positions. What is chosen depends on the dozen stops before a stop alone, so that slices fit together.
    """
    drawn, how_far, broken = (rows[name][order] for name in ("anomaly", "how_far", "broken"))
    drawn = np.where(drawn < rate, 1 + (drawn / rate * 3).astype(np.int64), 0)
    here = np.arange(len(order))
    kind, source = np.where(drawn == STANDSTILL, 0, drawn), here.copy()

    back = here - _between(LOOP_BACK, how_far)
    kind[(kind == LOOP) & (back < 0)] = 0
    source = np.where(kind == LOOP, back, source)

    # A standstill begins after a stop that is reported as it was, so not inside another one.
    begins = (drawn == STANDSTILL) & _later((drawn == 0) & ~broken, 1)
    for steps in range(1, STANDS[1] + 1):
        begins &= ~_later(drawn == STANDSTILL, steps)
    length = _between(STANDS, how_far)
    for steps in range(STANDS[1]):
        stands = _later(begins & (length > steps), steps)
        kind[stands], source[stands] = STANDSTILL, here[stands] - steps - 1

    codes, sources = np.zeros(len(rows["broken"]), np.int64), np.arange(len(rows["broken"]))
    codes[order], sources[order] = kind, order[source]
    return codes, sources


def misplace(kind, place, other, u):
    """What stops report: a tuple of city (index), latitude, longitude (degrees) and distance (km), and their kinds.

    kind: codes; a loop that would lie within LOOP_KM is none. place: the tuple as it was. other: city, latitude and
    longitude of the stop whose place is reported. u: uniform draws by name, whither, how_far, radius and angle.
    """
    city, latitude, longitude, distance = (values.copy() for values in place)

    looped = positions(other[0], u["radius"], u["angle"])
    near = great_circle_km(latitude, longitude, *looped) < LOOP_KM
    kind = np.where((kind == LOOP) & near, 0, kind)
    loop = kind == LOOP
    city[loop], latitude[loop], longitude[loop] = (values[loop] for values in (other[0], *looped))

    jump = kind == JUMP
    km = KM_AWAY[0] * (KM_AWAY[1] / KM_AWAY[0]) ** u["how_far"]
    away = _destination(latitude, longitude, km, 2 * np.pi * u["whither"])
    latitude[jump], longitude[jump] = (values[jump] for values in away)

    stands = kind == STANDSTILL
    latitude[stands], longitude[stands], distance[stands] = other[1][stands], other[2][stands], 0.0
    return (city, latitude, longitude, distance), kind


def _between(ends, draw):
    """A whole number from the first to the last of `ends`, for uniform draws."""
    return ends[0] + (draw * (ends[1] - ends[0] + 1)).astype(np.int64)


def _later(mask, steps):
    """`mask`, `steps` places later; nothing comes in at its beginning."""
    return np.concatenate([np.zeros(min(steps, len(mask)), bool), mask[: max(0, len(mask) - steps)]])


def _destination(latitude, longitude, km, bearing):
    """Latitude and longitude (degrees, 5 decimals) `km` from a point, `bearing` radians from north: the cosine rules."""
    lat, lon, angle = np.radians(latitude), np.radians(longitude), km / EARTH_RADIUS_KM
    sine = np.sin(lat) * np.cos(angle) + np.cos(lat) * np.sin(angle) * np.cos(bearing)
    east = np.arctan2(np.sin(bearing) * np.sin(angle) * np.cos(lat), np.cos(angle) - np.sin(lat) * sine)
    degrees = np.degrees(lon + east)
    return np.round(np.degrees(np.arcsin(np.clip(sine, -1, 1))), 5), np.round((degrees + 180) % 360 - 180, 5)
