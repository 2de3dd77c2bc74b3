"""Exercises of lesson 20: an as-of join, a collector that can be killed, and which rows an observation concerns."""

import datetime as dt

import pyarrow as pa

from .. import on_duckdb
from ..answers import anything, function, sql, whole_number
from ..compare import same_table
from ..exercises import Wrong, exercise
from ..frames import rows

_NOON = dt.datetime(2026, 12, 24, 12, tzinfo=dt.UTC)
_TIME = pa.timestamp("us", "UTC")


def _at(minute):
    return _NOON + dt.timedelta(minutes=minute)


# city, valid_from, condition, issued_at; times as minutes after noon
_OBSERVED = [
    ("Suva", 15, "Snowy", 18),
    ("Suva", 0, "Clear", 3),
    ("Apia", 20, "Foggy", 25),
    ("Suva", 15, "Foggy", 40),  # corrected, after the next one had been published
    ("Suva", 30, "Cloudy", 35),
    ("Apia", 0, "Snowy", 50),  # corrected
    ("Apia", 0, "Clear", 2),
]
# delivery, city, minute -> condition
_DELIVERED = [
    ("A", "Suva", 10, "Clear"),
    ("B", "Suva", 15, "Foggy"),
    ("C", "Suva", 29, "Foggy"),
    ("D", "Suva", 45, "Cloudy"),
    ("E", "Suva", 95, None),
    ("J", "Suva", 90, None),
    ("F", "Apia", 19, "Snowy"),
    ("G", "Apia", 59, "Foggy"),
    ("H", "Nadi", 10, None),
    ("I", "Suva", -5, None),
]


def _frames(spark):
    deliveries = pa.table(
        {
            "delivery_id": [row[0] for row in _DELIVERED],
            "city": [row[1] for row in _DELIVERED],
            "delivery_timestamp": pa.array([_at(row[2]) for row in _DELIVERED], _TIME),
        }
    )
    weather = pa.table(
        {
            "city": [row[0] for row in _OBSERVED],
            "valid_from": pa.array([_at(row[1]) for row in _OBSERVED], _TIME),
            "condition": [row[2] for row in _OBSERVED],
            "issued_at": pa.array([_at(row[3]) for row in _OBSERVED], _TIME),
        }
    )
    return spark.createDataFrame(deliveries).coalesce(1), spark.createDataFrame(weather).coalesce(1)


# What one mistake alone leaves: of the deliveries named, exactly these conditions.
_MISTAKES = {
    "D's newest observation is of 12:30, and G's of 12:20. What was *issued* last is a correction of an older one.": {
        "D": "Foggy",
        "G": "Snowy",
    },
    "B's, C's and F's observations were corrected: of one city and valid_from the newest version holds.": {
        "B": "Snowy",
        "C": "Snowy",
        "F": "Clear",
    },
    "an observation of 12:15 is there for a delivery of 12:15: not younger, so it holds.": {"B": "Clear"},
    "A was delivered at 12:10 and has weather that was observed later.": {"A": "Cloudy"},
    "the newest observation before E is of 12:30, 65 minutes old: after an hour it says nothing any more.": {
        "E": "Cloudy",
        "J": "Cloudy",
    },
    "J was delivered at 13:30, exactly an hour after the observation: that is not less than an hour old.": {
        "J": "Cloudy"
    },
}


@exercise(
    "20.1",
    takes=function("deliveries", "weather", gives=rows("delivery_id", "condition"), slow=True),
    hints=[
        "Three steps: of each city and valid_from the newest version; left join what is not younger and not too old; of "
        "each delivery's matches the newest.",
        'groupBy("city", "valid_from") with max_by("condition", "issued_at") is the first step, groupBy("delivery_id") '
        'with max_by("condition", "valid_from") the last.',
        "The condition of the join has both bounds: valid_from <= delivery_timestamp, and valid_from > delivery_timestamp "
        "- INTERVAL 60 MINUTES. In a WHERE after the join they would drop what has no match.",
    ],
)
def check_20_1(answer):
    """A function of two DataFrames -> delivery_id and condition, one row for each delivery, as of its time."""
    from ... import runtime

    found = answer(*_frames(runtime.session()))
    said = {row["delivery_id"]: row["condition"] for row in found}
    right = {row[0]: row[3] for row in _DELIVERED}
    if len(said) == len(found):
        if right.keys() - said.keys() == {"E", "H", "I", "J"}:
            raise Wrong("E, H, I and J are gone: a delivery without an observation is a row, too, with NULL.")
        for name, wrong in _MISTAKES.items():
            if said == right | wrong:
                raise Wrong(name)
    wanted = [{"delivery_id": row[0], "condition": row[3]} for row in _DELIVERED]
    same_table(found, wanted, by="delivery_id", given="deliveries A to J")
    return "ten deliveries, ten rows: as of their time, corrected, and NULL where nothing is known."


# What a service answers to each request: pages of one answer, and what went wrong on the way.
_SERVICES = {
    "a service that has one page": [(200, None, ["a", "b"], None)],
    "one that has nothing new": [(200, None, [], None)],
    "one that has three pages": [(200, None, ["a", "b"], 1), (200, None, ["c"], 2), (200, None, ["d"], None)],
    "one that is out of order": [
        (500, None, None, None),
        (None, None, None, None),
        (200, None, ["a"], 1),
        (503, None, None, None),
        (502, None, None, None),
        (500, None, None, None),
        (200, None, ["b"], None),
    ],
    "one that wants to be left alone": [
        (429, 60, None, None),
        (503, 5, None, None),
        (500, None, None, None),
        (200, None, ["a"], 1),
        (429, 3, None, None),
        (200, None, ["b"], None),
    ],
    "one that wants to be asked again at once": [
        (500, None, None, None),
        (503, 0, None, None),
        (200, None, ["a"], None),
    ],
}
_SINCE, _UNTIL = 600, 900


def _right(script):
    """What happens, in order: ("ask", until, page), ("wait", seconds), ("commit", rows, until)."""
    did, page, until, kept, pause = [], 0, None, [], 1
    for status, wish, got, following in script:
        did.append(("ask", until, page))
        if status != 200:
            did.append(("wait", pause if wish is None else wish))
            pause *= 2
            continue
        until, page, pause, kept = _UNTIL, following, 1, kept + got
    return [*did, ("commit", kept, _UNTIL)]


def _watched(answer, script):
    """The same of the learner's function, and what it returned."""
    script, did = list(script), []

    def ask(since, until, page):
        if since != _SINCE:
            raise Wrong(f"it asks for what was published since {since}, and was told {_SINCE}.")
        did.append(("ask", until, page))
        if len(did) > 60:
            raise Wrong("it asks and asks, and never comes to an end.")
        if not script:
            return 200, None, {"rows": [], "until": _UNTIL, "next": None}
        status, wish, got, following = script.pop(0)
        return status, wish, {"rows": got, "until": _UNTIL, "next": following} if status == 200 else None

    def commit(kept, until):
        did.append(("commit", list(kept), until))

    return did, answer(_SINCE, ask, commit, lambda seconds: did.append(("wait", anything(seconds))))


@exercise(
    "20.2",
    takes=function("since", "ask", "commit", "wait", gives=whole_number),
    hints=[
        "A loop over pages, and in it, or instead of it, one over attempts. `until` is None for the first page only.",
        "Keep the rows of all pages in a list and commit after the last: one commit, or none.",
        "pause = 1 before the first attempt of each page; after one that failed wait(pause if wish is None else wish), "
        "pause *= 2. At the end commit(rows, until) and return until.",
    ],
)
def check_20_2(answer):
    """A function that asks page after page, waits as it should, commits once and returns the second it has reached."""
    for name, script in _SERVICES.items():
        did, returned = _watched(answer, script)
        right = _right(script)
        if did != right:
            raise Wrong(_said(name, did, right))
        if returned != _UNTIL:
            raise Wrong(f"{name}: it has all until second {_UNTIL}, and returns {returned}.")
    return "killed before the commit it has landed nothing, killed after it everything; and it asks for no page twice."


def _said(name, did, right):
    """What is wrong with what an answer did, with one service."""
    commits = [step for step in did if step[0] == "commit"]
    if len(commits) > 1:
        return f"{name}: {len(commits)} commits. Killed between them, it would begin anew and land the first one twice."
    if not commits:
        return f"{name}: nothing is committed. Also that there was nothing new is something to write down."
    place = next((place for place, both in enumerate(zip(did, right, strict=False)) if both[0] != both[1]), None)
    place = min(len(did), len(right)) if place is None else place
    before = _step(did[place - 1]) if place else "nothing"
    expected, got = (_step(steps[place]) if place < len(steps) else "the end" for steps in (right, did))
    return f"{name}: after {before} expected {expected}, got {got}."


def _step(step):
    what, first, *rest = step
    if what == "ask":
        return f"ask(until={first}, page={rest[0]})"
    return f"wait({first})" if what == "wait" else f"commit({first}, {rest[0]})"


# delivery, city, minute, reason; and whether the news concern it
_HELD = [
    ("A", "Suva", 14, None, False),
    ("B", "Suva", 15, None, True),
    ("C", "Suva", 40, None, True),  # of two observations
    ("D", "Suva", 74, "no observation", True),
    ("E", "Suva", 80, None, True),
    ("F", "Suva", 90, None, False),
    ("G", "Apia", 20, None, False),
    ("H", "Apia", 200, "service down", True),
    ("I", "Nadi", 20, "no observation", False),
    ("J", "Nadi", 5, "service down", True),
    ("K", None, 20, "no observation", False),
]
_NEWS = [("Suva", 15), ("Suva", 30), ("Lautoka", 15), ("Suva", 15)]


def held():
    """The table of exercise 20.3 with what has been said so far."""
    columns = {name: [row[place] for row in _HELD] for place, name in enumerate(["delivery_id", "city"])}
    columns["delivery_timestamp"] = pa.array([_at(row[2]) for row in _HELD], _TIME)
    columns["reason"] = pa.array([row[3] for row in _HELD], pa.string())
    return pa.table(columns)


def news():
    """The table of exercise 20.3 with the observations of a micro-batch."""
    return pa.table({"city": [row[0] for row in _NEWS], "valid_from": pa.array([_at(row[1]) for row in _NEWS], _TIME)})


@exercise(
    "20.3",
    takes=sql,
    hints=[
        "Two sorts of rows: those that wait for the service, and those of a city and a time that an observation is about.",
        "An observation is about the deliveries of its city from valid_from on, and for an hour: >= and <.",
        "EXISTS (SELECT 1 FROM news WHERE ...) asks once for each row of told, so that no row comes twice.",
    ],
)
def check_20_3(answer):
    """SQL over `told` and `news` for DuckDB: delivery_id of the rows that are to be joined anew, each once."""
    found = rows("delivery_id")(on_duckdb.ask(answer, {"told": held(), "news": news()}))
    names = sorted(row["delivery_id"] for row in found)
    if names == ["B", "C", "D", "E"]:
        raise Wrong("H and J wait for the service, wherever they are: it is back, and may have something for them.")
    if names == ["B", "H", "J"]:
        raise Wrong("an observation holds from its time on, not only at its very minute.")
    if names == ["A", "B", "C", "D", "E", "F", "H", "J"]:
        raise Wrong("A was before both observations of Suva, and F an hour after the last: nothing new for them.")
    if names == ["B", "C", "D", "E", "F", "H", "J"]:
        raise Wrong("F is of 13:30, and the last observation of 12:30. For an hour it holds, and no longer.")
    same_table(found, [{"delivery_id": row[0]} for row in _HELD if row[4]], by="delivery_id", given="told A to K")
    return "six of eleven rows: what an observation is about, and what waits; the others are left alone."
