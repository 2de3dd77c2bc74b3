"""Exercises of lesson 15: the pattern of two broken hops, a processor that brings rows into order, and its watermarks."""

import inspect
from collections import Counter

from ..answers import function, list_of, no_slip, short, tuple_of, whole_number
from ..attempt import Wrong, theirs
from ..compare import small_case
from ..exercises import exercise

# 15.1: which stops are in a wrong place?

_TRACKS = [
    [None, 0, 700, 700, 0],
    [None, 0, 700, 0, 0],
    [None, 50, 50.5, 50.5, 50],
    [None, 700, 700, 0],
    [None, 0, 700],
    [None, 0, 700, 900, 800, 0],
    [None, 0, None, 700, 700, 0],
    [None],
    [],
]


def _suspects(gaps, broken=lambda gap: gap is not None and gap > 50):
    return [place for place in range(len(gaps) - 1) if broken(gaps[place]) and broken(gaps[place + 1])]


# What one mistake alone makes of the tracks.
_MISTAKES_15_1 = [
    (
        lambda gaps: [place for place, gap in enumerate(gaps) if gap is not None and gap > 50],
        "those are all broken hops. One broken hop only says that a stop is missing before it.",
    ),
    (
        lambda gaps: [place + 1 for place in _suspects(gaps)],
        "that is the stop after the wrong one: gaps[i] belongs to the hop that leads to stop i.",
    ),
    (
        lambda gaps: [place - 1 for place in _suspects(gaps)],
        "that is the stop before the wrong one: gaps[i] belongs to the hop that leads to stop i.",
    ),
    (
        lambda gaps: _suspects(gaps, lambda gap: gap is not None and gap >= 50),
        "a gap of exactly 50 km is still allowed.",
    ),
    (
        lambda gaps: _suspects(gaps, lambda gap: gap is None or gap > 50),
        "None says that a gap is not known, and what is not known is not broken.",
    ),
]


@exercise(
    "15.1",
    takes=function("gaps", gives=list_of(whole_number)),
    hints=[
        "A stop in a wrong place breaks the hop that leads there and the hop that leads away.",
        "Stop i is suspect if gaps[i] and gaps[i + 1] are both above 50. The last stop has no gaps[i + 1].",
    ],
)
def check_15_1(answer):
    """A function of a list of gaps that returns the places of the stops with two broken hops."""
    found = [answer(list(gaps)) for gaps in _TRACKS]
    for mistake, why in _MISTAKES_15_1:
        if found == [mistake(gaps) for gaps in _TRACKS]:
            raise Wrong(why)
    for gaps, got in zip(_TRACKS, found, strict=True):
        small_case(f"gaps {gaps}", _suspects(gaps), sorted(got))
    return "a missing stop breaks one hop, a wrong one two; two wrong ones in a row break three."


# 15.2: a processor that hands out stops in order of event time


def processor(value):
    """A kind: a class of StatefulProcessor that is made without arguments, or an object of one. Settled: the object."""
    from pyspark.sql.streaming import StatefulProcessor

    if inspect.isclass(value) and issubclass(value, StatefulProcessor):
        with theirs("your class"):
            return value()
    no_slip(value)
    if not isinstance(value, StatefulProcessor):
        raise Wrong(f"hand over your class, a StatefulProcessor: this is {short(value)}.")
    return value


@exercise(
    "15.2",
    takes=processor,
    hints=[
        "Keep the rows in a ListState; handleInputRows hands out nothing and registers a timer for its earliest row.",
        "In handleExpiredTimer sort what the state holds, yield what is not after the watermark, and put back the rest.",
        "Two traps: after the timer has fired the rest needs a timer of its own, and put() takes no empty list: clear().",
    ],
)
def check_15_2(answer):
    """A processor of rows (event_ms, delivery_id), tried in the TwsTester: order, patience, timers, forgetting."""
    trial = _Trial(answer)
    first = trial.rows(("C", 12), ("A", 10), ("B", 11), ("B2", 11))
    if first:
        raise Wrong(
            f"the watermark has not passed {first[0]}, and it was handed out: one that happened before it may still come."
        )
    if not trial.has_state():
        raise Wrong(
            "four stops wait, and no state holds them. What an object keeps for itself no checkpoint has: after a restart, "
            "or on another machine, it is gone."
        )
    first = trial.watermark(11)
    if not first:
        raise Wrong(
            "the watermark has passed 10:11, no further row comes, and nothing is handed out: is there a timer?"
        )
    if Counter(first) == Counter(["A"]):
        raise Wrong(
            "10:11 is not after a watermark of 10:11: nothing can come before it any more. It is to be handed out."
        )
    _expect("10:12, 10:10, 10:11, 10:11 came in one micro-batch, then the watermark 10:11", "ABB", first)
    trial.rows(("D", 14), ("E", 13))
    second = trial.watermark(13)
    if again := sorted(set(first) & set(second)):
        raise Wrong(f"{again[0]} was handed out twice: what has been handed out must leave the state.")
    if not second:
        raise Wrong("10:12 waited in the state and the watermark has passed it: the rest needs a timer of its own.")
    _expect("10:12 waits, 10:14 and 10:13 came in the next micro-batch, then the watermark 10:13", "CE", second)
    trial.rows(("F", 20))
    _expect("10:14 waits, 10:20 came, then the watermark 10:21", "DF", trial.watermark(21))
    if left := trial.remembered():
        raise Wrong(
            f"all rows are handed out, and the state still holds {left} of them: this grows for as long as it runs."
        )
    return "in order across micro-batches, without waiting for a further row, and nothing is remembered."


class _Trial:
    """The learner's processor in a TwsTester. Times are minutes after ten; what is handed out are delivery_ids."""

    def __init__(self, made):
        from pyspark.sql.streaming.tws_tester import TwsTester

        with theirs("init of your processor"):
            self._tester = TwsTester(made, timeMode="EventTime", eventTimeExtractor=lambda row: row.event_ms)

    def rows(self, *stops):
        """Hand over one micro-batch of (delivery_id, minute)."""
        from pyspark.sql import Row

        rows = [Row(event_ms=_ms(minute), delivery_id=name) for name, minute in stops]
        return self._names("handleInputRows", lambda: self._tester.test("the one", rows))

    def watermark(self, minute):
        """Move the watermark on, which fires the timers that it passes."""
        return self._names("handleExpiredTimer", lambda: self._tester.setWatermark(_ms(minute)))

    def has_state(self):
        """Whether anything is in any state."""
        handle = self._tester.handle
        states = (handle.list_states, handle.map_states, handle.value_states)
        return any(state.state for kind in states for state in kind.values())

    def remembered(self):
        """How many entries all lists and maps of the state have together, lists in a value included."""
        handle = self._tester.handle
        states = [*handle.list_states.values(), *handle.map_states.values()]
        held = [entries for state in states for entries in state.state.values()]
        values = [value for state in handle.value_states.values() for value in state.state.values()]
        held += [part for value in values for part in value if isinstance(part, list | tuple)]
        return sum(map(len, held))

    def _names(self, method, call):
        with theirs(f"{method} of your processor"):
            return [row.delivery_id for row in call()]


def _ms(minute):
    return (10 * 60 + minute) * 60_000


def _expect(given, wanted, got):
    """Raise Wrong unless the ids got are those wanted. Of an id its first letter counts: ties may come as they like."""
    if len(got) > len(set(got)):
        raise Wrong(f"{given}: {Counter(got).most_common(1)[0][0]} was handed out twice.")
    letters = "".join(name[0] for name in got)
    if letters != wanted and sorted(letters) == sorted(wanted):
        raise Wrong(f"{given}: they came out as {short(got)}, not in order of event time.")
    if "BB" in wanted and letters == wanted.replace("BB", "B"):
        raise Wrong(f"{given}: two stops happened at 10:11, and one of them is gone.")
    if letters != wanted:
        raise Wrong(f"{given}: {short(got)} came out.")


# 15.3: which watermark does what?


@exercise(
    "15.3",
    takes=tuple_of(whole_number, whole_number, whole_number),
    hints=[
        "A micro-batch works with the watermark of the micro-batches before it: their newest event minus five minutes.",
        "Lesson 09: a row is lost only to what an earlier micro-batch has closed, so (b) is one micro-batch behind (a).",
        "The empty micro-batch at the end works with everything that has been seen.",
    ],
)
def check_15_3(answer):
    """Minutes after ten: the watermark of micro-batch 3, up to where it drops, up to where all is examined at the end."""
    for letter, given, (right, mistakes) in zip("abc", answer, _CLOCKS, strict=True):
        if given in mistakes:
            raise Wrong(f"({letter}) {mistakes[given]}")
        if given != right:
            raise Wrong(f"({letter}) {given}? Write down the newest event of each micro-batch, minus five.")
    return "dropping is one micro-batch behind releasing, so nothing that was released is ever overtaken."


_CLOCKS = [
    (
        15,
        {
            25: "that would need the events of micro-batch 3 itself, and they are only just being read.",
            20: "10:20 is the newest event before it. The delay is still to be taken off.",
            30: "10:30 is its own newest event, and a watermark is behind the events.",
            5: "that is the watermark of micro-batch 2.",
        },
    ),
    (
        5,
        {
            15: "it releases up to 10:15, but it drops only what the micro-batch before it was done with.",
            25: "no micro-batch drops by what it has only just read.",
            10: "10:10 is an event. A row is dropped by a watermark.",
            0: "micro-batch 2 had a watermark: the newest event of micro-batch 1, minus five minutes.",
        },
    ),
    (
        25,
        {
            30: "the newest events still wait: the watermark is five minutes behind them.",
            15: "there is an empty micro-batch after the third, and it works with what the third has seen.",
            20: "10:20 was the newest event of micro-batch 2.",
        },
    ),
]
