"""Checkpoints: what the checkpoint of a stream says, and whether it fits what is about to be written.

Spark's own files are read here and never changed, but for state that belongs to no micro-batch: `metadata` holds the
stream's id, offsets/<n> what micro-batch n was to read and with which watermark, commits/<n> that it ended. We add one
note, the mode in which a gold table was begun.
"""

import json
import re
import shutil
from pathlib import Path

from .. import runtime
from ..errors import DISK_FULL, FREE_SOME, SleighError
from ..paths import whole
from ..tables import TABLES
from . import delta_log


def watermark(table, lake=None):
    """The watermark of the stream that writes `table` in its last finished micro-batch, in ms since 1970; 0 before any.

    `lake`: its folder; the open one if not given.
    """
    folder = Path(runtime.checkpoint(table, lake))
    finished = numbers(folder / "commits")
    if not finished:
        return 0
    lines = (folder / "offsets" / str(finished[-1])).read_text().splitlines()
    return json.loads(lines[1])["batchWatermarkMs"]


def numbers(folder):
    """The micro-batches of which `folder`, a checkpoint's offsets or commits, has a file, sorted."""
    return sorted(int(path.name) for path in folder.glob("[0-9]*") if path.name.isdigit())


def said(folder, name):
    """What a file of the checkpoint in `folder` says, each line's JSON: metadata has one; offsets/<n> and commits/<n> one
    after the line v1, and offsets/<n> then one for each source, None for one that has nothing yet. All but the latter are
    dicts.

    Raises ValueError, a few words, if the file is cut off or cannot be read.
    """
    try:
        lines = (Path(folder) / name).read_text().splitlines()[name != "metadata" :]
        found = [None if line == "-" else json.loads(line) for line in lines]
    except (OSError, ValueError):
        raise ValueError(f"{name} cannot be read") from None
    if len(found) < 1 + name.startswith("offsets"):
        raise ValueError(f"{name} is cut off")
    if not isinstance(found[0], dict):
        raise ValueError(f"{name} cannot be read")
    return found


def stream_id(folder):
    """The id of the stream whose checkpoint is `folder`: Delta keeps it, with the micro-batch's number, as `txn`."""
    return json.loads((Path(folder) / "metadata").read_text())["id"]


def clear_unplanned(table):
    """Remove what a stream has left that was killed before it had planned a single micro-batch."""
    # State without offsets, or half a plan in a hidden file: Spark refuses such a checkpoint for good
    # (STATE_STORE_CHECKPOINT_LOCATION_NOT_EMPTY). Nothing has been read yet, so nothing is lost. `metadata` stays.
    folder = Path(runtime.checkpoint(table))
    if not numbers(folder / "offsets") and not numbers(folder / "commits"):
        for left in [folder / name for name in ("state", "offsets", "commits") if (folder / name).exists()]:
            shutil.rmtree(left)


def require_fitting(spark, table):
    """Raise SleighError unless checkpoint and `table` belong together: both whole, both begun, neither behind the other.

    Spark goes on with what it finds. Without a checkpoint it writes all rows once more, with half of one it takes new
    rows for those that the table has, and with a table made anew it leaves out all that was in it.
    """
    folder = Path(runtime.checkpoint(table))
    planned, ended = numbers(folder / "offsets"), numbers(folder / "commits")
    if not runtime.has_table(spark, table):
        if planned or ended:
            raise SleighError(
                f"{table} is gone, and its checkpoint says that it was filled: bring it back, or delete {folder} too, "
                "to fill it anew"
            )
        return
    torn = _torn(folder, planned, ended)
    if torn:
        raise _misfit(f"the checkpoint of {table} is damaged ({torn})", folder)
    first = TABLES[table].columns.names[:1] if table in TABLES else None
    if not planned and runtime.read(spark, table, first).num_rows:
        raise _misfit(f"{table} has rows, and the checkpoint of the stream that wrote them is gone", folder)
    # Where the catalog has the files, the log is not to be read.
    if planned and (delta_log.written(runtime.lake() / table, stream_id(folder)) or -1) > max(planned):
        raise _misfit(f"the checkpoint of {table} is older than the table", folder)


def _misfit(what, folder):
    return SleighError(f"{what}: bring {folder} back, or delete it and the table's folder in the lake, to fill it anew")


def _torn(folder, planned, ended):
    """What is missing from a checkpoint or cannot be read, a word or two; None if Spark can go on with it."""
    if ended and (not planned or max(ended) > max(planned)):
        return f"there is no offsets/{max(ended)}"
    if not planned:
        return None
    for name in ("metadata", f"offsets/{max(planned)}", *[f"commits/{max(ended)}" for _ in ended[:1]]):
        try:
            said(folder, name)
        except ValueError as problem:
            return str(problem)
    return None


def require_mode(table, mode):
    """Raise SleighError if `table` was begun in the other mode."""
    # Spark would go on: the windows that live mode has shown would be appended once more as final, or the other way round.
    note = _mode_note(table)
    begun = note.read_text() if note.exists() else mode
    if begun not in ("final", "live"):
        raise SleighError(f"{note} is damaged: write final or live into it, as {table} was begun")
    if begun != mode:
        raise SleighError(f"{table} was begun in {begun} mode: go on with --mode {begun}, or use another lake")


def note_mode(table, mode):
    """Remember, beside the checkpoint's files, in which mode gold table `table` is written."""
    with whole(_mode_note(table)) as part:
        part.write_text(mode)


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


# Others that the reader can mend, what Spark and Delta say of them, and what to do. "{folder}" is the checkpoint.
_ANEW = "delete {folder} and the table's folder in the lake, to fill it anew"
_MENDABLE = (
    (DISK_FULL, FREE_SOME),
    (
        r"DELTA_SOURCE_IGNORE_DELETE|DELTA_SOURCE_TABLE_IGNORE_CHANGES|Detected (deleted data|a data update)",
        "rows of {source} were changed or deleted, and {table} is made of what is appended there: " + _ANEW,
    ),
    (
        r"DELTA_SCHEMA_CHANGED",
        "the columns of {source} have changed, which {table} is made from: run the same command again",
    ),
    (
        r"CANNOT_LOAD_STATE_STORE|MISSING_STATE_DIRECTORY|/state/\d+/\d+/\d+\.(delta|snapshot)",
        "the state in the checkpoint of {table} is damaged: bring {folder} back, or " + _ANEW,
    ),
    (
        r"\[(CAST_INVALID_INPUT|CAST_OVERFLOW)",
        "a value of {source} does not fit the query that makes {table}: use try_cast there, then run it again",
    ),
    (
        r"FILE_NOT_EXIST|is not a Parquet file|CANNOT_READ_FILE_FOOTER|FAILED_READ_FILE",
        "the stream of {table} cannot read {file} of {source}: bring it back, then run the same command again",
    ),
)


def explained(error, table):
    """What to raise for an error of the stream that writes `table`: one line where we know what to do."""
    text = f"{error}\n{getattr(error, '_stackTrace', '')}"  # what is behind it is told there alone
    folder = runtime.checkpoint(table) if table in TABLES else "its checkpoint"
    if any(sign in text for sign in _OTHER_PLAN):
        return SleighError(
            f"the checkpoint of {table} was written by another query: delete {folder} and the table's folder in the lake, "
            "then run again"
        )
    source, file = re.search(r"DeltaSource\[[^]]*/(\w+)\]", text), re.search(r"[^/\s'\"]+\.parquet", text)
    known = {
        "table": table,
        "folder": folder,
        "source": source[1] if source else "the table before it",
        "file": file[0] if file else "a file",
    }
    for sign, what in _MENDABLE:
        if re.search(sign, text):
            return SleighError(what.format(**known))
    return error
