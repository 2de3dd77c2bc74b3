"""The figures of lesson 21, as data."""

import pytest
from sleigh.lessons.lesson_21 import figures

FIJI, SAMOA, PERU = (-18.1, 178.4), (-13.8, -171.8), (-12.0, -77.0)


def test_a_map_for_each_way_with_a_dot_for_each_stop():
    drawn = figures.maps({"home": [0, 1, 2, 0], "one way": [2, 1, 1, 0]}, [FIJI, SAMOA, PERU])
    home, first, one_way, _ = drawn.data
    assert [annotation.text for annotation in drawn.layout.annotations] == ["home", "one way"]
    assert list(home.x)[:2] == [178.4, 188.2], "not around the world: the map is cut in the Bering Strait"
    assert one_way.y[0] == -12 and list(one_way.y)[-2:] == [-13.8, -18.1]
    assert (list(first.x), list(first.y)) == ([178.4], [-18.1]) and len(drawn.layout.shapes) == 2


def test_a_leg_over_the_edge_of_the_map_is_drawn_from_both_sides():
    line, _ = figures.maps({"way": [0, 1]}, [(10, -175), (20, -150)]).data
    assert list(line.x) == [185, 210, None, -175, -150] and list(line.y) == [10, 20, None, 10, 20]


ROUTE = [
    {"latitude": 50.0, "longitude": 0.0}
    | {"flown_position": 1, "flown_km": 0.0, "planned_position": 1, "planned_km": 0.0},
    {"latitude": 52.0, "longitude": 4.0}
    | {"flown_position": 2, "flown_km": 1200.4, "planned_position": 3, "planned_km": 300.0},
    {"latitude": 51.0, "longitude": 2.0}
    | {"flown_position": 3, "flown_km": 800.0, "planned_position": 2, "planned_km": 200.0},
]


def test_one_route_twice_in_either_order():
    drawn = figures.one_route(ROUTE)
    flown, _, planned, _ = drawn.data
    assert [annotation.text for annotation in drawn.layout.annotations] == [
        "3 stops, flown: 2,000 km",
        "3 stops, planned: 500 km",
    ]
    assert list(flown.x) == [0, 4, 2] and list(planned.x) == [0, 2, 4]


def test_a_leg_that_is_flown_again_is_not_drawn_again():
    again = [ROUTE[0] | {"flown_position": number, "flown_km": 1200.4} for number in (4, 6)]
    back = [ROUTE[1] | {"flown_position": 5, "flown_km": 1200.4, "planned_position": 5}]
    flown, *_ = figures.one_route([*ROUTE, *again, *back]).data
    assert list(flown.x) == [0, 4, 2, 0], "from 0 to 4 and back it was drawn already"


def test_tour_and_bound_close_in_and_the_gap_is_written_down():
    drawn = figures.squeeze([(0, 120.0), (1, 120.0), (9, 102.0)], [(0, 80.0), (99, 100.0)])
    tour, bound = drawn.data
    assert (list(tour.x), list(tour.y)) == ([1, 10, 10], [120, 102, 102])
    assert (list(bound.x), list(bound.y)) == ([1, 100, 100], [80, 100, 100]) and bound.fill == "tonexty"
    assert "2.00 % apart" in drawn.layout.annotations[0].text
    assert drawn.layout.xaxis.range == (0, 2)


def test_a_bar_for_each_way_and_the_bound():
    drawn = figures.bars({"path, at midnight": (243_014.4, 236.0), "the best": (146_310, 142)}, 145_709)
    (bar,) = drawn.data
    assert list(bar.x) == [243_014, 146_310] and bar.text[0].strip() == "243,014 km · 236 h"
    assert bar.marker.color[0] != bar.marker.color[1]
    assert drawn.layout.shapes[0].x0 == pytest.approx(145_709)
