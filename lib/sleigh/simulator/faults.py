"""What goes wrong with the sleigh's radio: how often, which message a re-send copies, what a broken row looks like."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

DEFAULT_FAULTS = {"broken": 0.02, "duplicates": 0.01, "late": 0.03}
"""The share of messages with each fault. A broken message may be late too; a duplicate is nothing but a duplicate."""

ON_REQUEST = ("anomalies", "flood", "experiment", "swallowed")
"""Faults that a night has only if it is asked for them. anomalies: the share of stops at which one begins, anomalies.py.
flood: the share of half hours in which a region sends up to fifty times as much, flood.py. experiment: what a second
routing is worth, and swallowed: what it conceals, experiment.py."""

RESEND_MINUTES = 4
"""A duplicate arrives at most so long after the message that it copies."""

# What stands in a broken field, six forms for each rule, half of them NULL somewhere. The bad timestamps are NULL to
# Spark's try_to_timestamp and to DuckDB's TRY_CAST.
_AS_IT_IS = object()
_FORMS = {
    "positive_gifts": {"num_gifts": [None, None, None, 0, -1, -12]},
    "valid_coordinates": {
        "latitude": [None, None, _AS_IT_IS, 95.0, _AS_IT_IS, -90.5],
        "longitude": [None, _AS_IT_IS, None, _AS_IT_IS, -200.0, 540.0],
    },
    "valid_delivery_id": {"delivery_id": [None, None, None, "", "", ""]},
    "valid_status": {"status": [None, None, None, "lost", "DELIVERED", "returned"]},
    "valid_timestamp": {"timestamp": [None, None, None, "25:61 o'clock", "2026-12-32T00:00:00Z", "around midnight"]},
}
_FORMS_EACH = 6

BREAKABLE = tuple(_FORMS)
"""The names of the five rules, sorted."""

_SETS = [rules for size in range(1, 6) for rules in combinations(BREAKABLE, size)]
_SHARE_BY_SIZE = {1: 0.70, 2: 0.18, 3: 0.07, 4: 0.03, 5: 0.02}  # most broken rows break one rule, some break all five
_SHARES = [_SHARE_BY_SIZE[len(rules)] / sum(len(other) == len(rules) for other in _SETS) for rules in _SETS]


def parse_faults(faults="default"):
    """The rate of each fault, from "default", "none" or overrides of the default such as "broken=0.05,late=0".

    A mapping of overrides is taken too. One of ON_REQUEST is in the result only if its rate is above 0. Raises ValueError,
    one line, for an unknown fault or a rate outside 0 to 0.5.
    """
    if isinstance(faults, str) and faults in ("default", "none"):
        return dict(DEFAULT_FAULTS) if faults == "default" else dict.fromkeys(DEFAULT_FAULTS, 0.0)
    if isinstance(faults, Mapping):
        pairs = list(faults.items())
    else:
        pairs = [[part.strip() for part in item.partition("=")[::2]] for item in str(faults).split(",")]
    rates = dict(DEFAULT_FAULTS)
    for name, text in pairs:
        if name not in (*DEFAULT_FAULTS, *ON_REQUEST):
            known = ", ".join([*DEFAULT_FAULTS, *ON_REQUEST])
            raise ValueError(f"faults must be 'default', 'none' or rates of {known}, not {name!r}")
        try:
            rate = float(text)
        except (TypeError, ValueError):
            rate = None
        if rate is None or not 0 <= rate <= 0.5:
            raise ValueError(f"faults: the rate of {name} must be a number from 0 to 0.5, not {text!r}")
        rates[name] = rate
    return {name: rate for name, rate in rates.items() if rate or name in DEFAULT_FAULTS}


def originals(clean, resent, back, rate):
    """The position of the message that each of the messages `resent` copies; its own if there is none to copy.

    clean: for all messages in a row, whether it is neither broken nor a duplicate. resent: positions. back: a uniform
    draw for each of them; the copy is most often of a message just before, at most RESEND_MINUTES back.
    """
    reach = RESEND_MINUTES * rate
    wanted = resent - np.maximum(1, (back * back * reach).astype(np.int64))
    last_clean = np.maximum.accumulate(np.where(clean, np.arange(len(clean)), -1))
    found = np.where(wanted >= 0, last_clean[np.maximum(wanted, 0)], -1)
    return np.where((found >= 0) & (resent - found <= reach), found, resent)


def break_rows(events, which, rules_draw, forms_draw):
    """Break the rows of `events` at the positions `which`. Returns the table, and the rules that each row breaks.

    rules_draw, forms_draw: for each position a uniform draw, for the set of rules and for what stands in their fields.
    The second result is a list<string> array as long as the table, the rules sorted; [] for rows that are whole.
    """
    chosen = np.searchsorted(np.round(np.cumsum(_SHARES), 9)[:-1], rules_draw, side="right")
    # One draw picks one of all the combinations of forms, and unravel_index tells which form each rule has in it.
    each = (_FORMS_EACH,) * len(_FORMS)
    forms = np.unravel_index((forms_draw * np.prod(each)).astype(np.int64), each, order="F")
    for (rule, fields), form in zip(_FORMS.items(), forms, strict=True):
        breaks = np.array([rule in rules for rules in _SETS])[chosen]
        for field, values in fields.items():
            change = breaks & np.array([value is not _AS_IT_IS for value in values])[form]
            events = _put(
                events, field, which[change], [v if v is not _AS_IT_IS else None for v in values], form[change]
            )
    codes = np.zeros(len(events), np.int64)
    codes[which] = 1 + chosen
    return events, pa.array([[], *map(list, _SETS)], pa.list_(pa.string())).take(pa.array(codes))


def break_status(events, broken_rules, which, status):
    """Say `status`, which no rule knows, in the rows where the mask `which` is true. Returns the table and the rules."""
    rows = np.flatnonzero(which)
    events = _put(events, "status", rows, [status], np.zeros(len(rows), np.int64))
    rules = pa.concat_arrays([broken_rules, pa.array([["valid_status"]], broken_rules.type)])
    return events, rules.take(pa.array(np.where(which, len(broken_rules), np.arange(len(broken_rules)))))


def _put(events, field, rows, values, form):
    """`events` with values[form] in `field` of the rows at the positions `rows`."""
    column = events[field].combine_chunks()
    mask = np.zeros(len(events), bool)
    mask[rows] = True
    column = pc.replace_with_mask(column, pa.array(mask), pa.array(values, column.type).take(pa.array(form)))
    return events.set_column(events.schema.get_field_index(field), field, column)
