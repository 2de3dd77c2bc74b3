"""Santa's route: which message the radio sends when, where each stop is, and how far from the one before.

Every random number of a message comes from one generator per minute of arrival, so a minute is the same whichever slice
of the night it is generated in. Times are whole ms after NIGHT_START: integers are the same on every machine.
"""

import numpy as np

from ..domain import NIGHT_MINUTES, great_circle_km
from . import anomalies
from .faults import RESEND_MINUTES, originals
from .places import places

PLACE_DRAWS = ("kind", "late", "lateness", "city", "radius", "angle")
ROW_DRAWS = ("gift", "gifts", "status", "seconds", "delay", "speed", "magic", "rules", "forms")

LATEST_MINUTES = 90
"""No message is later than this."""

LATENESS_SECONDS = {0: 10, 0.80: 300, 0.97: 3600, 1: 60 * LATEST_MINUTES}
"""Quantiles of lateness: 80 % of late messages are 10 s to 5 min late, 17 % 5 to 60 min, 3 % more than an hour."""

STOP_AMONG = 600
"""Of so many messages in a row at least one is a stop on time. Where half of the messages are broken or re-sent and half of
them late, one in four is, and 600 without any come once in 10^75 times."""


def draws(seed, first, last, rate, names, *, stream=()):
    """Uniform draws in [0, 1) for the messages of the minutes first to last: a dict name -> float64 array.

    A shorter list of names that begins alike gives the same numbers; another `stream`, a tuple of whole numbers, others.
    """
    out = np.empty((len(names), (last - first) * rate))
    for i, minute in enumerate(range(first, last)):
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(minute, *stream))))
        out[:, i * rate : (i + 1) * rate] = generator.random((len(names), rate))
    return dict(zip(names, out, strict=True))


def messages(seed, first, last, rate, faults):
    """Who sends what when, for the minutes of arrival first to last: a dict of arrays, one entry a message.

    seq; arrival, event (ms); source (seq of the message that it copies, or its own); broken, late (bool); the draws for
    the place, and for anomalies if there are any. Right from RESEND_MINUTES after `first` on: before that, a duplicate
    may not find its original.
    """
    u = draws(seed, first, last, rate, PLACE_DRAWS)
    here = np.arange((last - first) * rate)
    seq = here + first * rate
    arrival = seq * 60_000 // rate

    faulty = faults["broken"] + faults["duplicates"]
    broken = u["kind"] < faults["broken"]
    resent = np.flatnonzero(~broken & (u["kind"] < faulty))
    back = (u["kind"][resent] - faults["broken"]) / max(faults["duplicates"], 1e-9)  # uniform again
    source = here.copy()
    source[resent] = originals(u["kind"] >= faulty, resent, back, rate)

    late = np.flatnonzero((u["late"] < faults["late"]) & (source == here))
    lateness = np.interp(u["lateness"][late], list(LATENESS_SECONDS), list(LATENESS_SECONDS.values()))
    lateness = (1000 * lateness).astype(np.int64)
    # Nothing happened before the night began: where that would be so, any time since then is as likely.
    possible = 1 + (u["late"][late] / max(faults["late"], 1e-9) * arrival[late]).astype(np.int64)
    lateness = np.where(lateness > arrival[late], np.minimum(possible, arrival[late]), lateness)
    event = arrival.copy()
    event[late] -= lateness
    is_late = event < arrival
    if faults.get("anomalies"):
        u |= draws(seed, first, last, rate, anomalies.DRAWS, stream=(anomalies.STREAM,))
    return {
        "seq": seq,
        "arrival": arrival,
        "event": event[source],
        "source": seq[source],
        "broken": broken,
        "late": is_late,
        **{name: values for name, values in u.items() if name in (*PLACE_DRAWS[3:], *anomalies.DRAWS)},
    }


def stops(seed, first, last, rate, faults):
    """The messages of the minutes first to last, and of RESEND_MINUTES before them, with their place and distance.

    A dict of arrays: seq, arrival, event, source, broken as from messages(); city (index); latitude, longitude
    (degrees); distance (km, 3 decimals) from the stop before in event time, 0 for the first stop of the night; anomaly, the
    place in anomalies.KINDS, and where it is above 0 the place is what is reported. A duplicate is no stop: its place,
    distance and anomaly mean nothing, take its source's.
    """
    since = max(0, first - RESEND_MINUTES)
    # A late stop happened up to LATEST_MINUTES before its arrival, and the stop before it was at most STOP_AMONG messages
    # earlier. Whole minutes are generated, so one more; and duplicates need their originals.
    back = LATEST_MINUTES + STOP_AMONG // rate + 1 + RESEND_MINUTES
    begin = max(0, since - back)
    upto = min(NIGHT_MINUTES, last + LATEST_MINUTES + 1)
    parts = [messages(seed, begin, last, rate, faults)]
    parts += [_late_ones(seed, minute, min(minute + 15, upto), rate, faults) for minute in range(last, upto, 15)]
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    order = _in_event_order(rows)
    here = np.arange((since - begin) * rate, (last - begin) * rate)
    before = _before(order, len(rows["seq"]))[here]
    before = np.where(before < 0, here, before)
    kind, other = np.zeros(len(here), np.int64), here
    if faults.get("anomalies"):
        kind, other = (values[here] for values in anomalies.choose(rows, order, faults["anomalies"]))
    needed = np.unique(np.concatenate([here, before, other]))
    city, latitude, longitude = places(*(rows[name][needed] for name in ("event", *PLACE_DRAWS[3:])))
    at, was, told = (np.searchsorted(needed, which) for which in (here, before, other))
    distance = np.round(great_circle_km(latitude[was], longitude[was], latitude[at], longitude[at]), 3)
    place = (city[at], latitude[at], longitude[at], distance)
    if faults.get("anomalies"):
        u = {name: rows[name][here] for name in ("radius", "angle", *anomalies.DRAWS)}
        place, kind = anomalies.misplace(kind, place, (city[told], latitude[told], longitude[told]), u)
    return {
        **{name: rows[name][here] for name in ("seq", "arrival", "event", "source", "broken")},
        **dict(zip(("city", "latitude", "longitude", "distance"), place, strict=True)),
        "anomaly": kind,
    }


def _late_ones(seed, first, last, rate, faults):
    """The late messages of the minutes first to last: their stops may lie between those of the minutes before."""
    rows = messages(seed, max(0, first - RESEND_MINUTES), last, rate, faults)
    keep = rows["late"] & (rows["seq"] >= first * rate)
    return {name: values[keep] for name, values in rows.items()}


def _in_event_order(rows):
    """The positions of the stops in order of (event time, seq)."""
    is_stop = rows["source"] == rows["seq"]
    on_time = np.flatnonzero(is_stop & ~rows["late"])  # these are in order as they are
    late = np.flatnonzero(is_stop & rows["late"])
    late = late[np.argsort(rows["event"][late], kind="stable")]
    return np.insert(on_time, np.searchsorted(rows["event"][on_time], rows["event"][late], side="right"), late)


def _before(order, messages):
    """For each of so many messages the position of the stop before it in `order`; -1 if there is none."""
    before = np.full(messages, -1)
    before[order[1:]] = order[:-1]
    return before
