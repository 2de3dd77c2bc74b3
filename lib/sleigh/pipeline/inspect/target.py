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
    for version in written:
        before = history.get(restores.get(version, version - 1), [])
        history[version] = before if version in restores else [*before, version]
    there = [written[version] for version in history[max(history)]]
    batches = {txn[seen.id] for txn in written.values() if seen.id in txn}
    gone = sorted(batches - {txn[seen.id] for txn in there if seen.id in txn})
    # Where another stream had written before, and this one had not, the rows were taken out because they were there twice.
    repaired = gone[:1] == [min(batches, default=None)] and any(seen.id not in txn for txn in there if txn)
    return [] if repaired else gone


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
