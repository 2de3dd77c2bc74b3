"""The line of the ledger: every status change is accounted for, and every table says what the truth says.

    landed = applied + superseded + repeated + quarantined

applied: it became what status_current says, a row of status_transitions. superseded: a newer one was there before it, or
came with it; it is in the history alone. repeated: a copy of one that had come.
"""

from pathlib import Path

import duckdb

from ... import landing, runtime
from ...ledger import Audit
from ...tables import (
    LANDING_STATUS_CHANGES,
    QUARANTINE_STATUS_CHANGES,
    STATUS_CURRENT,
    STATUS_HISTORY,
    STATUS_TRANSITIONS,
)

TABLES = {
    "landed": LANDING_STATUS_CHANGES,
    "quarantined": QUARANTINE_STATUS_CHANGES,
    "current": STATUS_CURRENT,
    "history": STATUS_HISTORY,
    "transitions": STATUS_TRANSITIONS,
}
"""The tables by the names that audit.sql has for them."""


def audit(spark):
    """Compare the tables of the extension with the truth of the feed. Returns an Audit.

    Raises SleighError if the lake has no such feed, or lacks one of the tables.
    """
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.register("truth", landing.feed_truth("status_changes"))
        for name, table in TABLES.items():
            db.register(name, runtime.read(spark, table.name))
        db.execute((Path(__file__).parent / "audit.sql").read_text())
        wrong = [line for (line,) in db.execute("SELECT line FROM wrong ORDER BY line").fetchall()]
        size = {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("truth", *TABLES)}
    counts = {
        "sent": size["truth"],
        "landed": size["landed"],
        "applied": size["transitions"],
        "superseded": size["history"] - size["transitions"],
        "repeated": size["landed"] - size["quarantined"] - size["history"],
        "quarantined": size["quarantined"],
    }
    parts = " + ".join(f"{name} {counts[name]:,}" for name in ("applied", "superseded", "repeated", "quarantined"))
    return Audit("status_history", f"landed {counts['landed']:,} = {parts}", counts, tuple(wrong))
