"""Answers to the exercises of lesson 15."""

from itertools import pairwise

from pyspark.sql import Row
from pyspark.sql.streaming import StatefulProcessor

# 15.1: two broken hops


def by_place(gaps):
    def broken(gap):
        return gap is not None and gap > 50

    return [place for place in range(len(gaps) - 1) if broken(gaps[place]) and broken(gaps[place + 1])]


def by_pairs(gaps):
    known = [gap or 0 for gap in gaps]
    return {place for place, pair in enumerate(pairwise(known)) if min(pair) > 50}


def all_broken(gaps):
    return [place for place, gap in enumerate(gaps) if gap is not None and gap > 50]


def the_one_after(gaps):
    return [place + 1 for place in by_place(gaps)]


def the_one_before(gaps):
    return [place - 1 for place in by_place(gaps)]


def at_least(gaps):
    known = [gap or 0 for gap in gaps]
    return [place for place, pair in enumerate(pairwise(known)) if min(pair) >= 50]


def none_is_broken(gaps):
    known = [51 if gap is None else gap for gap in gaps]
    return [place for place, pair in enumerate(pairwise(known)) if min(pair) > 50]


def every_second(gaps):
    found, place = [], 0
    while place < len(gaps) - 1:
        if place in by_place(gaps):
            found.append(place)
            place += 1
        place += 1
    return found


def not_careful(gaps):
    return [place for place in range(len(gaps) - 1) if gaps[place] > 50 and gaps[place + 1] > 50]


# 15.2: in order


class InOrder(StatefulProcessor):
    """The right one; the others break one thing each."""

    def init(self, handle):
        self.handle = handle
        self.waiting = handle.getListState("waiting", "event_ms bigint, delivery_id string")

    def handleInputRows(self, key, rows, timerValues):
        rows = [(row.event_ms, row.delivery_id) for row in rows]
        if rows:
            self.waiting.appendList(rows)
            self.handle.registerTimer(min(rows)[0])
        return iter([])

    def handleExpiredTimer(self, key, timerValues, expiredTimerInfo):
        waiting = sorted(self.waiting.get())
        ready = [row for row in waiting if self.is_passed(row[0], timerValues.getCurrentWatermarkInMs())]
        for event_ms, name in self.arranged(ready):
            yield Row(event_ms=event_ms, delivery_id=name)
        self.go_on(waiting[len(ready) :])

    def is_passed(self, event_ms, watermark):
        return event_ms <= watermark

    def arranged(self, ready):
        return ready

    def go_on(self, rest):
        if rest:
            self.waiting.put(rest)
            self.handle.registerTimer(rest[0][0])
        else:
            self.waiting.clear()


class ByMap(InOrder):
    """Another state: a map by time and id."""

    def init(self, handle):
        self.handle = handle
        self.waiting = handle.getMapState("waiting", "event_ms bigint, delivery_id string", "nothing int")

    def handleInputRows(self, key, rows, timerValues):
        for row in rows:
            self.waiting.updateValue((row.event_ms, row.delivery_id), (0,))
            self.handle.registerTimer(row.event_ms)
        return iter([])

    def handleExpiredTimer(self, key, timerValues, expiredTimerInfo):
        for event_ms, name in sorted(self.waiting.keys()):
            if event_ms <= timerValues.getCurrentWatermarkInMs():
                self.waiting.removeKey((event_ms, name))
                yield Row(event_ms=event_ms, delivery_id=name)


class AtOnce(InOrder):
    def handleInputRows(self, key, rows, timerValues):
        return iter(sorted(rows, key=lambda row: row.event_ms))


class NoTimer(InOrder):
    def handleInputRows(self, key, rows, timerValues):
        self.waiting.appendList([(row.event_ms, row.delivery_id) for row in rows])
        return iter([])


class AsTheyCame(InOrder):
    def arranged(self, ready):
        return sorted(ready, key=lambda row: row[1], reverse=True)


class Strictly(InOrder):
    def is_passed(self, event_ms, watermark):
        return event_ms < watermark

    def go_on(self, rest):
        self.waiting.put(rest)
        if rest:
            self.handle.registerTimer(rest[0][0] + 1)


class Everything(InOrder):
    def is_passed(self, event_ms, watermark):
        return True


class Forgetful(InOrder):
    """Forgets to forget."""

    def go_on(self, rest):
        if rest:
            self.handle.registerTimer(rest[0][0])


class NoSecondTimer(InOrder):
    def handleInputRows(self, key, rows, timerValues):
        rows = [(row.event_ms, row.delivery_id) for row in rows]
        self.waiting.appendList(rows)
        if not hasattr(self, "begun"):
            self.handle.registerTimer(min(rows)[0])
        self.begun = True
        return iter([])

    def go_on(self, rest):
        self.waiting.put(rest)


class OneATime(ByMap):
    """Its map knows one stop for each millisecond."""

    def handleInputRows(self, key, rows, timerValues):
        for row in rows:
            self.waiting.updateValue((row.event_ms,), (row.delivery_id,))
            self.handle.registerTimer(row.event_ms)
        return iter([])

    def handleExpiredTimer(self, key, timerValues, expiredTimerInfo):
        for (event_ms,), (name,) in sorted(self.waiting.iterator()):
            if event_ms <= timerValues.getCurrentWatermarkInMs():
                self.waiting.removeKey((event_ms,))
                yield Row(event_ms=event_ms, delivery_id=name)


class Archive(InOrder):
    """A second state that nobody empties."""

    def init(self, handle):
        super().init(handle)
        self.seen = handle.getListState("seen", "delivery_id string")

    def go_on(self, rest):
        super().go_on(rest)
        self.seen.appendValue(("one",))


class TooLateATimer(InOrder):
    def handleInputRows(self, key, rows, timerValues):
        self.handle.registerTimer(timerValues.getCurrentWatermarkInMs())
        return iter([])


class InItsObject(InOrder):
    """Keeps the rows in a list of its own: the tester's object lives on, that of a stream does not."""

    def init(self, handle):
        self.handle, self.rows = handle, []

    def handleInputRows(self, key, rows, timerValues):
        for row in rows:
            self.rows.append((row.event_ms, row.delivery_id))
            self.handle.registerTimer(row.event_ms)
        return iter([])

    def handleExpiredTimer(self, key, timerValues, expiredTimerInfo):
        watermark = timerValues.getCurrentWatermarkInMs()
        ready, self.rows = (
            [row for row in self.rows if row[0] <= watermark],
            [row for row in self.rows if row[0] > watermark],
        )
        for event_ms, name in sorted(ready):
            yield Row(event_ms=event_ms, delivery_id=name)


class InOneValue(InOrder):
    """Its state is one value: two lists."""

    def init(self, handle):
        self.handle = handle
        self.value = handle.getValueState("value", "times array<bigint>, names array<string>")

    def handleInputRows(self, key, rows, timerValues):
        for row in rows:
            self.held([*self.held(), (row.event_ms, row.delivery_id)])
            self.handle.registerTimer(row.event_ms)
        return iter([])

    def handleExpiredTimer(self, key, timerValues, expiredTimerInfo):
        held = self.held()
        ready = [row for row in held if row[0] <= timerValues.getCurrentWatermarkInMs()]
        self.held(held[len(ready) :])
        for event_ms, name in ready:
            yield Row(event_ms=event_ms, delivery_id=name)

    def held(self, new=None):
        if new is not None:
            self.value.update(tuple([row[part] for row in sorted(new)] for part in (0, 1)))
        return list(zip(*self.value.get(), strict=True)) if self.value.exists() else []


class ValueThatGrows(InOneValue):
    """The same, and remembers the names of all that it has handed out."""

    def init(self, handle):
        super().init(handle)
        self.seen = handle.getValueState("seen", "names array<string>")

    def handleExpiredTimer(self, key, timerValues, expiredTimerInfo):
        for row in super().handleExpiredTimer(key, timerValues, expiredTimerInfo):
            self.seen.update(([*(self.seen.get() or ([],))[0], row.delivery_id],))
            yield row


class NeedsArguments(InOrder):
    def __init__(self, delay):
        self.delay = delay


CASES = {
    "15.1": {
        "right": [by_place, by_pairs],
        "wrong": [
            ("those are all broken hops", all_broken),
            ("that is the stop after the wrong one", the_one_after),
            ("that is the stop before the wrong one", the_one_before),
            ("exactly 50 km is still allowed", at_least),
            ("what is not known is not broken", none_is_broken),
            ("gaps [None, 0, 700, 900, 800, 0]: expected [2, 3], got [2]", every_second),
            ("your function raised TypeError", not_careful),
            ("gaps [None, 0, 700, 700, 0]: expected [2], got []", lambda gaps: []),
            ("hand over the function itself", [2]),
        ],
    },
    "15.2": {
        "right": [InOrder, InOrder(), ByMap, InOneValue],
        "wrong": [
            ("has not passed A, and it was handed out", AtOnce),
            ("is there a timer?", NoTimer),
            ("not in order of event time", AsTheyCame),
            ("10:11 is not after a watermark of 10:11", Strictly),
            ("['A', 'B', 'B2', 'C'] came out", Everything),
            ("A was handed out twice: what has been handed out must leave the state", Forgetful),
            ("the rest needs a timer of its own", NoSecondTimer),
            ("two stops happened at 10:11, and one of them is gone", OneATime),
            ("the state still holds 5 of them", Archive),
            ("the state still holds 7 of them", ValueThatGrows),
            ("no state holds them", InItsObject),
            ("handleInputRows of your processor raised", TooLateATimer),
            ("your class raised TypeError", NeedsArguments),
            ("StatefulProcessor", StatefulProcessor),
            ("StatefulProcessor: this is 5", 5),
        ],
    },
    "15.3": {
        "right": [(15, 5, 25)],
        "wrong": [
            ("(a) that would need the events of micro-batch 3", (25, 15, 25)),
            ("(a) 10:20 is the newest event before it", (20, 10, 30)),
            ("(a) 10:30 is its own newest event", (30, 15, 25)),
            ("(a) that is the watermark of micro-batch 2", (5, 5, 25)),
            ("(a) 14? Write down", (14, 5, 25)),
            ("(b) it releases up to 10:15", (15, 15, 25)),
            ("(b) no micro-batch drops by what", (15, 25, 25)),
            ("(b) 10:10 is an event", (15, 10, 25)),
            ("(b) micro-batch 2 had a watermark", (15, 0, 25)),
            ("(c) the newest events still wait", (15, 5, 30)),
            ("(c) there is an empty micro-batch after the third", (15, 5, 15)),
            ("(c) 10:20 was the newest event of micro-batch 2", (15, 5, 20)),
            ("a list of 3 values", (15, 5)),
        ],
    },
}
