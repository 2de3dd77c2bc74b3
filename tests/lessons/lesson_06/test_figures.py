"""The figure of lesson 06, as data: each bar spans its window, sliding windows that overlap never share a row."""

from datetime import timedelta

from sleigh.domain import NIGHT_START
from sleigh.lessons.lesson_06 import figures


def at(minute):
    return NIGHT_START + timedelta(minutes=minute)


def bar(kind, start, end, deliveries):
    return {"kind": kind, "start": at(start), "end": at(end), "deliveries": deliveries}


EVENTS = [{"at": at(41), "late": False}, {"at": at(43), "late": True}, {"at": at(44.5), "late": False}]
BARS = [
    bar("session", 41, 46.5, 3),
    *[bar("sliding", start, start + 10, start) for start in range(54, 30, -2)],
    bar("tumbling", 40, 50, 3),
]
BEFORE = [bar("session", 41, 43, 1), bar("session", 44.5, 46.5, 1)]


def figure(before=BEFORE):
    return figures.windows(EVENTS, BARS, before, slides=5)


def rows(drawn):
    return [trace for trace in drawn.data if trace.type == "bar"]


def test_one_row_for_each_kind_five_for_the_sliding_windows():
    assert [len(trace.base) for trace in rows(figure())] == [1, 3, 3, 2, 2, 2, 2, 1]
    assert [len(trace.base) for trace in rows(figure(before=()))] == [1, 3, 3, 2, 2, 2, 1]


def test_each_bar_spans_its_window_and_carries_its_count():
    tumbling, first = rows(figure())[:2]
    assert (round(tumbling.base[0]), round(tumbling.base[0] + tumbling.x[0])) == (40, 50)
    assert [round(start) for start in first.base] == [32, 42, 52]
    assert list(first.text) == ["32", "42", "52"]
    assert first.hovertext[0] == "sliding: 10:32:00 to 10:42:00"


def test_bars_in_one_row_do_not_overlap():
    for trace in rows(figure()):
        ends = [base + length for base, length in zip(trace.base, trace.x, strict=True)]
        assert all(end < start for end, start in zip(ends, trace.base[1:], strict=False))


def test_the_late_delivery_is_marked_and_its_line_crosses_all_rows():
    drawn = figure()
    (line,) = drawn.layout.shapes
    assert line.x0 == line.x1 == 43
    assert line.y1 < min(trace.y[0] for trace in rows(drawn)) and line.y0 > max(trace.y[0] for trace in rows(drawn))
    on_time, late = drawn.data[-2:]
    assert (list(on_time.x), list(late.x)) == ([41, 44.5], [43])


def test_each_kind_has_one_label():
    axis = figure().layout.yaxis
    assert list(axis.ticktext) == ["deliveries", "tumbling", "sliding", "session, before", "session"]
    assert list(axis.tickvals) == sorted(axis.tickvals, reverse=True)
