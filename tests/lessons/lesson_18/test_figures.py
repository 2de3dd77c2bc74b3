"""The figures of lesson 18, as data."""

from sleigh.lessons.lesson_18 import figures

LOOK = {"difference": -0.5, "fixed": 0.2, "always": 0.4, "true": -0.45, "p": 0.001234567, "valid": 0.02}
LOOKS = [LOOK | {"clock": "12:00"}, LOOK | {"clock": "12:05", "difference": -0.6}]


def test_false_alarms_are_percent_by_look_and_the_title_says_the_most():
    drawn = figures.false_alarms({"peeking": [0.05, 0.12, 0.449], "always valid": [0.0, 0.01, 0.03]})
    peeking, valid = drawn.data
    assert (peeking.name, list(peeking.x), list(peeking.y)) == ("peeking", [1, 2, 3], [5.0, 12.0, 44.9])
    assert list(valid.y) == [0.0, 1.0, 3.0] and valid.line.color != peeking.line.color
    assert drawn.layout.title.text.endswith("45 % win")
    assert drawn.layout.shapes[0].y0 == 5


def test_the_night_has_a_band_for_each_interval_and_both_p_values_on_a_log_scale():
    drawn = figures.night(LOOKS)
    by_name = {(trace.name, trace.fill): trace for trace in drawn.data}
    wide, narrow = by_name["always valid", "toself"], by_name["for one look", "toself"]
    assert list(wide.y) == [-0.1, -0.2, -1.0, -0.9] and list(narrow.y) == [-0.3, -0.4, -0.8, -0.7]
    assert list(wide.x) == ["12:00", "12:05", "12:05", "12:00"]
    assert list(by_name["true", None].y) == [-0.45, -0.45]
    assert list(by_name["for one look", None].y) == [0.001235, 0.001235]
    assert list(drawn.layout.xaxis.tickvals) == ["12:00"], "whole hours, every third"
    assert drawn.layout.yaxis2.type == "log" and by_name["always valid", None].yaxis == "y2"
    assert {shape.y0 for shape in drawn.layout.shapes} == {0, 0.05}
