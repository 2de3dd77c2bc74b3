"""The line of the alerts in the ledger: all that the outbox says was sent and received, and it says what the rule gives.

    outbox 6 = sent 6 = received 6 · alerts 3 = by the rule 3

The last number is found by DuckDB, from silver, in SQL that shares nothing with rule.py. For a window of which gold has not
counted every delivery (one was too late) gold's counts are taken: the ledger's lines before this one say what became of it.
"""

import json
from collections import Counter
from pathlib import Path

import duckdb

from ... import runtime
from ...ledger import Audit
from ...tables import ALERTS, BY_REGION, SILVER
from . import messages
from .outbox import COUNTS, RULE, alert_id


def reconcile(spark):
    """The Audit of the open lake. On Databricks, where nothing is sent, only what the outbox says."""
    outbox = runtime.read(spark, ALERTS.name).to_pylist()
    silver = runtime.read(spark, SILVER.name, ["region", "delivery_timestamp", "is_delayed"])
    right = by_rule(silver, runtime.read(spark, BY_REGION.name, list(COUNTS)))
    standing = {
        row["alert_id"]: row["window_start"] if row["kind"] == "cleared" else None
        for row in _newest(outbox)
        if row["kind"] != "retracted"
    }
    wrong = [f"{name}: the rule raises it, the outbox does not" for name in sorted(right.keys() - standing.keys())]
    wrong += [f"{name}: it stands, and the rule does not raise it" for name in sorted(standing.keys() - right.keys())]
    both = sorted(right.keys() & standing.keys())
    wrong += [
        f"{name}: it ends at {standing[name]}, by the rule at {right[name]}"
        for name in both
        if standing[name] != right[name]
    ]
    counts = {"outbox": len(outbox)}
    if runtime.backend().has_files:
        more, problems = _sent(outbox)
        counts, wrong = counts | more, wrong + problems
    counts |= {"alerts": len(standing), "by_rule": len(right)}
    line = " = ".join(f"{name} {count}" for name, count in counts.items() if name not in ("alerts", "by_rule"))
    return Audit(ALERTS.name, f"{line} · alerts {len(standing)} = by the rule {len(right)}", counts, tuple(wrong))


def _newest(outbox):
    """The last row of each alert."""
    return {row["alert_id"]: row for row in sorted(outbox, key=lambda row: row["change"])}.values()


def by_rule(silver, gold):
    """{alert_id: start of the window that ended it, or None} as SQL finds them; both are pyarrow Tables.

    silver: region, delivery_timestamp, is_delayed. gold: region, window_start, total_deliveries, delayed_deliveries.
    """
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    db.register("silver", silver)
    db.register("gold", gold)
    for name, value in {"late": RULE.on, "well": RULE.off, "least": RULE.least, "z": f"{RULE.z}::DOUBLE"}.items():
        db.execute(f"SET VARIABLE {name} = {value}")
    for name, minutes in {"silence": RULE.silence, "length": BY_REGION.window_minutes}.items():
        db.execute(f"SET VARIABLE {name} = INTERVAL '{minutes} minutes'")
    found = db.execute((Path(__file__).parent / "by_rule.sql").read_text()).fetchall()
    return {alert_id(region, raised): cleared for region, raised, cleared in found}


def _sent(outbox):
    """({"sent": n, "received": n}, what is wrong), from the notes of both sides."""
    with messages.notes(runtime.lake(), "sender") as db:
        sent = dict(db.execute("SELECT key, status FROM sent").fetchall())
    with messages.notes(runtime.lake(), "receiver") as db:
        received = {key: json.loads(body) for key, body in db.execute("SELECT key, body FROM received").fetchall()}
    told = {messages.key(row): messages.body(row) for row in outbox}
    keys = Counter(map(messages.key, outbox))
    wrong = [f"{key}: {times} times in the outbox" for key, times in sorted(keys.items()) if times > 1]
    wrong += [f"{key}: not sent" for key in sorted(told.keys() - sent.keys())]
    wrong += [f"{key}: refused with {status}" for key, status in sorted(sent.items()) if status >= 300]
    wrong += [
        f"{key}: sent, and not received"
        for key in sorted(key for key in sent.keys() - received.keys() if sent[key] < 300)
    ]
    wrong += [f"{key}: received, and not in the outbox" for key in sorted(received.keys() - told.keys())]
    wrong += [
        f"{key}: received as something else"
        for key in sorted(told.keys() & received.keys())
        if told[key] != received[key]
    ]
    return {"sent": sum(status < 300 for status in sent.values()), "received": len(received)}, wrong
