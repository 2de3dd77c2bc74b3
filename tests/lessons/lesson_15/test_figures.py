"""The figures of lesson 15, as data: which hops are red, and which stops lie in the shaded corner."""

from sleigh.lessons.lesson_15 import figures
from sleigh.serve.style import PALETTE


def stop(city, longitude, gap=0.0):
    return {"city": city, "latitude": -18.0, "longitude": longitude, "gap_km": gap}


def test_a_broken_hop_is_vermillion_and_the_map_goes_on_past_its_edge():
    way = [stop("Suva", 178.0), stop("Apia", -172.0, 50.0), stop("Suva", 178.0, 50.1)]
    first, second, places = figures.route({"a way": way}, 50).data
    assert (first.line.color, second.line.color) == (PALETTE["blue"], PALETTE["vermillion"])
    assert list(first.x) == [178.0, 188.0] and list(second.x) == [188.0, 178.0]
    assert list(places.text) == ["", "2", "1, 3"] and list(places.marker.size) == [7, 13, 7]


def test_a_number_stands_where_no_line_is():
    peak = figures._beside([(0, 0), (10, 20), (20, 0)], degree=(5, 5))
    assert peak[1] == "top center" and peak[0] != "top center"
    assert figures._beside([(0, 0), (1, 20), (0, 40)], degree=(5, 5))[1] == "middle right"


def test_every_way_has_its_map_and_all_show_the_same_part_of_the_world():
    drawn = figures.route({"one": [stop("Suva", 178.0)] * 3, "other": [stop("Sydney", 151.0)] * 3}, 50)
    assert drawn.layout.xaxis.range == drawn.layout.xaxis2.range == (139.0, 190.0)
    assert [shape.xref for shape in drawn.layout.shapes] == ["x", "x2"]
    assert [note.text for note in drawn.layout.annotations] == ["one", "other"]


def test_whole_stops_are_counted_and_the_others_drawn_by_kind():
    stops = [
        {"gap_in_km": 0.0, "gap_out_km": 50.0, "anomaly": ""},
        {"gap_in_km": 0.2, "gap_out_km": 60.4, "anomaly": ""},
        {"gap_in_km": 700.0, "gap_out_km": 800.0, "anomaly": "loop"},
    ]
    drawn = figures.corners({"as it came": stops, "as it was": stops[:1]}, 50)
    points = {(trace.name, trace.xaxis): list(zip(trace.x, trace.y, strict=True)) for trace in drawn.data}
    assert points["all is well", "x"] == [(1, 60)] and points["loop", "x"] == [(700, 800)]
    assert not any(points[name, "x2"] for name in ("all is well", "jump", "loop", "standstill"))
    assert [note.text for note in drawn.layout.annotations if "stops" in note.text] == ["1<br>stops"] * 2
    assert [trace.showlegend for trace in drawn.data] == [True] * 4 + [False] * 4
    assert {(shape.x0, shape.y0) for shape in drawn.layout.shapes} == {(50, 50)}
