"""A Delta table's log, read without Spark: what it says of the streams that write the table, and what is left for one that
reads it.

The newest state is delta-rs' to read, which knows the checkpoints of a log; single commits are read from their JSON files.
Format: PROTOCOL.md of github.com/delta-io/delta. Which file has which place in an offset: DeltaSource.scala there.
"""

import json
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlparse

from .. import runtime
from ..errors import SleighError, first_line


class File(NamedTuple):
    """A data file that a stream has still to read. rows: None where the log does not say; deleted: of them, by a vector."""

    version: int
    path: Path
    size: int
    rows: int | None
    deleted: int = 0


class Stop(NamedTuple):
    """Why a stream stops at `version` of its source. what: `log` (its commit is gone) or `change` (by `operation`)."""

    version: int
    what: str
    operation: str = ""


def opened(path, version=None):
    """The DeltaTable at `path`, at `version` or its newest; None if there is none, or one that only Spark can read.

    Raises SleighError, one line, if its log is damaged.
    """
    path = Path(path)
    if not (path / "_delta_log").is_dir():
        return None
    runtime.require_whole_log(path)
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, DeltaProtocolError

    try:
        return DeltaTable(str(path), version=version)
    except DeltaProtocolError:
        return None
    except DeltaError as error:
        said = first_line(error)
        raise SleighError(f"the log of {path.name} is damaged ({said}): bring {path}/_delta_log back") from None


def written(path, stream):
    """The last micro-batch of `stream` (an id) that the table at `path` has, as its log says; None where it says nothing."""
    delta = opened(path)
    return None if delta is None else delta.transaction_version(stream)


def commits(path):
    """The versions of the table at `path` whose commits are there, sorted."""
    return sorted(int(file.stem) for file in (Path(path) / "_delta_log").glob("*.json") if file.stem.isdigit())


def actions(path, version):
    """What a commit did, a list of dicts. Raises OSError if it is gone.

    A line ends where the byte says so: text knows other ends (U+2028), which may stand in a column's least or largest value.
    """
    return [json.loads(line) for line in _commit(path, version).splitlines() if line.strip()]


def _commit(path, version):
    return (Path(path) / "_delta_log" / f"{version:020}.json").read_bytes()


def operation(done):
    """The name of what the actions `done` are, WRITE or MERGE, say; "" if they do not tell."""
    return next((action["commitInfo"].get("operation", "") for action in done if "commitInfo" in action), "")


def txns(done):
    """{stream: micro-batch} that the actions `done` say they wrote."""
    return {action["txn"]["appId"]: action["txn"]["version"] for action in done if "txn" in action}


def added(path, version):
    """Where the files are that a commit added."""
    return {_place(Path(path), action["add"]["path"]) for action in actions(path, version) if "add" in action}


def restored(path):
    """[(version, restored to which)] of each RESTORE among the commits of the table at `path` that are there."""
    found = []
    for version in commits(path):
        try:
            text = _commit(path, version)
        except OSError:  # cleaned up meanwhile
            continue
        if b'"RESTORE"' in text:
            done = actions(path, version)
            asked = [action["commitInfo"].get("operationParameters", {}) for action in done if "commitInfo" in action]
            # None for one to a time: the log does not say which version that was.
            if operation(done) == "RESTORE" and asked[0].get("version") is not None:
                found.append((version, int(asked[0]["version"])))
    return found


def unread(path, begin, end=None, options=None):
    """([File], Stop or None): what a stream has still to read of the table at `path`, and where it will have to stop.

    begin: where its last finished micro-batch ended, an offset as the checkpoint has it (a dict), None before any; end: the
    offset to which its first micro-batch is planned already. options: of Delta's source, strings.
    """
    options, path = options or {}, Path(path)
    newest, asked = opened(path).version(), options.get("startingVersion")
    files, first, read = [], 0, 0
    if begin is None and asked is not None:
        first = newest + 1 if asked == "latest" else int(asked)
    elif begin is None or begin["isStartingVersion"]:
        at = begin["reservoirVersion"] if begin else _planned_from(end) if end else newest
        files, first = _snapshot(path, at)[begin["index"] + 1 if begin else 0 :], at + 1
    else:
        first, read = begin["reservoirVersion"], max(begin["index"] + 1, 0)
    for version in range(first, newest + 1):
        try:
            done = actions(path, version)
        except OSError:
            return files, Stop(version, "log")
        added, stops = _read_of(done, version, path, options)
        if stops:
            return files, Stop(version, "change", operation(done))
        files += added[read if version == first else 0 :]
    return files, None


def cleaned(path, begin, end):
    """The Stop at the first commit from offset `begin` to offset `end` that is gone from the log, or None."""
    if begin is None or end is None:
        return None
    there, first = set(commits(path)), begin["reservoirVersion"]
    if begin["isStartingVersion"]:
        try:
            opened(path, first)
        except SleighError:
            return Stop(first, "log")
        first += 1
    gone = [version for version in range(first, end["reservoirVersion"]) if version not in there]
    return Stop(gone[0], "log") if gone else None


def _planned_from(end):
    """The version whose rows a first micro-batch that ends at offset `end` begins with."""
    return end["reservoirVersion"] if end["isStartingVersion"] else end["reservoirVersion"] - 1


def _snapshot(path, version):
    """All files of the table at `version`, in the order in which a stream begins with them."""
    import pyarrow as pa

    delta = opened(path, version)
    columns = ["path", "size_bytes", "modification_time", "num_records"]
    # pa.table() would load pandas, which takes a second.
    rows = (
        pa.RecordBatchReader.from_stream(delta.get_add_actions()).read_all().select(columns).to_pylist()
        if delta
        else []
    )
    rows.sort(key=lambda row: (row["modification_time"], row["path"]))
    return [File(version, _place(path, row["path"]), row["size_bytes"], row["num_records"]) for row in rows]


def _read_of(done, version, path, options):
    """([File] that a stream reads of the commit `done`, whether it stops there instead)."""
    changed = {kind: [action[kind] for action in done if kind in action] for kind in ("add", "remove", "cdc")}
    added, removed = ([file for file in changed[kind] if file["dataChange"]] for kind in ("add", "remove"))

    def asked(name):
        return str(options.get(name, "")).lower() == "true"

    if asked("readChangeFeed"):
        return [_file(version, path, file) for file in changed["cdc"] or added + removed], False
    if removed and asked("skipChangeCommits"):
        return [], False
    passes = asked("ignoreChanges") or (asked("ignoreDeletes") and not added)
    return [_file(version, path, file) for file in added], bool(removed) and not passes


def _file(version, path, action):
    rows = json.loads(action.get("stats") or "{}").get("numRecords")
    vector = action.get("deletionVector") or {}
    return File(version, _place(path, action["path"]), action.get("size"), rows, vector.get("cardinality", 0))


def _place(path, name):
    """Where on this machine a file of the log is, which is named from the table's folder on, or by a whole address."""
    parts = urlparse(name)
    return Path(unquote(parts.path)) if parts.scheme == "file" else path / unquote(name)
