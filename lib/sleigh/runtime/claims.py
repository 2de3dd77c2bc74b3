"""One process at a time runs the streams of a lake: a lock on a file in it, which ends with the process that has it."""

import fcntl
import os
from pathlib import Path

from ..errors import SleighError
from .folders import LIVE, require_usable
from .place import backend

NOTE = "claim"  # the file's name, below LIVE

_claims = {}  # Path of a folder -> the file whose lock keeps other processes off it


class LakeTaken(SleighError):
    """Another process runs the streams of the lake."""


def claim(folder):
    """Keep other processes from running streams on the lake at `folder`, until release() or the end of this process.

    Two that share checkpoints stop each other's streams. Starts no Spark. Returns whether the claim is new. On Databricks,
    where a lake is no folder, nothing is claimed.
    Raises LakeTaken, a SleighError, if another process has the lake (one line with its number), and SleighError if a lake
    cannot be kept in the folder.
    """
    if not backend().has_files:
        return False
    path = require_usable(folder)
    if path in _claims:
        return False
    (path / LIVE).mkdir(exist_ok=True)
    note = None
    while note is None:
        note = locked(path / LIVE / NOTE, folder)
    note.truncate(0)
    note.write(str(os.getpid()))
    note.flush()
    _claims[path] = note
    return True


def locked(path, folder):
    """The file at `path`, open and locked; None if it was deleted meanwhile, by whoever had the lock."""
    note = path.open("a+")
    try:
        fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        note.seek(0)
        other = f"process {note.read()}".strip()
        note.close()
        raise LakeTaken(
            f"{other} runs the streams of the lake {folder}: stop it first, or choose another with --lake"
        ) from None
    except OSError as error:
        note.close()
        raise SleighError(
            f"the file system of the lake's folder {folder} has no locks ({error.strerror}), and two runs would spoil each "
            "other's checkpoints: choose another with --lake"
        ) from None
    if path.exists() and os.path.samestat(path.stat(), os.fstat(note.fileno())):
        return note
    note.close()
    return None


def release(folder):
    """Let other processes run streams on the lake at `folder` again. Does nothing to one that was not claimed."""
    note = _claims.pop(Path(folder).resolve(), None)
    if note is not None:
        note.close()
