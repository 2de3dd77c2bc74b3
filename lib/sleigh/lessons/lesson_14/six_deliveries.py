"""Six deliveries as a stream, a model, and what a learner's function makes of them: for exercise 14.2."""

from .. import small_stream
from ..attempt import Wrong
from ..frames import rows

MODEL = {
    "intercept": -2.5,
    "weights": {
        "weather_condition": {"Clear": -0.75, "Snowy": 1.25},
        "gift_type": {"Toys": 0.5, "Books": -0.5},
    },
}

_WEATHER_AND_GIFT = [
    ("Snowy", "Toys"),
    ("Clear", "Books"),
    ("Clear", "Toys"),
    ("Hail", "Toys"),
    (None, "Books"),
    ("Snowy", None),
]

DELIVERIES = [
    {"delivery_id": f"d{number}", "weather_condition": weather, "gift_type": gift}
    for number, (weather, gift) in enumerate(_WEATHER_AND_GIFT, 1)
]


def run(predict):
    """The rows that the stream of the answer writes, as dicts of delivery_id and probability."""
    columns = "delivery_id string, weather_condition string, gift_type string"
    written, _ = small_stream.run(lambda stream: _require_columns(predict(stream, MODEL)), columns, [DELIVERIES])
    return [row for batch in written for row in rows("delivery_id", "probability")(batch)]


def _require_columns(made):
    types = {name.lower(): kind for name, kind in made.dtypes}
    for name in ("delivery_id", "probability"):
        if name not in types:
            raise Wrong(f"the column {name} is missing: there are {', '.join(made.columns)}.")
    if types["probability"] == "string":
        raise Wrong("probability is text: it must be a number.")
    return made
