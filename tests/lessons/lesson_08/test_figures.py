"""The figure of lesson 08, as data: cities that did not change keep their count, and the rings are what came too late."""

from sleigh.lessons.lesson_08 import figures

CHANGED = [
    {"batch": batch, "city": city, "total_deliveries": count}
    for batch, city, count in [
        (3, "Rome", 4),
        (3, "Cairo", 5),
        (3, "Lagos", 3),
        (4, "Lagos", 7),
        (4, "Rome", 5),
        (6, "Rome", 6),
    ]
]
LOST = [{"batch": 5, "city": "Rome"}, {"batch": 6, "city": "Rome"}]


def test_a_city_keeps_its_count_and_equal_ones_keep_their_order():
    assert figures.standings(CHANGED, range(3, 7)) == {
        3: [("Cairo", 5), ("Rome", 4), ("Lagos", 3)],
        4: [("Lagos", 7), ("Cairo", 5), ("Rome", 5)],
        5: [("Lagos", 7), ("Cairo", 5), ("Rome", 5)],
        6: [("Lagos", 7), ("Rome", 6), ("Cairo", 5)],
    }


def figure(lost=(), changed=CHANGED[:5]):
    times = {3: "22:18", 4: "22:21", 5: "22:24", 6: "22:27"}
    return figures.bump(changed, list(lost), batches=range(3, 7), ended=3, published=4, times=times, top=3)


def test_a_line_a_city_with_its_places_and_deliveries():
    lines = {trace.name: (list(trace.x), list(trace.y), list(trace.text)) for trace in figure().data}
    assert lines == {
        "Lagos": ([3, 4, 5, 6], [3, 1, 1, 1], ["3", "7", "7", "7"]),
        "Cairo": ([3, 4, 5, 6], [1, 2, 2, 2], ["5", "5", "5", "5"]),
        "Rome": ([3, 4, 5, 6], [2, 3, 3, 3], ["4", "5", "5", "5"]),
    }


def test_equal_counts_have_the_same_place_on_the_right():
    labels = [note.text for note in figure().layout.annotations]
    assert labels == ["the quarter ends", "append publishes", "1  Lagos", "2  Cairo", "2  Rome"]


def test_the_rings_stand_where_the_city_would_have_been():
    ghost = figure(LOST).data[-1]
    assert ghost.name == "Rome, too late" and ghost.marker.symbol == "circle-open"
    # From its last counted dot, half a place above the slot it would have had: 6 deliveries, then 7, level with Lagos.
    assert (list(ghost.x), list(ghost.y), list(ghost.text)) == ([4, 5, 6], [3, 1.5, 1.5], ["", "6", "7"])
    assert "too late" in [note.text for note in figure(LOST).layout.annotations]
    assert [size > 0 for size in ghost.marker.size] == [False, True, True]


def test_without_late_ones_there_are_no_rings():
    assert len(figure().data) == 3 and all(trace.line.dash is None for trace in figure().data)
