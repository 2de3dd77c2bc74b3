"""A second feed of the night: how the status of each delivery changes, as another system tells it. Same seed, same feed.

Every delivery of the night has a life of up to three changes, numbered from 1:

    1 en_route -> 2 delivered                      most of them; a few are never closed
    1 en_route -> 2 delayed -> 3 delivered         or returned, or it stays delayed

At the event time of its message a delivery is in the status that the message gives. The feed comes by the same radio, so
the changes of a delivery whose message is late are as late as that. On top of it the feed has the faults of the night, at
the night's rates: a change that is late on its own and so comes out of order, one that comes twice, one that is broken.
Times are whole ms after NIGHT_START.
"""

import numpy as np
import pyarrow as pa

from ..domain import NIGHT_MINUTES
from . import experiment
from .deliveries import deliveries
from .faults import RESEND_MINUTES, parse_faults
from .night import check_arguments, delivery_ids, iso, pick, timestamps
from .places import places
from .route import PLACE_DRAWS, ROW_DRAWS, draws, messages

CHANGES = ("en_route", "delivered", "delayed", "returned")
"""The statuses of the feed. The messages know no `returned`: nobody was at home, the gift goes back to the sleigh."""

LEAD_SECONDS = (20, 300)
"""So long after it set out for a delivery the sleigh has delivered, or says that it will be late: at least, at most."""

RECOVERY_SECONDS = (60, 1200)
"""So long after `delayed` a delivery is made after all, or given up."""

LATENESS_SECONDS = {0: 30, 0.7: 300, 1: 1800}
"""Quantiles of how late a change is that is late on its own."""

JITTER_MS = 2000
"""A change is at most so long on its way if nothing is wrong."""

DELAYED = 0.05
"""Share of the delayed among deliveries whose message only announces them; of the others the message says it."""

UNCLOSED = 0.03
"""Share of deliveries of which nothing is heard after en_route."""

AFTER_DELAY = {"delivered": 0.75, "returned": 0.15}
"""What becomes of the delayed; the others stay so."""

# What stands in a broken change, by the rule of extensions/status_history that it breaks.
_FORMS = [
    ("known_delivery", "delivery_id", [None, "", "SD-24", "XX-0000001"]),
    ("positive_sequence", "sequence", [None, None, 0, -1]),
    ("known_status", "status", [None, "lost", "DELIVERED", "en route"]),
    ("valid_changed_at", "changed_at", [None, "25:61 o'clock", "around midnight", "1970-01-01T00:00:00Z"]),
]
_FORMS_EACH = 4

_STREAM = (1,)  # sets the draws of the feed apart from those of the messages
_STORY_DRAWS = ("lead", "unclosed", "delayed", "after", "recovery")
_CHANGE_DRAWS = ("jitter", "late", "lateness", "broken", "form", "again", "back")
_MOST = 3  # changes of a delivery

# A change may be so much older, and so much younger, than the minute in which the message of its delivery is due.
_BEFORE = -(-LEAD_SECONDS[1] // 60)
_AFTER = _BEFORE + -(-(RECOVERY_SECONDS[1] + LATENESS_SECONDS[1]) // 60) + RESEND_MINUTES + 1


def status_changes(minutes=60, *, start_minute=0, rate=600, seed=24, faults="default"):
    """The changes that arrive from `start_minute` on for `minutes` minutes, in order of arrival: (changes, truth).

    The arguments are those of the night (night.night), and slices fit together as its slices do. Row i of both is the same
    change. changes: delivery_id string, sequence int32, status string, changed_at string (ISO 8601), as sent.
    truth: number int64, unique; delivery_id, sequence, status, changed_at timestamp[us, UTC], as they should be;
    arrival_time; kind string (clean, broken, repeated: a copy of one that is clean); broken_rules list<string>.
    Raises ValueError for arguments outside the night.
    """
    check_arguments(minutes, start_minute, rate, faults, seed)
    first = max(0, start_minute - _AFTER)
    last = min(NIGHT_MINUTES, start_minute + minutes + _BEFORE)
    rates = parse_faults(faults)
    lives = _lives(seed, first, last, rate, rates)
    rows = _sent(lives, seed, first, last, rate, rates)
    here = (rows["arrival"] >= start_minute * 60_000) & (rows["arrival"] < (start_minute + minutes) * 60_000)
    rows = {name: values[here] for name, values in rows.items()}
    order = np.lexsort((rows["number"], rows["arrival"]))
    return _tables({name: values[order] for name, values in rows.items()}, rate, seed)


def _lives(seed, first, last, rate, rates):
    """The changes of the deliveries of the minutes first to last: a dict of arrays (deliveries, _MOST).

    seq; sequence; status (index into CHANGES); changed (ms); due (ms), when it would arrive; happens (bool).
    """
    since = max(0, first - RESEND_MINUTES)  # duplicates must find what they copy, and they are no deliveries
    route = messages(seed, since, last, rate, rates)
    u = draws(seed, since, last, rate, PLACE_DRAWS + ROW_DRAWS)
    own = (route["source"] == route["seq"]) & (route["seq"] >= first * rate)
    seq, event, arrival = (route[name][own] for name in ("seq", "event", "arrival"))
    city, _, _ = places(*(route[name][own] for name in ("event", *PLACE_DRAWS[3:])))
    saved = experiment.saved(experiment.arms(delivery_ids(seq, rate, seed), rates), rates)
    names, said = deliveries(event, city, {name: u[name][own] for name in ROW_DRAWS}, seed, saved)["status"]
    story = draws(seed, first, last, rate, _STORY_DRAWS, stream=_STREAM)
    story = {name: values[seq - first * rate] for name, values in story.items()}

    announced = said == names.index("en_route")
    delayed = np.where(announced, story["delayed"] < DELAYED, said == names.index("delayed"))
    lead = _between(LEAD_SECONDS, story["lead"])
    set_out = np.where(announced, event, event - lead)
    closed = np.where(announced, event + lead, event)
    recovered = closed + _between(RECOVERY_SECONDS, story["recovery"])
    changed = np.stack([set_out, closed, recovered], axis=1)
    given_up = story["after"] >= AFTER_DELAY["delivered"]
    status = np.stack([np.zeros_like(said), np.where(delayed, 2, 1), np.where(given_up, 3, 1)], axis=1)
    closes = story["unclosed"] >= UNCLOSED
    ends = closes & delayed & (story["after"] < sum(AFTER_DELAY.values()))
    return {
        "seq": np.repeat(seq[:, None], _MOST, axis=1),
        "sequence": np.broadcast_to(np.arange(1, _MOST + 1), changed.shape),
        "status": status,
        "changed": changed,
        "due": arrival[:, None] + changed - event[:, None],
        "happens": np.stack([np.ones_like(closes), closes, ends], axis=1),
    }


def _sent(lives, seed, first, last, rate, rates):
    """What is sent of these lives, copies included: a dict of arrays. broken is the form, -1 for what is whole."""
    u = draws(seed, first, last, rate * _MOST, _CHANGE_DRAWS, stream=(*_STREAM, 2))
    place = (lives["seq"] - first * rate) * _MOST + lives["sequence"] - 1
    happens = lives["happens"]
    u = {name: values[place[happens]] for name, values in u.items()}
    rows = {name: lives[name][happens] for name in ("seq", "sequence", "status", "changed")}
    late = u["late"] < rates["late"]
    lateness = np.interp(u["lateness"], list(LATENESS_SECONDS), list(LATENESS_SECONDS.values()))
    delay = (JITTER_MS * u["jitter"]).astype(np.int64) + np.where(late, (1000 * lateness).astype(np.int64), 0)
    rows["arrival"] = np.maximum(0, lives["due"][happens] + delay)
    forms = len(_FORMS) * _FORMS_EACH
    rows["broken"] = np.where(u["broken"] < rates["broken"], (u["form"] * forms).astype(np.int64), -1)
    rows["number"] = 2 * (rows["seq"] * _MOST + rows["sequence"] - 1)
    again = (u["again"] < rates["duplicates"]) & (rows["broken"] < 0)
    copies = {name: values[again] for name, values in rows.items()}
    copies["arrival"] = copies["arrival"] + 1 + (u["back"][again] * RESEND_MINUTES * 60_000).astype(np.int64)
    copies["number"] = copies["number"] + 1
    return {name: np.concatenate([values, copies[name]]) for name, values in rows.items()}


def _tables(rows, rate, seed):
    broken, copy = rows["broken"] >= 0, rows["number"] % 2 == 1
    ids, status, changed = delivery_ids(rows["seq"], rate, seed), pick(CHANGES, rows["status"]), rows["changed"]
    whole = {
        "delivery_id": ids.to_pylist(),
        "sequence": rows["sequence"].tolist(),
        "status": status.to_pylist(),
        "changed_at": iso(changed).to_pylist(),
    }
    for place in np.flatnonzero(broken):
        _, field, values = _FORMS[rows["broken"][place] // _FORMS_EACH]
        whole[field][place] = values[rows["broken"][place] % _FORMS_EACH]
    types = {name: pa.int32() if name == "sequence" else pa.string() for name in whole}
    changes = pa.table({name: pa.array(values, types[name]) for name, values in whole.items()})
    rules = pa.array([[], *[[rule] for rule, _, _ in _FORMS]], pa.list_(pa.string()))
    truth = {
        "number": rows["number"],
        "delivery_id": ids,
        "sequence": rows["sequence"].astype(np.int32),
        "status": status,
        "changed_at": timestamps(changed),
        "arrival_time": timestamps(rows["arrival"]),
        "kind": pick(["clean", "broken", "repeated"], np.where(broken, 1, np.where(copy, 2, 0))),
        "broken_rules": rules.take(pa.array(np.where(broken, 1 + rows["broken"] // _FORMS_EACH, 0))),
    }
    return changes, pa.table(truth)


def _between(seconds, u):
    """Whole ms from the first of `seconds` to the second, at the uniform draws `u`."""
    low, high = seconds
    return (1000 * (low + (high - low) * u)).astype(np.int64)
