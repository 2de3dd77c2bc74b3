"""The figures of lesson 17, as data."""

from sleigh.lessons.lesson_17 import figures

WINDOWS = [{"n": 7, "rate": 28.571, "late": False}, {"n": 40, "rate": 15, "late": True}]


def test_the_funnel_has_a_dot_for_each_window_and_the_border():
    quiet, late, border = figures.funnel(WINDOWS, [(30, 16.6667), (60, 11.6)], threshold=20).data
    assert (list(quiet.x), list(quiet.y)) == ([7], [28.6]) and (list(late.x), list(late.y)) == ([40], [15])
    assert list(zip(border.x, border.y, strict=True)) == [(30, 16.67), (60, 11.6)]


def test_two_rules_in_one_night():
    alerts = [
        {"region": "Asia", "raised": 5, "cleared": 20, "back": False},
        {"region": "Asia", "raised": 40, "cleared": 45, "back": True},
        {"region": "Europe", "raised": 50, "cleared": 70, "back": False},
    ]
    drawn = figures.two_rules([4.0, 12.0, 4.0, 11.111], 10, [1, 3], alerts)
    rates, rung, kept, back = drawn.data
    assert list(rates.y) == [4.0, 12.0, 4.0, 11.11]
    assert list(zip(rung.x, rung.y, strict=True)) == [(1, 13.2), (3, 12.31)], "a little above the rate of that minute"
    assert list(kept.x) == [5, 20, None, 50, 70, None] and list(kept.y)[:5] == [
        "Asia",
        "Asia",
        None,
        "Europe",
        "Europe",
    ]
    assert list(back.x) == [40, 45, None]
    assert drawn.layout.title.text == "The same night: 2 alerts, or 2"
