"""The figures of lesson 14, as data."""

from sleigh.lessons.lesson_14 import figures

HOUR = {"auc": 0.64159, "best": 0.65, "predicted": 5.1, "true": 5.0, "observed": 4.75}
HOURS = [HOUR | {"clock": "10:00"}, HOUR | {"clock": "11:00", "observed": 6.0}]


def test_each_panel_has_the_line_of_truth_and_each_dot_once():
    drawn = figures.against_truth({"good": [(0.05, 0.05), (0.05, 0.05), (0.1, 0.12)], "leaky": [(0.05, 0.98)]})
    line, good, _, leaky = drawn.data
    assert line.x == line.y
    assert list(zip(good.x, good.y, strict=True)) == [(5.0, 5.0), (10.0, 12.0)]
    assert (list(leaky.x), list(leaky.y)) == ([5.0], [98.0])
    assert drawn.layout.yaxis.range[1] < 25 and drawn.layout.yaxis2.range[1] > 100
    assert [note.text for note in drawn.layout.annotations] == ["good", "leaky"]


def test_a_panel_never_has_more_dots_than_it_can_show():
    many = [(number / 100_000, 0.1) for number in range(10_000)]
    drawn = figures.against_truth({"many": many}).data[1]
    assert figures.DOTS / 2 < len(drawn.x) <= figures.DOTS
    assert min(drawn.x) < 0.1 and max(drawn.x) > 9.9, "from all of them"


def test_by_hour_draws_the_model_beside_the_best_and_all_three_rates():
    drawn = figures.by_hour(HOURS)
    by_name = {trace.name: trace for trace in drawn.data}
    assert list(by_name["the model of 14:00"].y) == [0.6416, 0.6416]
    assert list(by_name["the true probabilities"].y) == [0.65, 0.65]
    assert list(by_name["observed"].y) == [4.75, 6.0] and by_name["observed"].mode == "markers"
    assert {tuple(trace.x) for trace in drawn.data} == {("10:00", "11:00")}
    assert [trace.name for trace in drawn.data if trace.yaxis == "y2"] == ["true", "predicted", "observed"]
