"""The figures of lesson 19, as data."""

from sleigh.lessons.lesson_19 import figures

WAITS = {
    "first come": {"Europe": {0: 0, 1: 2}, "Africa": {0: 0, 2: 1}},
    "fair": {"Europe": {0: 0, 1: 3}, "Africa": {0: 0, 2: 0}},
}


def test_what_comes_is_a_bar_for_each_tenant_and_a_line_at_the_capacity():
    figure = figures.sent({"Europe": [3, 90], "Africa": [5, 6]}, capacity=50)
    assert [(bar.name, list(bar.y)) for bar in figure.data] == [("Africa", [5, 6]), ("Europe", [3, 90])]
    assert figure.layout.barmode == "stack" and figure.layout.shapes[0].y0 == 50


def test_each_rule_has_its_panel_and_a_tenant_its_line_with_gaps_where_nothing_came():
    figure = figures.waits(WAITS)
    lines = {(trace.xaxis, trace.name): list(trace.y) for trace in figure.data}
    assert lines[("x", "Africa")] == [0, None, 1] and lines[("x2", "Africa")] == [0, None, 0]
    assert lines[("x", "Europe")] == [0, 2, None] and lines[("x2", "Europe")] == [0, 3, None]
    width = {trace.name: trace.line.width for trace in figure.data}
    assert width["Africa"] > width["Europe"], "what is drawn first shows beside what is drawn over it"
    assert [note.text for note in figure.layout.annotations] == list(WAITS)


def test_a_tenant_has_one_colour_everywhere_and_one_entry_in_the_legend():
    figure = figures.waits(WAITS)
    bars = figures.sent({"Europe": [1], "Africa": [1]}, capacity=1)
    colours = {bar.name: bar.marker.color for bar in bars.data}
    assert all(trace.line.color == colours[trace.name] for trace in figure.data) and len(set(colours.values())) == 2
    assert sorted(trace.name for trace in figure.data if trace.showlegend) == ["Africa", "Europe"]
