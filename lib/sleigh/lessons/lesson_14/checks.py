"""Exercises of lesson 14: a feature as of its time, a stream that predicts, and a calibration table in SQL."""

import datetime as dt
import math
import re

from .. import small_stream
from ..answers import function, sql
from ..attempt import theirs
from ..compare import same_table
from ..exercises import Wrong, exercise
from ..frames import rows
from . import six_deliveries

_TEN = dt.datetime(2026, 12, 24, 10, tzinfo=dt.UTC)

# delivery, minute, city, delayed: not in the order of time; a city whose first delivery is delayed; one with two names in
# two places of the list; one that comes once.
_DELIVERIES = [
    ("d4", 4, "Suva", 1),
    ("d1", 1, "Suva", 1),
    ("d2", 2, "Apia", 0),
    ("d6", 6, "Suva", 0),
    ("d3", 3, "Suva", 0),
    ("d5", 5, "Apia", 1),
    ("d7", 7, "Apia", 0),
    ("d8", 8, "Nadi", 1),
    ("d9", 9, "Suva", 1),
]


def _rates(seen, none=None, same=lambda one, other: one == other):
    """{delivery: rate}, where seen(mine, other), each (minute, place in the table), says what a delivery knows."""
    found = {}
    for place, (name, minute, here, _) in enumerate(_DELIVERIES):
        known = [
            delayed
            for at, (_, when, there, delayed) in enumerate(_DELIVERIES)
            if same(here, there) and seen((minute, place), (when, at))
        ]
        found[name] = sum(known) / len(known) if known else none
    return found


_AS_OF = _rates(lambda mine, other: other[0] < mine[0])
_AS_OF_MISTAKES = [
    (
        _rates(lambda mine, other: other[0] <= mine[0]),
        "each delivery counts itself, so its own outcome is in the feature that is to predict it.",
    ),
    (
        _rates(lambda mine, other: True),
        "each delivery knows the whole table, its own outcome and all later ones: that is the 0.6 of section 4.",
    ),
    (
        _rates(lambda mine, other: other[0] != mine[0]),
        "each delivery is left out of its own rate, and the later ones are in it: nobody knows those at departure.",
    ),
    (
        _rates(lambda mine, other: other[0] < mine[0], same=lambda one, other: True),
        "that is the rate of all earlier deliveries, not of those in the city.",
    ),
    (
        _rates(lambda mine, other: other[1] < mine[1]),
        "that is the order in which the rows stand in the table. Earlier means a smaller delivery_timestamp.",
    ),
    (
        _rates(lambda mine, other: other[0] < mine[0], none=0),
        "the first delivery of a city has no past: its rate is NULL, and 0 would say that nothing is ever late there.",
    ),
    (
        {name: rate and 100 * rate for name, rate in _AS_OF.items()},
        "these are percentages: the rate is a share, from 0 to 1.",
    ),
]


@exercise(
    "14.1",
    takes=function("deliveries", gives=rows("delivery_id", "city_rate"), slow=True),
    hints=[
        "A window function over the deliveries of a city, in the order of their time, knows which rows came before.",
        "The frame ends one row before the current one: rowsBetween(Window.unboundedPreceding, -1).",
        'F.avg("is_delayed").over(Window.partitionBy("city").orderBy("delivery_timestamp").rowsBetween(...)).',
    ],
)
def check_14_1(answer):
    """A function (DataFrame) -> the same rows with city_rate: how many of the city's earlier deliveries were delayed."""
    from ... import runtime

    schema = "delivery_id string, delivery_timestamp timestamp, city string, is_delayed int"
    deliveries = [(name, _TEN + dt.timedelta(minutes=minute), city, late) for name, minute, city, late in _DELIVERIES]
    found = answer(runtime.session().createDataFrame(deliveries, schema).coalesce(1))
    given = {row["delivery_id"]: row["city_rate"] for row in found}
    for mistake, why in _AS_OF_MISTAKES:
        if len(found) == len(mistake) and _close(given, mistake):
            raise Wrong(why)
    expected = [{"delivery_id": name, "city_rate": rate} for name, rate in _AS_OF.items()]
    same_table(found, expected, "delivery_id", given="nine deliveries in three cities")
    return "each delivery knows its city's past and nothing else. Computed like this, a feature cannot leak."


def _close(one, other):
    return one.keys() == other.keys() and all(
        one[name] is other[name]
        if None in (one[name], other[name])
        else isinstance(one[name], int | float) and math.isclose(one[name], other[name], abs_tol=1e-6)
        for name in one
    )


def _predicted(link=lambda logit: 1 / (1 + math.exp(-logit)), unknown=0.0, intercept=1.0):
    """{delivery: probability} by the model of the check; the arguments are what a mistaken answer does otherwise."""
    found = {}
    for row in six_deliveries.DELIVERIES:
        weights = [
            six_deliveries.MODEL["weights"][name].get(row[name], unknown) for name in ("weather_condition", "gift_type")
        ]
        known = None not in weights
        found[row["delivery_id"]] = (
            link(intercept * six_deliveries.MODEL["intercept"] + sum(weights)) if known else None
        )
    return found


_PROBABILITIES = _predicted()
_PREDICTED_MISTAKES = [
    (
        _predicted(link=lambda logit: logit),
        "these are the sums of the weights: 1 / (1 + exp(-sum)) makes probabilities of them.",
    ),
    (
        _predicted(link=lambda logit: 1 / (1 + math.exp(logit))),
        "that is how likely a delivery is to be on time: mind the sign in exp.",
    ),
    (_predicted(link=math.exp), "exp(sum) are the odds, and the probability is odds / (1 + odds)."),
    (
        _predicted(unknown=None),
        "hail, and a gift without a name, have no weight, and the probability is NULL: each delivery must have one.",
    ),
    (_predicted(intercept=0.0), "the intercept is missing from the sum."),
]


@exercise(
    "14.2",
    takes=function("deliveries", "model", gives=small_stream.stream),
    hints=[
        "Section 6 has it: intercept, plus for each feature the weight of the delivery's value, then 1 / (1 + exp(-sum)).",
        "F.create_map(F.lit(name), F.lit(weight), ...)[F.col(feature)] is NULL for a name that the map does not have.",
        "F.coalesce(..., F.lit(0.0)) around each weight; deliveries.select('delivery_id', (...).alias('probability')).",
    ],
)
def check_14_2(answer):
    """A function (stream, model) -> stream of delivery_id, probability: one row each, what is unknown weighs nothing."""
    found = six_deliveries.run(answer)
    given = {row["delivery_id"]: row["probability"] for row in found}
    for mistake, why in _PREDICTED_MISTAKES:
        if len(found) == len(mistake) and _close(given, mistake):
            raise Wrong(why)
    expected = [{"delivery_id": name, "probability": value} for name, value in _PROBABILITIES.items()]
    same_table(found, expected, "delivery_id", given="weather Snowy, Clear, Hail or NULL", close=2e-6)
    return "one prediction for each delivery, whatever its weather is called, and no Python in the stream."


# probability, delayed. Two that stand on a bucket's lower end, a bucket with one delivery, and one that is left out.
_SCORED = [
    (0.021, 0),
    (0.034, 1),
    (0.049, 0),
    (0.05, 0),
    (0.06, 0),
    (0.081, 1),
    (0.099, 0),
    (0.0999, 0),
    (0.1, 1),
    (0.124, 0),
    (0.231, 1),
]


def _calibration(bucket=lambda p: math.floor(p * 20) * 5, observed=lambda late: 100 * sum(late) / len(late)):
    buckets = {}
    for p, late in _SCORED:
        buckets.setdefault(bucket(p), []).append((p, late))
    return [
        {
            "from_percent": low,
            "deliveries": len(pairs),
            "predicted_percent": round(100 * sum(p for p, _ in pairs) / len(pairs), 2),
            "observed_percent": round(observed([late for _, late in pairs]), 2),
        }
        for low, pairs in sorted(buckets.items())
    ]


_COLUMNS = ("from_percent", "deliveries", "predicted_percent", "observed_percent")
_CALIBRATION_MISTAKES = [
    (
        _calibration(bucket=lambda p: round(p * 20) * 5),
        "round() goes to the nearest bucket, and floor() to the one below.",
    ),
    (
        _calibration(bucket=lambda p: max(0, math.ceil(p * 20) - 1) * 5),
        "0.05 belongs to the bucket that begins at 5, and 0.1 to the one that begins at 10.",
    ),
    (
        _calibration(bucket=lambda p: math.floor(p * 20)),
        "from_percent is where the bucket begins, in percent: 0, 5, 10, not its number.",
    ),
    (_calibration(bucket=lambda p: math.floor(p * 10) * 10), "a bucket is five points wide, and yours are ten."),
    (_calibration(observed=sum), "observed_percent is a share of the bucket's deliveries, not how many were delayed."),
    (_calibration(observed=lambda late: sum(late) / len(late)), "observed_percent runs from 0 to 100."),
    (
        _calibration(observed=lambda late: 100 * sum(late) / len(_SCORED)),
        "observed_percent is a share of the bucket, not of all deliveries.",
    ),
]


@exercise(
    "14.3",
    takes=sql,
    hints=[
        "Which bucket a probability is in: floor(probability * 20) * 5.",
        "GROUP BY that; count(*), and the means of probability and of is_delayed, times 100, rounded to 2 decimals.",
        "SELECT CAST(floor(probability * 20) * 5 AS INT) AS from_percent, ... FROM scored GROUP BY 1.",
    ],
)
def check_14_3(answer):
    """SQL over `scored` (probability, is_delayed) -> a row for each bucket of five points: predicted beside observed."""
    from ... import runtime

    if not re.search(r"\bscored\b", answer, re.IGNORECASE):
        raise Wrong("it asks no table called scored.")
    spark = runtime.session()
    with theirs("your query", slow=True):
        spark.createDataFrame(_SCORED, "probability double, is_delayed int").createOrReplaceTempView("scored")
        found = rows(*_COLUMNS)(spark.sql(answer))
    for mistake, why in _CALIBRATION_MISTAKES:
        if sorted(map(str, found)) == sorted(map(str, _settled(mistake))):
            raise Wrong(why)
    same_table(found, _settled(_calibration()), "from_percent", given="eleven deliveries", close=0.006)
    return "predicted beside observed, bucket by bucket: all that can be known of calibration without the truth."


def _settled(table):
    """The rows as answers.plain leaves them: whole floats as int."""
    return [{name: round(value) if value == round(value) else value for name, value in row.items()} for row in table]
