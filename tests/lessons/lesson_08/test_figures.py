"""The figure of lesson 08, as data: one place for equal counts, unchanged counts are kept, rings are what came too late."""

import pytest
from sleigh.lessons.lesson_08 import figures

CHANGED = [
    {"batch": batch, "city": city, "total_deliveries": count}
    for batch, city, count in [
        (2, "Rome", 4),
        (2, "Cairo", 5),
        (2, "Lagos", 3),
        (3, "Lagos", 7),
        (3, "Rome", 5),
        (5, "Rome", 6),
    ]
]
LOST = [{"batch": 4, "city": "Rome"}, {"batch": 4, "city": "Rome"}, {"batch": 5, "city": "Rome"}]


def test_a_city_keeps_its_count_and_equal_ones_share_a_place_in_their_order():
    found = figures.standings(CHANGED, range(2, 6))
    assert {batch: list(ranked.items()) for batch, ranked in found.items()} == {
        2: [("Cairo", (1, 5)), ("Rome", (2, 4)), ("Lagos", (3, 3))],
        3: [("Lagos", (1, 7)), ("Cairo", (2, 5)), ("Rome", (2, 5))],
        4: [("Lagos", (1, 7)), ("Cairo", (2, 5)), ("Rome", (2, 5))],
        5: [("Lagos", (1, 7)), ("Rome", (2, 6)), ("Cairo", (3, 5))],
    }


def figure(lost=(), changed=CHANGED[:5]):
    times = {2: "22:18", 3: "22:21", 4: "22:24", 5: "22:27"}
    return figures.bump(changed, list(lost), batches=range(2, 6), ended=2, published=3, times=times, top=3)


def test_a_line_a_city_with_its_deliveries_each_in_the_band_of_its_place():
    lines = {trace.name: (list(trace.x), [round(y) for y in trace.y], list(trace.text)) for trace in figure().data}
    assert lines == {
        "Lagos": ([2, 3, 4, 5], [3, 1, 1, 1], ["3", "7", "7", "7"]),
        "Cairo": ([2, 3, 4, 5], [1, 2, 2, 2], ["5", "5", "5", "5"]),
        "Rome": ([2, 3, 4, 5], [2, 2, 2, 2], ["4", "5", "5", "5"]),
    }


def test_equal_counts_stand_around_their_place_and_a_city_alone_in_its_middle():
    y = {trace.name: list(trace.y) for trace in figure().data}
    assert y["Lagos"] == [3, 1, 1, 1] and (y["Cairo"][0], y["Rome"][0]) == (1, 2)
    assert all(one < 2 < other and one + other == 4 for one, other in zip(y["Cairo"][1:], y["Rome"][1:], strict=True))


def test_three_equals_stay_in_their_band():
    level = [{"batch": 2, "city": city, "total_deliveries": 9} for city in ("Rome", "Oslo", "Lima")]
    assert sorted(trace.y[0] for trace in figure(changed=[*level, *CHANGED[3:4]]).data) == pytest.approx(
        [0.71, 1, 1.29]
    )


def test_the_labels_on_the_right_name_the_place():
    labels = [note.text for note in figure().layout.annotations]
    assert labels == ["the quarter ends", "append publishes", "1  Lagos", "2  Cairo", "2  Rome"]
    left, right = figure().layout.xaxis.range
    assert all(left < note.x < right for note in figure().layout.annotations), "or it would not be drawn"


def test_the_rings_stand_where_the_city_would_have_been():
    ghost = figure(LOST).data[-1]
    assert ghost.name == "Rome, too late" and ghost.marker.symbol == "circle-open"
    # From its last counted dot; with 7 in the band of Lagos, which has as many, with 8 above it.
    assert (list(ghost.x), list(ghost.text)) == ([3, 4, 5], ["", "7", "8"])
    assert ghost.y[0] == figure().data[-1].y[1] and 0.5 < ghost.y[1] < 1 and 0 < ghost.y[2] < 0.5
    assert [size > 0 for size in ghost.marker.size] == [False, True, True]
    assert ("too late", ghost.y[2]) in [(note.text, note.y) for note in figure(LOST).layout.annotations]


def test_without_late_ones_there_are_no_rings():
    assert len(figure().data) == 3 and all(trace.line.dash is None for trace in figure().data)
