"""The ledger: every generated event is accounted for, or named.

    generated  = silver + quarantined + deduplicated + too late for silver
    silver     = counted + too late for the window + still waiting            (for each gold table)

The left side is the simulator's truth, the right side is read from the tables. "Too late" is not a rest that makes the sum
come out: a missing row counts as too late only if the watermark could have passed it. A watermark never runs ahead of the
newest event before the row minus the stream's delay; a row that is missing without being behind that line was lost.
DuckDB does the sums: the auditor is not the engine that is audited.
"""

from dataclasses import dataclass, field

import duckdb

from . import landing, runtime
from .pipeline import checkpoints
from .pipeline.gold import GOLD
from .tables import BRONZE, LANDING, QUARANTINE, SILVER, TABLES


@dataclass
class Ledger:
    """The sums of one lake. `lost` and `doubled` name the table and the delivery_id, or for gold the window's rows."""

    generated: int = 0
    landed: int = 0
    bronze: int | None = None
    silver: int | None = None
    quarantined: int = 0
    deduplicated: int = 0
    too_late_for_silver: int = 0
    gold: dict = field(default_factory=dict)
    lost: list = field(default_factory=list)
    doubled: list = field(default_factory=list)

    @property
    def balanced(self):
        """Whether nothing was lost or doubled and every sum comes out."""
        sums = [self.landed == self.generated]
        if self.bronze is not None:
            sums.append(self.bronze == self.generated)
        if self.silver is not None:
            parts = self.silver + self.quarantined + self.deduplicated + self.too_late_for_silver
            sums.append(parts == self.generated)
        sums += [entry["counted"] + entry["too_late"] + entry["waiting"] == self.silver for entry in self.gold.values()]
        return all(sums) and not self.lost and not self.doubled

    def as_dict(self):
        """What `--json` prints: the counts, gold.<table>.{counted, too_late, waiting}, balanced, lost, doubled."""
        return {**self.__dict__, "balanced": self.balanced}

    def __str__(self):
        lines = [f"{'generated':<34}{self.generated:>12,}", f"{'landed':<34}{self.landed:>12,}"]
        if self.bronze is not None:
            lines.append(f"{'bronze':<34}{self.bronze:>12,}")
        if self.silver is not None:
            lines += [
                f"{'  silver':<34}{self.silver:>12,}",
                f"{'  quarantined':<34}{self.quarantined:>12,}",
                f"{'  deduplicated':<34}{self.deduplicated:>12,}",
                f"{'  too late for silver':<34}{self.too_late_for_silver:>12,}",
            ]
        if self.gold:
            lines.append(f"{'silver, in each gold table':<34}{'counted':>12}{'too late':>12}{'waiting':>12}")
            lines += [
                f"  {table:<32}{entry['counted']:>12,}{entry['too_late']:>12,}{entry['waiting']:>12,}"
                for table, entry in self.gold.items()
            ]
        lines += [f"LOST     {item}" for item in self.lost[:20]] + [f"DOUBLED  {item}" for item in self.doubled[:20]]
        lines.append("balanced: every event is accounted for" if self.balanced else "NOT BALANCED")
        return "\n".join(lines)


def reconcile(spark, upto="gold"):
    """Compare the open lake with the simulator's truth, up to 'landing', 'bronze', 'silver' or 'gold'. Returns a Ledger.

    Raises SleighError if a table of that part does not exist.
    """
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    db.register("truth", landing.truth())
    ledger = Ledger(generated=_one(db, "SELECT count(*) FROM truth"))
    # What a message is called in the tables: its id or, where the id is what is broken, its timestamp, as sent.
    db.execute("""
        CREATE TABLE sent AS
        SELECT *, CASE WHEN NOT list_contains(broken_rules, 'valid_delivery_id') THEN delivery_id
                       WHEN NOT list_contains(broken_rules, 'valid_timestamp')
                       THEN strftime(event_time, '%Y-%m-%dT%H:%M:%S.%gZ') ELSE '?' END AS name
        FROM truth""")
    ledger.landed = _compare(spark, db, ledger, LANDING, "sent")
    if upto == "landing":
        return ledger
    ledger.bronze = _compare(spark, db, ledger, BRONZE, "sent")
    if upto == "bronze":
        return ledger
    groups = {column for table in GOLD for column in TABLES[table].groups}
    db.register("silver", runtime.read(spark, SILVER.name, ["delivery_id", "delivery_timestamp", *sorted(groups)]))
    _silver(db, ledger)
    ledger.quarantined = _compare(spark, db, ledger, QUARANTINE, "pen")
    if upto == "gold":
        for table in GOLD:
            _gold(spark, db, ledger, TABLES[table])
    return ledger


def _silver(db, ledger):
    ledger.silver = _one(db, "SELECT count(*) FROM silver")
    # `line` is the highest the watermark can be when the message arrives: valid messages move it, broken ones do not.
    db.execute(f"""
        CREATE TABLE fate AS
        SELECT t.*, s.delivery_id IS NOT NULL AS arrived, t.event_time <= t.line AS droppable,
               row_number() OVER (PARTITION BY t.delivery_id ORDER BY t.seq) AS sending
        FROM (SELECT *, max(event_time) FILTER (kind <> 'broken') OVER
                            (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                        - INTERVAL '{SILVER.watermark_minutes} minutes' AS line FROM sent) t
        LEFT JOIN (SELECT DISTINCT delivery_id FROM silver) s USING (delivery_id)""")
    ledger.deduplicated = _one(db, "SELECT count(*) FROM fate WHERE arrived AND sending > 1")
    ledger.too_late_for_silver = _one(
        db, "SELECT count(*) FROM fate WHERE kind <> 'broken' AND NOT arrived AND coalesce(droppable, false)"
    )
    ledger.lost += _names(
        db,
        "SELECT 'silver: ' || delivery_id FROM fate "
        "WHERE kind <> 'broken' AND NOT arrived AND sending = 1 AND NOT coalesce(droppable, false) ORDER BY seq",
    )
    ledger.doubled += _names(
        db, "SELECT 'silver: ' || delivery_id FROM silver GROUP BY delivery_id HAVING count(*) > 1 ORDER BY 1"
    )
    ledger.doubled += _names(
        db,
        "SELECT 'silver: ' || delivery_id || ' (never sent)' FROM silver ANTI JOIN truth USING (delivery_id) ORDER BY 1",
    )
    # Broken rows are in quarantine, but for those that were repaired: they are in silver, under their true id.
    db.execute("CREATE TABLE pen AS SELECT * FROM fate WHERE kind = 'broken' AND NOT arrived")


def _compare(spark, db, ledger, table, expected):
    """Name the messages of `expected` (a table of db) that `table` lacks or has too often. Returns its number of rows."""
    rows = runtime.read(spark, table.name, ["delivery_id", "timestamp"])
    db.register("rows", rows)
    db.execute(f"""
        CREATE OR REPLACE TEMP TABLE tally AS
        SELECT coalesce(e.name, h.name) AS name, coalesce(expected, 0) AS expected, coalesce(found, 0) AS found, ids
        FROM (SELECT name, count(*) AS expected, list(DISTINCT delivery_id ORDER BY delivery_id) AS ids
              FROM {expected} GROUP BY name) e
        FULL JOIN (SELECT CASE WHEN length(trim(delivery_id)) > 0 THEN delivery_id
                               WHEN TRY_CAST(timestamp AS TIMESTAMPTZ) IS NOT NULL THEN timestamp
                               ELSE '?' END AS name, count(*) AS found FROM rows GROUP BY ALL) h USING (name)
        WHERE expected IS DISTINCT FROM found""")
    db.unregister("rows")
    ledger.lost += _names(
        db, f"SELECT '{table.layer}: ' || unnest(ids) AS lost FROM tally WHERE found < expected ORDER BY lost"
    )
    ledger.doubled += _names(db, f"SELECT '{table.layer}: ' || name FROM tally WHERE found > expected ORDER BY name")
    return len(rows)


def _gold(spark, db, ledger, table):
    length = f"INTERVAL '{table.window_minutes} minutes'"
    closed = checkpoints.watermark(table.name)
    db.register("gold", runtime.read(spark, table.name, [*table.key, table.counted]))
    same = " AND ".join(f"w.{column} IS NOT DISTINCT FROM g.{column}" for column in table.key)
    by = "".join(f", {column}" for column in table.groups)
    label = f"concat_ws(' / ', {', '.join(f'w.{column}' for column in table.groups)})" if table.groups else "''"
    # A repaired row came at an unknown time after the others, so it may have been too late for any window.
    db.execute(
        f"""
        CREATE OR REPLACE TABLE windows AS
        WITH came AS (
            SELECT s.*, time_bucket({length}, delivery_timestamp) AS window_start, t.kind = 'broken' AS repaired,
                   max(delivery_timestamp) OVER (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                   - INTERVAL '{table.watermark_minutes} minutes' AS line
            FROM silver s JOIN fate t ON s.delivery_id = t.delivery_id AND t.sending = 1),
        w AS (
            SELECT window_start{by}, count(*) AS rows, list(delivery_id ORDER BY delivery_id) AS ids,
                   count(*) FILTER (repaired OR window_start + {length} <= line) AS droppable
            FROM came GROUP BY ALL)
        SELECT w.rows, w.droppable, w.ids, g.counted,
               coalesce(w.window_start, g.window_start) AS window_start, {label} AS key,
               coalesce(w.window_start + {length} > epoch_ms(?), true) AS open
        FROM w FULL JOIN (SELECT {", ".join(table.key)}, sum({table.counted})::BIGINT AS counted
                          FROM gold GROUP BY ALL) g ON {same}""",
        [closed],
    )
    counted, too_late, waiting = db.execute("""
        SELECT coalesce(sum(counted), 0)::BIGINT,
               coalesce(sum(greatest(rows - counted, 0)) FILTER (counted IS NOT NULL), 0)::BIGINT
                   + coalesce(sum(rows) FILTER (counted IS NULL AND NOT open), 0)::BIGINT,
               coalesce(sum(rows) FILTER (counted IS NULL AND open), 0)::BIGINT
        FROM windows""").fetchall()[0]
    ledger.gold[table.name] = {"counted": counted, "too_late": too_late, "waiting": waiting}
    ledger.lost += _names(
        db,
        f"""SELECT '{table.name}: ' || (rows - coalesce(counted, 0)) || ' of window ' || strftime(window_start, '%H:%M')
                || ' ' || key || ', among ' || array_to_string(ids[:5], ' ')
            FROM windows WHERE rows - coalesce(counted, 0) > droppable AND NOT (counted IS NULL AND open)
            ORDER BY window_start, key""",
    )
    ledger.doubled += _names(
        db,
        f"""SELECT '{table.name}: window ' || strftime(window_start, '%H:%M') || ' ' || coalesce(key, '')
                || ' counts ' || counted || ' of ' || coalesce(rows, 0)
            FROM windows WHERE counted > coalesce(rows, 0) ORDER BY window_start, key""",
    )


def _one(db, sql):
    return db.execute(sql).fetchall()[0][0]


def _names(db, sql):
    return [row[0] for row in db.execute(sql).fetchall()]
