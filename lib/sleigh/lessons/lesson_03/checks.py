"""Exercises of lesson 03: silver and expectations."""

import re
from collections import Counter
from functools import cache

from ... import runtime
from ...tables import BRONZE
from ..answers import function, plain, short, sql, whole_number
from ..exercises import Wrong, exercise
from ..frames import column, rows

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
    nulls, zeros = sum(value is None for value in gifts), sum(value == 0 for value in gifts)
    caught = sum(value is not None and value <= 0 for value in gifts)
    if answer == caught + nulls:
        raise Wrong(f"{answer} rows fail the rule, but {nulls} of them hold NULL: what does WHERE do with NOT NULL?")
    if answer == nulls:
        raise Wrong(f"{answer} is the number of rows that the filter misses.")
    if answer == caught - zeros:
        raise Wrong(f"{answer} rows have less than 0; what does the filter do with 0 itself?")
    if answer != caught:
        raise Wrong(f"{answer} is not it. Say for each line of the table what `num_gifts > 0` is: true, false or NULL.")
    return f"{caught} rows; the {nulls} with NULL are in neither result, {caught + nulls} fail the rule."


# What the rule says of each speed. NaN is greater than every number to Spark, so "above 0" alone lets it through.
_SPEEDS = [(850.0, True), (0.25, True), (2500.5, True), (3000.0, True), (0.0, False), (-0.25, False), (-40.0, False)]
_SPEEDS += [(3000.25, False), (3001.0, False), (99999.0, False), (float("inf"), False), (float("-inf"), False)]
_SPEEDS += [(float("nan"), False), (None, False)]


def _condition(value):
    """A kind: SQL in a string, or a Column."""
    return column(sql(value) if isinstance(value, str) else value)


@exercise(
    "03.2",
    takes=_condition,
    hints=[
        "BETWEEN includes both ends; a speed of 0 is not allowed.",
        "Write the comparison first, then look at what it gives for NULL.",
        "coalesce(<comparison>, false), or AND reindeer_speed_kmh IS NOT NULL.",
    ],
)
def check_03_2(answer):
    given = runtime.session().createDataFrame([(speed,) for speed, _ in _SPEEDS], "reindeer_speed_kmh double")
    # By position, not by value: NaN equals nothing in Python, itself included.
    said = [row.said for row in given.coalesce(1).select(answer.alias("said")).collect()]
    for (speed, right), value in zip(_SPEEDS, said, strict=True):
        name = "NULL" if speed is None else "NaN" if speed != speed else f"{speed:.7g} km/h"
        if not isinstance(value, bool | None):
            raise Wrong(
                f"the expression is not a condition: for {name} it is {short(plain(value))}, not true or false."
            )
        if value is None:
            raise Wrong(f"for {name} the rule is NULL, neither true nor false: WHERE NOT (rule) misses that row.")
        if value != right:
            raise Wrong(f"{name} {'fails' if right else 'passes'}, and it should not.")
    return "true or false for every speed, NULL and NaN included: rule and NOT rule add up."


_MEANT = {
    "Delivered ": "delivered",
    " delayed": "delayed",
    "EN ROUTE": "en_route",
    "en-route": "en_route",
    " En-Route ": "en_route",
    "DELAYED": "delayed",
    "delivered": "delivered",
    "en_route": "en_route",
}
_UNKNOWN = ["lost", "returned", "not delivered", None, ""]
_VALID = ("en_route", "delivered", "delayed")


def _held():
    """Rows of the quarantine before the repair, as dicts: one for each status, and one that is there twice."""
    statuses = [*_MEANT, *_UNKNOWN]
    rows = [
        dict.fromkeys(BRONZE.columns.names)
        | {
            "delivery_id": None if number == 4 else f"SD-{number}",
            "timestamp": "2026-12-25T04:34:55.000Z",
            "num_gifts": None if number in (1, 6) else number,
            "status": status,
            "_row": number,
        }
        for number, status in enumerate(statuses)
    ]
    return [*rows, dict(rows[0])]


def _plain_words(status):
    return None if status is None else re.sub(r"[\s_-]+", "_", status.strip().lower())


@exercise(
    "03.3",
    takes=function("rows", gives=rows(*BRONZE.columns.names, "_row")),
    hints=[
        "Three things differ: blanks at the ends, capitals, and what stands between the words.",
        "F.trim, F.lower and F.regexp_replace, one inside the other; write the result into status.",
        'F.regexp_replace(F.lower(F.trim("status")), "[ -]", "_")',
    ],
)
def check_03_3(answer):
    held = _held()
    kinds = ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in BRONZE.columns)
    given = runtime.session().createDataFrame([tuple(row.values()) for row in held], f"{kinds}, _row bigint")
    found = answer(given.coalesce(1))
    before, after = Counter(row["_row"] for row in held), Counter(row["_row"] for row in found)
    for row in held:
        case = f"the row with status {row['status']!r}"
        if after[row["_row"]] != before[row["_row"]]:
            raise Wrong(
                f"{len(held)} rows went in and {len(found)} came out: {case} was there {_times(before[row['_row']])} and is "
                f"there {_times(after[row['_row']])}. A repair changes values; rows that it cannot mend stay as they are."
            )
        for mended in (mended for mended in found if mended["_row"] == row["_row"]):
            changed = [name for name in row if name != "status" and mended[name] != row[name]]
            if changed:
                name = changed[0]
                raise Wrong(f"{case}: {name} was {row[name]!r} and is {mended[name]!r}. Only status is to change.")
            _require_status(row["status"], mended["status"])
    if len(found) > len(held):
        raise Wrong(f"{len(held)} rows went in and {len(found)} came out.")
    return "four spellings mended, and whatever does not tell what it was left in quarantine as it came."


def _times(number):
    return {0: "not at all", 1: "once", 2: "twice"}.get(number, f"{number} times")


def _require_status(status, became):
    meant = _MEANT.get(status)
    if meant is not None and became != meant:
        raise Wrong(f"{status!r} became {became!r}, not {meant!r}.")
    if meant is None and became in _VALID:
        raise Wrong(f"{status!r} became {became!r}: nothing in the row says so, that is a guess.")
    if meant is None and _plain_words(became) != _plain_words(status):
        raise Wrong(f"{status!r} became {became!r}: what cannot be known stays as it is.")
