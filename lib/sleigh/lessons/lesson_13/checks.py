"""Exercises of lesson 13: what an open window holds, and a 15th query that both engines read alike."""

import datetime as dt

from ...errors import first_line
from ..answers import sql, tuple_of, whole_number
from ..exercises import Wrong, exercise

_NEWEST = dt.datetime(2026, 12, 24, 22, 31, 29, tzinfo=dt.UTC)
_FIVE = dt.timedelta(minutes=5)


def _window_start(moment):
    """Start of the five-minute window that `moment` is in."""
    return moment - dt.timedelta(minutes=moment.minute % 5, seconds=moment.second)


@exercise(
    "13.1",
    takes=tuple_of(whole_number, whole_number),
    hints=[
        "Which five-minute window does 22:31:29 belong to, and how many seconds of it have happened?",
        "The watermark is at 22:26:29. Which is the latest window that ends at or before it?",
    ],
)
def check_13_1(answer):
    """(live, final): the sum of query 03 for one delivery a second, the newest at _NEWEST."""
    try:
        live, final = answer
    except (TypeError, ValueError):
        raise Wrong("the answer is two whole numbers, live and final.") from None
    if any(not isinstance(number, int) or isinstance(number, bool) for number in (live, final)):
        raise Wrong("the answer is two whole numbers, live and final.")
    full = int(_FIVE.total_seconds())
    so_far = int((_NEWEST - _window_start(_NEWEST)).total_seconds()) + 1
    if (live, final) == (final, live) == (full, full):
        raise Wrong("in live the latest window is the one that has just begun. It is not full.")
    if (live, final) == (full, so_far):
        raise Wrong("the other way round: which of the two views shows a window that is still open?")
    if live == _NEWEST.second + 1:
        raise Wrong("that is what the last minute holds. The windows of this chart are five minutes long.")
    if live == so_far - 1:
        raise Wrong("the window begins with second 0: from 22:30:00 to 22:31:29, both counted.")
    if live != so_far:
        raise Wrong(f"{live} in live? The latest window began at {_window_start(_NEWEST):%H:%M}.")
    if final == so_far:
        raise Wrong("live is right. In final no window is half full: a closed one is over, an open one is not shown.")
    if final == 0:
        raise Wrong("live is right. The window before the one with the watermark in it is closed, and it is shown.")
    if final != full:
        raise Wrong(f"live is right. {final} in final? A closed window is whole, and it had a delivery each second.")
    return (
        f"{live} of a window that is 90 seconds old, and {full} of the window "
        f"{_window_start(_NEWEST - _FIVE) - _FIVE:%H:%M}, which ended six and a half minutes ago."
    )


# (region, minutes before the newest event, status): a tie of three, one of them NULL; rows that are too old, and a
# region that has no others.
_DELIVERIES = [
    *[("Africa", minutes, status) for minutes, status in ((1, "delayed"), (4, "delivered"), (9, "delivered"))],
    *[("Africa", minutes, "delayed") for minutes in (40, 45, 50)],
    ("Africa", 12, "en_route"),
    *[("Europe", minutes, "delayed") for minutes in (0, 3)],
    *[("Europe", minutes, "delivered") for minutes in (5, 29)],
    ("Asia", 2, "delayed"),
    ("Asia", 8, "en_route"),
    (None, 6, "delayed"),
    (None, 7, "delivered"),
    ("Pacific Islands", 11, "delivered"),
    ("Middle East", 35, "delayed"),
]
_EXPECTED = [("Asia", 2, 50.0), ("Europe", 4, 50.0), (None, 2, 50.0), ("Africa", 4, 25.0), ("Pacific Islands", 1, 0.0)]
_NAMES = ("region", "deliveries", "delay_percentage")
_VIEW = "silver_of_exercise_13"


@exercise(
    "13.2",
    takes=sql,
    hints=[
        "Query 12 has the span and the grouping. A rate of a group: 100.0 * its delayed ones / all of its deliveries.",
        "WHERE delivery_timestamp > (SELECT max(delivery_timestamp) FROM ...) - INTERVAL 30 MINUTES GROUP BY region",
        "ORDER BY delay_percentage DESC, region, and say where NULL goes.",
    ],
)
def check_13_2(answer):
    """SQL text over silver: deliveries and percentage of delayed ones by region, in the last 30 minutes, worst first."""
    if not isinstance(answer, str):
        raise Wrong("the answer is the text of the query.")
    text = answer.lower()
    if any(word in text for word in ("current_timestamp", "current_date", "now()", "localtimestamp")):
        raise Wrong("the wall clock is in it. 'Now' is the newest event in silver.")
    if "silver_santa_deliveries" not in text:
        raise Wrong("it does not read silver_santa_deliveries.")
    by_engine = {engine: _rows(ask, engine, answer) for engine, ask in _engines().items()}
    duckdb, spark = by_engine.values()
    one_each = len({row[0] for row in duckdb}) == len(duckdb)
    if one_each and duckdb != spark and sorted(duckdb, key=str) == sorted(spark, key=str):
        raise Wrong("the same rows from both engines, in another order. Where is NULL to go?")
    for engine, rows in by_engine.items():
        _check_rows(rows, engine)
    return "the same five rows in the same order from DuckDB and Spark, and nobody's clock is in it."


def _engines():
    """{engine: function from SQL to a pyarrow Table} over the crafted silver."""
    import duckdb

    from ... import runtime
    from ...tables import SILVER

    rows = []
    for number, (region, minutes, status) in enumerate(_DELIVERIES):
        row = dict.fromkeys(SILVER.columns.names)
        row |= {"delivery_id": f"T-{number}", "region": region, "status": status, "num_gifts": 1}
        row |= {"delivery_timestamp": _NEWEST - dt.timedelta(minutes=minutes)}
        row |= {f"is_{name}": int(status == name) for name in ("delivered", "delayed", "en_route")}
        rows.append(tuple(row.values()))
    spark = runtime.session()
    silver = spark.createDataFrame(rows, SILVER.columns)
    silver.createOrReplaceTempView(_VIEW)
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    db.register(_VIEW, silver.toArrow())
    return {"DuckDB": lambda text: db.sql(text).to_arrow_table(), "Spark": lambda text: spark.sql(text).toArrow()}


def _rows(ask, engine, text):
    """Rows of the answer as (region, deliveries, percentage), rounded."""
    import re

    text = re.sub("silver_santa_deliveries", _VIEW, text, flags=re.IGNORECASE).strip().rstrip(";")
    try:
        table = ask(text)
    except Exception as error:
        raise Wrong(f"{engine} refuses it: {first_line(error)}") from None
    if missing := [name for name in _NAMES if name not in table.column_names]:
        raise Wrong(f"the column {missing[0]} is missing.")
    columns = [table[name].to_pylist() for name in _NAMES]
    if any(value is None for value in (*columns[1], *columns[2])):
        raise Wrong(f"{engine}: a number is NULL.")
    return [(region, int(count), round(float(share), 2)) for region, count, share in zip(*columns, strict=True)]


def _check_rows(rows, engine):
    found, expected = {row[0]: row[1:] for row in rows}, {row[0]: row[1:] for row in _EXPECTED}
    if len(found) < len(rows):
        raise Wrong(f"{engine}: a region has more than one row.")
    if "Middle East" in found:
        raise Wrong(f"{engine}: the Middle East is there. Its only delivery is 35 minutes older than the newest event.")
    if None not in found:
        raise Wrong(f"{engine}: the deliveries without a region are gone. They are a group of their own.")
    if gone := [region for region in expected if region not in found]:
        raise Wrong(f"{engine}: {gone[0]} is missing. It had deliveries in the 30 minutes before the newest event.")
    for region, (count, share) in found.items():
        if (count, share) != expected[region]:
            _explain(engine, region, count, share, *expected[region])
    if rows == _EXPECTED[::-1] or rows[0][2] < rows[-1][2]:
        raise Wrong(f"{engine}: the worst region comes first, not last.")
    if rows != _EXPECTED:
        raise Wrong(f"{engine}: equal ones are to stand by region, those without one last.")


def _explain(engine, region, count, share, right_count, right_share):
    if count != right_count:
        raise Wrong(
            f"{engine}: {region} with {count} deliveries? Count those of the last 30 minutes, whatever their status."
        )
    if right_share and abs(share - right_share / 100) < 0.01:
        raise Wrong(f"{engine}: {region} has {share}. A percentage runs from 0 to 100.")
    raise Wrong(
        f"{engine}: {share} % for {region}. It is the share of delayed ones among the deliveries of that region."
    )
