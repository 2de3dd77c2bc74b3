"""Exercises of lesson 17: an alert that is confirmed, the alerts that stand, and a sender that does not give up."""

import datetime as dt

import pyarrow as pa

from .. import on_duckdb
from ..answers import anything, function, list_of, optional, sql, text, tuple_of, whole_number
from ..compare import same_table, small_case
from ..exercises import Wrong, exercise
from ..frames import rows


def confirmed(rates, on, off, times):
    """Our answer to 17.1, which the mistakes below are variations of."""
    told, active, run = [], False, 0
    for place, rate in enumerate(rates):
        run = run + 1 if (rate < off if active else rate >= on) else 0
        if run == times:
            active, run = not active, 0
            told.append((place, "raised" if active else "cleared"))
    return told


# rates, on, off, times
_SERIES = [
    ([12, 12, 4, 4], 10, 5, 2),
    ([4, 11, 9, 11, 8, 12, 4], 10, 5, 1),  # three times above, and one alert
    ([12, 4, 12, 4, 12, 12, 8, 4, 8, 4, 4, 12], 10, 5, 2),
    ([10, 10, 5, 5, 4, 5, 4, 4], 10, 5, 2),
    ([12, 12, 12, 12, 4, 4, 4, 4, 4, 4, 4, 12, 12], 10, 5, 3),
    ([12, 12, 12, 4, 12, 12, 4, 4], 10, 5, 2),
    ([], 10, 5, 2),
]


@exercise(
    "17.1",
    takes=function("rates", "on", "off", "times", gives=list_of(tuple_of(whole_number, text))),
    hints=[
        "Two things are to be remembered from one value to the next: whether the alert stands, and how long the run is.",
        "The run counts values at or above `on` while no alert stands, and values below `off` while one does; any other "
        "value ends it.",
        "When the run has reached `times`, tell the place, turn the alert over, and begin a new run from 0.",
    ],
)
def check_17_1(answer):
    """A function (rates, on, off, times) -> [(place, 'raised' or 'cleared')], each when it is confirmed."""
    found = [answer(list(rates), on, off, times) for rates, on, off, times in _SERIES]
    for name, wrong in _MISTAKES.items():
        if found == [wrong(*case) for case in _SERIES]:
            raise Wrong(name)
    for case, got in zip(_SERIES, found, strict=True):
        rates, on, off, times = case
        small_case(f"rates {rates}, on {on}, off {off}, times {times}", confirmed(*case), got)
    return "a single bad minute raises nothing, and a single good one ends nothing: you pay with `times` of waiting."


def _in_all(rates, on, off, times):
    told, active, run = [], False, 0
    for place, rate in enumerate(rates):
        run += rate < off if active else rate >= on
        if run == times:
            active, run = not active, 0
            told.append((place, "raised" if active else "cleared"))
    return told


def _strictly(rates, on, off, times):
    return confirmed(rates, on + 1e-9, off, times)


def _up_to_off(rates, on, off, times):
    return confirmed(rates, on, off + 1e-9, times)


def _at_its_beginning(rates, on, off, times):
    return [(place - times + 1, kind) for place, kind in confirmed(rates, on, off, times)]


# What is said of a mistake -> the function that makes it and nothing else: an answer that equals it every time has it.
_MISTAKES = {
    "that is a plain threshold: between `off` and `on` an alert that stands goes on standing.": (
        lambda rates, on, off, times: confirmed(rates, on, on, times)
    ),
    "a single value raises and ends an alert here: it must be `times` of them, one after the other.": (
        lambda rates, on, off, times: confirmed(rates, on, off, 1)
    ),
    "`times` in a row: a value between that does not belong to the run ends it, and the next run begins at 1.": _in_all,
    "a rate of exactly `on` counts: at or above.": _strictly,
    "a rate of exactly `off` is not below it.": _up_to_off,
    "that is the place where the run began. Then nobody could know yet; it is told where the run is long enough.": (
        _at_its_beginning
    ),
    "the end of an alert is to be confirmed as well, by `times` values below `off`.": (
        lambda rates, on, off, times: _ends_at_once(rates, on, off, times)
    ),
}


def _ends_at_once(rates, on, off, times):
    told, active, run = [], False, 0
    for place, rate in enumerate(rates):
        run = run + 1 if not active and rate >= on else 0
        if active and rate < off:
            active = False
            told.append((place, "cleared"))
        elif run == times:
            active, run = True, 0
            told.append((place, "raised"))
    return told


_TEN = dt.datetime(2026, 12, 24, 10, tzinfo=dt.UTC)

# alert, change, kind, region, minute of the window; in the order in which they lie in the table
_TOLD = [
    ("a1", 1, "raised", "Asia", 20),
    ("b1", 1, "raised", "Europe", 10),
    ("b1", 2, "cleared", "Europe", 25),
    ("c1", 2, "retracted", "Africa", 15),  # what was written later may come first
    ("c1", 1, "raised", "Africa", 15),
    ("d1", 1, "raised", "Asia", 0),
    ("d1", 2, "cleared", "Asia", 5),
    ("d1", 3, "raised", "Asia", 0),  # its end was taken back
    ("e1", 1, "raised", None, 30),
    ("f1", 1, "raised", "Europe", 30),
    ("f1", 2, "retracted", "Europe", 30),
    ("f1", 3, "raised", "Europe", 30),
    ("f1", 4, "cleared", "Europe", 45),
]
_STAND = [("d1", "Asia", 0), ("a1", "Asia", 20), ("e1", None, 30)]


_SCHEMA = pa.schema(
    [
        ("alert_id", pa.string()),
        ("change", pa.int32()),
        ("kind", pa.string()),
        ("region", pa.string()),
        ("window_start", pa.timestamp("us", "UTC")),
    ]
)


def outbox():
    """The table of exercise 17.2."""
    told = [dict(zip(_SCHEMA.names, (*row[:4], _minute(row[4])), strict=True)) for row in _TOLD]
    return pa.Table.from_pylist(told, _SCHEMA)


def _minute(minute):
    return _TEN + dt.timedelta(minutes=minute)


@exercise(
    "17.2",
    takes=sql,
    hints=[
        "Of each alert only the newest change counts, whatever the earlier ones said. Which column says which is newest?",
        "max_by(kind, change) in a GROUP BY alert_id gives its kind; HAVING asks for it.",
        "max_by(window_start, change) AS since: the newest change of an alert that stands is the one that raised it.",
    ],
)
def check_17_2(answer):
    """SQL over `alerts` for DuckDB: alert_id, region and since of the alerts that stand, the oldest first."""
    found = rows("alert_id", "region", "since")(on_duckdb.ask(answer, {"alerts": outbox()}))
    names = [row["alert_id"] for row in found]
    if set(names) == {row[0] for row in _TOLD}:
        raise Wrong("all of them? Some have ended, and some were taken back.")
    if sorted(names) == ["a1", "e1"]:
        raise Wrong("d1 has a row that says cleared, and a newer one that says raised: it stands.")
    expected = [{"alert_id": name, "region": region, "since": _minute(at)} for name, region, at in _STAND]
    same_table(found, expected, by="alert_id", in_order=True)
    return "the newest change holds: raised, whatever was said in between."


# What a receiver answers, one attempt after the other: a status (None: no answer) and the seconds that it asks for
_RECEIVERS = {
    "a receiver that takes everything": [(201, None)] * 3,
    "one that is out of order three times": [(500, None), (503, None), (500, None), (201, None), (500, None)],
    "one that does not answer": [(None, None), (201, None), (None, None), (None, None), (200, None)],
    "one that asks for a pause": [(503, 120), (429, 7), (500, None), (201, None)],
    "one that asks for no pause": [(503, None), (503, 0), (500, None), (201, None)],
    "one that refuses the first message": [(422, None), (201, None)],
}
_KEYS = ("a1-1", "b1-1", "a1-2")


def _right(answers, sent):
    """What happens, in order: ("post", key), ("note", key), ("wait", seconds)."""
    answers, did = list(answers), []
    for key in _KEYS:
        if key in sent:
            continue
        pause = 1
        while True:
            did.append(("post", key))
            status, asked = answers.pop(0) if answers else (201, None)
            if status is not None and status != 429 and status < 500:
                did.append(("note", key))
                break
            did.append(("wait", asked if asked is not None else pause))
            pause *= 2
    return did


class _Enough(Exception):
    """The answer's loop goes on and on."""


def _watched(answer, answers, sent):
    """The same of the learner's function."""
    answers, did = list(answers), []

    def post(row):
        did.append(("post", row["key"] if isinstance(row, dict) else row))
        if len(did) > 60:
            raise _Enough("it posts and posts, and never comes to an end")
        return answers.pop(0) if answers else (201, None)

    def note(key):
        did.append(("note", key["key"] if isinstance(key, dict) else key))

    def wait(seconds):
        did.append(("wait", anything(seconds)))

    answer([{"key": key, "kind": "raised"} for key in _KEYS], set(sent), post, note, wait)
    return did


@exercise(
    "17.3",
    takes=function("rows", "sent", "post", "note", "wait", gives=optional(anything)),
    hints=[
        "For each row whose key is not in `sent`: post it until it is answered for good, then note its key.",
        "For good is every status but 429 and those from 500 on. No status at all means: perhaps it has arrived.",
        "pause = 1 for each message; after an attempt that failed wait(asked if asked is not None else pause), pause *= 2.",
    ],
)
def check_17_3(answer):
    """A function that sends what is not sent yet, in order, waits as it is asked to, and notes what was answered."""
    for name, answers in _RECEIVERS.items():
        for sent in ((), ("a1-1",)):
            did, right = _watched(answer, answers, sent), _right(answers, sent)
            if did != right:
                raise Wrong(_said(name, did, right, sent))
    return (
        "whatever is killed when: what is noted was answered, and what was not answered is sent again, under its key."
    )


def _said(name, did, right, sent):
    """What is wrong with what an answer did, with one receiver."""
    for place, (what, key) in enumerate(did):
        if what == "note" and ("post", key) not in did[:place]:
            return f"{key} is noted before it was sent: killed in between, nobody would ever send it."
    if sent and ("post", sent[0]) in did:
        return f"{sent[0]} is in `sent`, and it is posted once more."
    place = next((place for place, both in enumerate(zip(did, right, strict=False)) if both[0] != both[1]), None)
    place = min(len(did), len(right)) if place is None else place
    before = ", ".join(f"{what} {value}" for what, value in did[:place][-3:]) or "nothing"
    expected, got = (
        f"{steps[place][0]} {steps[place][1]}" if place < len(steps) else "the end" for steps in (right, did)
    )
    return f"{name}: after {before} expected {expected}, got {got}."
