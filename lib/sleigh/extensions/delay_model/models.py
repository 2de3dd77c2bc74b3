"""Models: what a model is, and how a lake keeps it.

A model is a card, a dict that is JSON: intercept and weights {feature: {value: weight}} of a logistic regression, what it
was trained on, and its version, which is the beginning of the hash of all that. It is data, never code: a pickled model runs
whatever is in it when it is loaded, and only under the library that wrote it. So the version of scikit-learn is noted on
the card, and does not matter to whoever predicts.

`<lake>/_models/delay_model/<version>.json` is a card, `current` beside them the version that is in use.
"""

import hashlib
import json

from ... import runtime
from ...errors import SleighError
from ...paths import whole
from .features import AT_DEPARTURE

FORM = "logit of names, 1"
"""What kind of model a card holds. Another kind gets another name here, and old readers refuse it."""

DECIMALS = 6


def card(intercept, weights, **trained_on):
    """The card of a model; trained_on: rows, delayed, first, last (of the event time, ISO 8601)."""
    import sklearn

    weights = {
        feature: {value: round(weight, DECIMALS) for value, weight in by_value.items()}
        for feature, by_value in weights.items()
    }
    made = {"form": FORM, "intercept": round(intercept, DECIMALS), "weights": weights, "trained_on": trained_on}
    return {"version": _hash(made), **made, "made_with": f"scikit-learn {sklearn.__version__}"}


def save(model):
    """Keep a card in the open lake and make it the one in use. Returns its version."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    version = model["version"]
    with whole(folder / f"{version}.json") as part:
        part.write_text(json.dumps(model, indent=1) + "\n")
    with whole(folder / "current") as part:
        part.write_text(version)
    return version


def load(version=None):
    """The card `version` of the open lake, or the one in use.

    Raises SleighError, one line, if the lake has no model or not this one, if the file was damaged or changed, or if the
    model asks for something that is not known at departure.
    """
    version = version or in_use()
    if version is None:
        raise SleighError("this lake has no delay model: extensions.prepare(spark, ['delay_model']) trains one")
    file = _folder() / f"{version}.json"
    if version not in known():
        raise SleighError(f"this lake has no delay model {version}: bring {file} back, or train one anew (lesson 14)")
    try:
        model = json.loads(file.read_text())
        form, weights = model["form"], model["weights"]
    except (ValueError, TypeError, KeyError):
        raise SleighError(f"{file} is damaged: bring it back, or train a model anew (lesson 14)") from None
    if form != FORM:
        raise SleighError(f"{file} holds a model of another kind ({form}): train one anew (lesson 14)")
    if version != _hash({name: part for name, part in model.items() if name not in ("version", "made_with")}):
        raise SleighError(f"{file} was changed after it was written: bring it back, or train a model anew (lesson 14)")
    require_features(weights)
    return model


def in_use():
    """The version that the open lake has in use, or None."""
    note = _folder() / "current"
    return note.read_text().strip() if note.exists() else None


def known():
    """The versions that the open lake has, a set."""
    return {path.stem for path in _folder().glob("*.json")}


def require_features(names):
    """Raise SleighError if one of the columns `names` is not known at departure."""
    for name in names:
        if name not in AT_DEPARTURE:
            raise SleighError(
                f"a delay model cannot use {name!r}: at departure only {', '.join(AT_DEPARTURE)} are known as names"
            )


def _folder():
    return runtime.lake() / runtime.MODELS / "delay_model"


def _hash(made):
    return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:12]
