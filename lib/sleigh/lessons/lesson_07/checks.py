"""Exercises of lesson 07: which windows take a late delivery, a running rate, the weather that no column counts."""

from datetime import timedelta

from ...domain import NIGHT_START
from ..answers import set_of, sql, whole_number
from ..attempt import theirs
from ..compare import small_case
from ..exercises import Wrong, exercise
from ..frames import column, rows


@exercise(
    "07.1",
    takes=set_of(whole_number),
    hints=[
        "A window is closed when the watermark has reached its end. Write down the four ends.",
        "These lengths divide the hour, so count from 10:00: those of 15 minutes end at 10:15, 10:30 and so on, those "
        "of 10 at 10:20.",
    ],
)
def check_07_1(chosen):
    """The window lengths, of 1, 5, 10, 15 minutes, that count a delivery of 10:14:30 at a watermark of 10:16."""
    if not chosen <= {1, 5, 10, 15}:
        raise Wrong("the answer is a list of lengths out of 1, 5, 10 and 15.")
    if not chosen:
        raise Wrong("the delivery is behind the watermark, but a watermark closes windows; it is no filter for rows.")
    if chosen == {1, 5, 15}:
        raise Wrong("those are the three that do not count it any more.")
    if chosen == {10, 15}:
        raise Wrong("do long windows forgive more? Look where the one of 15 minutes with 10:14:30 in it ends.")
    if chosen == {15}:
        raise Wrong("the longest is not the last to close: lay both over the clock.")
    if chosen != {10}:
        early = min(chosen)
        raise Wrong(f"the window of {early} min with 10:14:30 in it: when does it end? At 10:16 it must still be open.")
    return "only the ten minutes, 10:10 to 10:20, are open. The three others all end at 10:15, whatever their length."


# Minute after the night's start, period_deliveries, period_successful. Not in order, no running rate is a whole number, and
# two windows are small.
_PROGRESS = [(20, 110, 83), (0, 200, 181), (30, 10, 10), (50, 3, 1), (10, 400, 201)]
_CLOSE = 0.051  # percent may be rounded to one decimal


def _so_far():
    """[(window_start, delivered so far, counted so far, its own rate)] in order."""
    found, delivered, counted = [], 0, 0
    for minute, number, successful in sorted(_PROGRESS):
        delivered, counted = delivered + successful, counted + number
        found.append((NIGHT_START + timedelta(minutes=minute), delivered, counted, 100 * successful / number))
    return found


def _table(spark):
    """The windows as gold_overall_progress, all its columns."""
    from ...tables import OVERALL_PROGRESS

    table = []
    for minute, number, successful in _PROGRESS:
        start = NIGHT_START + timedelta(minutes=minute)
        known = {
            "window_start": start,
            "window_end": start + timedelta(minutes=10),
            "calculated_at": start + timedelta(minutes=16),
            "period_deliveries": number,
            "period_successful": successful,
            "period_delayed": number - successful,
            "success_rate_percentage": round(100 * successful / number, 2),
            "delay_rate_percentage": round(100 - 100 * successful / number, 2),
        }
        kinds = {"bigint": 2 * number, "double": number / 3}
        table.append(
            [known.get(field.name, kinds.get(field.dataType.simpleString())) for field in OVERALL_PROGRESS.columns]
        )
    return spark.createDataFrame(table, OVERALL_PROGRESS.columns).coalesce(1)


@exercise(
    "07.2",
    takes=sql,
    hints=[
        "The night's rate is not a mean of the windows' rates: it is everything delivered over everything counted.",
        "Two running totals, one of period_successful and one of period_deliveries, and their quotient.",
        "SELECT window_start, 100 * sum(...) OVER (ORDER BY window_start) / sum(...) OVER (...) AS running_success",
    ],
)
def check_07_2(answer):
    """SQL over {progress} that gives window_start and running_success: percent delivered of all deliveries so far."""
    if "{progress}" not in answer:
        if "StreamingQuery" in answer or "DataFrame[" in answer:
            raise Wrong("Python has put its own `progress` in already: no f before the string.")
        raise Wrong("write {progress}, in braces, where the table's name goes.")
    from ... import runtime

    spark = runtime.session()
    with theirs(slow=True):
        table = spark.sql(answer, progress=_table(spark))
    rates = rows("window_start", "running_success")(table)
    found = {row["window_start"]: row["running_success"] for row in rates}
    if len(rates) != len(_PROGRESS) or set(found) != {start for start, *_ in _so_far()}:
        raise Wrong(
            f"{len(rates)} rows, {len(found)} window_start in them, for {len(_PROGRESS)} windows: one for each."
        )
    _told_by_its_rates([found[start] for start, *_ in _so_far()])
    for start, delivered, counted, _ in _so_far():
        given = f"running_success of {start:%H:%M}, with {delivered} of {counted} delivered so far"
        small_case(given, round(100 * delivered / counted, 2), found[start], close=_CLOSE)
    return (
        "two running totals and their quotient: a window of ten deliveries moves it as little as ten deliveries should."
    )


def _told_by_its_rates(found):
    """Raise Wrong if the rates, in the order of the windows, are all made by one known mistake."""
    right = [100 * delivered / counted for _, delivered, counted, _ in _so_far()]
    own = [rate for *_, rate in _so_far()]
    from_here = [[row for row in _PROGRESS if row[0] >= minute] for minute, *_ in sorted(_PROGRESS)]
    mistakes = [
        ([rate / 100 for rate in right], "these are shares from 0 to 1: make percent of them."),
        (own, "10:10: this is the rate of the window alone. What has the night come to by then?"),
        (
            [sum(own[: place + 1]) / (place + 1) for place in range(len(own))],
            "10:10: this is the mean of the windows' rates; 10:30, with ten deliveries, weighs as much as 10:10.",
        ),
        ([right[-1]] * len(right), "every window has the rate of all: without ORDER BY, OVER takes later rows, too."),
        (
            [100 * sum(row[2] for row in later) / sum(row[1] for row in later) for later in from_here],
            "10:50 has its own rate, and 10:00 that of everything: the order runs backwards.",
        ),
        ([rate // 1 for rate in right], "these are whole percents, cut: 10:10 has 63 and should have 63.67."),
        ([int(rate + 0.5) for rate in right], "these are whole percents, rounded: 10:10 has 64 and should have 63.67."),
    ]
    for rates, message in mistakes:
        if all(_near(value, rate) for value, rate in zip(found, rates, strict=True)):
            raise Wrong(message)


def _near(value, expected):
    close = _CLOSE if expected > 1 else 0.0051
    return isinstance(value, int | float) and abs(value - expected) < close


# weather_condition -> how many deliveries have it; all numbers differ.
_SKIES = {"Clear": 8, "Cloudy": 7, "Foggy": 6, "Snowy": 5, "Hail": 4, "clear": 3, " Snowy ": 9, "": 2, None: 1}
_KNOWN = ("Clear", "Snowy", "Foggy", "Cloudy")


def _aggregate(value):
    """A kind: an SQL aggregate in a string, or a Column."""
    value = sql(value) if isinstance(value, str) else value
    if isinstance(value, str) and value.lower().startswith("select"):
        raise Wrong("only the aggregate is asked for, without SELECT and FROM: count_if(...), say.")
    return column(value)


def _deliveries(spark):
    """Silver, all its columns, with as many rows of each weather as _SKIES says, and `_sky`, its place in there."""
    from pyspark.sql import functions as F

    from ...tables import SILVER

    table = [(place, sky, row) for place, (sky, count) in enumerate(_SKIES.items()) for row in range(count)]
    made = spark.createDataFrame(table, "_sky int, weather_condition string, _row int").coalesce(1)
    at = F.lit(NIGHT_START) + F.make_dt_interval(mins=F.col("_row"))
    own = {"weather_condition": F.col("weather_condition"), "delivery_id": F.format_string("SD-%d-%d", "_sky", "_row")}
    kinds = {"string": F.lit("somewhere"), "timestamp": at, "date": at.cast("date")}

    def value(field):
        return own.get(field.name, kinds.get(field.dataType.simpleString(), F.col("_row") + 1)).cast(field.dataType)

    return made.select("_sky", *[value(field).alias(field.name) for field in SILVER.columns])


@exercise(
    "07.3",
    takes=_aggregate,
    hints=[
        "It must be true for 'Hail' and for NULL. What is NULL NOT IN ('Clear', ...)? Lesson 03 has the table.",
        "Count the known ones and take them from count(*), or wrap the condition: coalesce(..., true).",
    ],
)
def check_07_3(answer):
    """SQL aggregate: how many rows have a weather_condition that none of the four columns counts, NULL included."""
    from ... import runtime

    try:
        with theirs(slow=True):
            grouped = _deliveries(runtime.session()).groupBy("_sky").agg(answer.alias("_counted"))
        found = {row["_sky"]: row["_counted"] for row in rows("_sky", "_counted")(grouped)}
    except Wrong as why:
        if "MISSING_AGGREGATION" not in str(why):
            raise
        raise Wrong("that gives a value for each row; an aggregate gives one for all of them.") from None
    for place, (sky, count) in enumerate(_SKIES.items()):
        given = f"{count} deliveries with the weather {'NULL' if sky is None else repr(sky)}"
        small_case(given, 0 if sky in _KNOWN else count, found[place])
    return (
        "NULL, '' and 'hail' are in. With this fifth column the weather adds up to period_deliveries, whatever comes."
    )
