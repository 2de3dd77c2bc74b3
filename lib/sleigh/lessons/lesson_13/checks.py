"""Exercises of lesson 13: what an open window holds, and a 15th query that both engines read alike."""

import datetime as dt
import re

from .. import on_duckdb
from ..answers import sql, tuple_of, whole_number
from ..compare import same_table
from ..exercises import Wrong, exercise
from ..frames import rows
from ..notebook import brief

_SECOND = 31 * 60 + 29  # of the newest delivery, after 22:00
_WINDOW = 5 * 60
_SO_FAR = _SECOND % _WINDOW + 1  # seconds of the window that the newest delivery is in, both ends counted


@exercise(
    "13.1",
    takes=tuple_of(whole_number, whole_number),
    hints=[
        "Which five-minute window does 22:31:29 belong to, and how many seconds of it have happened?",
        "The watermark is at 22:26:29. Which is the latest window that ends at or before it?",
    ],
)
def check_13_1(answer):
    """(live, final): the sum of query 03 for one delivery a second, the newest at 22:31:29."""
    live, final = answer
    if (live, final) == (_WINDOW, _SO_FAR):
        raise Wrong("the other way round: which of the two views shows a window that is still open?")
    if live in _LIVE:
        raise Wrong(f"{live} in live? {_LIVE[live]}")
    if live != _SO_FAR:
        raise Wrong(f"{live} in live? The latest window began at 22:30. Count its seconds.")
    if final in _FINAL:
        raise Wrong(f"live is right. {final} in final? {_FINAL[final]}")
    if final != _WINDOW:
        raise Wrong(f"live is right. {final} in final? Which window is the latest that is closed, and how long is it?")
    return f"{live} of a window that is 90 seconds old, and {final} of the window 22:20, which ended 6.5 minutes ago."


# What one mistake alone leads to.
_LIVE = {
    _WINDOW: "The latest window in live is the one that has just begun. It is not full.",
    _SO_FAR - 1: "The window begins with second 0: from 22:30:00 to 22:31:29, both counted.",
    _SECOND % 60 + 1: "That is what the last minute holds. The windows of this chart are five minutes long.",
    _SECOND + 1: "That is all since 22:00. The bars hold one window.",
}
_FINAL = {
    _SO_FAR: "No window is half full there: a closed one is over, an open one is not shown.",
    0: "The window before the one with the watermark in it is closed, and it is shown.",
    2 * _WINDOW: "The bars hold one window, the latest that is closed.",
    26 * 60 + 30: "That is all up to the watermark. The bars hold one window.",
    60: "A minute has 60. The windows of this chart are five minutes long.",
}


_NEWEST = dt.datetime(2026, 12, 25, 3, 7, 41, tzinfo=dt.UTC)  # no time that the lesson speaks of

# (region, seconds before the newest event, status): three equal shares, one of them without a region; rows that are too
# old by a second, and a region that has no others.
_DELIVERIES = [
    *[("Africa", second, status) for second, status in ((60, "delayed"), (240, "delivered"), (540, "delivered"))],
    *[("Africa", second, "delayed") for second in (1801, 2700, 3000)],
    *[("Africa", 720, "en_route")] * 2,
    *[("Europe", second, "delayed") for second in (0, 180, 181)],
    *[("Europe", second, "delivered") for second in (300, 1740, 1799)],
    ("Asia", 120, "delayed"),
    ("Asia", 480, "en_route"),
    *[(None, second, "delayed") for second in (360, 361)],
    *[(None, second, "delivered") for second in (420, 421)],
    ("Pacific Islands", 660, "delivered"),
    ("", 661, "delivered"),
    *[("Oceania", second, "delayed") for second in (30, 31)],
    ("Oceania", 32, "en_route"),
    ("Middle East", 1801, "delayed"),
]
_COLUMNS = ("region", "deliveries", "delay_percentage")
_VIEW = "silver_of_exercise_13"
_CLOCK = r"\b(current_timestamp|current_date|localtimestamp|getdate|now\s*\(|today\s*\(|transaction_timestamp)"


def _expected():
    counts = {}
    for region, second, status in _DELIVERIES:
        if second < 1800:
            counts.setdefault(region, []).append(status == "delayed")
    made = [
        {"region": region, "deliveries": len(each), "delay_percentage": 100 * sum(each) / len(each)}
        for region, each in counts.items()
    ]
    return sorted(made, key=lambda row: (-row["delay_percentage"], row["region"] is None, row["region"] or ""))


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
    found = {engine: _ask(ask, engine, answer) for engine, ask in _engines().items()}
    clock = re.search(_CLOCK, re.sub(r"--.*|'[^']*'", "", answer), re.IGNORECASE)
    expected = _expected()
    for engine, table in found.items():
        try:
            same_table(table, expected, by="region", given=engine, close=0.05, in_order=True)
        except Wrong as why:
            if clock:
                raise Wrong(f"{why} 'Now' is the newest event in silver, and {clock[1]} is the wall clock.") from None
            raise
    return f"the same {len(expected)} rows in the same order from DuckDB and Spark, and nobody's clock is in it."


def _engines():
    """{engine: function from SQL to a pyarrow Table} over the crafted silver."""
    from ... import runtime
    from ...tables import SILVER

    made = []
    for number, (region, second, status) in enumerate(_DELIVERIES):
        row = dict.fromkeys(SILVER.columns.names)
        row |= {"delivery_id": f"T-{number}", "region": region, "status": status, "num_gifts": 1 + number % 5}
        row |= {"delivery_timestamp": _NEWEST - dt.timedelta(seconds=second)}
        row |= {f"is_{name}": int(status == name) for name in ("delivered", "delayed", "en_route")}
        made.append(tuple(row.values()))
    spark = runtime.session()
    silver = spark.createDataFrame(made, SILVER.columns)
    silver.createOrReplaceTempView(_VIEW)
    return {
        "DuckDB": lambda text: on_duckdb.ask(text, {SILVER.name: silver.toArrow()}),
        "Spark": lambda text: spark.sql(re.sub(SILVER.name, _VIEW, text, flags=re.IGNORECASE)).toArrow(),
    }


def _ask(ask, engine, text):
    """Rows of the answer from one engine."""
    try:
        table = ask(text)
    except Wrong:
        raise
    except Exception as error:
        raise Wrong(f"{engine} refuses it: {brief(error)[:200]}") from None
    return rows(*_COLUMNS)(table)
