"""The figures of lesson 09, as data: what the slider shows, and that the shading is one micro-batch behind the line."""

from sleigh.figures import lesson_09 as figures

NEVER = -1e6
MESSAGES = [{"arrival": 4.0, "event": 4.0}, {"arrival": 4.5, "event": 1.2}, {"arrival": 5.0, "event": 5.0}]
RUNS = {
    0: {"lines": [NEVER, 3.5, 7.9], "lost": MESSAGES[1:2]},
    5: {"lines": [NEVER, -1.5, 2.9], "lost": []},
}


def figure():
    return figures.arrivals(MESSAGES, RUNS, every=4, shown=5)


def test_messages_are_dots_at_their_arrival():
    dots = figure().data[0]
    assert (dots.x0, dots.dx, list(dots.y)) == (4.0, 0.5, [4.0, 1.2, 5.0])


def test_each_position_of_the_slider_shows_one_run_and_its_title():
    drawn = figure()
    slider = drawn.layout.sliders[0]
    assert [step.label for step in slider.steps] == ["0", "5"] and slider.active == 1
    assert drawn.layout.title.text == "Waiting 5 minutes: 0 of 3 lost"
    assert [trace.visible for trace in drawn.data[1:]] == [False] * 3 + [True] * 3
    visible, title = slider.steps[0].args
    assert visible["visible"] == [True] * 4 + [False] * 3
    assert title["title.text"] == "Waiting 0 minutes: 1 of 3 lost"


def test_the_shading_is_one_micro_batch_behind_the_line_and_cut_to_whole_windows():
    closed, line, lost = figure().data[1:4]
    assert list(line.x) == [0, 4, 8, 12] and list(line.y) == [None, 3.5, 7.9, 7.9]
    assert list(closed.y) == [0, 0, 3, 7]
    assert (list(lost.x), list(lost.y)) == ([4.5], [1.2])


def test_the_curve_has_a_labelled_point_for_each_delay():
    rows = [{"delay": 0, "latency": 6.4, "complete": 84.9}, {"delay": 60, "latency": 65.9, "complete": 100.0}]
    curve = figures.tradeoff(rows).data[0]
    assert list(zip(curve.x, curve.y, curve.text, strict=True)) == [(6.4, 84.9, "0 min"), (65.9, 100.0, "60 min")]


def test_state_draws_wrong_and_right():
    wrong, right = figures.state([(4, 10)], [(8, 88)]).data
    assert (list(wrong.x), list(wrong.y)) == ([8], [88]) and (list(right.x), list(right.y)) == ([4], [10])
