"""The ledger's line: every row of silver has exactly one prediction, by a model that the lake knows."""

from pathlib import Path

import duckdb

from ... import landing, runtime
from ...ledger import Audit
from ...tables import PREDICTIONS, SILVER
from . import models


def audit(spark):
    """Compare the predictions of the open lake with its silver, its models, and the simulator's truth.

    The line ends with the mean of what was predicted, in percent, and of what was the case. Raises SleighError if a table
    is missing.
    """
    db = duckdb.connect()
    db.register("silver", runtime.read(spark, SILVER.name, ["delivery_id"]))
    db.register("predictions", runtime.read(spark, PREDICTIONS.name, ["delivery_id", "probability", "model_version"]))
    db.execute("CREATE TABLE models AS SELECT unnest(?::VARCHAR[]) AS version", [sorted(models.known())])
    wrong = [row[0] for row in db.execute((Path(__file__).parent / "wrong.sql").read_text()).fetchall()]
    rows, scored, predicted = db.execute(
        "SELECT (SELECT count(*) FROM silver), count(*), round(100 * avg(probability), 2) FROM predictions"
    ).fetchall()[0]
    versions = [row[0] for row in db.execute("SELECT DISTINCT model_version FROM predictions ORDER BY 1").fetchall()]
    counts = {"silver": rows, "predictions": scored, "models": versions, "predicted_percent": predicted}
    counts["true_percent"] = _true_percent(db)
    line = f"predictions {scored:,} {'=' if scored == rows else '≠'} silver {rows:,}"
    if None not in (predicted, counts["true_percent"]):
        line += f" · predicted {predicted:.2f} %, true {counts['true_percent']:.2f} %"
    return Audit("delay_model", line + f" · model {', '.join(map(str, versions)) or 'none yet'}", counts, tuple(wrong))


def _true_percent(db):
    """The mean of the true probabilities of the deliveries that have a prediction, in percent; None without any."""
    truth = landing.truth()
    if "delay_probability" not in truth.column_names:
        return None
    db.register("truth", truth)
    return db.execute(
        "SELECT round(100 * avg(delay_probability), 2) FROM truth "
        "WHERE kind <> 'duplicate' AND delivery_id IN (SELECT delivery_id FROM predictions)"
    ).fetchall()[0][0]
