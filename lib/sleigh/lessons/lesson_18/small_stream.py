"""A dozen deliveries in two arms as a stream, and what a learner's function makes of them: for exercise 18.2."""

import datetime as dt
import json
import shutil
import tempfile
from pathlib import Path

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
    from ... import runtime
    from ...pipeline import streams

    folder = Path(tempfile.mkdtemp(prefix="sleigh-check-"))
    try:
        landed = folder / "landed"
        landed.mkdir()
        lines = [
            {"delivery_timestamp": (TEN + dt.timedelta(seconds=at)).isoformat(), "arm": arm, "is_delayed": late}
            for at, arm, late in DELIVERIES
        ]
        (landed / "0.json").write_text("\n".join(map(json.dumps, lines)))
        reader = runtime.session().readStream.schema("delivery_timestamp timestamp, arm string, is_delayed int")
        made = side_by_side(reader.json(str(landed)))
        _require_columns(made)
        written = []
        writer = made.writeStream.foreachBatch(lambda batch, _: written.append(batch.toArrow())).outputMode("append")
        query = writer.option("checkpointLocation", str(folder / "checkpoint")).trigger(availableNow=True).start()
        streams.drain(query)
        reached = dt.datetime.fromisoformat(streams.progress(query)[-1]["watermark"])
        return [row for batch in written for row in rows(*COLUMNS)(batch)], reached
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _require_columns(made):
    there = {name.lower() for name in made.columns}
    for name in COLUMNS:
        if name not in there:
            raise Wrong(f"the column {name} is missing: there are {', '.join(made.columns)}.")
