"""What sender and receiver share: where they keep their notes, what a message is, and its key."""

import contextlib
import sqlite3
from pathlib import Path

from ...tables import ALERTS
from .. import loopback

HEADER = "Idempotency-Key"
"""The header that names a message, the same each time it is sent."""

PATH = "/alerts"

MOST_BYTES = 16_384
"""A message is not longer than this; one is about 300."""

LONGEST_REGION = 1_000
"""Letters of a region that are told; a message may name one of a megabyte, and JSON writes up to 12 bytes for a letter."""

_NOTES = """
    CREATE TABLE IF NOT EXISTS sent (key TEXT PRIMARY KEY, status INTEGER NOT NULL, posts INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS received (key TEXT PRIMARY KEY, body TEXT NOT NULL, posts INTEGER NOT NULL);
"""


def folder(lake):
    """Where both keep what they have to remember, in the lake at folder `lake`; made if need be, and nobody else's."""
    return loopback.folder(lake, ALERTS.name)


@contextlib.contextmanager
def notes(lake, who):
    """A connection to the notes of `who`, sender or receiver: what is written in a block is kept whole or not at all.

    SQLite, because it has a transaction that survives SIGKILL, and a primary key that two processes cannot both insert.
    """
    db = sqlite3.connect(folder(lake) / f"{who}.sqlite", timeout=30, isolation_level="IMMEDIATE")
    try:
        db.executescript(_NOTES)
        with db:
            yield db
    finally:
        db.close()


def key(row):
    """The key of a row of the outbox: of all rows that it will ever have, this one."""
    return f"{row['alert_id']}-{row['change']}"


def body(row):
    """The message of a row of the outbox, a dict that JSON can hold: its columns but the wall clock's."""
    told = row | {"region": row["region"] and row["region"][:LONGEST_REGION]}
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in told.items()
        if name != "written_at"
    }


def rows(lake):
    """The rows of the outbox of the lake at folder `lake`, in the order in which they were written; [] without a table."""
    from deltalake import DeltaTable

    path = Path(lake) / ALERTS.name
    if not (path / "_delta_log").exists():
        return []
    found = DeltaTable(str(path)).to_pyarrow_table().to_pylist()
    return sorted(found, key=lambda row: (row["written_at"], row["window_start"], row["alert_id"], row["change"]))
