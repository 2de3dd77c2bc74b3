"""What became of each row of silver on the route, and how much of what was wrong with it was found.

silver = examined + waiting for the watermark or for the next stop + too late
"""

from pathlib import Path

import duckdb
import pyarrow as pa

from ... import landing, runtime
from ...ledger import Audit
from ...pipeline import checkpoints
from ...tables import ROUTE_ANOMALIES, ROUTE_HOPS, SILVER
from . import rules

COUNTS = ("examined", "waiting", "too_late", "silver", "found", "missed", "false")


def audit(spark):
    """An Audit of the open lake. Its counts are COUNTS, see fates.sql; wrong names rows examined twice, or never.

    found, missed and false are figures, no errors: how good the rules are, from the simulator's truth.
    """
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    truth = landing.truth()
    if "anomaly" not in truth.column_names:
        truth = truth.append_column("anomaly", pa.repeat("", len(truth)))
    db.register("truth", truth)
    db.register("silver", runtime.read(spark, SILVER.name, ["delivery_id", "delivery_timestamp"]))
    db.register("hops", runtime.read(spark, ROUTE_HOPS.name, ["delivery_id", "kind", "examined_at"]))
    db.register("anomalies", runtime.read(spark, ROUTE_ANOMALIES.name, ["delivery_id"]))
    for variable, value in {
        "delay": f"INTERVAL '{ROUTE_HOPS.watermark_minutes} minutes'",
        "passed": f"epoch_ms({checkpoints.watermark(ROUTE_HOPS.name)})::TIMESTAMPTZ",
        "kinds": list(rules.KINDS),
    }.items():
        db.execute(f"SET VARIABLE {variable} = {value}")
    db.execute((Path(__file__).parent / "fates.sql").read_text())
    counts = dict(zip(COUNTS, db.execute("FROM counts").fetchall()[0], strict=True))
    line = (
        f"examined {counts['examined']:,} + waiting {counts['waiting']:,} + too late {counts['too_late']:,}"
        f" = silver {counts['silver']:,}; anomalies: found {counts['found']:,}, missed {counts['missed']:,},"
        f" false {counts['false']:,}"
    )
    wrong = tuple(row[0] for row in db.execute("FROM wrong").fetchall())
    return Audit("route_anomalies", line, counts, wrong)
