"""What the files of a stream say: its checkpoint, the log of the table that it writes, the logs of those that it reads."""

from pathlib import Path
from typing import NamedTuple

from ...errors import SleighError
from .. import checkpoints, delta_log

MOST_FOOTERS = 2_000
"""Files that are opened to count their rows where the log has no count."""


class Seen(NamedTuple):
    """A checkpoint and the table that its stream writes."""

    table: Path
    checkpoint: Path
    planned: list  # micro-batches that have offsets, and that have a commit
    ended: list
    said: dict  # {file of the checkpoint that a restart reads: its entries, or what is wrong with it, a text}
    id: str | None  # of the stream
    has_table: bool | None  # None: which table it writes is not known
    has_rows: bool
    mark: int | None  # the last micro-batch of this stream that the table's log says it has
    problem: str | None  # why the log cannot be read

    @property
    def last_offset(self):
        return self.planned[-1] if self.planned else None

    @property
    def last_commit(self):
        return self.ended[-1] if self.ended else None

    @property
    def watermark(self):
        """Of the last micro-batch that has ended, ms since 1970; 0 or None if there is none."""
        said = self.said.get(f"offsets/{self.last_commit}")
        return said[0].get("batchWatermarkMs") if isinstance(said, list) else None

    def offsets(self, batch):
        """The offset of each source up to which micro-batch `batch` reads; [] if that cannot be read."""
        said = self.said.get(f"offsets/{batch}")
        return said[1:] if isinstance(said, list) else []


class Read(NamedTuple):
    """A source. path: None if no table of the lake is the one that is meant; id: of that one, in the offsets."""

    path: Path | None
    id: str | None = None
    found: str | None = None  # the id of the table that is there
    newest: int | None = None  # its version
    offset: dict | None = None  # up to which it was read
    again: dict | None = None  # from where on a restart reads the log once more, though not the data
    files: list | None = None  # what is still to be read
    stop: object = None  # a delta_log.Stop
    problem: str | None = None  # why it cannot be read


def look(table, checkpoint):
    """The Seen of a stream. Of one that runs, too: what it does meanwhile is not taken for a fault."""
    for _ in range(5):
        # In this order: of what has ended the plan is there, and of what is in the table.
        ended = checkpoints.numbers(checkpoint / "commits")
        said = {"metadata": _said(checkpoint, "metadata")}
        own = said["metadata"][0].get("id") if isinstance(said["metadata"], list) else None
        target = _target(table, own)
        planned = checkpoints.numbers(checkpoint / "offsets")
        if ended == checkpoints.numbers(checkpoint / "commits"):
            break
    last = planned[-1:]
    names = [f"offsets/{number}" for number in {*last, *[each - 1 for each in last if each], *ended[-1:]}]
    names += [f"commits/{number}" for number in ended[-1:]]
    # The rest is read when one of these has not ended; a first micro-batch's plan says what it began with.
    said |= {name: _said(checkpoint, name) for name in names}
    return Seen(table, checkpoint, planned, ended, said, own, *target)


def _said(checkpoint, name):
    try:
        return checkpoints.said(checkpoint, name)
    except ValueError as problem:
        return str(problem)


def _target(table, own):
    try:
        delta = delta_log.opened(table)
    except SleighError as problem:
        return True, False, None, str(problem)
    if delta is None:
        return (table / "_delta_log").is_dir(), False, None, None
    return True, bool(delta.file_uris()), delta.transaction_version(own) if own else None, None


def reads(seen, paths, options=None, lake=None):
    """The Read of each source: of the tables at `paths`, and of those that the offsets name beside them.

    options: of the sources; None if they are not known. lake: where to look for the others.
    """
    last = seen.last_offset
    before = last if last == seen.last_commit else last - 1 if last else None
    offsets = seen.offsets(before) if before is not None else []
    ends = [] if before is not None else seen.offsets(last)
    named = [entry.get("reservoirId") if isinstance(entry, dict) else None for entry in seen.offsets(last)]
    # Spark asks a source for the last micro-batch also when that has ended.
    agains = seen.offsets(last - 1) if before == last and last else []
    paths = [*paths, *[_with_id(lake, each) for each in named[len(paths) :]]]
    named += [None] * (len(paths) - len(named))
    offsets, ends, agains = ([*entries, *[None] * len(paths)] for entries in (offsets, ends, agains))
    return [_read(*each, options) for each in zip(paths, named, offsets, ends, agains)]  # noqa: B905


def _with_id(lake, wanted):
    """The table of the lake that has this id."""
    for log in sorted(lake.glob("*/_delta_log")) if lake and wanted else []:
        try:
            delta = delta_log.opened(log.parent)
        except SleighError:
            continue
        if delta is not None and delta.metadata().id == wanted:
            return log.parent
    return None


def _read(path, wanted, offset, end, again, options):
    if path is None:
        return Read(None, wanted, problem="no table of the lake has its id" if wanted else "it is no Delta table")
    try:
        delta = delta_log.opened(path)
        if delta is None:
            return Read(path, wanted, problem=f"{path.name} is not there, or only Spark can read it")
        read = Read(path, wanted, delta.metadata().id, delta.version(), offset, again)
        if wanted not in (None, read.found) or (offset and offset["reservoirVersion"] > read.newest + 1):
            return read._replace(problem=f"its offsets are not those of {path.name}")
        files, stop = delta_log.unread(path, offset, end, options or {})
        stop = delta_log.cleaned(path, again, offset) or stop
        if stop and stop.what == "change" and options is None:
            why = f"what it makes of version {stop.version} of {path.name} ({stop.operation}) is in its options"
            return read._replace(files=files, problem=why)
        return read._replace(
            files=files, stop=stop, problem=stop and f"it stops at version {stop.version} of {path.name}"
        )
    except SleighError as problem:
        return Read(path, wanted, problem=str(problem))


def files(reads):
    """(files that wait in all sources, None) or (None, why that is not known)."""
    problem = next((read.problem for read in reads if read.problem), None if reads else "its sources are not known")
    return (None, problem) if problem else (sum(len(read.files) for read in reads), None)


def rows(reads):
    """The same of their rows: as the log has them, or else the files themselves."""
    why = files(reads)[1]
    if why:
        return None, why
    waiting = [file for read in reads for file in read.files]
    if sum(file.rows is None for file in waiting) > MOST_FOOTERS:
        return None, f"more than {MOST_FOOTERS:,} of the files would have to be opened"
    import pyarrow.parquet as pq

    try:
        found = [pq.read_metadata(file.path).num_rows if file.rows is None else file.rows for file in waiting]
    except (OSError, ValueError):
        return None, "a file cannot be read"
    return sum(found) - sum(file.deleted for file in waiting), None
