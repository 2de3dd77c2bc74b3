"""Predict at departure how likely a delivery is to be delayed: silver -> delay_predictions, by the lake's model.

features: what may be asked of a delivery that has not happened yet. training: silver -> a model, a logistic regression.
models: a model is a card of JSON in the lake. scoring: the card as a Spark expression, in the stream. These four are what a
team takes; last_year stands for its history, and audit knows the simulator's truth.
"""

from ...pipeline.stages import Stream
from ...tables import PREDICTIONS, SILVER
from . import last_year, models, scoring, training
from .audit import audit

__all__ = ["STAGES", "TRIGGERS", "audit", "prepare"]

STAGES = {"delay_model": [Stream(SILVER, scoring.predictions, PREDICTIONS)]}

TRIGGERS = {PREDICTIONS.name: 1.3}


def prepare(spark):
    """Give the open lake a model, trained on last year's night, unless it has one."""
    if models.in_use() is None:
        models.save(training.fit(last_year.silver(spark)))
