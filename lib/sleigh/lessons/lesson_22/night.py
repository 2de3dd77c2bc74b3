"""The night of the exam, and what its predictions come to: computed from the simulator's truth, not from anybody's tables.

Other seed, other faults, other beginning than any lesson: 60 minutes around midnight (UTC), a message a second, landed in
24 commits, of which bronze takes six to a micro-batch, so each stream after it has four. Times are minutes
since NIGHT_START.
"""

from datetime import timedelta
from functools import cache
from itertools import pairwise
from zlib import crc32

import numpy as np

from ...domain import NIGHT_START, arm, night_milliseconds
from ...extensions.route_anomalies import rules
from ...simulator.night import night

NIGHT = {
    "minutes": 60,
    "start_minute": 805,
    "rate": 60,
    "seed": 3173,
    "faults": {"broken": 0.06, "duplicates": 0.04, "late": 0.07, "anomalies": 0.01},
}
"""Arguments of night.night, and of landing.generate."""

EVERY = 150
"""Seconds between two commits of landing."""

FILES = 6
"""Commits that bronze takes to a micro-batch."""

MIDNIGHT = 840
WINDOW = 847
"""The minute that 22.06 asks for: 00:07."""

SALTS = ("routes", "sledge")
"""Those of the two experiments of 22.17."""

WAITS = 5
"""Minutes that the gold tables wait for late events."""


@cache
def sent():
    """The messages in the order of their arrival, as a dict of arrays: the fields of the event that are asked for, and

    kind, event and arrival (minutes), commit (from 1) and batch (bronze's micro-batch, from 0) of the truth.
    """
    made = night(**NIGHT)
    names = ("delivery_id", "city", "latitude", "longitude", "distance_from_previous_km", "status", "gift_type")
    names += ("country", "region", "num_gifts", "weather_condition", "delivery_time_seconds")
    found = {name: np.array(made.events[name].to_pylist(), dtype=object) for name in names}
    event, arrival = (night_milliseconds(made.truth[name]) / 60_000 for name in ("event_time", "arrival_time"))
    commit = _commit(arrival)
    dated = [("valid_timestamp" not in rules) for rules in made.truth["broken_rules"].to_pylist()]
    kind = np.array(made.truth["kind"].to_pylist())
    batch = (commit - 1) // FILES
    return found | {"kind": kind, "event": event, "arrival": arrival, "commit": commit, "batch": batch, "dated": dated}


def _commit(arrival):
    return (((arrival - NIGHT["start_minute"]) * 60) // EVERY).astype(int) + 1


@cache
def silver():
    """The same of the deliveries in silver: the first whole message of each.

    None is so late that the stream of silver drops it. A few are copies, whose original came before this night begins.
    """
    whole = np.flatnonzero(sent()["kind"] != "broken")
    _, first = np.unique(sent()["delivery_id"][whole].astype(str), return_index=True)
    kept = whole[np.sort(first)]
    return {name: np.asarray(values)[kept] for name, values in sent().items()}


@cache
def watermarks():
    """The watermark that each micro-batch of a gold table works with, the empty one at the end included; -inf at first."""
    rows = silver()
    newest = [rows["event"][rows["batch"] <= batch].max() for batch in range(rows["batch"].max() + 1)]
    return [-np.inf, *[float(time) - WAITS for time in newest]]


def _end(minutes):
    """The end of the window of so many minutes in which each delivery lies."""
    return (silver()["event"] // minutes + 1) * minutes


def _lost(minutes):
    """Which deliveries such a table loses: those whose window an earlier micro-batch has closed."""
    lines = np.array([-np.inf, *watermarks()])  # of the micro-batch before each
    return _end(minutes) <= lines[silver()["batch"]]


def waiting():
    """How many deliveries the summary has not counted at the end, because their minute is open."""
    return int((_end(1) > watermarks()[-1]).sum())


def lost():
    """How many the summary has lost."""
    return int(_lost(1).sum())


def files():
    """{by_arrival, by_event}: the data files of landing, if partitioned by the date of either; whole timestamps only."""
    rows = sent()
    by_arrival = set(zip(rows["commit"], rows["arrival"] >= MIDNIGHT, strict=True))
    dated = np.array(rows["dated"])
    by_event = set(zip(rows["commit"][dated], rows["event"][dated] >= MIDNIGHT, strict=True))
    return {"by_arrival": len(by_arrival), "by_event": len(by_event)}


def first_seen():
    """{update, append}: the micro-batch after which the summary first has a row for WINDOW."""
    rows = silver()
    update = rows["batch"][(rows["event"] // 1) == WINDOW].min()
    append = next(batch for batch, line in enumerate(watermarks()) if line >= WINDOW + 1)
    return {"update": int(update), "append": append}


def misjudged():
    """{gift_type, seconds}: whose mean the mean of its 5-minute means misses most, and by how much."""
    rows = silver()
    misses = {}
    for gift in sorted(set(rows["gift_type"]) - {None}):
        mine = (rows["gift_type"] == gift) & (rows["delivery_time_seconds"] != None)  # noqa: E711 - of an array
        seconds, window = rows["delivery_time_seconds"][mine].astype(float), rows["event"][mine] // 5
        means = [seconds[window == each].mean() for each in np.unique(window)]
        misses[gift] = abs(float(np.mean(means) - seconds.mean()))
    gift = max(misses, key=misses.get)
    return {"gift_type": gift, "seconds": misses[gift]}


def running_total():
    """{total, missing}: deliveries in all final windows of ten minutes, and how many of those windows have been lost."""
    closed = _end(10) <= watermarks()[-1]
    return {"total": int((closed & ~_lost(10)).sum()), "missing": int((closed & _lost(10)).sum())}


def top_cities():
    """The rows that gold_top_cities has at the end, as dicts; without calculated_at."""
    rows, end = silver(), _end(15)
    kept = (end <= watermarks()[-1]) & ~_lost(15)
    groups = {}
    for place in np.flatnonzero(kept):
        groups.setdefault((end[place], *(rows[name][place] for name in ("city", "country", "region"))), []).append(
            place
        )
    return [_top_city(*key, places) for key, places in groups.items()]


def _top_city(end, city, country, region, places):
    rows = silver()
    gifts = [gift for gift in rows["num_gifts"][places] if gift is not None]
    seconds = [each for each in rows["delivery_time_seconds"][places] if each is not None]
    return {
        "window_start": NIGHT_START + timedelta(minutes=float(end) - 15),
        "window_end": NIGHT_START + timedelta(minutes=float(end)),
        "city": city,
        "country": country,
        "region": region,
        "total_deliveries": len(places),
        "total_gifts": sum(gifts) if gifts else None,
        "successful_deliveries": sum(status == "delivered" for status in rows["status"][places]),
        "avg_delivery_time": round(sum(seconds) / len(seconds), 3) if seconds else None,
    }


def never():
    """{right, auc} after midnight: percent for which "not delayed" is right; AUC of the weather's rates before midnight."""
    rows = silver()
    delayed, weather = rows["status"] == "delayed", rows["weather_condition"]
    before = rows["event"] < MIDNIGHT
    rates = {each: delayed[before & (weather == each)].mean() for each in set(weather[before])}
    scores = np.array([rates.get(each, 0.0) for each in weather[~before]])
    late, punctual = scores[delayed[~before]], scores[~delayed[~before]]
    above = (late[:, None] > punctual).mean() + (late[:, None] == punctual).mean() / 2
    return {"right": 100 * float((~delayed[~before]).mean()), "auc": float(above)}


def _in_order():
    """The places of the deliveries of silver in the order of the events, equal times by delivery_id."""
    rows = silver()
    return np.lexsort((rows["delivery_id"].astype(str), rows["event"]))


def hops():
    """{broken, suspects} of silver in the order of the events: hops off by more than 50 km; stops between two of them."""
    rows = silver()
    names = ("delivery_id", "city", "latitude", "longitude", "distance_from_previous_km")
    stops = [rules.Stop(0, *[rows[name][place] for name in names]) for place in _in_order()]
    broken = [rules.gap(one, other) > rules.HOP_KM for one, other in pairwise(stops)]
    return {"broken": sum(broken), "suspects": sum(one and other for one, other in pairwise(broken))}


def in_both():
    """{checksum, md5}: how many deliveries of silver are in B of both experiments, by the last bit of CRC-32 and by arm."""
    ids = silver()["delivery_id"]
    halves = {"A": 5_000, "B": 5_000}
    return {
        "checksum": sum(all(crc32(f"{salt}:{each}".encode()) % 2 for salt in SALTS) for each in ids),
        "md5": sum(all(arm(salt, each, halves) == "B" for salt in SALTS) for each in ids),
    }


def reported():
    """{now, before}: deliveries of silver whose weather is not their city's newest, and not that of the one before them."""
    rows, newest, before = silver(), {}, 0
    reports = [(rows["city"][place], rows["weather_condition"][place]) for place in _in_order()]
    for city, weather in reports:
        before += newest.get(city, weather) != weather
        newest[city] = weather
    return {"now": sum(newest[city] != weather for city, weather in reports), "before": before}
