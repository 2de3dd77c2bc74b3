"""The figure of lesson 04, as data: when each window is first there, corrected, final, and how long it stays open."""

from sleigh.lessons.lesson_04 import figures

UPDATES = [
    {"window": "10:00", "batch": 0},
    {"window": "10:00", "batch": 1},
    {"window": "10:01", "batch": 1},
    {"window": "10:01", "batch": 3},
]


def drawn():
    late = [{"window": "10:00", "batch": 3}]
    figure = figures.visibility(UPDATES, [{"window": "10:00", "batch": 2}], late, batches=4)
    return {trace.name: trace for trace in figure.data}, figure.layout


def test_a_window_is_open_from_its_first_update_until_append_writes_it():
    traces, layout = drawn()
    assert list(traces["open"].y) == ["10:00", "10:01"]
    assert list(traces["open"].base) == [0, 1] and list(traces["open"].x) == [2, 2.5], "the second to the right edge"
    assert list(layout.xaxis.range) == [-0.5, 3.5], "micro-batches 0 to 3"


def test_each_mark_stands_at_its_window_and_micro_batch():
    traces, _ = drawn()
    points = {name: list(zip(trace.x, trace.y, strict=True)) for name, trace in traces.items() if name != "open"}
    assert points == {
        "update: first": [(0, "10:00"), (1, "10:01")],
        "update: corrected": [(1, "10:00"), (3, "10:01")],
        "append": [(2, "10:00")],
        "too late for both": [(3, "10:00")],
    }
