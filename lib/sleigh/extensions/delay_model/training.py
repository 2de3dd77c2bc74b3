"""Train: rows of silver -> the card of a logistic regression, see models."""

import datetime as dt

from ...errors import SleighError
from . import models
from .features import FEATURES, TARGET

STRENGTH = 1.0
"""C of scikit-learn: the smaller, the more strongly weights are drawn towards 0. A gift seen twice gets a small one."""


def fit(silver, features=FEATURES):
    """The card of a model of is_delayed, from a batch DataFrame of silver rows and some of features.AT_DEPARTURE.

    Spark counts, scikit-learn fits: a logistic regression of names needs no row, only how often each combination of them
    was there, delayed and not. So the night may have a million deliveries. A NULL weighs nothing.
    Raises SleighError for a feature that is not known at departure, and unless some rows are delayed and some are not.
    """
    from pyspark.sql import functions as F

    models.require_features(features)
    counts = silver.groupBy(*features, TARGET).agg(
        F.count("*").alias("rows"),
        F.min("delivery_timestamp").alias("first"),
        F.max("delivery_timestamp").alias("last"),
    )
    groups = counts.toArrow().to_pylist()
    if {group[TARGET] for group in groups} != {0, 1}:
        raise SleighError(
            "a model needs deliveries that were delayed and some that were not: train on more of the night"
        )
    intercept, weights = _weights(groups, features)
    return models.card(
        intercept,
        weights,
        rows=sum(group["rows"] for group in groups),
        delayed=sum(group["rows"] * group[TARGET] for group in groups),
        first=_text(min(group["first"] for group in groups)),
        last=_text(max(group["last"] for group in groups)),
    )


def _weights(groups, features):
    """(intercept, {feature: {value: weight}}) from how often (`rows`) each combination of features and target occurs."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    names = [
        (feature, value) for feature in features for value in sorted({group[feature] for group in groups} - {None})
    ]
    x = np.array([[float(group[feature] == value) for feature, value in names] for group in groups])
    # Newton's method ends at the one best answer to the last digit, so every machine gets the same weights.
    model = LogisticRegression(C=STRENGTH, solver="newton-cholesky", tol=1e-10, max_iter=100)
    model.fit(x, [group[TARGET] for group in groups], sample_weight=[group["rows"] for group in groups])
    weights = {feature: {} for feature in features}
    for (feature, value), weight in zip(names, model.coef_[0], strict=True):
        weights[feature][value] = float(weight)
    return float(model.intercept_[0]), weights


def _text(time):
    return time.astimezone(dt.UTC).isoformat(timespec="milliseconds")
