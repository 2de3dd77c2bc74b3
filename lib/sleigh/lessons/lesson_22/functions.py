"""Code of the exam that is asked for values: a rule, an aggregate, a query, a receiver, a diagnosis and a bound."""

import datetime as dt
import math
import re
import tempfile
from functools import partial

from .. import on_duckdb
from ..answers import function, set_of, sql, text, whole_number
from ..attempt import theirs
from ..exercises import Wrong, question
from ..frames import column, rows
from ..notebook import brief

code = partial(question, points=2)

_NOT = "not as asked: {}."
_NINE = dt.datetime(2026, 12, 24, 21, tzinfo=dt.UTC)


def _fails(cases):
    """Raise Wrong with the name of the first case that does not hold; cases: {name: bool}."""
    for name, holds in cases.items():
        if not holds:
            raise Wrong(_NOT.format(name))


_HALF = 20_037.5
_DISTANCES = {
    "a distance of 0": (0.0, True),
    "an ordinary distance": (2764.3, True),
    "half-way around the earth, exactly": (_HALF, True),
    "a metre more than that": (_HALF + 0.001, False),
    "a negative distance": (-0.5, False),
    "NaN": (math.nan, False),
    "infinity": (math.inf, False),
    "minus infinity": (-math.inf, False),
    "no distance": (None, True),
}


@code("22.04", examines="03", takes=sql)
def check_04(answer):
    """A rule as SQL: the distance is from 0 to 20,037.5 km, or there is none. True or false, never NULL."""
    from ... import runtime

    spark = runtime.session()
    given = [(name, value) for name, (value, _) in _DISTANCES.items()]
    with theirs("your rule", slow=True):
        table = spark.createDataFrame(given, "case string, distance_from_previous_km double").coalesce(1)
        found = {row.case: row.rule for row in table.selectExpr("case", f"({answer}\n) AS rule").collect()}
    _fails({f"{name} (the rule is NULL)": found[name] is not None for name in _DISTANCES})
    _fails({name: found[name] is right for name, (_, right) in _DISTANCES.items()})
    return "true or false for every row: a colleague may write WHERE NOT."


_PLACES = {  # city, country, is_delivered; and how many different places were delivered to
    "a place twice": ([("Suva", "Fiji", 1), ("Suva", "Fiji", 1), ("Nadi", "Fiji", 1)], 2),
    "one name in two countries": ([("Georgetown", "Guyana", 1), ("Georgetown", "Ascension", 1)], 2),
    "names that look alike when they are joined": (
        [("A", "bc", 1), ("Ab", "c", 1), ("A,b", "c", 1), ("A", "b,c", 1)],
        4,
    ),
    "a place that was only announced": ([("Suva", "Fiji", 0), ("Nadi", "Fiji", 1)], 1),
    "a place that was announced, then delivered to": ([("Suva", "Fiji", 0), ("Suva", "Fiji", 1)], 1),
    "a row without a city": ([(None, "Fiji", 1), ("Suva", "Fiji", 1)], 1),
    "a row without a country": ([("Suva", None, 1), ("Suva", "Fiji", 1)], 1),
    "a row that does not say whether": ([("Suva", "Fiji", None), ("Nadi", "Fiji", 1)], 1),
    "nothing delivered": ([("Suva", "Fiji", 0), (None, None, 1)], 0),
    "three thousand places": ([(f"city {n % 3000}", "Fiji", 1) for n in range(4000)], 3000),
}


@code("22.07", examines="05", takes=column)
def check_07(answer):
    """An aggregate that a stream takes: how many different (city, country) were delivered to, exactly."""
    from ... import runtime

    given = [(name, *place) for name, (places, _) in _PLACES.items() for place in places]
    schema = "case string, city string, country string, is_delivered int"
    with theirs("your aggregate", slow=True):
        table = runtime.session().createDataFrame(given, schema).coalesce(1)
        found = {row.case: row.value for row in table.groupBy("case").agg(answer.alias("value")).collect()}
    _fails({name: found[name] == right for name, (_, right) in _PLACES.items()})
    _require_streaming(answer)
    return "exact, NULL passed over, and a stream takes it."


def _require_streaming(aggregate):
    """Raise Wrong unless Spark starts a stream with the aggregate."""
    from pyspark.errors import AnalysisException
    from pyspark.sql import functions as F

    from ... import runtime

    ticks = runtime.session().readStream.format("rate-micro-batch").option("rowsPerBatch", 1).load()
    places = ticks.select(F.lit("Suva").alias("city"), F.lit("Fiji").alias("country"), F.lit(1).alias("is_delivered"))
    writer = places.groupBy().agg(aggregate.alias("value")).writeStream.format("noop").outputMode("complete")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            writer.option("checkpointLocation", folder).trigger(availableNow=True).start().stop()
        except AnalysisException:
            raise Wrong("right in a batch, and a stream refuses it.") from None


# window_end in minutes after nine, region, total_deliveries; the newest delivery is at 21:35:00, so 21:30 is closed.
_NEWEST = 35
_BARS = [
    (25, "Africa", 12),
    (25, "Asia", 3),
    (30, "Africa", 7),
    (30, None, 7),
    (30, "Europe", 31),
    (30, "", 7),
    (30, "Asia", 31),
    (30, "Oceania", 0),
    (35, "Europe", 5),
    (35, "Africa", 44),
    (40, "Europe", 1),
]


@code("22.12", examines="13", takes=sql)
def check_12(answer):
    """SQL over gold_delivery_by_region and silver: the bars of the latest window that is closed, on both engines."""
    right = [(row[1], row[2]) for row in _BARS if row[0] == _NEWEST - 5]
    right.sort(key=lambda row: (-row[1], row[0] is None, row[0] or ""))
    for engine, ask in _engines().items():
        try:
            table = ask(answer)
        except Wrong:
            raise
        except Exception as error:
            raise Wrong(f"{engine} refuses it: {brief(error)[:160]}") from None
        found = [(row["region"], row["total_deliveries"]) for row in rows("region", "total_deliveries")(table)]
        _fails({f"which rows ({engine})": sorted(map(str, found)) == sorted(map(str, right))})
        _fails({f"the order of the rows ({engine})": found == right})
    return "the latest window of which no number will change, whatever the clock on the wall says."


def _engines():
    """{engine: function from SQL to a pyarrow Table} over a gold and a silver table of the check's own."""
    from ... import runtime

    spark = runtime.session()

    def at(minute):
        return _NINE + dt.timedelta(minutes=minute)

    bars = [(at(end - 5), at(end), region, total) for end, region, total in _BARS]
    deliveries = [(f"T-{minute}", at(minute)) for minute in (3, 29, _NEWEST, 33, 12)]
    tables = {
        "gold_delivery_by_region": (
            bars,
            "window_start timestamp, window_end timestamp, region string, total_deliveries long",
        ),
        "silver_santa_deliveries": (deliveries, "delivery_id string, delivery_timestamp timestamp"),
    }
    names, copies = {}, {}
    for name, (given, schema) in tables.items():
        names[name] = f"exam_{name}"
        frame = spark.createDataFrame(given, schema).coalesce(1)
        frame.createOrReplaceTempView(names[name])
        copies[name] = frame.toArrow()

    def asked(text):
        for name, view in names.items():
            text = re.sub(rf"\b{name}\b", view, text, flags=re.IGNORECASE)
        return text

    return {
        "DuckDB": lambda text: on_duckdb.ask(text, copies),
        "Spark": lambda text: spark.sql(asked(text)).toArrow(),
    }


class _Kept(dict):
    """What is kept, handed over as it is: a copy would not show what the answer itself has saved."""

    def copy(self):
        return self


@code("22.16", examines="17", takes=function("key", "body", "kept", "save", gives=whole_number))
def check_16(answer):
    """A receiver (key, body, kept, save) -> 201 new, 200 again, 422 another body, 503 if it could not be kept."""
    kept, saved, full = _Kept(), [], [False]

    def save(key, body):
        if full[0]:
            raise OSError("the disk is full")
        saved.append(key)
        kept[key] = body

    def post(key, body):
        return answer(key, body, kept, save)

    _fails({"a new message": post("a-1", "late") == 201, "a new message must be kept": saved == ["a-1"]})
    _fails(
        {"the same message again": post("a-1", "late") == 200, "kept once, however often it comes": saved == ["a-1"]}
    )
    _fails({"another body under a key that is taken": post("a-1", "on time") == 422})
    _fails({"what was kept first stays": kept == {"a-1": "late"} and saved == ["a-1"]})
    _fails({"an empty body": post("a-2", "") == 201 and post("a-2", "") == 200})
    full[0] = True
    _fails({"a message that cannot be kept": post("a-3", "late") == 503})
    _fails({"a message that is there already, and a full disk": post("a-1", "late") == 200})
    full[0] = False
    _fails({"what could not be kept comes again": post("a-3", "late") == 201})
    _fails({"each message once": saved == ["a-1", "a-2", "a-3"]})
    return (
        "kept before it is answered, and answered the same however often it comes: that is where exactly-once is made."
    )


_ONE_LESS = "delivery_time_seconds / (num_gifts - 1)"
_RULES = {  # tenant: its rule, (num_gifts, delivery_time_seconds) of its rows, whether the rule fails, what is tried with it
    "O'Higgins": ("delivery_time_seconds / num_gifts", [(1, 20)], False, "a region with a quote in its name"),
    "Africa": (_ONE_LESS, [(2, 40), (1, 40)], True, "a rule that divides by zero, in one of the rows"),
    "Asia": (_ONE_LESS, [(2, 30), (3, 30)], False, "a rule that would fail on the rows of others"),
    "Oceania": ("no_such_column * 2", [(2, 20)], True, "a rule that is no SQL over these columns"),
    "Europe": ("delivery_time_seconds / (num_gifts - 4)", [(4, 60), (2, 60)], True, "another one that divides by zero"),
}


@code("22.18", examines="19", takes=function("rows", "rules", gives=set_of(text), slow=True))
def check_18(answer):
    """A function (rows, {region: rule}) -> the regions whose rule fails on their own rows."""
    from ... import runtime

    given = [(region, *row) for region, (_, mine, _, _) in _RULES.items() for row in mine]
    schema = "region string, num_gifts int, delivery_time_seconds int"
    table = runtime.session().createDataFrame([*given, (None, 1, 50)], schema).coalesce(1)
    found = answer(table, {region: rule for region, (rule, *_) in _RULES.items()})
    _fails({name: (region in found) == fails for region, (_, _, fails, name) in _RULES.items()})
    _fails({"regions, as the rules name them": found <= set(_RULES)})
    return "each rule on its own rows, and carried out: Spark computes what somebody asks for, and nothing else."


_STAR = [  # the shortest tree of the last four has three legs at the third
    [0, 9, 12, 30, 14],
    [9, 0, 5, 21, 9],
    [12, 5, 0, 4, 6],
    [30, 21, 4, 0, 11],
    [14, 9, 6, 11, 0],
]
_MAPS = {  # distances, tolls
    "three cities": ([[0, 7, 3], [7, 0, 6], [3, 6, 0]], [0, 0, 0]),
    "no tolls": (_STAR, [0] * 5),
    "a toll where many legs meet": (_STAR, [0, 0, 7, 0, 0]),
    "the same toll everywhere": (_STAR, [5] * 5),
    "a city that pays whoever comes": (_STAR, [0, 0, 0, -6, 0]),
    "tolls at the first city": (_STAR, [8, 0, 0, 0, 2]),
    "tolls of every kind": (_STAR, [-3, 4, 9, -12, 1]),
}


@code("22.20", examines="21", takes=function("km", "tolls", gives=whole_number))
def check_20(answer):
    """A function (distances, tolls) -> the length of the shortest 1-tree under the tolls, less what a tour pays."""
    for name, (km, tolls) in _MAPS.items():
        _fails({name: answer([list(row) for row in km], tolls) == _at_least(km, tolls)})
    return "no tour is below it, whatever the tolls are: each tour pays them twice, and the tree does not."


def _at_least(km, tolls):
    import numpy as np

    from ...extensions.routes import bound

    under = np.array(km) + np.array(tolls)[:, None] + np.array(tolls)
    return bound.one_tree(under)[0] - 2 * sum(tolls)
