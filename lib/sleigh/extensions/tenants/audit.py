"""The line of the ledger: every row of silver is one tenant's, and is delivered, waits, or is kept apart.

    silver = delivered + waiting + failed + unknown + off-boarded          for each tenant, and for all

off-boarded: rows of silver whose tenant has left; tenant_deliveries has none of them.
"""

from pathlib import Path

import duckdb

from ... import runtime
from ...ledger import Audit
from ...tables import SILVER, TENANT_DELIVERIES, TENANTS

PARTS = ("delivered", "waiting", "failed", "unknown", "off-boarded")


def audit(spark):
    """Compare tenant_deliveries of the open lake with its silver. Returns an Audit.

    Its counts are those of the line, and `tenants`: {region: {"silver", and PARTS}}, "NULL" for rows without a region.
    Raises SleighError if a table is missing.
    """
    with duckdb.connect() as db:
        db.register("silver", runtime.read(spark, SILVER.name, ["delivery_id", "region"]))
        names = ["delivery_id", "region", "tenant", "state", "came_in", "delivered_in"]
        db.register("deliveries", runtime.read(spark, TENANT_DELIVERIES.name, names))
        db.register("tenants", runtime.read(spark, TENANTS.name, ["tenant", "status"]))
        db.execute((Path(__file__).parent / "audit.sql").read_text())
        wrong = [line for (line,) in db.execute("SELECT line FROM wrong ORDER BY line").fetchall()]
        states = db.execute("SELECT coalesce(region, 'NULL'), state, count(*) FROM deliveries GROUP BY ALL").fetchall()
        rows = db.execute("""
            SELECT coalesce(region, 'NULL'), count(*), count(*) FILTER (t.status = 'off-boarded')
            FROM silver s LEFT JOIN tenants t ON s.region = t.tenant GROUP BY 1""").fetchall()
    tenants = {region: {"silver": n, **dict.fromkeys(PARTS, 0), "off-boarded": gone} for region, n, gone in rows}
    for region, state, n in states:
        empty = {"silver": 0, **dict.fromkeys(PARTS, 0)}
        tenants.setdefault(region, empty)[state] = n
    total = {name: sum(counts[name] for counts in tenants.values()) for name in ("silver", *PARTS)}
    line = f"silver {total['silver']:,} {'≠' if wrong else '='} "
    line += " + ".join(f"{part} {total[part]:,}" for part in PARTS) + f" · {len(tenants)} regions"
    return Audit("tenants", line, total | {"tenants": dict(sorted(tenants.items()))}, tuple(wrong))
