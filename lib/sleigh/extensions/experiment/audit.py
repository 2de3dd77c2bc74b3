"""The ledger's line: every delivery of silver is in one arm, and in one window of it; beside it the effect that was measured
and the true one.

The arms are found anew, by Python from the ids, and where the night had two routings they are those that served.
"""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ... import landing, ledger, runtime
from ...domain import ROUTING_SALT, ROUTINGS, arm
from ...tables import EXPERIMENT_ARMS, SILVER
from . import analysis
from .assignment import UNDEFINED


def audit(spark):
    """Compare the arms of the open lake with its silver and with the simulator's truth. Returns an Audit.

    counts: silver, A, B, undefined; counted, too_late, waiting; measured and true, B's rate of delays minus A's in points
    (percent of deliveries), measured on what is counted, true on all that were sent; mismatch, see analysis.mismatch, of
    silver. None where nothing can be said. Raises SleighError if a table is missing.
    """
    silver = runtime.read(spark, SILVER.name, ["delivery_id", "delivery_timestamp", "is_delayed"])
    silver = silver.append_column("arm", _arms(silver["delivery_id"]))
    arms = runtime.read(spark, EXPERIMENT_ARMS.name, ["window_start", "window_end", "arm", "deliveries", "delayed"])
    fates, wrong = ledger.windows(spark, EXPERIMENT_ARMS, silver)
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    truth = landing.truth()
    if "arm" not in truth.column_names:  # one routing for all: what the ids say cannot be wrong
        truth = truth.append_column("arm", pa.nulls(len(truth), pa.string()))
    for name, rows in {"silver": silver, "arms": arms, "served": truth}.items():
        db.register(name, rows)
    wrong += [row[0] for row in db.execute((Path(__file__).parent / "wrong.sql").read_text()).fetchall()]
    sizes = dict(db.execute("SELECT arm, count(*) FROM silver GROUP BY arm").fetchall())
    sizes = {name: sizes.get(name, 0) for name in (*ROUTINGS, UNDEFINED)}
    both = [sizes[name] for name in ROUTINGS]
    counts = {"silver": len(silver), **sizes, **fates, "measured": _measured(arms), "true": _true(truth)}
    counts["mismatch"] = float(f"{analysis.mismatch(both, list(ROUTINGS.values())):.2g}") if sum(both) else None
    return ledger.Audit("experiment", _line(counts, sizes), counts, tuple(wrong))


def _line(counts, sizes):
    fates = [f"{name.replace('_', ' ')} {counts[name]:,}" for name in ("counted", "too_late", "waiting")]
    line = f"silver {counts['silver']:,} = " + " + ".join(f"{name} {size:,}" for name, size in sizes.items())
    line += f" = {' + '.join(fates)}"
    if counts["measured"] is not None:
        line += f" · B {counts['measured']:+.2f} points"
        line += f", true {counts['true']:+.2f}" if counts["true"] is not None else ""
    return line + (f" · mismatch p {counts['mismatch']:g}" if counts["mismatch"] is not None else "")


def _arms(ids):
    return pa.array([arm(ROUTING_SALT, each, ROUTINGS) or UNDEFINED for each in ids.to_pylist()], pa.string())


def _measured(arms):
    _, a, b = analysis.looks(arms.to_pylist())
    if not len(a[0]) or not min(a[0][-1], b[0][-1]):
        return None
    return round(100 * float(analysis.difference(a, b)[0][-1]), 2)


def _true(truth):
    """The mean true probability of the deliveries of B minus that of A, in points."""
    if "delay_probability" not in truth.column_names:
        return None
    truth = truth.filter(pc.not_equal(truth["kind"], "duplicate"))
    truth = truth.set_column(truth.schema.get_field_index("arm"), "arm", _arms(truth["delivery_id"]))
    means = truth.group_by("arm").aggregate([("delay_probability", "mean")]).to_pylist()
    means = {row["arm"]: row["delay_probability_mean"] for row in means}
    return round(100 * (means["B"] - means["A"]), 2) if None not in (means.get("A"), means.get("B")) else None
