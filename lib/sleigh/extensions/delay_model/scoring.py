"""Score: rows of silver -> their predictions, by a Spark expression that serves batch and stream.

No Python runs per row: the weights become a literal map, and the model a few additions and an exp. So it is the same on
Connect, needs no library where Spark works, and no row travels to a Python process and back.
"""

from pyspark.sql import functions as F

from ...tables import PREDICTIONS
from . import models


def probability(model):
    """The Column: how likely a delivery is to be delayed, by a card. What the model has not seen, and NULL, weighs 0."""
    logit = F.lit(model["intercept"])
    for feature, weights in model["weights"].items():
        by_value = F.create_map(*[F.lit(item) for pair in weights.items() for item in pair])
        logit = logit + F.coalesce(by_value[F.col(feature)], F.lit(0.0))
    # Rounded, because the last bits of exp are not the same on every machine.
    return F.round(1 / (1 + F.exp(-logit)), 6)


def score(silver, model):
    """Rows of silver, a batch or a stream -> rows of tables.PREDICTIONS, one for each."""
    rows = (
        silver.withColumn("probability", probability(model))
        .withColumn("model_version", F.lit(model["version"]))
        .withColumn("scored_at", F.current_timestamp())
    )
    return rows.select(*PREDICTIONS.columns.names)


def predictions(silver):
    """The same by the model that the open lake has in use. A stream keeps the one that it was started with."""
    return score(silver, models.load())
