"""Exercises of lesson 05: what a distinct count makes a stream remember."""

from functools import cache

from ..answers import whole_number
from ..exercises import Wrong, exercise
from ..frames import column

_SKETCH = 52 * 8
_OPEN_WINDOWS = 2
_GIFT_TYPES = 7


@exercise(
    "05.1",
    takes=whole_number,
    hints=[
        "The store has one row for each key. What is the key here, and how many keys are there at the end?",
        "Which windows are still in the store after the last micro-batch? Not those that the watermark has closed.",
        "Rows of the store times the 416 bytes of a sketch.",
    ],
)
def check_05_1(answer):
    """Bytes of all sketches in the store after the last micro-batch: open windows x gift types x bytes of a sketch."""
    if not isinstance(answer, int) or isinstance(answer, bool):
        raise Wrong("the answer is one whole number of bytes.")
    if answer == _SKETCH:
        raise Wrong(f"{_SKETCH} bytes is one sketch, and the store has one for each of its rows.")
    if answer == _GIFT_TYPES * _SKETCH:
        raise Wrong("that is one sketch for each gift type. The window is part of the key as well.")
    if answer == 5 * _GIFT_TYPES * _SKETCH:
        raise Wrong("that holds all five windows of the 24 minutes. Which of them has the watermark closed?")
    if answer == 3 * _GIFT_TYPES * _SKETCH:
        raise Wrong("three windows were open after the sixth micro-batch; one more came, without rows.")
    if answer == _OPEN_WINDOWS * 4 * _SKETCH:
        raise Wrong("that is for four regions. The key is another one now.")
    if answer != _OPEN_WINDOWS * _GIFT_TYPES * _SKETCH:
        raise Wrong(f"{answer:,} is not a number of rows times {_SKETCH} bytes that the store could hold at the end.")
    return "two open windows, seven gift types, 416 bytes each. What is counted, and how often, does not matter."


@exercise(
    "05.2",
    takes=column,
    hints=[
        "size(collect_set(struct)) is right but for one kind of row. Which value does collect_set pass over?",
        "Make the struct itself NULL where one of its parts is: what does F.when give without otherwise?",
        'F.when(F.col("city").isNotNull() & F.col("country").isNotNull(), F.struct("city", "country"))',
    ],
)
def check_05_2(answer):
    """An aggregate that equals countDistinct("city", "country") and that a stream takes."""
    _require_aggregate(answer)
    if "approx" in str(answer):
        raise Wrong(
            "a sketch estimates. It happens to be right for a few cities; the task is to be exact for any number."
        )
    places = {
        "two pairs, one of them twice": ([("Suva", "Fiji"), ("Suva", "Fiji"), ("Nadi", "Fiji")], 2),
        "two cities of one name": ([("Georgetown", "Guyana"), ("Georgetown", "Ascension")], 2),
        "pairs that look alike when written together": ([("Ab", "c"), ("A", "bc"), ("A", "b, c"), ("A, b", "c")], 4),
        "a row without a city": ([("Suva", "Fiji"), (None, "Fiji")], 1),
        "a row without a country": ([("Suva", "Fiji"), ("Suva", None)], 1),
        "no place at all": ([(None, None)], 0),
    }
    rows = [(name, *place) for name, (pairs, _) in places.items() for place in pairs]
    found = _values(answer, rows, "case string, city string, country string")
    for name, (_, right) in places.items():
        if found[name] != right:
            raise Wrong(f"{name}: you count {found[name]}, countDistinct counts {right}.")
    _require_in_stream(answer)
    return "the same as countDistinct on every row, and a stream takes it: NULL goes where collect_set passes over it."


@exercise(
    "05.3",
    takes=column,
    hints=[
        "Seven yes-or-no answers fit into one number: give each type a bit.",
        "Which aggregate puts the bits of all rows together, however often each comes? F.bit_or; F.bit_count counts them.",
        "F.when(F.col('gift_type') == kind, F.lit(1 << place)) is one type's bit; bit_or of nothing is NULL, not 0.",
    ],
)
def check_05_3(answer):
    """An aggregate that counts the different gift types exactly, without a set, and that a stream takes."""
    from ...simulator.world import GIFT_SHARE

    _require_aggregate(answer)
    text = str(answer).lower()
    if "collect_" in text or "array_agg" in text:
        raise Wrong("this keeps the names themselves in the state. You know them: keep only which have been seen.")
    if "approx" in text or "hll" in text:
        raise Wrong("a sketch keeps no names either, but it estimates, and in 416 bytes. Seven types need far less.")
    kinds = list(GIFT_SHARE)
    gifts = {
        "one type": (kinds[:1], 1),
        "one type three times": (kinds[1:2] * 3, 1),
        "two types": (kinds[2:4], 2),
        "all seven, some twice": (kinds + kinds[:3], 7),
        "a type and a NULL": ([kinds[6], None], 1),
        "no gift_type at all": ([None, None], 0),
    }
    rows = [(name, kind) for name, (given, _) in gifts.items() for kind in given]
    found = _values(answer, rows, "case string, gift_type string")
    for name, (_, right) in gifts.items():
        if found[name] != right:
            raise Wrong(f"{name}: you count {found[name]}, there {'is' if right == 1 else 'are'} {right}.")
    _require_in_stream(answer)
    return "exact, bounded by the seven names that you know, and no name is in the state."


def _require_aggregate(answer):
    if not hasattr(answer, "alias"):
        raise Wrong('the answer is an expression to put into agg(), like F.count("*").')


def _values(aggregate, rows, schema):
    """{case: value of the aggregate over its rows}"""
    from ... import runtime

    given = runtime.session().createDataFrame(rows, schema).coalesce(1)
    return {row["case"]: row["value"] for row in given.groupBy("case").agg(aggregate.alias("value")).collect()}


def _require_in_stream(aggregate):
    """Raise Wrong unless a stream with the columns of the cases takes the aggregate."""
    from pyspark.errors import AnalysisException
    from pyspark.sql import functions as F

    names = ("city", "country", "gift_type")
    rows = _ticks().select((F.col("value") % 3).alias("case"), *[F.lit("x").alias(name) for name in names])
    writer = rows.groupBy("case").agg(aggregate.alias("value")).writeStream.format("noop").outputMode("complete")
    try:
        query = writer.trigger(availableNow=True).start()
    except AnalysisException as error:
        raise Wrong(f"right in a batch, and a stream refuses it: {str(error).split(';')[0]}") from None
    query.awaitTermination()


@cache
def _ticks():
    from ... import runtime

    return runtime.session().readStream.format("rate-micro-batch").option("rowsPerBatch", 3).load()
