"""The figures of lesson 03, as data: every count of the heat map is written down, and lines end with their number."""

from sleigh.lessons.lesson_03 import figures

ROWS = [
    {"batch": 0, "valid_status": 2, "positive_gifts": 0, "bad_rows": 2},
    {"batch": 1, "valid_status": 3, "positive_gifts": 4, "bad_rows": 5},
]


def test_the_heat_map_says_failures_for_each_rule_and_bad_rows_below():
    drawn = figures.failures_by_batch(ROWS, ["valid_status", "positive_gifts"])
    heat = drawn.data[0]
    assert list(heat.x) == ["0", "1"] and [list(line) for line in heat.z] == [[2, 3], [0, 4], [None, None]]
    assert heat.zmax == 4, "the sum below is no part of the scale"
    texts = {(note.x, note.y.removeprefix("<b>")[:4]): note.text for note in drawn.layout.annotations}
    assert texts["1", "posi"] == "4" and texts["0", "rows"] == "<b>2</b>" and len(texts) == 6


def test_lines_of_state_end_with_their_last_count():
    drawn = figures.state_by_batch([0, 1], forever=[10, 2000], within=[10, 15], one_hour=12)
    forever, within = drawn.data
    assert list(forever.x) == [0, 1] and list(forever.y) == [10, 2000] and list(forever.text) == ["", "2,000"]
    assert list(within.text) == ["", "15"]
    assert drawn.layout.shapes[0].y0 == 12
