"""Exercises of lesson 03: silver and expectations."""

from functools import cache

from ..answers import function, sql, whole_number
from ..exercises import Wrong, exercise
from ..frames import frame

NIGHT = {"start_minute": 1110, "rate": 12, "faults": {"broken": 0.05, "late": 0.1}}
"""The lesson's night; the first MINUTES of it are landed when the exercises come, and the half hour after them too."""

MINUTES = 270


@cache
def _gifts():
    """num_gifts of every row of the lesson's bronze table, as a list."""
    from ...simulator.night import night

    return night(MINUTES, **NIGHT).events["num_gifts"].to_pylist()


@exercise(
    "03.1",
    takes=whole_number,
    hints=[
        "What is NOT (NULL > 0)?",
        "The table gives NULL, 0, -1 and -12. For which of them is `num_gifts > 0` false rather than NULL?",
    ],
)
def check_03_1(answer):
    gifts = _gifts()
    nulls = sum(value is None for value in gifts)
    caught = sum(value is not None and value <= 0 for value in gifts)
    if not isinstance(answer, int) or isinstance(answer, bool):
        raise Wrong("answer with one whole number of rows.")
    if answer == caught + nulls:
        raise Wrong(f"{answer} rows fail the rule, but {nulls} of them hold NULL: what does WHERE do with NOT NULL?")
    if answer == nulls:
        raise Wrong(f"{answer} is the number of rows that the filter misses.")
    if answer != caught:
        raise Wrong(f"{answer} is not the number of rows for which `num_gifts > 0` is false.")
    return f"{caught} rows; the {nulls} with NULL are in neither result, {caught + nulls} fail the rule."


# What the rule says of each speed. NaN is greater than every number to Spark, so "above 0" alone lets it through.
_SPEEDS = [(850.0, True), (0.5, True), (3000.0, True), (0.0, False), (-40.0, False), (99999.0, False)]
_SPEEDS += [(float("nan"), False), (None, False)]


@exercise(
    "03.2",
    takes=sql,
    hints=[
        "BETWEEN includes both ends; a speed of 0 is not allowed.",
        "Write the comparison first, then look at what it gives for NULL.",
        "coalesce(<comparison>, false), or AND reindeer_speed_kmh IS NOT NULL.",
    ],
)
def check_03_2(answer):
    if not isinstance(answer, str):
        raise Wrong('the rule is SQL in a string, like "num_gifts > 0".')
    from pyspark.sql import functions as F

    from ... import runtime

    rows = runtime.session().createDataFrame([(speed,) for speed, _ in _SPEEDS], "reindeer_speed_kmh double")
    # By position, not by value: NaN equals nothing in Python, itself included.
    said = [row.said for row in rows.coalesce(1).select(F.expr(answer).alias("said")).collect()]
    if not all(isinstance(value, bool | None) for value in said):
        raise Wrong("the expression is not a condition: it must be true or false.")
    for (speed, right), value in zip(_SPEEDS, said, strict=True):
        name = "NULL" if speed is None else "NaN" if speed != speed else f"{speed:g} km/h"
        if value is None:
            raise Wrong(f"for {name} the rule is NULL, neither true nor false: WHERE NOT (rule) misses that row.")
        if value != right:
            raise Wrong(f"{name} {'fails' if right else 'passes'}, and it should not.")
    return "true or false for every speed, NULL and NaN included: rule and NOT rule add up."


_STATUSES = {
    1: ("Delivered ", "delivered"),
    2: (" delayed", "delayed"),
    3: ("EN ROUTE", "en_route"),
    4: ("en-route", "en_route"),
    5: ("delivered", "delivered"),
    6: ("lost", None),
    7: (None, None),
    8: ("", None),
}
_VALID = ("en_route", "delivered", "delayed")


@exercise(
    "03.3",
    takes=function("rows", gives=frame),
    hints=[
        "Three things differ: blanks at the ends, capitals, and what stands between the words.",
        "F.trim, F.lower and F.regexp_replace, one inside the other; write the result into status.",
        'F.regexp_replace(F.lower(F.trim("status")), "[ -]", "_")',
    ],
)
def check_03_3(answer):
    if not callable(answer):
        raise Wrong("the answer is a function: it takes a DataFrame and returns one.")
    from ... import runtime

    rows = [(f"SD-{row}", status, None if row == 2 else row, row) for row, (status, _) in _STATUSES.items()]
    schema = "delivery_id string, status string, num_gifts int, _row bigint"
    given = runtime.session().createDataFrame(rows, schema)
    mended = answer(given)
    if mended is None or not hasattr(mended, "columns"):
        raise Wrong("the function must return the DataFrame with the mended rows.")
    if missing := [name for name in given.columns if name not in mended.columns]:
        raise Wrong(f"the column {missing[0]} is gone: a repair changes values, not columns.")
    found = {row._row: row for row in mended.select(*given.columns).collect()}
    if gone := sorted(set(_STATUSES) - set(found)):
        raise Wrong(
            f"the row with status {_STATUSES[gone[0]][0]!r} is gone: leave rows that you cannot mend as they are."
        )
    for number, (status, meant) in _STATUSES.items():
        row = found[number]
        delivery_id, _, gifts, _ = rows[number - 1]
        if (row.delivery_id, row.num_gifts) != (delivery_id, gifts):
            raise Wrong("another column than status has changed.")
        if meant is None and row.status in _VALID:
            raise Wrong(f"{status!r} became {row.status!r}: nothing in the row says so, that is a guess.")
        if meant is not None and row.status != meant:
            raise Wrong(f"{status!r} became {row.status!r}, not {meant!r}.")
    return "four spellings mended, three rows left in quarantine because nothing in them tells what they were."
