"""The feed of status changes: the rules that a change must keep, what keeps them, and what does not."""

from datetime import timedelta

from pyspark.sql import functions as F

from ...domain import NIGHT_END, NIGHT_START
from ...pipeline import expectations
from ...tables import QUARANTINE_STATUS_CHANGES

_CHANGED = "try_to_timestamp(changed_at)"
_FIRST, _LAST = NIGHT_START - timedelta(hours=1), NIGHT_END + timedelta(hours=1)

# Whether there is such a delivery cannot be looked up: the first change comes before the delivery's own message, and that
# may be an hour late, or broken for good. What no id of ours looks like is no delivery for certain.
RULES = {
    "known_delivery": r"delivery_id RLIKE r'^SD-[0-9]+-[0-9]+\z'",
    "positive_sequence": "sequence > 0",
    "known_status": "status IN ('en_route', 'delivered', 'delayed', 'returned')",
    "valid_changed_at": (
        f"changed_at LIKE '____-__-__%' AND {_CHANGED} "
        f"BETWEEN TIMESTAMP '{_FIRST:%Y-%m-%dT%H:%M:%SZ}' AND TIMESTAMP '{_LAST:%Y-%m-%dT%H:%M:%SZ}'"
    ),
}


def valid(landing):
    """The changes that keep every rule: delivery_id, sequence, status as sent, changed_at timestamp."""
    return expectations.valid(landing, RULES).withColumn("changed_at", F.expr(_CHANGED))


def quarantine(landing):
    """The others, as they came, with their reasons: tables.QUARANTINE_STATUS_CHANGES."""
    return expectations.quarantine(landing, RULES).select(*QUARANTINE_STATUS_CHANGES.columns.names)
