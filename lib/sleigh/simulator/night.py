"""The night: a seeded simulator of Santa's deliveries. The same arguments give the same bytes, on every machine.

The sleigh's radio sends exactly `rate` messages a minute, evenly spaced. Most tell of the delivery just made; some are
late, broken or re-sent (faults.py). They come in order of arrival, with the truth about each of them beside them. In a night
that is asked for floods (flood.py) further messages come between them.
"""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..domain import NIGHT_MINUTES, NIGHT_START_MS, night_milliseconds
from . import experiment, flood
from .anomalies import KINDS
from .deliveries import deliveries
from .faults import RESEND_MINUTES, break_rows, break_status, parse_faults
from .route import PLACE_DRAWS, ROW_DRAWS, draws, stops
from .world import cities


@dataclass(frozen=True)
class Night:
    """A slice of the night in order of arrival. Row i of both tables is the same message.

    events: the 16 fields of tables.EVENT, as sent.
    truth: seq int64; delivery_id string (the true id; for a duplicate the original's); event_time, arrival_time
    timestamp[us, UTC]; kind string (clean, broken, duplicate); broken_rules list<string>, sorted; late_seconds double,
    arrival minus event time: 0.0 on time, and for a duplicate the time since the original's event; delay_probability
    double, how likely the delivery was to be delayed, given its weather and its gift (never NULL: a broken message is about
    a delivery, too). In a night that was asked for them also anomaly string, one of anomalies.KINDS: "" where the place is
    as it was; arm string, A or B: the routing that served the delivery, see experiment.py; and helper boolean, whether the
    message is one of a flood, which are all whole. seq then counts in steps, see flood.py.
    """

    events: pa.Table
    truth: pa.Table


def check_arguments(minutes, start_minute, rate, faults, seed=24):
    """Raise ValueError, one line that says what is allowed, for arguments that night() would not take."""
    whole = {
        "minutes": (minutes, 1, NIGHT_MINUTES),
        "start_minute": (start_minute, 0, NIGHT_MINUTES - 1),
        "rate": (rate, 1, 1_000_000),
        "seed": (seed, 0, 2**63 - 1),
    }
    for name, (value, low, high) in whole.items():
        if not isinstance(value, Integral) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value!r}")
    if start_minute + minutes > NIGHT_MINUTES:
        left = NIGHT_MINUTES - start_minute
        raise ValueError(
            f"minutes must be at most {left} from start_minute {start_minute} on: the night has {NIGHT_MINUTES}"
        )
    parse_faults(faults)


def night(minutes=60, *, start_minute=0, rate=600, seed=24, faults="default"):
    """The messages that arrive from `start_minute` on for `minutes` minutes, `rate` a minute, and floods. Returns a Night.

    Slices of one seed, rate and faults fit together: night(120) is night(60) and then night(60, start_minute=60).
    faults: see parse_faults. Raises ValueError for arguments outside the night.
    """
    check_arguments(minutes, start_minute, rate, faults, seed)
    rates, last = parse_faults(faults), start_minute + minutes
    route = stops(seed, start_minute, last, rate, rates)
    since = max(0, start_minute - RESEND_MINUTES)  # where the route begins: duplicates copy from there on
    own = slice((start_minute - since) * rate, None)
    seq, arrival, source, broken = (route[name][own] for name in ("seq", "arrival", "source", "broken"))
    event, city, latitude, longitude, distance, anomaly = (
        route[name][source - since * rate] for name in ("event", "city", "latitude", "longitude", "distance", "anomaly")
    )
    drawn = draws(seed, since, last, rate, PLACE_DRAWS + ROW_DRAWS)
    drawn = {name: drawn[name][source - since * rate] for name in ROW_DRAWS}

    ids = delivery_ids(source, rate, seed)
    served = experiment.arms(ids, rates)
    what = deliveries(event, city, drawn, seed, experiment.saved(served, rates))
    delayed = what["status"][1] == what["status"][0].index("delayed")
    events = _events(ids, event, (city, latitude, longitude, distance), what)
    which = np.flatnonzero(broken)
    events, broken_rules = break_rows(events, which, drawn["rules"][which], drawn["forms"][which])
    if rates.get("swallowed"):
        draw = draws(seed, since, last, rate, experiment.DRAWS, stream=(experiment.STREAM,))["swallowed"]
        hidden = experiment.swallows(served, delayed & ~broken, draw[source - since * rate], rates)
        events, broken_rules = break_status(events, broken_rules, hidden, experiment.STATUS)
        broken = broken | hidden
    truth = pa.table(
        {
            "seq": seq,
            "delivery_id": ids,
            "event_time": timestamps(event),
            "arrival_time": timestamps(arrival),
            "kind": pick(["clean", "broken", "duplicate"], np.where(broken, 1, np.where(source != seq, 2, 0))),
            "broken_rules": broken_rules,
            "late_seconds": (arrival - event) / 1000,
            "delay_probability": what["delay_probability"],
        }
    )
    if rates.get("anomalies"):
        truth = truth.append_column("anomaly", pick(list(KINDS), anomaly))
    if served is not None:
        truth = truth.append_column("arm", pa.array(served, pa.string()))
    if rates.get("flood"):
        place = {"arrival": arrival, "event": event, "city": city, "latitude": latitude, "longitude": longitude}
        stop = {"stop": (source == seq) & (event == arrival)}
        rows = flood.helpers(place | stop, start_minute, last, seed, rates["flood"])
        return Night(*_with_helpers(events, truth, rows, seed, rates))
    return Night(events, truth)


def _events(ids, event, place, what):
    """The 16 fields. place: city (index), latitude, longitude, distance; what: see deliveries.deliveries."""
    city, latitude, longitude, distance = place
    town = {name: pick(cities()[name].combine_chunks(), city) for name in ("city", "country", "region", "timezone")}
    what = {name: pick(*values) if isinstance(values, tuple) else values for name, values in what.items()}
    return pa.table(
        {
            "delivery_id": ids,
            "timestamp": iso(event),
            **{name: town[name] for name in ("city", "country", "region")},
            "latitude": latitude,
            "longitude": longitude,
            "timezone": town["timezone"],
            **{name: what[name] for name in ("gift_type", "num_gifts", "status", "delivery_time_seconds")},
            "distance_from_previous_km": distance,
            **{name: what[name] for name in ("weather_condition", "reindeer_speed_kmh", "magic_level")},
        }
    )


def _with_helpers(events, truth, rows, seed, rates):
    """Events and truth of the radio with those of the helpers `rows` (see flood.helpers; None: there are none) between."""
    seq = pc.multiply(truth["seq"], flood.SEQ_STEP)
    truth = truth.set_column(0, "seq", seq).append_column("helper", pa.array(np.zeros(len(truth), bool)))
    if rows is None:
        return events, truth
    of, number = pa.array(rows["of"]), pa.array(rows["number"])
    # The id of the message that it belongs to may be another's, or broken: that of the stop is in the truth.
    number_text = pc.utf8_lpad(number.cast(pa.string()), 2, "0")
    ids = pc.binary_join_element_wise(truth["delivery_id"].combine_chunks().take(of), number_text, "-")
    served = experiment.arms(ids, rates)
    what = deliveries(rows["event"], rows["city"], rows, seed, experiment.saved(served, rates))
    place = tuple(rows[name] for name in ("city", "latitude", "longitude", "distance"))
    more = _events(ids, rows["event"], place, what).cast(events.schema)
    known = {
        "seq": pc.add(seq.combine_chunks().take(of), number),
        "delivery_id": ids,
        "event_time": timestamps(rows["event"]),
        "arrival_time": timestamps(rows["arrival"]),
        "kind": pa.array(["clean"] * len(more)),
        "broken_rules": pa.array([[]] * len(more), pa.list_(pa.string())),
        "late_seconds": (rows["arrival"] - rows["event"]) / 1000,
        "delay_probability": what["delay_probability"],
        "anomaly": pa.array([""] * len(more)),
        "arm": served,
        "helper": pa.array(np.ones(len(more), bool)),
    }
    theirs = pa.table({name: known[name] for name in truth.schema.names}).cast(truth.schema)
    events, truth = pa.concat_tables([events, more]), pa.concat_tables([truth, theirs])
    order = pc.sort_indices(truth["seq"])
    return events.take(order), truth.take(order)


def batches(night, seconds=5):
    """The night in the batches in which it arrives: yields (number, events, truth), zero-copy slices, none empty.

    number counts steps of `seconds` since NIGHT_START, so a batch has the same one however the night was cut. Raises
    ValueError for a step under a millisecond.
    """
    step = round(seconds * 1000)
    if step < 1:
        raise ValueError(f"seconds must be at least 0.001, not {seconds!r}")
    arrival = night_milliseconds(night.truth["arrival_time"])
    numbers, begins = np.unique(arrival // step, return_index=True)
    for number, begin, end in zip(numbers, begins, [*begins[1:], len(arrival)], strict=True):
        yield int(number), night.events.slice(begin, end - begin), night.truth.slice(begin, end - begin)


def pick(values, index):
    """values[index] as an Arrow array of text."""
    return pa.array(values, pa.string()).take(pa.array(index))


def timestamps(ms):
    """Times in ms after NIGHT_START as an Arrow array of timestamp[us, UTC]."""
    return pa.array((ms + NIGHT_START_MS) * 1000).cast(pa.timestamp("us", "UTC"))


def iso(ms):
    """The same as text, as messages have them: 2026-12-24T10:00:00.100Z"""
    text = pa.array(ms + NIGHT_START_MS).cast(pa.timestamp("ms")).cast(pa.string())
    return pc.binary_join_element_wise(pc.binary_replace_slice(text, 10, 11, "T"), "Z", "")


def delivery_ids(seq, rate, seed):
    """SD-<seed>-<seq>, padded so that the ids of a whole night sort like its messages."""
    width = max(7, len(str(NIGHT_MINUTES * rate - 1)))
    return pc.binary_join_element_wise(f"SD-{seed}", pc.utf8_lpad(pa.array(seq).cast(pa.string()), width, "0"), "-")
