"""What is wrong with a stream that is to start again, the worst first, each with the way out; and what a sound one does."""

from .target import merges, since, streams_of, undone

STOPS = "stops with an error"


def restart(seen):
    """What a restart does with a sound checkpoint."""
    last = seen.last_offset
    if last is None:
        return "starts from the beginning"
    if last == seen.last_commit:
        return f"goes on with micro-batch {last + 1}"
    if seen.mark is not None and seen.mark >= last:
        return f"repeats micro-batch {last}: its rows are in the table already, nothing is written twice"
    if merges(seen.table):
        return f"repeats micro-batch {last} and merges it, once more if the table has it: the same keys get the same values"
    if seen.mark is None and seen.ended:
        return (
            f"repeats micro-batch {last}, and whether the table has it is not known: its log names no micro-batch (txn)"
        )
    return f"repeats micro-batch {last} and writes it"


def first(seen, reads, held, stateful):
    """(what a restart does, what is wrong and the way out, one line) of the worst fault, or None.

    held: the state.State; stateful: whether the stream is known to keep state.
    """
    fault = _of_checkpoint(seen) or _of_table(seen, reads) or _of_state(seen, held, stateful)
    return fault or next((fault for read in reads if (fault := _of_source(seen, read))), None)


def _anew(seen):
    return f"delete {seen.checkpoint} and the table's folder, to fill it anew"


def _back(seen, name=""):
    return f"bring {seen.checkpoint / name} back, or {_anew(seen)}"


def _of_checkpoint(seen):
    """Files of the checkpoint that are gone, cut off or do not fit together."""
    last, ended = seen.last_offset, seen.last_commit
    if last is None and ended is None:
        if seen.has_rows:
            said = f"the table has rows, and the checkpoint of the stream that wrote them is gone: {_back(seen)}"
            return "starts from the beginning, and writes what the table has once more", said
        return None
    if ended is not None and (last is None or ended > last):
        does = (
            f"repeats micro-batch {last}, and stops"
            if last is not None
            else "begins with micro-batch 0 once more, and stops"
        )
        return (
            does,
            f"commits/{ended} says that micro-batch {ended} has ended, and offsets/{ended} is gone: {_back(seen)}",
        )
    if isinstance(seen.said["metadata"], str):
        knows = next((name for name, batch in streams_of(seen.table).items() if batch >= last), None)
        write = f'write {{"id":"{knows}"}} into it, as the table knows the stream' if knows else _anew(seen)
        return STOPS, f"{seen.said['metadata']}: bring {seen.checkpoint / 'metadata'} back, or {write}"
    if last and last - 1 not in seen.planned:
        return STOPS, f"offsets/{last - 1} is gone, between others: {_back(seen, f'offsets/{last - 1}')}"
    for number in (last, last - 1):
        said = seen.said.get(f"offsets/{number}")
        if isinstance(said, str):
            written = ended == number or (seen.mark is not None and seen.mark >= number)
            # A plan that came to nothing may be made anew; of one that did not, the table would leave out the new rows.
            way = _back(seen, f"offsets/{number}") if written or number < last else _delete(seen, "offsets", number)
            return STOPS, f"{said}: {way}"
    if isinstance(said := seen.said.get(f"commits/{ended}"), str):
        return STOPS, f"{said}: {_delete(seen, 'commits', ended)}"
    return None


def _delete(seen, log, number):
    then = "is planned anew" if log == "offsets" else "is repeated, and what the table has of it is not written twice"
    if log == "commits" and seen.mark is None and not merges(seen.table):
        then = "is repeated, which its sink has to bear"
    return f"delete {seen.checkpoint / log / str(number)}, and micro-batch {number} {then}"


def _of_table(seen, reads):
    """A table that has not what the checkpoint says, or more."""
    last, mark = seen.last_offset, seen.mark
    if seen.problem:
        return STOPS, seen.problem
    if last is None or seen.has_table is None or (not seen.has_table and seen.last_commit is None):
        return None
    if not seen.has_table:
        does = f"goes on with micro-batch {last + 1} in a new table"
        return does, f"the table is gone, and its checkpoint says that it was filled: bring it back, or {_anew(seen)}"
    if mark is not None and mark > last:
        skipped = f"micro-batch {last + 1}" + (f" to {mark}" if mark > last + 1 else "")
        said = f"the checkpoint is older than the table, whose log (txn) has micro-batches up to {mark}: bring the newer one"
        return f"skips what it reads as {skipped} without a word", f"{said} back, or {_anew(seen)}"
    if mark is None and seen.ended and streams_of(seen.table):
        said = "the rows of the table are those of another stream (its log has another id), not of this checkpoint"
        return f"goes on with micro-batch {last + 1}, whatever the table has", f"{said}: {_back(seen)}"
    return _of_restore(seen, reads)


def _of_restore(seen, reads):
    gone = undone(seen)
    if not gone:
        return None
    which = f"micro-batch {gone[0]}" + (f" to {gone[-1]}" if len(gone) > 1 else "")
    said = f"RESTORE has taken {which} out of the table, whose log (txn) still says that it has them: no restart brings the"
    way = f"rows back, a stream with a new checkpoint and {since(seen, reads[0].path if reads else None, gone[0])} does"
    repeats = seen.last_offset != seen.last_commit and seen.last_offset in gone
    return f"repeats micro-batch {seen.last_offset}, and writes nothing" if repeats else restart(seen), f"{said} {way}"


def _of_state(seen, held, stateful):
    if held.missing:
        return STOPS, f"{held.missing} is gone, which micro-batch {seen.last_commit + 1} needs: {_back(seen)}"
    if stateful and seen.last_commit is not None and not (seen.checkpoint / "state").is_dir():
        return STOPS, f"the state is gone, which micro-batch {seen.last_commit + 1} needs: {_back(seen, 'state')}"
    return None


def _of_source(seen, read):
    """A source that is not the one that was read, that has lost what is still to be read, or that has changed."""
    if read.path is None and read.id:
        said = f"it reads a table that is not in the lake any more (its offsets name the id {read.id}): bring it back"
        return STOPS, f"{said}, or {_anew(seen)}"
    if read.path is None or (read.found is None and seen.last_offset is None):
        return None
    name = read.path.name
    if read.found is None:
        return STOPS, read.problem if "damaged" in read.problem else f"{name}, which it reads, is gone: bring it back"
    if read.id not in (None, read.found):
        said = f"{name} was made anew, and the checkpoint is of the one before (its offsets name the id {read.id})"
        return STOPS, f"{said}: bring that one back, or {_anew(seen)}"
    if read.offset and _ahead(read):
        said = (
            f"the checkpoint is ahead of {name}: it was read up to version {read.offset['reservoirVersion']}, and there"
        )
        does = f"goes on with micro-batch {seen.last_offset + 1} when {name} has got there, and leaves out what comes before"
        return STOPS if _lost(
            read.again, read.newest
        ) else does, f"{said} are {read.newest + 1}: bring the newer {name} back, or {_anew(seen)}"
    return _of_rest(seen, read, name)


def _lost(offset, newest):
    """Whether an offset is in the middle of a version that a stream has begun with, and that is not there any more."""
    return bool(offset and offset["isStartingVersion"] and offset["reservoirVersion"] > newest)


def _ahead(read):
    version = read.offset["reservoirVersion"] + (read.offset["index"] >= 0)
    return version > read.newest + 1


def _of_rest(seen, read, name):
    """The same of what is still to be read."""
    for file in read.files:
        if not file.path.is_file():
            gone = sum(not each.path.is_file() for each in read.files)
            said = f"{gone} files that are still to be read are gone from {name}, {file.path.name} of version {file.version}"
            return (
                STOPS,
                f"{said} first (VACUUM?): bring them back, or {_anew(seen)}; ignoreMissingFiles loses their rows",
            )
        if file.size is not None and file.path.stat().st_size != file.size:
            said = f"{file.path.name} of {name} is damaged: it has {file.path.stat().st_size:,} of {file.size:,} bytes"
            return STOPS, f"{said}: bring it back; ignoreCorruptFiles loses its rows"
    if read.stop and read.stop.what == "log":
        said = f"the log of {name} has no version {read.stop.version} any more, which a restart reads (cleaned up?)"
        return STOPS, f"{said}: bring it back, or {_anew(seen)}"
    if read.stop:
        said = f"version {read.stop.version} of {name} ({read.stop.operation}) changes or deletes rows that were read"
        return f"stops at version {read.stop.version} of {name}", (
            f"{said}: {_anew(seen)}, or pass over it with skipChangeCommits"
        )
    return None
