"""The figures of lesson 07, as data: shares that are stacked, stairs of closed windows, and each late delivery once."""

from sleigh.lessons.lesson_07 import figures

SKY = [
    {"window": "23:50", "delay_rate": 6.0, "Snowy": 30.0, "Foggy": 20.0, "Cloudy": 10.0, "Clear": 40.0},
    {"window": "00:00", "delay_rate": 3.1, "Snowy": 5.0, "Foggy": 5.04, "Cloudy": 20.0, "Clear": 69.96},
]
LATE = [
    {"delivery_id": "a", "arrival": 12.04, "event": 11.0},
    {"delivery_id": "b", "arrival": 17.0, "event": 4.96},
    {"delivery_id": "c", "arrival": 24.0, "event": 3.0},
]
LINES = [None, None, -0.1, 4.98, 10.0]


def test_weather_is_stacked_from_the_worst_up_and_delays_are_below():
    drawn = figures.weather(SKY)
    *bars, line = drawn.data
    assert [bar.name for bar in bars] == ["Snowy", "Foggy", "Cloudy", "Clear"] and drawn.layout.barmode == "stack"
    assert [list(bar.y) for bar in bars] == [[30.0, 5.0], [20.0, 5.0], [10.0, 20.0], [40.0, 70.0]]
    assert (list(line.x), list(line.y)) == (["23:50", "00:00"], [6.0, 3.1])
    assert line.yaxis == "y2" and all(bar.yaxis == "y" for bar in bars)


def closing():
    return figures.closing(LATE, LINES, every=5, lost_to_both={"c"}, lost_to_minute={"b"})


def test_the_stairs_are_the_watermark_cut_to_whole_windows():
    tens, minutes = closing().data[:2]
    assert list(tens.x) == list(minutes.x) == [0, 5, 10, 15, 20, 25]
    assert list(minutes.y) == [0, 0, 0, 4, 10, 10]
    assert list(tens.y) == [0, 0, 0, 0, 10, 10]
    assert (tens.fill, minutes.fill) == ("tozeroy", "tonexty"), "the band is what only the minute has closed"


def test_each_late_delivery_is_drawn_once_under_its_fate():
    counted, minute, both = closing().data[3:]
    assert [(list(dots.x), list(dots.y)) for dots in (counted, minute, both)] == [
        ([12.0], [11.0]),
        ([17.0], [5.0]),
        ([24.0], [3.0]),
    ]
    assert len({dots.name for dots in (counted, minute, both)}) == 3
