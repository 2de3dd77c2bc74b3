"""Exercises of lesson 18: an assignment that may grow, both arms in one row of a stream, and a verdict that waits."""

import datetime as dt
import math

from .. import small_stream
from ..answers import anything, function, one_of, short, text
from ..attempt import theirs
from ..compare import same_table, small_case
from ..exercises import Wrong, exercise
from ..frames import column
from . import two_arms

_UNITS = 3000


def _columns(value):
    """A kind: a Column; text is the name of one, or SQL."""
    from pyspark.sql import Column

    if not isinstance(value, str | Column):
        raise Wrong(f"{short(anything(value))} is no Column.")
    return column(value)


@exercise(
    "18.1",
    takes=function("salt", "unit", "percent", gives=_columns),
    hints=[
        "Begin with the bucket of section 1: a number from 0 to 9,999 that follows from salt and unit.",
        "If B begins where A ends, B moves when A grows. Where could each of them begin, so that both can grow to 50?",
        "A: bucket < 100 * percent. B: bucket >= 10000 - 100 * percent. Otherwise 'undefined', for NULL, too.",
    ],
)
def check_18_1(answer):
    """A function (salt, unit, percent) -> Column: A and B get `percent` of the units each, and nobody ever changes arms."""
    from ... import runtime

    asked = {
        "five": ("bells", 5),
        "twenty": ("bells", 20),
        "again": ("bells", 20),
        "half": ("bells", 50),
        "other": ("carols", 50),
    }
    made = [answer(salt, "house", percent).alias(name) for name, (salt, percent) in asked.items()]
    with theirs("your expression", slow=True):
        houses = runtime.session().range(_UNITS + 1).selectExpr(f"if(id < {_UNITS}, 'house ' || id, NULL) AS house")
        table = houses.unionAll(houses).select(*made).toArrow()
    both = {name: table[name].to_pylist() for name in asked}
    found = {name: arms[: _UNITS + 1] for name, arms in both.items()}
    for name in asked:
        if strange := {value for value in found[name] if value not in ("A", "B", "undefined")}:
            value = min(strange, key=str)
            raise Wrong(f"an arm is A, B or undefined, and one of yours is {short(value)}.")
    if found["half"][-1] != "undefined" or found["five"][-1] != "undefined":
        raise Wrong("a unit that is NULL is in no arm: undefined, and yours is in one.")
    if found["twenty"] != found["again"] or any(arms != 2 * found[name] for name, arms in both.items()):
        raise Wrong("asked twice for the same salt and percent, some units are in another arm: nothing may be drawn.")
    for name, (_, percent) in asked.items():
        for arm in ("A", "B"):
            share = 100 * found[name].count(arm) / _UNITS
            if abs(share - percent) > 4:
                raise Wrong(
                    f"with percent={percent}, {arm} gets {percent} % of the units, and yours gets {share:.0f} %."
                )
    if found["half"] == found["other"]:
        raise Wrong("two salts give every unit the same arm: then two experiments cannot be told apart.")
    alike = 100 * sum(map(str.__eq__, found["half"], found["other"])) / _UNITS
    if abs(alike - 50) > 6:
        raise Wrong(f"with 50 % each, two salts agree on {alike:.0f} % of the units, and by chance it would be half.")
    for before, after in (("five", "twenty"), ("twenty", "half"), ("five", "half")):
        for arm in ("A", "B"):
            places = [place for place, was in enumerate(found[before]) if was == arm]
            left = sum(found[after][place] != arm for place in places)
            if left:
                grown = f"from {asked[before][1]} to {asked[after][1]} percent"
                raise Wrong(f"{grown}, {left} of the {len(places)} units that were in {arm} are no longer.")
    return "both arms grow, and a unit that is in one stays there, whatever the night brings."


def _windows(minutes=10, until=1860, b=("B",), empty=0, late=lambda arm, late: late):
    """The rows of the windows that end by second `until`; the other arguments are what a mistaken answer does."""
    found = {}
    for at, arm, delayed in two_arms.DELIVERIES:
        start = at // (60 * minutes) * 60 * minutes
        if start + 60 * minutes <= until:
            found.setdefault(start, []).append((arm, late(arm, delayed)))
    rows = []
    for start, members in sorted(found.items()):
        row = {"window_start": two_arms.TEN + dt.timedelta(seconds=start)}
        for name, arms in (("a", ("A",)), ("b", b)):
            mine = [delayed for arm, delayed in members if arm in arms]
            row |= {name: len(mine), f"delayed_{name}": sum(mine) if mine else empty}
        rows.append(row)
    return rows


_SIDE_BY_SIDE_MISTAKES = [
    (
        _windows(b=("B", "undefined")),
        "the delivery that is in neither arm is counted for B: what is not A is not B for that.",
    ),
    (
        _windows(empty=None),
        "in the window from 10:10 there is no delivery of A: of none, 0 were delayed, and not NULL.",
    ),
    (_windows(minutes=5), "a window is ten minutes long, and yours are five."),
    (
        [row | {"delayed_a": row["a"], "delayed_b": row["b"]} for row in _windows()],
        "count() counts every value that is not NULL, a 0, too: of is_delayed it is the sum that you want.",
    ),
]


@exercise(
    "18.2",
    takes=function("deliveries", gives=small_stream.stream),
    hints=[
        "pivot() is not for streams. An aggregate that looks at one arm alone does it: F.count_if, or F.sum of a F.when.",
        "withWatermark before groupBy, on delivery_timestamp; the window is the only group.",
        "F.count_if(F.col('arm') == 'A'), and F.count_if((F.col('arm') == 'A') & (F.col('is_delayed') == 1)).",
    ],
)
def check_18_2(answer):
    """A function stream -> stream: a row for each 10 minutes with both arms side by side, written once it is final."""
    found, reached = two_arms.run(answer)
    for mistake, why in _SIDE_BY_SIDE_MISTAKES:
        if _same(found, mistake):
            raise Wrong(why)
    same_table(found, _windows(), "window_start", given="thirteen deliveries up to 10:36")
    small_case("thirteen deliveries up to 10:36: the watermark", "10:31", f"{reached:%H:%M}")
    return "both arms in one row, with a 0 where an arm has nothing, and undefined in neither."


def _same(found, rows):
    return sorted(map(str, found)) == sorted(map(str, rows))


TAU, EVIDENCE, MISMATCH = 0.01, 20, 0.001

# Both arms as (deliveries, delayed), and the verdict.
_LOOKS = [
    ((6000, 330), (6000, 330), "go on"),
    ((1250, 80), (1250, 55), "go on"),  # p = 0.03
    ((30000, 1500), (30000, 1250), "better"),
    ((30000, 1250), (30000, 1500), "worse"),
    ((72730, 3648), (71320, 2267), "mismatch"),  # the first night: whatever the difference
    ((10200, 510), (9800, 490), "go on"),  # the ratio has p = 0.005: not yet
    ((40, 0), (36, 0), "go on"),  # nothing was delayed yet: no variance
    ((0, 0), (0, 0), "go on"),
    ((30, 3), (0, 0), "mismatch"),
    ((5000, 300), (5150, 236), "better"),
    ((15500, 900), (15000, 740), "better"),
    ((15500, 780), (15500, 668), "go on"),  # 17 coins
    ((15500, 780), (15500, 666), "better"),  # a little more than 20
    ((20000, 1000), (18500, 925), "mismatch"),  # and no difference
    ((95000, 4750), (95000, 4550), "go on"),  # p = 0.03, less than one coin
]


def _verdict(a, b, first="ratio", evidence=EVIDENCE, line=MISMATCH, sign=1):
    """What the check expects; the other arguments are what a mistaken answer does otherwise."""
    (n_a, late_a), (n_b, late_b) = a, b
    total = n_a + n_b
    ratio = math.erfc(math.sqrt((n_a - n_b) ** 2 / total / 2)) if total else 1
    if first == "ratio" and ratio < line:
        return "mismatch"
    if not (n_a and n_b and 0 < late_a + late_b < total):
        return "go on"
    rate = (late_a + late_b) / total
    v, d, t = rate * (1 - rate) * (1 / n_a + 1 / n_b), late_b / n_b - late_a / n_a, TAU**2
    if evidence is None:
        enough = abs(d) > 1.96 * math.sqrt(v)
    else:
        enough = math.log(v / (v + t)) / 2 + t * d * d / (2 * v * (v + t)) >= math.log(evidence)
    if not enough:
        return "mismatch" if first == "evidence" and ratio < line else "go on"
    return "better" if sign * d < 0 else "worse"


_VERDICT_MISTAKES = [
    (
        {"evidence": None},
        "some of these looks have p = 0.03, which is no reason to stop: that is the test for one look.",
    ),
    (
        {"first": "never"},
        "arms of 72,730 and 71,320 have no result, however large the difference is: look at the ratio.",
    ),
    ({"first": "evidence"}, "the ratio comes first: a mismatch is one, however much evidence there is for B."),
    ({"sign": -1}, "B is better if fewer of its deliveries are delayed."),
    ({"line": 0.05}, "10,200 and 9,800 have p = 0.005, and the line is 0.001: one looks at the ratio all night, too."),
]


def _word(value):
    """A kind: one of the four verdicts."""
    return one_of("mismatch", "better", "worse", "go on")(text(value))


@exercise(
    "18.3",
    takes=function("a", "b", gives=_word),
    hints=[
        "Three questions in this order: is the ratio right, is there anything to test, is the evidence 20 or more?",
        "The ratio: scipy.stats.chisquare([n_a, n_b]).pvalue < 0.001. Mind an arm of 0, and nothing delayed at all.",
        "Then the difference and its variance as in section 2, evidence as in section 5, and its sign for the answer.",
    ],
)
def check_18_3(answer):
    """A function (a, b), each (deliveries, delayed) -> mismatch, better, worse or go on: what to do after this look."""
    found = [answer(a, b) for a, b, _ in _LOOKS]
    for mistake, why in _VERDICT_MISTAKES:
        if found == [_verdict(a, b, **mistake) for a, b, _ in _LOOKS]:
            raise Wrong(why)
    for (a, b, says), got in zip(_LOOKS, found, strict=True):
        small_case(f"A {a[1]:,} delayed of {a[0]:,}, B {b[1]:,} of {b[0]:,}", says, got)
    return "it may be asked every five minutes, all night: it is wrong one time in twenty at most."
