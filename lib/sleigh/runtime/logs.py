"""Delta's log of a table of this machine: whether a power cut has left the half of a commit in it.

A commit is written beside the log and then gets its name, so a process that is killed leaves it whole or not at all. A
machine that loses its power may have written the name and not the bytes.
"""

import json
from pathlib import Path

from ..errors import SleighError
from .folders import CHECKPOINTS


def require_whole(table):
    """Raise SleighError, one line, if a commit in the log of the table at `table` is empty or cut off.

    Spark takes an empty one for a commit that changes nothing: its rows are gone, and a stream goes on behind it. Those
    before the log's newest checkpoint are not looked at, nobody reads them to know the table.
    """
    table = Path(table)
    log = table / "_delta_log"
    # The names are of 20 digits, so their order is that of the versions (PROTOCOL.md of github.com/delta-io/delta).
    since = max((path.name[:20] for path in log.glob("*.checkpoint*.parquet")), default="")
    for commit in sorted(log.glob("[0-9]*.json")):
        if commit.stem.isdigit() and commit.stem > since and (how := _torn(commit)):
            checkpoint = table.parent / CHECKPOINTS / table.name
            anew = f", or delete {table} and {checkpoint}, to fill it anew" if checkpoint.is_dir() else ""
            raise SleighError(f"the log of {table.name} is damaged, {commit.name} is {how}: bring {commit} back{anew}")


def _torn(commit):
    """What is wrong with the file of a commit, a word or two; None if it is whole, or has been cleaned up meanwhile."""
    try:
        said = commit.read_bytes().strip(b"\r\n ")
    except FileNotFoundError:
        return None
    if not said.strip(b"\0"):
        return "empty"
    try:
        json.loads(said.splitlines()[-1])
    except ValueError:
        return "cut off"
    return None
