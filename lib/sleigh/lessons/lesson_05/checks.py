"""Exercises of lesson 05: what a distinct count makes a stream remember."""

import re
import tempfile

from ... import runtime
from ...simulator.world import GIFT_SHARE
from ..answers import plain, short, whole_number
from ..exercises import Wrong, exercise
from ..frames import column

_SKETCH = 52 * 8
_OPEN_WINDOWS = 2
_GIFT_TYPES = len(GIFT_SHARE)


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
    of = {
        _SKETCH: "one sketch, and the store has one for each of its rows.",
        _GIFT_TYPES * _SKETCH: "one sketch for each gift type. The window is part of the key as well.",
        5
        * _GIFT_TYPES
        * _SKETCH: "a sketch for each gift type in five windows. Which of them has the watermark closed?",
        3 * _GIFT_TYPES * _SKETCH: "three windows, as after micro-batch 5. One more came, without rows.",
        4 * _OPEN_WINDOWS * _SKETCH: "four keys in two windows, as with the regions. How many keys are there now?",
        _OPEN_WINDOWS * _GIFT_TYPES * 52: "52 for each row. A sketch has 52 numbers, of how many bytes each?",
        _OPEN_WINDOWS * _GIFT_TYPES: "the number of rows in the store. How many bytes has a sketch?",
    }
    if answer in of:
        raise Wrong(f"{answer:,} is {of[answer]}")
    if answer != _OPEN_WINDOWS * _GIFT_TYPES * _SKETCH:
        raise Wrong(
            f"{answer:,} is not it. Write down three factors: windows that are open, keys in each, bytes of a sketch."
        )
    return "two open windows, seven gift types, 416 bytes each. What is counted, and how often, does not matter."


_MANY = 3000  # so many that every sketch is off by some

# Places that look alike when city and country are written together with something between them.
_ALIKE = [("A", "bc"), ("Ab", "c")]
_ALIKE += [
    pair for mark in (", ", ",", " ", "|", "-", "_", "/", ":", ";") for pair in ((f"A{mark}b", "c"), ("A", f"b{mark}c"))
]

_PLACES = {
    "two pairs, one of them twice": ([("Suva", "Fiji"), ("Suva", "Fiji"), ("Nadi", "Fiji")], 2),
    "one city in two countries": ([("Georgetown", "Guyana"), ("Georgetown", "Ascension")], 2),
    "names the other way round": ([("Fiji", "Suva"), ("Suva", "Fiji")], 2),
    "capitals and a blank": ([("Suva", "Fiji"), ("suva", "Fiji"), ("Suva ", "Fiji")], 3),
    "pairs that look alike when written together": (_ALIKE, len(_ALIKE)),
    "a row without a city": ([("Suva", "Fiji"), (None, "Fiji")], 1),
    "a row without a country": ([("Suva", "Fiji"), ("Suva", None)], 1),
    "a city whose name is empty, and one that is NULL": ([("", "Fiji"), (None, "Fiji")], 1),
    "no place at all": ([(None, None)], 0),
    f"{_MANY:,} pairs, each twice": ([(f"city {n % _MANY}", "Fiji") for n in range(2 * _MANY)], _MANY),
}


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
    found = _values(
        answer, {name: pairs for name, (pairs, _) in _PLACES.items()}, "case string, city string, country string"
    )
    for name, (_, right) in _PLACES.items():
        if found[name] != right:
            raise Wrong(f"{name}: you count {short(found[name])}, countDistinct counts {right}.")
    _require_exact(answer)
    _state_in_stream(answer)
    return "the same as countDistinct on every row, and a stream takes it: NULL goes where collect_set passes over it."


def _gifts():
    kinds = list(GIFT_SHARE)
    return {
        "one type": (kinds[:1], 1),
        "one type three times": (kinds[1:2] * 3, 1),
        "two types": (kinds[2:4], 2),
        "three types, the last of the list among them": ([kinds[6], kinds[0], kinds[5]], 3),
        "all seven, some twice": (kinds + kinds[:3], 7),
        "all but the first, each twice": (kinds[1:] * 2, 6),
        "a type and a NULL": ([kinds[6], None], 1),
        "no gift_type at all": ([None, None], 0),
    }


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
    """An aggregate that counts the different gift types exactly, without a name in the state, and that a stream takes."""
    cases = {name: ([(kind,) for kind in given], right) for name, (given, right) in _gifts().items()}
    found = _values(answer, {name: rows for name, (rows, _) in cases.items()}, "case string, gift_type string")
    for name, (_, right) in cases.items():
        if found[name] != right:
            raise Wrong(f"{name}: you count {short(found[name])}, there {'is' if right == 1 else 'are'} {right}.")
    _require_exact(answer)
    state = _state_in_stream(answer).lower()
    if not state:
        return "exact in a batch; what a stream would keep of it cannot be looked at here."
    if kept := [kind for kind in GIFT_SHARE if kind.lower() in state]:
        raise Wrong(f"right, but the state keeps names, {kept[0]!r} for one. You know them: keep only which were seen.")
    return "exact, and no name is in the state: you knew the seven before the stream began."


def _values(aggregate, cases, schema):
    """{case: value of the aggregate over its rows}"""
    rows = [(name, *row) for name, several in cases.items() for row in several]
    given = runtime.session().createDataFrame(rows, schema).coalesce(1)
    found = given.groupBy("case").agg(aggregate.alias("value")).collect()
    return {row["case"]: plain(row["value"]) for row in found}


def _require_exact(aggregate):
    names = re.sub(r" AS `?\w+`?", "", str(aggregate).lower(), flags=re.IGNORECASE)
    if found := re.search(r"approx\w*|hll_\w+|theta_\w+|kll_\w+", names):
        raise Wrong(f"{found[0]} keeps a sketch, which estimates: right here, and off by some where there are more.")


def _state_in_stream(aggregate):
    """What a stream with this aggregate keeps in its store, as text. Raises Wrong if a stream refuses it.

    An empty text where neither may be tried.
    """
    if runtime.backend().refuses.keys() & {"checkpoints elsewhere", "data sources", "state reader"}:
        return ""
    from pyspark.errors import AnalysisException
    from pyspark.sql import functions as F

    spark = runtime.session()
    kinds = F.array(*[F.lit(kind) for kind in GIFT_SHARE])
    ticks = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", 2 * _GIFT_TYPES).load()
    rows = ticks.select(
        (F.col("value") % 2).alias("case"),
        F.concat(F.lit("city "), "value").alias("city"),
        F.lit("Fiji").alias("country"),
        F.element_at(kinds, (F.col("value") % _GIFT_TYPES + 1).cast("int")).alias("gift_type"),
    )
    writer = rows.groupBy("case").agg(aggregate.alias("value")).writeStream.format("noop").outputMode("complete")
    with tempfile.TemporaryDirectory() as folder:
        try:
            query = writer.trigger(availableNow=True).option("checkpointLocation", folder).start()
        except AnalysisException as error:
            raise Wrong(f"right in a batch, and a stream refuses it: {str(error).split(';')[0]}") from None
        query.awaitTermination()
        return repr(spark.read.format("statestore").load(folder).select("value").collect())
