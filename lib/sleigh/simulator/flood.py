"""Floods: for some minutes one region sends up to fifty times as much. Off, unless a night is asked for them: flood=0.5.

The night is cut into blocks of BLOCK_MINUTES. In the share of blocks that is asked for, one region floods: its helpers
report, too. For each of the region's stops that the radio reports on time they send LENGTHS minutes long FACTORS - 1 further
messages, each of a delivery of its own in the same city. They come with the message of the stop, before the next one, with
its event time, and are whole: what is late, broken or sent again is the radio's own, `rate` a minute as ever.
"""

import numpy as np

from ..domain import NIGHT_MINUTES, great_circle_km
from .places import city_shares, positions
from .world import cities, regions

BLOCK_MINUTES = 30

LENGTHS = (4, 8)
"""Minutes that a flood lasts: at least, at most. It ends with its block at the latest."""

FACTORS = (20, 50)
"""So many times its rate a flooding region sends: at least, at most."""

PRESENT = 0.05
"""A region floods only where it has this share of the messages, in the minute in which its flood begins."""

SEQ_STEP = FACTORS[1]
"""In a night with floods the seq of the radio's messages counts in such steps, and the helpers' messages lie between."""

DRAWS = ("radius", "angle", "gift", "gifts", "status", "seconds", "delay", "speed", "magic")

STREAM = 19
"""Second part of the spawn key of these draws' generators: a night with floods is the same night otherwise."""


def schedule(seed, rate):
    """The floods of the night, in order: a list of dicts with first, last (minutes, the last one not in it), region, factor.

    rate: the share of blocks that have one.
    """
    found = []
    region_of = np.array(cities()["region"].to_pylist())
    for block in range(NIGHT_MINUTES // BLOCK_MINUTES):
        whether, when, how_long, who, how_much = _generator(seed, block).random(5)
        length = _between(LENGTHS, how_long)
        first = block * BLOCK_MINUTES + int(when * (BLOCK_MINUTES - length + 1))
        shares = np.diff(city_shares()[first], prepend=0)
        present = [region for region in regions() if round(shares[region_of == region].sum(), 6) >= PRESENT]
        if whether < rate:
            flood = {"first": first, "last": first + length, "region": present[int(who * len(present))]}
            found.append(flood | {"factor": _between(FACTORS, how_much)})
    return found


def helpers(route, first, last, seed, rate):
    """The messages of helpers in the minutes first to last, a dict of arrays; None if no region floods in them.

    route: seq, arrival, event (ms), city (index), latitude, longitude, and `stop`, whether the message is one of a stop on
    time; arrays over the radio's messages of these minutes. rate: the share of blocks with a flood.
    The result has `of` (position of the message that each belongs to), number (1, 2, ... among those of one message),
    arrival, event, city, latitude, longitude, distance (km from the stop, 3 decimals), and the uniform DRAWS.
    """
    parts = []
    region_of = np.array(cities()["region"].to_pylist())
    minute = route["arrival"] // 60_000
    until = np.append(route["arrival"][1:], last * 60_000)  # the next message's arrival, or the end
    for flood in schedule(seed, rate):
        for now in range(max(first, flood["first"]), min(last, flood["last"])):
            mine = route["stop"] & (minute == now) & (region_of[route["city"]] == flood["region"])
            of = np.repeat(np.flatnonzero(mine), flood["factor"] - 1)
            number = np.tile(np.arange(1, flood["factor"]), mine.sum())
            drawn = _generator(seed, now, 1).random((len(DRAWS), len(of)))
            after = (until[of] - route["arrival"][of]) * number // flood["factor"]
            parts.append({"of": of, "number": number, "after": after, **dict(zip(DRAWS, drawn, strict=True))})
    if not parts:
        return None
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    city, latitude, longitude = (route[name][rows["of"]] for name in ("city", "latitude", "longitude"))
    place = positions(city, rows["radius"], rows["angle"])
    return rows | {
        "arrival": route["arrival"][rows["of"]] + rows.pop("after"),
        "event": route["event"][rows["of"]],
        "city": city,
        "latitude": place[0],
        "longitude": place[1],
        "distance": np.round(great_circle_km(latitude, longitude, *place), 3),
    }


def _generator(seed, *key):
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(key[0], STREAM, *key[1:]))))


def _between(ends, draw):
    return ends[0] + int(draw * (ends[1] - ends[0] + 1))
