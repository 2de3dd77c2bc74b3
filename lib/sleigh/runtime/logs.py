"""Delta's log of a table of this machine: whether a power cut has left half a file in it.

A commit is written beside the log and then gets its name, so a process that is killed leaves it whole or not at all. A
machine that loses its power may have written the name and not the bytes.
"""

import json
import os
from pathlib import Path

from ..errors import SleighError
from .folders import CHECKPOINTS


def require_whole(table):
    """Raise SleighError, one line, if a file in the log of the table at `table` is empty or cut off: a commit, a checkpoint.

    Spark takes an empty commit for one that changes nothing: its rows are gone, and a stream goes on behind it. Commits
    before the log's newest checkpoint are not looked at, nobody reads them to know the table.
    """
    table = Path(table)
    log = table / "_delta_log"
    # The names begin with 20 digits, so their order is that of the versions (PROTOCOL.md of github.com/delta-io/delta).
    commits = sorted(path for path in log.glob("[0-9]*.json") if path.stem.isdigit())
    checkpoints = sorted(log.glob("[0-9]*.checkpoint*.parquet"))
    since = checkpoints[-1].name[:20] if checkpoints else ""
    for part in checkpoints:
        if part.name[:20] == since and (how := _torn_checkpoint(part)):
            complete = [int(path.stem) for path in commits[: int(since) + 1]] == list(range(int(since) + 1))
            way = (
                f", or delete it and {log}/_last_checkpoint, the commits before it are all there" if complete else None
            )
            raise _damaged(table, part, how, way)
    for commit in commits:
        if commit.stem > since and (how := _torn_commit(commit)):
            raise _damaged(table, commit, how)


def _damaged(table, file, how, way=None):
    """The SleighError that says so. way: of going on without the file; by itself to fill a stream's table anew."""
    checkpoint = table.parent / CHECKPOINTS / table.name
    if way is None:
        way = f", or delete {table} and {checkpoint}, to fill it anew" if checkpoint.is_dir() else ""
    return SleighError(f"the log of {table.name} is damaged, {file.name} is {how}: bring {file} back{way}")


def _torn_commit(file):
    """What is wrong with the file of a commit, a word or two; None if it is whole, or has been cleaned up meanwhile."""
    try:
        said = file.read_bytes().strip(b"\r\n ")
    except FileNotFoundError:
        return None
    if not said.strip(b"\0"):
        return "empty"
    try:
        json.loads(said.splitlines()[-1])
    except ValueError:
        return "cut off"
    return None


def _torn_checkpoint(file):
    """The same of a file of a checkpoint, which is Parquet: it ends as it begins."""
    try:
        with file.open("rb") as bytes_:
            begins = bytes_.read(4)
            bytes_.seek(-min(4, file.stat().st_size), os.SEEK_END)
            ends = bytes_.read()
    except FileNotFoundError:
        return None
    return None if begins == ends == b"PAR1" else "cut off" if begins.strip(b"\0") else "empty"
