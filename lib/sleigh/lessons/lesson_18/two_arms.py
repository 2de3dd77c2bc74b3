"""A dozen deliveries in two arms as a stream, and what a learner's function makes of them: for exercise 18.2."""

import datetime as dt

from .. import small_stream
from ..attempt import Wrong
from ..frames import rows

TEN = dt.datetime(2026, 12, 24, 10, tzinfo=dt.UTC)

# Seconds after 10:00, arm, delayed. Two arms and one that nobody knows; a window without A, one that begins with its first
# delivery, and one that is still open: the last delivery moves the watermark to 10:31.
DELIVERIES = [
    (5, "A", 1),
    (61, "A", 0),
    (599, "A", 0),
    (120, "B", 0),
    (121, "B", 0),
    (330, "B", 1),
    (331, "B", 1),
    (400, "undefined", 1),
    (700, "B", 1),
    (1000, "B", 0),
    (1200, "A", 0),
    (1201, "B", 0),
    (2160, "A", 1),
]

COLUMNS = ("window_start", "a", "delayed_a", "b", "delayed_b")


def run(side_by_side):
    """(the rows that the stream of the answer writes in append mode, as dicts; the watermark of its last micro-batch)"""
    landed = [
        {"delivery_timestamp": TEN + dt.timedelta(seconds=at), "arm": arm, "is_delayed": late}
        for at, arm, late in DELIVERIES
    ]
    columns = "delivery_timestamp timestamp, arm string, is_delayed int"
    written, steps = small_stream.run(lambda stream: _require_columns(side_by_side(stream)), columns, [landed])
    reached = dt.datetime.fromisoformat(steps[-1]["watermark"])
    return [row for batch in written for row in rows(*COLUMNS)(batch)], reached


def _require_columns(made):
    there = {name.lower() for name in made.columns}
    for name in COLUMNS:
        if name not in there:
            raise Wrong(f"the column {name} is missing: there are {', '.join(made.columns)}.")
    return made
