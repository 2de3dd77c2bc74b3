"""A lake's folder on this machine: the names of what is no table in it, and whether a lake can be kept in it."""

import os
import re
import sys
import uuid
from pathlib import Path

from ..errors import SleighError

CHECKPOINTS, TRUTH, LIVE, SCRATCH, MODELS = "_checkpoints", "_truth", "_live", "_scratch", "_models"
"""The lake's own folders beside its tables: the streams' checkpoints, what was sent, a live run's notes, a reader's own, and
models."""

EXTENSIONS = "_extensions"
"""And what extensions keep that is no table, a folder each."""

_PROBE = ".writable"


def strange(path, tables):
    """The names of what lies at `path` and belongs to no lake with `tables`, sorted."""
    own = {*tables, CHECKPOINTS, TRUTH, LIVE, SCRATCH, MODELS, EXTENSIONS, ".DS_Store"}  # the last one is Finder's
    names = {entry.name for entry in path.iterdir()} - own
    return sorted(name for name in names if not name.startswith(_PROBE))  # a probe that was interrupted


_UNREADABLE = re.compile(r"[\x00-\x1f\x7f\[\]{}*?|^\\]|%[0-9a-fA-F]{2}")


def resolved(folder):
    """The absolute path of `folder`. Raises SleighError if it is none that Spark, delta-rs and DuckDB read alike."""
    if not str(folder).strip():
        raise SleighError("the lake's folder has no name: name one, --lake build/lake")
    path = Path(folder).resolve()
    # delta-rs takes %20 for a blank and a backslash for a slash, and gives up at brackets; the others are patterns.
    found = _UNREADABLE.search(str(path))
    if found:
        raise SleighError(
            f"a lake cannot be kept in {str(path)!r}: not every program reads {found[0]!r} in a folder's name as it is; "
            "choose another with --lake"
        )
    if not str(path).isascii() and sys.getfilesystemencoding() != "utf-8":
        raise SleighError(
            f"a lake cannot be kept in {str(path)!a} while Python spells names in {sys.getfilesystemencoding()}: "
            "export PYTHONUTF8=1, or choose another with --lake"
        )
    return path


def require_usable(folder):
    """The absolute path of `folder`, made if need be. Raises SleighError if a lake cannot be kept there.

    What cannot work is refused here, before anything is written: a name that is read in two ways, a folder that cannot be
    written, a file system without hard links.
    """
    path = resolved(folder)
    new = not path.exists()
    probe = path / f"{_PROBE}-{uuid.uuid4().hex}"
    link = probe.with_suffix(".link")
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe.touch()
    except OSError as error:
        raise SleighError(
            f"cannot write to the lake's folder {folder} ({error.strerror}): choose another with --lake"
        ) from None
    try:
        os.link(probe, link)  # how delta-rs commits: a name that is taken stays
        link.unlink()
        probe.unlink()
    except OSError as error:
        probe.unlink(missing_ok=True)
        if new:
            path.rmdir()
        raise SleighError(
            f"the file system of the lake's folder {folder} has no hard links ({error.strerror}), and commits need them: "
            "choose another with --lake"
        ) from None
    return path
