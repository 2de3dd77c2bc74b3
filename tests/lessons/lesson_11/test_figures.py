"""The figures of lesson 11, as data."""

import pytest
from sleigh.lessons.lesson_11 import figures
from sleigh.pipeline.cost import PHASES

SPENT = dict.fromkeys(PHASES, 0) | {"addBatch": 400, "walCommit": 40, "other": 60}
BOXES = [
    {"longitude": (0.0, 20.0), "latitude": (40.0, 60.0), "hours": (10.0, 10.5)},
    {"longitude": (-100.0, -50.0), "latitude": (40.0, 60.0), "hours": (11.0, 11.5)},
    {"longitude": (5.0, 5.0), "latitude": (0.0, 30.0), "hours": (11.5, 12.0)},
]
PLACE, CLOCK = {"longitude": (6, 15), "latitude": (47, 55)}, {"hours": (11.2, 11.6)}


def test_a_micro_batch_as_text_has_a_letter_for_each_so_many_milliseconds():
    assert figures.bar(SPENT) == f"|{'█' * 20}ww...| 500 ms, addBatch 400"
    assert figures.bar(SPENT, each=100) == "|████.| 500 ms, addBatch 400"


def test_the_bars_are_stacked_by_phase_and_end_in_their_sum():
    figure = figures.anatomy({"append": SPENT, "window": SPENT | {"addBatch": 1400}})
    assert [trace.name for trace in figure.data] == [*PHASES, "other"]
    (add,) = [trace for trace in figure.data if trace.name == "addBatch"]
    assert list(add.y) == ["append", "window"] and list(add.x) == [0.4, 1.4]
    assert [note.text for note in figure.layout.annotations] == ["0.50 s", "1.50 s"]
    assert len({trace.marker.color for trace in figure.data}) == len(figure.data)


def test_the_price_of_a_trigger_is_drawn_against_the_wait():
    rows = [
        {"name": "60 s", "wait": 30.0, "jobs": 3, "files": 1},
        {"name": "5 s", "wait": 2.5, "jobs": 36, "files": 12},
    ]
    jobs, files = figures.price(rows).data
    assert list(jobs.x) == [2.5, 30.0] and list(jobs.y) == [36, 3] and list(files.y) == [12, 1]


def rectangles(trace):
    """(left, right, bottom, top) of each bar."""
    return [
        (x - width / 2, x + width / 2, base, base + y)
        for x, width, base, y in zip(trace.x, trace.width, trace.base, trace.y, strict=True)
    ]


def test_a_file_is_a_rectangle_in_colour_if_it_must_be_read():
    figure = figures.layouts({"one": BOXES, "other": BOXES[:1]}, PLACE, CLOCK)
    left_alone, read = figure.data[:2]
    assert rectangles(read) == [(0.0, 20.0, 40.0, 60.0)]
    assert rectangles(left_alone)[0] == (-100.0, -50.0, 40.0, 60.0)
    assert rectangles(left_alone)[1] == pytest.approx((4.9, 5.1, 0.0, 30.0)), "a file of one longitude is still seen"
    below = figure.data[5]
    assert rectangles(below) == [pytest.approx((11.0, 11.5, -100.0, -50.0)), pytest.approx((11.5, 12.0, 5.0, 5.2))]


def test_the_titles_count_and_the_frames_are_what_is_asked():
    figure = figures.layouts({"one": BOXES, "other": BOXES[:1]}, PLACE, CLOCK)
    assert [note.text for note in figure.layout.annotations] == [
        "one<br>1 of 3",
        "other<br>1 of 1",
        "2 of 3",
        "0 of 1",
    ]
    frames = [(shape.x0, shape.x1, shape.y0, shape.y1) for shape in figure.layout.shapes]
    assert frames == [(6, 15, 47, 55)] * 2 + [(11.2, 11.6, -180, 180)] * 2
