"""The figures of lesson 09, as data: what the slider shows, and that the shading is one micro-batch behind the line."""

import pytest
from sleigh.lessons.lesson_09 import figures

NEVER = -1e6
MESSAGES = [{"arrival": 4.0, "event": 4.0}, {"arrival": 4.5, "event": 1.2}, {"arrival": 5.0, "event": 5.0}]
RUNS = {
    0: {"lines": [NEVER, 3.5, 7.9], "lost": MESSAGES[1:2], "latency": 6.44, "complete": 200 / 3},
    5: {"lines": [NEVER, -1.5, 2.9], "lost": [], "latency": 11.5, "complete": 100.0},
}


def figure(shown=5):
    return figures.arrivals(MESSAGES, RUNS, every=4, shown=shown)


def test_messages_are_dots_at_their_arrival():
    dots = figure().data[0]
    assert (dots.x0, dots.dx, list(dots.y)) == (4.0, 0.5, [4.0, 1.2, 5.0])


def test_the_slider_begins_with_the_run_that_is_to_be_shown():
    drawn = figure()
    slider = drawn.layout.sliders[0]
    assert [step.label for step in slider.steps] == ["0", "5"] and slider.active == 1
    assert drawn.layout.title.text == "Waiting 5 minutes: 0 of 3 lost, a window is seen after 11.5 min"
    assert [trace.visible for trace in drawn.data[2:]] == [False] * 4 + [True] * 4


@pytest.mark.parametrize("position", [0, 1])
def test_each_position_of_the_slider_shows_what_beginning_there_would(position):
    step = figure().layout.sliders[0].steps[position]
    wanted = figure(shown=int(step.label))
    visible, title = step.args
    assert visible["visible"] == [trace.visible is not False for trace in wanted.data]
    assert title["title.text"] == wanted.layout.title.text


def test_the_shading_is_one_micro_batch_behind_the_line_and_cut_to_whole_windows():
    closed, line, lost = figure().data[2:5]
    assert (line.x0, line.dx) == (closed.x0, closed.dx) == (0, 4)
    assert list(line.y) == [None, 3.5, 7.9, 7.9]
    assert list(closed.y) == [0, 0, 3, 7]
    assert (list(lost.x), list(lost.y)) == ([4.5], [1.2])


def test_the_corner_has_the_curve_and_on_it_the_run_that_is_shown():
    drawn = figure(shown=0)
    curve, point = drawn.data[1], drawn.data[5]
    assert curve.xaxis == point.xaxis == "x2"
    assert list(zip(curve.x, curve.y, curve.text, strict=True)) == [(6.4, 66.7, "0"), (11.5, 100.0, "5")]
    assert (list(point.x), list(point.y), point.visible) == ([6.4], [66.7], True)


def test_the_ends_of_the_slider_are_what_it_would_show():
    drawn = figures.ends(MESSAGES, RUNS, every=4, delays=(0, 5))
    for column, delay in enumerate((0, 5)):
        dots, *steps = drawn.data[4 * column : 4 * column + 4]
        shown = figure(shown=delay).data
        wanted = [trace for trace in shown[2:] if trace.visible][:3]
        assert list(dots.y) == [4.0, 1.2, 5.0] and {trace.xaxis for trace in steps} == {dots.xaxis}
        assert [(trace.name, trace.y) for trace in steps] == [(trace.name, trace.y) for trace in wanted]
    assert [note.text for note in drawn.layout.annotations] == ["waiting 0: 1 lost", "waiting 5: 0 lost"]
    assert drawn.layout.xaxis.range == drawn.layout.xaxis2.range == drawn.layout.yaxis.range


def test_state_draws_wrong_and_right():
    wrong, right = figures.state([(4, 10)], [(8, 88)]).data
    assert (list(wrong.x), list(wrong.y)) == ([8], [88]) and (list(right.x), list(right.y)) == ([4], [10])
