"""What the log of a table says of the streams that write it: which, how, and whether RESTORE has taken rows out again."""

from ...errors import SleighError
from .. import checkpoints
from ..delta_log import actions, added, commits, operation, restored, txns, unread


def merges(table):
    """Whether rows come into the table by a MERGE that does not say of which micro-batch, as Spark's do in live mode."""
    for version in reversed(commits(table)[-10:]):
        done = actions(table, version)
        if txns(done) or operation(done) == "MERGE":
            return not txns(done)
    return False


def streams_of(table):
    """{id: last micro-batch} of all streams that have written the table, as far as its log reaches back."""
    found = {}
    for version in commits(table):
        found |= _done(txns, table, version, {})
    return found


def _done(of, table, version, otherwise):
    try:
        return of(actions(table, version))
    except OSError:  # cleaned up meanwhile
        return otherwise


def undone(seen):
    """The micro-batches whose rows RESTORE has taken out of the table, while its log still says (txn) that it has them."""
    restores = dict(restored(seen.table))
    if not restores:
        return []
    written = {version: _done(txns, seen.table, version, {}) for version in commits(seen.table)}
    history = {-1: []}  # version -> the commits whose rows it has
    begun, gone = None, set()
    for version, txn in written.items():
        before = history.get(version - 1, [])
        history[version] = history.get(restores[version], []) if version in restores else [*before, version]
        if version not in restores:
            begun = txn.get(seen.id) if begun is None else begun
            continue
        then, now = ({written[at].get(seen.id) for at in rows} - {None} for rows in (before, history[version]))
        # The first rows of a stream, where another had written before: they were taken out because they were there twice.
        others = any(seen.id not in written[at] for at in history[version] if written[at])
        taken = set() if others and begun in then - now else then - now
        gone = (gone | taken) - now
    return sorted(gone)


def since(seen, source, batch):
    """The option with which a new stream of `source` begins where micro-batch `batch` did."""
    if batch == 0:
        return "no startingVersion"
    try:
        begun = checkpoints.said(seen.checkpoint, f"offsets/{batch - 1}")[1]
        if not begun["isStartingVersion"]:
            return f"startingVersion {begun['reservoirVersion']}"
        # In the middle of what the stream has begun with: the rows are in files that earlier commits have added.
        paths = {file.path for file in unread(source, begun)[0]}
        return f"startingVersion {min(version for version in commits(source) if paths & added(source, version))}"
    except (SleighError, OSError, ValueError, LookupError, TypeError):
        return "the startingVersion of its rows"
