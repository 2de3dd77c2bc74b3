"""The ledger: every generated event is accounted for, or named.

    generated  = silver + quarantined + deduplicated + too late for silver
    silver     = counted + too late for the window + still waiting            (for each gold table)

The left side is the simulator's truth, the right side is read from the tables. "Too late" is not a rest that makes the sum
come out: a missing row counts as too late only if the watermark could have passed it. A watermark never runs ahead of the
newest event before the row minus the stream's delay; a row that is missing without being behind that line was lost.
DuckDB does the sums, by the SQL files beside this one: the auditor is not the engine that is audited.
"""

import contextlib
import tempfile
from pathlib import Path

import duckdb

from .. import landing, runtime
from ..pipeline import checkpoints, expectations
from ..pipeline.gold import GOLD
from ..tables import BRONZE, LANDING, QUARANTINE, SILVER, TABLES
from .balance import Audit, Ledger

__all__ = ["Audit", "Ledger", "reconcile", "windows"]

MEMORY = "600MB"
"""What DuckDB may keep in memory: ten million messages do not fit, and the rest is in a temporary file meanwhile."""


def reconcile(spark, upto="gold"):
    """Compare the open lake with the simulator's truth, up to 'landing', 'bronze', 'silver' or 'gold'. Returns a Ledger.

    Raises SleighError if a table of that part does not exist.
    """
    with _database() as db:
        return _reconcile(spark, db, upto)


def _reconcile(spark, db, upto):
    ledger = Ledger(generated=_one(db, "SELECT count(*) FROM sent"))
    ledger.landed = _compare(spark, db, ledger, LANDING, "sent")
    if upto == "landing":
        return ledger
    ledger.bronze = _compare(spark, db, ledger, BRONZE, "sent")
    if upto == "bronze":
        return ledger
    groups = {column for table in GOLD for column in TABLES[table].groups}
    columns = ["delivery_id", "delivery_timestamp", *sorted(groups)]
    db.register("rows", runtime.scan(spark, SILVER.name, columns))
    db.execute(f"CREATE TABLE silver AS SELECT {', '.join(columns)} FROM rows")
    _silver(db, ledger)
    # Broken rows are in quarantine, but for those that were repaired: they are in silver, under their true id.
    broken = "(SELECT * FROM fate WHERE kind = 'broken' AND NOT arrived)"
    ledger.quarantined = _compare(spark, db, ledger, QUARANTINE, broken)
    if upto == "gold":
        for table in GOLD:
            ledger.gold[table], lost, doubled = _windows(spark, db, TABLES[table])
            ledger.lost += lost
            ledger.doubled += doubled
    return ledger


def windows(spark, table, silver):
    """Compare `table`, a Table of windows that an extension makes of silver, with silver, as reconcile does for gold.

    silver: a pyarrow Table of all its rows with delivery_id, delivery_timestamp and the columns of table.groups. Returns
    ({counted, too_late, waiting}, what is lost or doubled, a line each).
    """
    with _database() as db:
        db.register("silver", silver)
        _run(db, "fate", delay=_minutes(SILVER.watermark_minutes))
        counts, lost, doubled = _windows(spark, db, table)
    return counts, lost + doubled


@contextlib.contextmanager
def _database():
    """A DuckDB database with the messages that were sent, see sent.sql; in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="sleigh-") as folder, duckdb.connect(f"{folder}/ledger.db") as db:
        db.execute(f"SET TimeZone = 'UTC'; SET memory_limit = '{MEMORY}'; SET preserve_insertion_order = false")
        _run(db, "sent")
        for part in landing.truth_parts(["seq", "delivery_id", "event_time", "kind", "broken_rules"]):
            db.register("part", part)
            _run(db, "take")
        if _one(db, "SELECT count(*) > count(DISTINCT seq) FROM sent"):  # files overlap where a producer was begun anew
            db.execute("CREATE OR REPLACE TABLE sent AS SELECT DISTINCT ON (seq) * FROM sent")
        yield db


def _compare(spark, db, ledger, table, expected):
    """Name the messages of `expected` (a relation of db) that `table` lacks or has too often. Returns its number of rows."""
    db.register("rows", runtime.scan(spark, table.name, ["delivery_id", "timestamp"]))
    db.execute(f"CREATE OR REPLACE TEMP VIEW expected AS FROM {expected}")
    _run(db, "tally", visible=f"'{expectations.VISIBLE}'")
    ledger.lost += _names(db, table.layer, "SELECT unnest(ids) AS name FROM tally WHERE found < sent ORDER BY name")
    ledger.doubled += _names(db, table.layer, "SELECT name FROM tally WHERE found > sent ORDER BY name")
    return _one(db, "SELECT count(*) FROM rows")


def _silver(db, ledger):
    _run(db, "fate", delay=_minutes(SILVER.watermark_minutes))
    ledger.silver = _one(db, "SELECT count(*) FROM silver")
    ledger.deduplicated = _one(db, "SELECT count(*) FROM fate WHERE arrived AND sending > 1")
    missing = "kind <> 'broken' AND NOT arrived"
    ledger.too_late_for_silver = _one(db, f"SELECT count(*) FROM fate WHERE {missing} AND droppable")
    lost = f"SELECT delivery_id FROM fate WHERE {missing} AND sending = 1 AND NOT droppable ORDER BY seq"
    twice = "SELECT delivery_id FROM silver GROUP BY delivery_id HAVING count(*) > 1 ORDER BY 1"
    strange = "SELECT delivery_id || ' (never sent)' FROM silver ANTI JOIN sent USING (delivery_id) ORDER BY 1"
    ledger.lost += _names(db, SILVER.layer, lost)
    ledger.doubled += _names(db, SILVER.layer, twice) + _names(db, SILVER.layer, strange)


def _windows(spark, db, table):
    """({counted, too_late, waiting}, lost, doubled) of a table of windows; db has silver, with its groups, and fate."""
    groups = f"[{', '.join(table.groups)}]::VARCHAR[] AS groups"
    db.register("gold", runtime.read(spark, table.name, [*table.key, table.counted]))
    db.execute(f"CREATE OR REPLACE TEMP VIEW deliveries AS SELECT *, {groups} FROM silver")
    db.execute(f"""
        CREATE OR REPLACE TEMP VIEW counts AS
        SELECT window_start, {groups}, sum({table.counted})::BIGINT AS counted FROM gold GROUP BY ALL""")
    _run(
        db,
        "windows",
        length=_minutes(table.window_minutes),
        delay=_minutes(table.watermark_minutes),
        closed=checkpoints.watermark(table.name),
    )
    counted, too_late, waiting = db.execute(_sql("counted")).fetchall()[0]
    counts = {"counted": counted, "too_late": too_late, "waiting": waiting}
    return counts, *(_names(db, table.name, _sql(name)) for name in ("lost_windows", "doubled_windows"))


def _minutes(number):
    return f"INTERVAL '{number} minutes'"


def _sql(name):
    return (Path(__file__).parent / f"{name}.sql").read_text()


def _run(db, name, **variables):
    """Run file `name`, which reads the variables by getvariable; each is given as SQL."""
    for variable, value in variables.items():
        db.execute(f"SET VARIABLE {variable} = {value}")
    db.execute(_sql(name))


def _one(db, sql):
    return db.execute(sql).fetchall()[0][0]


def _names(db, table, sql):
    return [f"{table}: {row[0]}" for row in db.execute(sql).fetchall()]
