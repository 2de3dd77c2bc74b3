"""Feeds: what comes beside the messages, each into a landing table of its own, with its truth kept as theirs is.

A feed is as far as its own table says, whatever the messages have done: one that was killed, or is asked for on a lake that
has some of the night, first catches up.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq

from .. import runtime
from ..domain import NIGHT_MINUTES, night_milliseconds
from ..errors import SleighError
from ..paths import whole
from ..simulator.status_changes import status_changes
from ..tables import LANDING_STATUS_CHANGES
from .sent import first_minute, kept
from .write import last_second

SLICE_MINUTES = 60
"""Minutes of a feed made at a time, fewer at a high rate."""

ROWS_IN_MEMORY = 300_000


class Feed(NamedTuple):
    """table: its landing table. make: the simulator's function of night.night's arguments, which gives (rows, truth)."""

    table: object
    make: object


FEEDS = {"status_changes": Feed(LANDING_STATUS_CHANGES, status_changes)}
"""Every feed by its name. Its truth has number (unique) and arrival_time."""


def check(names):
    """Raise SleighError for the name of a feed that there is not."""
    for name in names:
        if name not in FEEDS:
            raise SleighError(f"there is no feed {name!r}; there are {', '.join(FEEDS)}")


def truth(name):
    """The truth of what feed `name` has sent to the open lake, by number. Raises SleighError if it has sent nothing."""
    folder = runtime.lake() / runtime.TRUTH / name
    if not any(folder.glob("*.parquet")):
        raise SleighError(f"this lake has no feed {name}: land it with landing.generate(spark, feeds=[{name!r}])")
    return kept(folder, "number", last_second(runtime.lake(), FEEDS[name].table.name))


def sender(lake, name, append, *, rate, seed, faults):
    """A function send(until) that lands what feed `name` sends before second `until` of the night; it returns the rows.

    append(table, rows, arrival_time, until) writes a commit, as write.append_files. The sender goes on where the landing
    table of the lake at folder `lake` is; a fresh one begins where the lake's night does, whose truth must be kept by then.
    """
    table, make = FEEDS[name]
    reached = max(60 * first_minute(lake), last_second(lake, table.name) or 0)
    length = max(1, min(SLICE_MINUTES, ROWS_IN_MEMORY // rate))
    rows, arrival, slice_end = None, None, 0

    def send(until):
        nonlocal reached, rows, arrival, slice_end
        landed = 0
        while reached < until:
            if reached >= slice_end:
                start = reached // 60
                minutes = min((start // length + 1) * length, NIGHT_MINUTES) - start
                rows, truth = make(minutes, start_minute=start, rate=rate, seed=seed, faults=faults)
                _keep(lake, name, start, minutes, truth)
                arrival, slice_end = truth["arrival_time"], 60 * (start + minutes)
            stop = min(until, slice_end)
            first, last = np.searchsorted(night_milliseconds(arrival), [1000 * reached, 1000 * stop])
            if last > first:
                landed += append(table.name, rows.slice(first, last - first), arrival.slice(first, last - first), stop)
            reached = stop
        return landed

    return send


def _keep(lake, name, start, minutes, truth):
    folder = Path(lake) / runtime.TRUTH / name
    folder.mkdir(exist_ok=True)
    with whole(folder / f"{start:05d}-{start + minutes:05d}.parquet") as part:
        pq.write_table(truth, part)
