"""The figures of lesson 05, as data: lanes as thick as their bytes, shares that stand in the lane of their partition."""

from sleigh.lessons.lesson_05 import figures

STATE = [
    {"batch": 1, "window": "19:00", "region": "Asia", "set": 400, "sketch": 416},
    {"batch": 2, "window": "19:00", "region": "Asia", "set": 832, "sketch": 416},
    {"batch": 2, "window": "19:05", "region": "Asia", "set": 104, "sketch": 416},
    {"batch": 1, "window": "19:00", "region": "Europe", "set": 80, "sketch": 416},
]


def test_lanes_are_as_thick_as_their_bytes():
    drawn = figures.lanes(STATE, labelled="19:00")
    asia = drawn.data[0]
    assert asia.name == "Asia" and list(asia.x) == [1, 2, 2]
    assert [round(size, 3) for size in asia.y] == [0.452, 0.94, 0.117], "832 bytes fill the lane"
    middles = [round(base + size / 2, 3) for base, size in zip(asia.base, asia.y, strict=True)]
    assert middles == [0, 0, 2.7], "19:00 holds two lanes, then comes a gap"
    sketch = drawn.data[2]
    assert sketch.name == "Asia" and len(set(sketch.y)) == 1 and sketch.showlegend is False


def test_lanes_name_bytes_and_totals():
    drawn = figures.lanes(STATE, labelled="19:00")
    assert list(drawn.layout.yaxis.ticktext) == ["19:00", "19:05"]
    assert list(drawn.layout.xaxis.ticktext) == ["1<br>480", "2<br>936"]
    assert list(drawn.layout.xaxis2.ticktext) == ["1<br>832", "2<br>832"]
    texts = [note.text for note in drawn.layout.annotations]
    assert texts == ["set of cities", "sketch of cities", "832 bytes", "80 bytes", "416 bytes", "416 bytes"]


BY_REGION = [
    {"partition": 2, "region": "Asia", "deliveries": 90},
    {"partition": 2, "region": "Europe", "deliveries": 10},
]
BY_WINDOW = [
    {"partition": 0, "window": "19:00", "region": "Asia", "deliveries": 75},
    {"partition": 0, "window": "19:00", "region": "Europe", "deliveries": 5},
    {"partition": 1, "window": "19:00", "region": "Africa", "deliveries": 20},
    {"partition": 1, "window": "19:05", "region": "Asia", "deliveries": 7},
]


def test_shares_stand_on_the_floor_of_their_lane_and_add_up():
    drawn = figures.partitions(BY_REGION, BY_WINDOW, number=3)
    bars = {(trace.name, trace.xaxis): trace for trace in drawn.data}
    asia = bars["Asia", "x2"]
    assert list(asia.x) == ["19:00", "19:05"] and list(asia.text) == ["75%", "100%"]
    assert list(asia.base) == [0.45, 1.45] and list(asia.y) == [-0.675, -0.9]
    europe = bars["Europe", "x2"]
    assert [round(base, 3) for base in europe.base] == [-0.225], "on top of Asia"
    assert list(bars["Asia", "x"].text) == ["90%"] and list(bars["Europe", "x"].text) == [""]


def test_partitions_without_a_row_are_marked_empty():
    drawn = figures.partitions(BY_REGION, BY_WINDOW, number=3)
    empty = [(note.xref, note.y) for note in drawn.layout.annotations if note.text == "empty"]
    assert empty == [("x", 0), ("x", 1), ("x2", 2)]
    assert len(drawn.layout.shapes) == 2 * 3
