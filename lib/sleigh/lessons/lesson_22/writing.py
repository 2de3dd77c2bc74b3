"""Code of the exam that writes: the streams of the two missing tables, a sink that is exactly-once, and a MERGE."""

import datetime as dt
import dis
import inspect
import uuid
from functools import partial

from .. import small_stream
from ..answers import anything, first_word, function, optional, sql
from ..attempt import theirs
from ..exercises import Wrong, question
from ..frames import rows
from ..lesson_02.checks import memory_of

code = partial(question, points=2)

_NINE = dt.datetime(2026, 12, 24, 21, tzinfo=dt.UTC)


def _fails(name, fails):
    if fails:
        raise Wrong(f"not as asked: {name}.")


def _at(minute):
    return _NINE + dt.timedelta(minutes=minute)


# 22.03


@code(
    "22.03", examines="02", takes=function("batch", "batch_id", "table", "stream", gives=optional(anything), slow=True)
)
def check_03(answer):
    """A function (batch, batch_id, table, stream) that appends the rows which are not delivered, each micro-batch once."""
    from ... import runtime

    spark, table = runtime.session(), f"exam_{uuid.uuid4().hex[:8]}"
    restart = memory_of(answer)
    first = _statuses(spark, [("A", "delayed"), ("B", "delivered"), ("C", None), ("A", "delayed")])
    second = _statuses(spark, [("A", "delayed"), ("D", "en_route")])
    spark.sql(f"CREATE TABLE {table} (delivery_id STRING, status STRING) USING delta")
    try:
        answer(first, 0, table, "stream 1")
        answer(second, 1, table, "stream 1")
        restart()
        answer(second, 1, table, "stream 1")
        answer(_statuses(spark, [("E", "en_route")]), 0, table, "stream 2")
        found = [row.delivery_id for row in spark.table(table).collect()].count
    finally:
        spark.sql(f"DROP TABLE IF EXISTS {table}")
    _fails("what is delivered is not asked for", found("B"))
    _fails("a row without a status is not delivered", found("C") != 1)
    _fails("a micro-batch that comes again after the process has died", found("D") > 1)
    _fails("the micro-batch after the first", found("D") == 0)
    _fails("the first micro-batch of another stream", found("E") != 1)
    _fails("rows that were sent several times are kept as often", found("A") != 3)
    return "each micro-batch of each stream once, whatever dies."


def _statuses(spark, given):
    return spark.createDataFrame(given, "delivery_id string, status string").coalesce(1)


def _require_own(answer, names):
    """Raise Wrong if the function uses what the library has in its finished form; a learner's own may have its name."""
    answer = inspect.unwrap(answer)
    for step in dis.get_instructions(answer) if inspect.isfunction(answer) else ():
        if step.opname not in ("LOAD_GLOBAL", "LOAD_ATTR", "LOAD_METHOD") or step.argval not in names:
            continue
        own = step.opname == "LOAD_GLOBAL" and inspect.isfunction(answer.__globals__.get(step.argval))
        if not own or answer.__globals__[step.argval].__module__.startswith("sleigh."):
            raise Wrong(f"write it yourself, without {step.argval} of the library.")


# 22.05


def _message(delivery, minute, **changes):
    whole = {
        "delivery_id": delivery,
        "timestamp": f"{_at(minute):%Y-%m-%dT%H:%M:%SZ}",
        "city": "Suva",
        "country": "Fiji",
        "region": "Oceania",
        "latitude": -18.14,
        "longitude": 178.44,
        "timezone": "",
        "gift_type": "Toys",
        "num_gifts": 2,
        "status": "delivered",
        "delivery_time_seconds": 40,
        "distance_from_previous_km": 10.0,
        "weather_condition": "Foggy",
    }
    return whole | changes


def messages():
    """Three commits of bronze, the last three hours later: five deliveries are to reach silver, A, B, D, E and I."""
    return [
        [
            _message("A", 0),
            _message("B", 1, status=None),
            _message("C", 2, num_gifts=None),
            _message("D", 3, status="delayed", delivery_time_seconds=None, distance_from_previous_km=None),
            _message("A", 0),
            _message("F", 4, longitude=-200.0),
        ],
        [
            _message("A", 0),
            _message("E", 6, weather_condition=None),
            _message("B", 1),
            _message("G", 7, timestamp="around midnight"),
            _message("H", 8, status="DELIVERED"),
            _message(None, 9),
            _message("", 9),
        ],
        [_message("I", 200)],
    ]


@code("22.05", examines="03", takes=function("bronze", gives=small_stream.stream))
def check_05(answer):
    """A function from a stream of bronze to the stream of silver: every rule is true, each delivery once, for an hour."""
    from ...tables import BRONZE, SILVER

    _require_own(answer, {"clean", "clean_batch", "valid", "STREAMS"})
    written, steps = small_stream.run(answer, BRONZE.columns, messages())
    found = [row for batch in written for row in rows(*SILVER.columns.names)(batch)]
    ids = sorted(str(row["delivery_id"]) for row in found)
    _fails("each delivery once", len(ids) != len(set(ids)))
    _fails("a delivery that came broken, and again whole", "B" not in ids)
    _fails("a row that breaks a rule", set(ids) - set("ABDEI"))
    _fails("a row that keeps all rules is missing", ids != list("ABDEI"))
    _fails(
        "what the stream remembers, and for how long", small_stream.delay(steps) != 60 or steps[-1]["state_rows"] != 1
    )
    _fails("the columns of silver", [row["is_delayed"] for row in found if row["delivery_id"] == "D"] != [1])
    return "every rule is true, each delivery is there once, and what was seen is forgotten after an hour."


# 22.10

_STOP = {"country": "Guyana", "region": "Americas", "num_gifts": 1, "is_delivered": 1, "delivery_time_seconds": 30}


def _stop(minute, city, **changes):
    return {"delivery_timestamp": _at(minute).isoformat(), "city": city, **_STOP, **changes}


def deliveries():
    """Three commits of silver: the quarter from nine is closed at the end, the one after it is not."""
    return [
        [
            _stop(0, "Georgetown", delivery_time_seconds=20),
            _stop(4, "Georgetown", country="Ascension", region="Africa", is_delivered=0, num_gifts=4),
            _stop(12, "Georgetown", delivery_time_seconds=None),
            _stop(14.99, "Georgetown", delivery_time_seconds=21, num_gifts=3),
        ],
        [
            _stop(19, "Lima", country="Peru"),
            _stop(13, "Lima", country=None, num_gifts=None, is_delivered=0, delivery_time_seconds=None),
            _stop(11, "Georgetown", delivery_time_seconds=25, is_delivered=0),
        ],
        [_stop(21, "Lima", country="Peru")],
    ]


def _city(city, country, region, total, gifts, successful, seconds):
    names = (
        "city",
        "country",
        "region",
        "total_deliveries",
        "total_gifts",
        "successful_deliveries",
        "avg_delivery_time",
    )
    found = dict(zip(names, (city, country, region, total, gifts, successful, seconds), strict=True))
    return {"window_start": _at(0), "window_end": _at(15)} | found


_CITIES = [
    _city("Georgetown", "Guyana", "Americas", 4, 6, 3, 22.0),
    _city("Georgetown", "Ascension", "Africa", 1, 4, 0, 30.0),
    _city("Lima", None, "Americas", 1, None, 0, None),
]


@code("22.10", examines="08", takes=function("silver", gives=small_stream.stream))
def check_10(answer):
    """A function from a stream of silver to the counts of gold_top_cities, windows of 15 minutes, five of waiting."""
    from ...tables import SILVER

    _require_own(answer, {"GOLD", "STREAMS", "top_cities"})
    written, steps = small_stream.run(answer, SILVER.columns, deliveries())
    found = [row for batch in written for row in rows(*_CITIES[0])(batch)]
    delay = small_stream.delay(steps)
    _fails("the watermark", delay != 5)
    _fails("the windows", {(row["window_start"], row["window_end"]) for row in found} != {(_at(0), _at(15))})
    key = ("city", "country", "region")
    by_key = {tuple(row[name] for name in key): row for row in found}
    right = {tuple(row[name] for name in key): row for row in _CITIES}
    _fails("a row for each city, country and region", len(found) != len(by_key) or set(by_key) != set(right))
    for name in ("total_deliveries", "total_gifts", "successful_deliveries", "avg_delivery_time"):
        _fails(name, any(not _close(row[name], right[place][name]) for place, row in by_key.items()))
    return "a row for each city of a closed quarter, written once."


def _close(one, other):
    return one is other if None in (one, other) else abs(one - other) < 0.002


# 22.15

# The table, the micro-batch, and the table after it: delivery, epoch, sequence, status.
_HELD = [
    ("A", 1, 4, "en_route"),
    ("B", 2, 1, "delayed"),
    ("C", 1, 7, "delivered"),
    ("D", 2, 2, "en_route"),
    ("F", 1, 3, "delayed"),
]
_BROUGHT = [
    ("A", 1, 5, "delivered"),
    ("B", 1, 9, "en_route"),
    ("C", 2, 1, "returned"),
    ("D", 2, 3, "delayed"),
    ("D", 3, 1, "delivered"),
    ("D", 2, 9, "en_route"),
    ("E", 1, 2, "delivered"),
    ("E", 1, 1, "en_route"),
    ("F", 1, 3, "delayed"),
]
_THEN = {
    "A": (1, 5, "delivered"),
    "B": (2, 1, "delayed"),
    "C": (2, 1, "returned"),
    "D": (3, 1, "delivered"),
    "E": (1, 2, "delivered"),
    "F": (1, 3, "delayed"),
}
_WHAT = {
    "A": "a change that is newer",
    "B": "an older epoch with a higher sequence",
    "C": "a newer epoch with a lower sequence",
    "D": "several changes of a delivery in one micro-batch",
    "E": "a delivery that is new, with several changes",
    "F": "a change that came again",
}
_SCHEMA = "delivery_id string, epoch int, sequence int, status string"


@code("22.15", examines="16", takes=function("target", "changes", gives=sql))
def check_15(answer):
    """A function (target, changes) -> the MERGE that keeps the newest change of each delivery by (epoch, sequence)."""
    from ... import runtime

    spark, target = runtime.session(), f"exam_{uuid.uuid4().hex[:8]}"
    view = f"{target}_changes"
    statement = answer(target, view)
    _fails("one MERGE statement", first_word(statement) not in ("MERGE", "WITH"))
    spark.createDataFrame(_BROUGHT, _SCHEMA).coalesce(1).createOrReplaceTempView(view)
    try:
        spark.createDataFrame(_HELD, _SCHEMA).coalesce(1).write.format("delta").saveAsTable(target)
        with theirs("your MERGE", slow=True):
            spark.sql(statement)
        found = [
            tuple(row) for row in spark.table(target).select("delivery_id", "epoch", "sequence", "status").collect()
        ]
        metrics = spark.sql(f"DESCRIBE HISTORY {target} LIMIT 1").first()["operationMetrics"]
    finally:
        spark.sql(f"DROP TABLE IF EXISTS {target}")
        spark.catalog.dropTempView(view)
    _fails("one row for each delivery", sorted(row[0] for row in found) != sorted(_THEN))
    for delivery, *rest in found:
        _fails(_WHAT[delivery], tuple(rest) != _THEN[delivery])
    _fails("a row is written that does not change", int(metrics.get("numTargetRowsUpdated", -1)) != 3)
    return "the newest by epoch, then by sequence, and nothing else is written."
