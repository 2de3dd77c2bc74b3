"""Code of the exam that is asked for values: a rule, a repair, an aggregate, a choice, a query and a receiver."""

import datetime as dt
import math
import tempfile
from functools import partial

from ..answers import function, number, sql, whole_number
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


@code("22.05", examines="03", takes=sql)
def check_05(answer):
    """A rule as SQL: the distance is from 0 to 20,037.5 km, or there is none. True or false, never NULL."""
    from ... import runtime

    spark = runtime.session()
    given = [(name, value) for name, (value, _) in _DISTANCES.items()]
    with theirs("your rule", slow=True):
        table = spark.createDataFrame(given, "case string, distance_from_previous_km double").coalesce(1)
        found = {row.case: row.rule for row in table.selectExpr("case", f"({answer}) AS rule").collect()}
    _fails({f"{name} (the rule is NULL)": found[name] is not None for name in _DISTANCES})
    _fails({name: found[name] is right for name, (_, right) in _DISTANCES.items()})
    return "true or false for every row: a colleague may write WHERE NOT."


_HELD = [  # row, status, num_gifts, and what they are after the repair
    (1, "DELIVERED", 3, "delivered", 3),
    (2, "delivered", -4, "delivered", 4),
    (3, "Delayed", -1, "delayed", 1),
    (4, "En_Route", 0, "en_route", 0),
    (5, None, 2, None, 2),
    (6, "LOST", -2, "LOST", 2),
    (7, "returned", 5, "returned", 5),
    (8, "DELAYED", None, "delayed", None),
    (9, "DELIVERED!", 1, "DELIVERED!", 1),
]
_REPAIRED = {
    "no row may go, and none may come": lambda found: sorted(found) == [row[0] for row in _HELD],
    "a status in other letters": lambda found: (
        [found[n][0] for n in (1, 3, 4, 8)] == ["delivered", "delayed", "en_route", "delayed"]
    ),
    "what is no status in any letters stays as it is": lambda found: (
        [found[n][0] for n in (6, 7, 9)] == ["LOST", "returned", "DELIVERED!"]
    ),
    "a status that is missing": lambda found: found[5][0] is None,
    "gifts with a minus sign": lambda found: [found[n][1] for n in (2, 3, 6)] == [4, 1, 2],
    "no gifts, and gifts that are not known": lambda found: (found[4][1], found[8][1]) == (0, None),
    "what was whole stays as it is": lambda found: (
        [found[n][1] for n in (1, 5, 7, 9)] == [3, 2, 5, 1] and found[2][0] == "delivered"
    ),
}


@code("22.07", examines="03", takes=function("rows", gives=rows("_row", "city", "status", "num_gifts"), slow=True))
def check_07(answer):
    """A repair of quarantined rows: a status in other letters, gifts with a minus sign; nothing else changes."""
    from ... import runtime

    given = [(place, f"city {place}", status, gifts) for place, status, gifts, _, _ in _HELD]
    schema = "_row long, city string, status string, num_gifts int"
    found = answer(runtime.session().createDataFrame(given, schema).coalesce(1))
    if len({row["_row"] for row in found}) != len(found):
        raise Wrong(_NOT.format("no row may go, and none may come"))
    by_row = {row["_row"]: (row["status"], row["num_gifts"]) for row in found}
    _fails({"no row may go, and none may come": set(by_row) == {row[0] for row in _HELD}})
    _fails({name: holds(by_row) for name, holds in _REPAIRED.items()})
    _fails({"the other columns stay as they are": all(row["city"] == f"city {row['_row']}" for row in found)})
    return "two mends, and nothing invented: what cannot be known stays in quarantine."


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


@code("22.09", examines="05", takes=column)
def check_09(answer):
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


def cheapest(lateness, delays, minute, lost):
    """Our own answer to 22.14."""
    cost = {delay: delay * minute + lost * sum(late > delay for late in lateness) for delay in delays}
    return min(sorted(delays), key=cost.get)


_CHOICES = {  # lateness in minutes, delays, price of a minute, price of a delivery
    "a lost delivery is dear": ([0, 0.5, 3, 8, 40], [0, 1, 5, 10, 60], 1, 100),
    "a minute is dear": ([0, 0.5, 3, 8, 40], [0, 1, 5, 10, 60], 50, 1),
    "something in between": ([0, 0.5, 3, 8, 40], [0, 1, 5, 10, 60], 2, 6),
    "delays in no order": ([0, 0.5, 3, 8, 40], [60, 5, 0, 10, 1], 1, 7),
    "late by exactly the delay": ([5, 5, 5, 10], [0, 5, 10], 1, 4),
    "half a minute late": ([0.5, 0.5, 0.5], [0, 1], 1, 1),
    "two that cost the same": ([2, 2, 9], [0, 2, 9], 1, 1),
    "two that cost the same, in no order": ([2, 2, 9], [9, 2, 0], 1, 1),
    "nobody is late": ([0, 0, 0], [1, 5], 1, 100),
    "nothing has come": ([], [0, 5], 1, 100),
}


@code("22.14", examines="09", takes=function("lateness", "delays", "minute", "lost", gives=number))
def check_14(answer):
    """A function (lateness, delays, price of a minute, price of a lost delivery) -> the cheapest delay."""
    _fails(
        {name: answer(list(case[0]), list(case[1]), *case[2:]) == cheapest(*case) for name, case in _CHOICES.items()}
    )
    return "once somebody says what a minute and a delivery cost, there is a right delay."


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


@code("22.15", examines="13", takes=sql)
def check_15(answer):
    """SQL over gold_delivery_by_region and silver: the bars of the latest window that is closed, on both engines."""
    right = [(row[1], row[2]) for row in _BARS if row[0] == _NEWEST - 5]
    right.sort(key=lambda row: (-row[1], row[0] is None, row[0] or ""))
    for engine, ask in _engines().items():
        try:
            table = ask(answer)
        except Exception as error:
            raise Wrong(f"{engine} refuses it: {brief(error)[:160]}") from None
        found = [(row["region"], row["total_deliveries"]) for row in rows("region", "total_deliveries")(table)]
        _fails({f"which rows ({engine})": sorted(map(str, found)) == sorted(map(str, right))})
        _fails({f"the order of the rows ({engine})": found == right})
    return "the latest window of which no number will change, whatever the clock on the wall says."


def _engines():
    """{engine: function from SQL to a pyarrow Table} over a gold and a silver table of the check's own."""
    import duckdb

    from ... import runtime

    spark, db = runtime.session(), duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")

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
    names = {}
    for name, (given, schema) in tables.items():
        names[name] = f"exam_{name}"
        frame = spark.createDataFrame(given, schema).coalesce(1)
        frame.createOrReplaceTempView(names[name])
        db.register(names[name], frame.toArrow())

    def asked(text):
        for name, view in names.items():
            text = text.replace(name, view)
        return text

    return {
        "DuckDB": lambda text: db.sql(asked(text)).to_arrow_table(),
        "Spark": lambda text: spark.sql(asked(text)).toArrow(),
    }


class _Kept(dict):
    """What is kept, handed over as it is: a copy would not show what the answer itself has saved."""

    def copy(self):
        return self


@code("22.20", examines="17", takes=function("key", "body", "kept", "save", gives=whole_number))
def check_20(answer):
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
