"""Where each stream of a lake stands, and what a restart would do: from checkpoints and Delta's logs alone, without Spark.

Nothing is written and nothing locked: it may be a lake on which streams run, or a copy that nobody may write to. facts.py
reads what checkpoint, table and sources say, state.py the state, target.py who has written the table; faults.py knows what
is wrong, and text.py is for a terminal.
"""

import datetime as dt
from pathlib import Path

from ... import runtime
from ...errors import SleighError
from ...tables import TABLES, Table
from ..stages import STREAMS
from . import facts, faults, state
from .text import table

__all__ = ["KEYS", "stream", "streams", "table"]

KEYS = (
    *("stream", "source", "last_offset", "last_commit", "restart", "watermark", "state_rows"),
    *("files_waiting", "rows_waiting", "broken", "unknown"),
)
"""Of each dict. stream: the table that it writes; source: those that it reads, with commas between.
last_offset, last_commit: the last micro-batch that was planned, and that has ended; None before any.
restart: what it would do, in words, as Spark does it; streams.start refuses some of what doubles or loses rows.
watermark: of the last micro-batch that has ended, as Spark's progress has it (ISO 8601); None where there is none.
state_rows: as Spark's progress counts them. files_waiting, rows_waiting: of the sources, behind the last micro-batch that
has ended. broken: what is wrong, and the way out, in a line; None if nothing is. unknown: {key: why it is None}.
"""


def streams(lake=None, also=()):
    """A dict (see KEYS) for each stream of the lake at folder `lake`, else of the open one, in the order of the pipeline.

    Those of the pipeline that have a source to begin with, those of `also` (pipeline.stages.Stream), and whatever else has
    a checkpoint. Raises SleighError if there is no lake, or if its tables are no files of this machine.
    """
    if not runtime.backend().has_files:
        raise SleighError("the files of a lake are read here, and in this place the catalog has them")
    lake = Path(lake).resolve() if lake else runtime.lake()
    listed = {stream.target.name: stream for stream in [*STREAMS.values(), *also]}
    kept = lake / runtime.CHECKPOINTS
    if not kept.is_dir() and not any((lake / name / "_delta_log").is_dir() for name in TABLES):
        raise SleighError(
            f"there is no lake in {lake}: name the folder that has the tables, `sleigh inspect build/lake`"
        )
    found = []
    for name, each in listed.items():
        # A stream of the pipeline has one source, WeatherStream two: whatever Table is not the one that it writes.
        sources = [
            lake / value.name for value in vars(each).values() if isinstance(value, Table) and value != each.target
        ]
        if (kept / name).is_dir() or any((path / "_delta_log").is_dir() for path in (lake / name, sources[0])):
            options, stateful = getattr(each, "options", {}), each.target.watermark_minutes is not None
            found.append(_inspected(lake / name, kept / name, sources, options, stateful=stateful, lake=lake))
    others = sorted(path.name for path in kept.glob("*") if path.is_dir() and path.name not in listed)
    # These may write whatever table, or none: it is the one of their name only if that is there.
    return found + [_inspected(lake / name, kept / name, [], lake=lake, anywhere=True) for name in others]


def stream(table_path, checkpoint_path, source_paths, options=None):
    """The dict of any stream that writes the Delta table at `table_path`.

    source_paths: of the Delta tables that it reads, one or several in the order of its plan. options: of its source.
    """
    paths = [source_paths] if isinstance(source_paths, str | Path) else source_paths
    return _inspected(Path(table_path), Path(checkpoint_path), [Path(path) for path in paths], options or {})


def _inspected(path, checkpoint, sources, options=None, *, stateful=False, lake=None, anywhere=False):
    seen = facts.look(path, checkpoint)
    if anywhere and not seen.has_table:
        seen = seen._replace(has_table=None)
    reads = facts.reads(seen, sources, options, lake)
    held = state.at(checkpoint, 0 if seen.last_commit is None else seen.last_commit + 1)
    restart, broken = faults.first(seen, reads, held, stateful) or (faults.restart(seen), None)
    named = ", ".join(read.path.name for read in reads if read.path)
    entry = dict.fromkeys(KEYS) | {"stream": path.name, "source": named or None, "restart": restart, "broken": broken}
    entry |= {"last_offset": seen.last_offset, "last_commit": seen.last_commit, "watermark": _iso(seen.watermark)}
    entry |= {"state_rows": held.rows, "unknown": {}}
    if held.rows is None:
        entry["unknown"]["state_rows"] = held.unknown or f"{held.missing} is gone"
    for key, count in (("files_waiting", facts.files), ("rows_waiting", facts.rows)):
        entry[key], why = count(reads)
        entry["unknown"] |= {key: why} if why else {}
    return entry


def _iso(watermark):
    if not watermark:
        return None
    return dt.datetime.fromtimestamp(watermark / 1000, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
