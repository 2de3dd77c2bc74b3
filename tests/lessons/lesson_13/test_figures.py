"""The figures of lesson 13, as data: where each line ends, and what stands side by side."""

import datetime as dt

import pyarrow as pa
from sleigh.lessons.lesson_13 import figures

TEN = dt.datetime(2026, 12, 24, 22, tzinfo=dt.UTC)


def trend(*counts):
    return [
        {"window_start": TEN + dt.timedelta(minutes=minute), "total_deliveries": count}
        for minute, count in enumerate(counts)
    ]


def test_each_refresh_is_a_line_with_a_ring_at_its_end():
    drawn = figures.right_edge({"22:01:20": trend(60, 20), "22:02:40": trend(61, 60, 40)}, trend(61))
    final, one, ring, two, other = drawn.data
    assert (final.name, list(final.y)) == ("final", [61])
    assert (one.name, list(one.y), list(ring.y), list(ring.text)) == (
        "live at 22:01:20",
        [60, 20],
        [20],
        ["at 22:01:20: 20 "],
    )
    assert list(ring.x) == [TEN.replace(tzinfo=None, minute=1)] and list(other.y) == [40]
    assert two.line.color == other.marker.color != one.line.color


def test_times_are_without_zone_and_lists():
    line = figures.right_edge({"now": trend(1, 2)}, trend(1)).data[1]
    assert all(moment.tzinfo is None for moment in line.x) and len(line.x) == 2


def results():
    starts = pa.array([row["window_start"] for row in trend(1, 2, 3)], pa.timestamp("us", "UTC"))
    rates = {"window_start": starts, "completion_percentage": [80.0, 81, 79], "delay_rate_percentage": [5.0, 6, 4]}
    regions = {"region": ["Africa", "<b>"], "total_deliveries": [3, 1]}
    gifts = {"gift_type": ["Toys", "Books"], "total_deliveries": [3, 1]}
    return {
        "11_success_and_delay": pa.table(rates),
        "03_by_region": pa.table(regions),
        "04_by_gift_type": pa.table(gifts),
    }


def test_charts_stand_side_by_side_and_the_second_rate_has_an_axis_of_its_own():
    drawn = figures.together(results(), "03_by_region", "11_success_and_delay", "04_by_gift_type")
    bars, delivered, delayed, gifts = drawn.data
    assert [trace.xaxis for trace in drawn.data] == ["x", "x2", "x2", "x3"]
    right = drawn.layout["yaxis" + delayed.yaxis[1:]]
    assert (right.side, right.overlaying) == ("right", delivered.yaxis)
    assert list(bars.y) == ["&lt;b&gt;", "Africa"] and list(gifts.y) == ["Books", "Toys"]


def test_windows_before_a_time_can_be_left_out():
    drawn = figures.together(results(), "11_success_and_delay", since=TEN + dt.timedelta(minutes=1))
    assert [list(trace.y) for trace in drawn.data] == [[81, 79], [6, 4]]


def test_two_stand_in_a_row_and_an_odd_last_one_takes_a_row_of_its_own():
    pair = figures.together(results(), "03_by_region", "04_by_gift_type")
    three = figures.together(results(), "03_by_region", "04_by_gift_type", "11_success_and_delay")
    assert pair.layout.yaxis.domain == pair.layout.yaxis2.domain == (0, 1)
    left, right, wide = (three.layout[name] for name in ("xaxis", "xaxis2", "xaxis3"))
    assert left.domain[1] < right.domain[0] and wide.domain == (0, 1)
    assert three.layout.yaxis3.domain[1] < three.layout.yaxis.domain[0]
    assert three.layout.height > pair.layout.height and three.layout.width == pair.layout.width >= 600


def test_the_map_names_the_cities_that_are_asked_for_and_ends_behind_the_outermost():
    cities = {
        "city": ["Reykjavík", "Cairo", "Tehran"],
        "country": ["Iceland", "Egypt", "Iran"],
        "longitude": [-21.9, 31.2, 51.4],
        "latitude": [64.1, 30.0, 35.7],
        "deliveries": [1, 142, 7],
        "success_percentage": [100.0, 73.9, 100.0],
    }
    drawn = figures.city_map(pa.table(cities), ["Tehran", "Reykjavík"])
    names = [note for note in drawn.layout.annotations if note.text]
    assert [(note.text, note.x, note.y) for note in names] == [("Reykjavík", -21.9, 64.1), ("Tehran", 51.4, 35.7)]
    (west, east), (south, north) = drawn.layout.xaxis.range, drawn.layout.yaxis.range
    assert -169 < west < -21.9 and 51.4 < east < 191 and 0 < south < 30 and 64.1 < north < 84
