"""Exercises of lesson 07: which windows take a late delivery, a running rate, the weather that no column counts."""

from ..answers import set_of, sql, whole_number
from ..exercises import Wrong, exercise


@exercise(
    "07.1",
    takes=set_of(whole_number),
    hints=[
        "A window is closed when the watermark has reached its end. Write down the four ends.",
        "These lengths divide the hour, so count from 10:00: those of 15 minutes end at 10:15, 10:30 and so on, those "
        "of 10 at 10:20.",
    ],
)
def check_07_1(answer):
    """List of the window lengths, of 1, 5, 10, 15 minutes, that count a delivery of 10:14:30 at a watermark of 10:16."""
    if isinstance(answer, int) and not isinstance(answer, bool):
        answer = [answer]
    if not isinstance(answer, list | tuple | set) or not set(answer) <= {1, 5, 10, 15}:
        raise Wrong("the answer is a list of lengths out of 1, 5, 10 and 15.")
    chosen = set(answer)
    if chosen == {10, 15}:
        raise Wrong("do long windows forgive more? Look where the one of 15 minutes with 10:14:30 in it ends.")
    if chosen == {15}:
        raise Wrong("the longest is not the last to close: lay both over the clock.")
    if not chosen:
        raise Wrong("the delivery is behind the watermark, but a watermark closes windows; it is no filter for rows.")
    if 1 in chosen or 5 in chosen:
        raise Wrong("at 10:16 every window that ends by then is closed. When do those of 1 and of 5 minutes end?")
    return "only the ten minutes, 10:10 to 10:20, are open. The three others all end at 10:15, whatever their length."


# window_start, period_deliveries, period_successful: rates 90, 50, 80 and 100 %. Not in order, and one window is small.
_PROGRESS = [("10:20", 100, 80), ("10:00", 200, 180), ("10:30", 10, 10), ("10:10", 400, 200)]


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
    if not isinstance(answer, str):
        raise Wrong("the answer is SQL in a string, with {progress} where the table's name goes.")
    if "{progress}" not in answer:
        raise Wrong("write {progress}, in braces, where the table's name goes.")
    from ... import runtime

    spark = runtime.session()
    schema = "window_start string, period_deliveries bigint, period_successful bigint"
    table = spark.createDataFrame(_PROGRESS, schema).selectExpr(
        "*", "round(100 * period_successful / period_deliveries, 2) AS success_rate_percentage"
    )
    rows = spark.sql(answer, progress=table)
    if missing := [name for name in ("window_start", "running_success") if name not in rows.columns]:
        raise Wrong(f"there is no column {missing[0]} in what it returns.")
    found = {row.window_start: row.running_success for row in rows.collect()}
    if len(found) != len(_PROGRESS) or rows.count() != len(_PROGRESS):
        raise Wrong(f"{rows.count()} rows for {len(_PROGRESS)} windows: one row for each of them.")
    _judge_rates({window: float(value) if value is not None else None for window, value in found.items()})
    return (
        "two running totals and their quotient: a window of ten deliveries moves it as little as ten deliveries should."
    )


def _judge_rates(found):
    done, rates, right, means = [0, 0], [], {}, {}
    for window, number, successful in sorted(_PROGRESS):
        done = [done[0] + number, done[1] + successful]
        rates.append(100 * successful / number)
        right[window] = 100 * done[1] / done[0]
        means[window] = sum(rates) / len(rates)
    own = dict(zip(sorted(right), rates, strict=True))
    if _close(found, right):
        return
    if _close(found, {window: value / 100 for window, value in right.items()}):
        raise Wrong("these are shares from 0 to 1: make percent of them.")
    if _close(found, own):
        raise Wrong("10:10: this is the rate of the window alone. What has the night come to by then?")
    if _close(found, means):
        raise Wrong(
            "10:10: this is the mean of the windows' rates; 10:30, with ten deliveries, weighs as much as 10:10."
        )
    if len(set(found.values())) == 1:
        raise Wrong("every window has the same rate: without ORDER BY, OVER takes all rows, later ones too.")
    if _close(found, {window: _from(window) for window in right}):
        raise Wrong("10:30 has its own rate, and 10:00 that of everything: the order runs backwards.")
    wrong = next(window for window in sorted(right) if not _close({0: found.get(window)}, {0: right[window]}))
    raise Wrong(f"{wrong}: {found.get(wrong)} is not what was delivered so far, out of all that was counted so far.")


def _from(window):
    rows = [row for row in _PROGRESS if row[0] >= window]
    return 100 * sum(row[2] for row in rows) / sum(row[1] for row in rows)


def _close(found, expected):
    return all(value is not None and abs(value - expected[key]) < 0.01 for key, value in found.items())


_SKIES = ["Clear", "Clear", "Clear", "Cloudy", "Foggy", "Snowy", "Hail", "hail", "", None, None]


@exercise(
    "07.3",
    takes=sql,
    hints=[
        "It must be true for 'Hail' and for NULL. What is NULL NOT IN ('Clear', ...)? Lesson 03 has the table.",
        "Count the known ones and take them from count(*), or wrap the condition: coalesce(..., true).",
    ],
)
def check_07_3(answer):
    """SQL aggregate: how many rows have a weather_condition that none of the four columns counts, NULL included."""
    if not isinstance(answer, str):
        raise Wrong("the answer is SQL in a string, an aggregate such as count_if(...).")
    from ... import runtime

    spark = runtime.session()
    rows = spark.createDataFrame([(sky,) for sky in _SKIES], "weather_condition string")
    value = rows.selectExpr(f"{answer} AS unknown").collect()
    if len(value) != 1:
        raise Wrong("that gives a value for each row; an aggregate gives one for all of them.")
    value = value[0].unknown
    known = sum(sky in ("Clear", "Snowy", "Foggy", "Cloudy") for sky in _SKIES)
    null = _SKIES.count(None)
    if value == len(_SKIES) - known - null:
        raise Wrong("'Hail' and the like are in, NULL is not: NOT IN says neither yes nor no to it.")
    if value == null:
        raise Wrong("that counts the NULLs. 'Hail' has a weather, and none of the four columns has it.")
    if value == known:
        raise Wrong("that counts the known ones.")
    if value == len(_SKIES) - known - 1:
        raise Wrong("one is missing: does a text without letters count as weather?")
    if value != len(_SKIES) - known:
        raise Wrong(
            f"of eleven rows, of which some are 'Hail', '' and NULL, it counts {value}: not all that no column has."
        )
    return "five of eleven. With this fifth column the weather adds up to period_deliveries, whatever the radio sends."
