"""The figure of lesson 16, as data: a row for each delivery, broad and narrow lines in the colours of their status."""

from sleigh.lessons.lesson_16 import figures
from sleigh.serve.style import STATUS_COLORS

TRUE = [
    {"delivery_id": "B", "status": "delayed", "start": 4.0, "end": None},
    {"delivery_id": "B", "status": "en_route", "start": 2.0, "end": 4.0},
    {"delivery_id": "A", "status": "returned", "start": 3.0, "end": 99.0},
]
LEFT = [{"delivery_id": "B", "status": "en_route", "start": 5.0, "end": 10.0}]
RIGHT = [{"delivery_id": "B", "status": "delayed", "start": 5.0, "end": 10.0}]


def drawn():
    return figures.lives(TRUE, {"left": LEFT, "right": RIGHT}, until=20)


def lines(panel, width):
    axis = "x" if panel == 1 else f"x{panel}"
    return {
        trace.name: (list(trace.x), list(trace.y))
        for trace in drawn().data
        if trace.xaxis == axis and trace.line.width == width
    }


def test_each_panel_has_the_truth_in_the_order_in_which_the_deliveries_set_out():
    wanted = {
        "en_route": ([2.0, 4.0, None], [0, 0, None]),
        "delayed": ([4.0, 20, None], [0, 0, None]),
        "returned": ([3.0, 20, None], [1, 1, None]),
    }
    assert lines(1, 8) == lines(2, 8) == wanted


def test_each_panel_has_what_its_table_said():
    assert lines(1, 3) == {"en_route": ([5.0, 10.0, None], [0, 0, None])}
    assert lines(2, 3) == {"delayed": ([5.0, 10.0, None], [0, 0, None])}
    assert [note.text for note in drawn().layout.annotations] == ["left", "right"]


def test_a_status_has_its_colour_and_one_entry_in_the_legend():
    named = [trace.name for trace in drawn().data if trace.showlegend]
    assert sorted(named) == ["delayed", "en_route", "returned"]
    assert all(trace.line.color == STATUS_COLORS[trace.name] for trace in drawn().data if trace.name != "returned")
    assert drawn().layout.xaxis.range == drawn().layout.xaxis2.range == (-6, 20)
