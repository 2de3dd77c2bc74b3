"""Checkpoints: what the checkpoint of a stream says, and whether it fits what is about to be written.

Spark's own files are read here and never changed, but for state that belongs to no micro-batch: `metadata` holds the
stream's id, offsets/<n> what micro-batch n was to read and with which watermark, commits/<n> that it ended. We add one
note, the mode in which a gold table was begun.
"""

import json
import shutil
from pathlib import Path

from .. import runtime
from ..errors import SleighError
from ..tables import TABLES


def watermark(table, lake=None):
    """The watermark of the stream that writes `table` in its last finished micro-batch, in ms since 1970; 0 before any.

    `lake`: its folder; the open one if not given.
    """
    folder = (lake or runtime.lake()) / "_checkpoints" / table
    finished = [int(path.name) for path in (folder / "commits").glob("[0-9]*") if path.name.isdigit()]
    if not finished:
        return 0
    lines = (folder / "offsets" / str(max(finished))).read_text().splitlines()
    return json.loads(lines[1])["batchWatermarkMs"]


def clear_unplanned(table):
    """Remove what a stream has left that was killed before it had planned a single micro-batch."""
    # State without offsets, or half a plan in a hidden file: Spark refuses such a checkpoint for good
    # (STATE_STORE_CHECKPOINT_LOCATION_NOT_EMPTY). Nothing has been read yet, so nothing is lost. `metadata` stays.
    folder = Path(runtime.checkpoint(table))
    if not any((folder / "offsets").glob("[0-9]*")):
        for left in [folder / name for name in ("state", "offsets", "commits") if (folder / name).exists()]:
            shutil.rmtree(left)


def require_unfilled(table):
    """Raise SleighError if the checkpoint says that `table`, which is not there, had been filled."""
    # An empty table made anew would get only what comes from now on, and all that was in it would be missing.
    written = Path(runtime.checkpoint(table)) / "commits"
    if any(written.glob("[0-9]*")):
        raise SleighError(
            f"{table} is gone, and its checkpoint says that it was filled: bring it back, or delete {written.parent} too, "
            "to fill it anew"
        )


def require_mode(table, mode):
    """Raise SleighError if `table` was begun in the other mode."""
    # Spark would go on: the windows that live mode has shown would be appended once more as final, or the other way round.
    note = _mode_note(table)
    if note.exists() and note.read_text() != mode:
        raise SleighError(
            f"{table} was begun in {note.read_text()} mode: go on with --mode {note.read_text()}, or use another lake"
        )


def note_mode(table, mode):
    """Remember, beside the checkpoint's files, in which mode gold table `table` is written."""
    _mode_note(table).write_text(mode)


def _mode_note(table):
    return Path(runtime.checkpoint(table)) / "sleigh-mode"


# What Spark 4.2 and Delta 4.4 say when a checkpoint meets other grouping keys, other aggregates, another stateful operator
# or none, another source, another number of sources (tests/pipeline/test_streams.py provokes each).
_OTHER_PLAN = (
    "STATE_STORE_KEY_SCHEMA_NOT_COMPATIBLE",
    "STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE",
    "STREAMING_STATEFUL_OPERATOR_NOT_MATCH_IN_STATE_METADATA",
    "DIFFERENT_DELTA_TABLE_READ_BY_STREAMING_SOURCE",
    "sources in the checkpoint offsets",
)


def explained(error, table):
    """What to raise for an error of the stream that writes `table`: one line for what the reader can mend, else itself."""
    text = str(error)
    if any(sign in text for sign in _OTHER_PLAN):
        folder = runtime.checkpoint(table) if table in TABLES else "its checkpoint"
        return SleighError(
            f"the checkpoint of {table} was written by another query: delete {folder} and the table's folder in the lake, "
            "then run again"
        )
    return error
