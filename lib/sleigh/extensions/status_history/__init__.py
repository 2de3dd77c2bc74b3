"""Status transitions (lesson 16): which status each delivery is in, since when, and what it was before.

changes.py reads the feed and sets apart what is broken. current.py keeps one row a delivery, in the order of the sequence
numbers; history.py keeps every status with its time (SCD type 2); transitions.py reads what became of the rows of current
from its change data feed. audit.py is the line in the ledger, and the only one that knows the simulator's truth.
"""

from ...pipeline.stages import Stream
from ...tables import (
    LANDING_STATUS_CHANGES,
    QUARANTINE_STATUS_CHANGES,
    STATUS_CURRENT,
    STATUS_HISTORY,
    STATUS_TRANSITIONS,
)
from . import changes, current, history, transitions
from .audit import audit

__all__ = ["FEEDS", "STAGES", "TRIGGERS", "audit", "prepare"]

FEEDS = ("status_changes",)

STAGES = {
    "status": [
        Stream(LANDING_STATUS_CHANGES, changes.quarantine, QUARANTINE_STATUS_CHANGES),
        Stream(LANDING_STATUS_CHANGES, current.rows, STATUS_CURRENT, write=current.write),
        Stream(LANDING_STATUS_CHANGES, history.rows, STATUS_HISTORY, write=history.write),
    ],
    "transitions": [
        Stream(STATUS_CURRENT, transitions.rows, STATUS_TRANSITIONS, options=transitions.CHANGE_DATA_FEED),
    ],
}

TRIGGERS = {
    QUARANTINE_STATUS_CHANGES.name: 9,
    STATUS_CURRENT.name: 4,
    STATUS_HISTORY.name: 8,
    STATUS_TRANSITIONS.name: 6,
}
"""A MERGE rewrites the files that it touches, so it had better find a few commits of the feed at a time."""


def prepare(spark):
    """Nothing is needed that no stream makes."""
