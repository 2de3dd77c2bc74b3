"""The figures of lesson 20, as data."""

from datetime import UTC, datetime, timedelta

from sleigh.lessons.lesson_20 import figures
from sleigh.serve.style import WEATHER_COLORS

KINDS = list(WEATHER_COLORS)
NOON = datetime(2026, 12, 24, 12, tzinfo=UTC)


def at(minute):
    return NOON + timedelta(minutes=minute)


def observed(valid, issued, condition):
    return {"valid_from": at(valid), "issued_at": at(issued), "condition": condition}


SAID = [observed(15, 40, "Clear"), observed(0, 10, "Clear"), observed(15, 20, "Foggy"), observed(30, 35, "Cloudy")]
TRUTH = [
    {"valid_from": at(minute), "valid_to": at(minute + 15), "condition": condition}
    for minute, condition in [(0, "Clear"), (15, "Clear"), (30, "Snowy")]
]
KNOWN = [  # at 12:00, 12:15, 12:30 and 12:45, of the first three
    [None, None, None],
    ["Clear", "Clear", None],
    ["Clear", "Foggy", "Foggy"],
    ["Clear", "Clear", "Cloudy"],
]


def drawn():
    return figures.plane("Suva", SAID, TRUTH, NOON, minutes=45, step=15)


def test_what_was_known_is_the_newest_version_of_the_newest_observation():
    assert figures.known(SAID, NOON, 45, 15) == KNOWN
    assert figures.known(SAID[:1], at(60), 45, 15)[-1] == ["Clear", None, None], "for an hour, and no longer"


def test_a_cell_is_what_was_known_and_a_cross_what_was_wrong():
    was, known = drawn().data[:2]
    assert [KINDS[place] for place in was.z[0]] == ["Clear", "Clear", "Snowy"]
    assert [[None if place is None else KINDS[place] for place in row] for row in known.z] == KNOWN
    assert list(known.x) == [0, 15, 30] and list(known.y) == [0, 15, 30, 45]
    (crosses,) = [trace for trace in drawn().data if trace.name == "wrong"]
    assert sorted(zip(crosses.x, crosses.y, strict=True)) == [(15, 30), (30, 30), (30, 45)]


def test_the_joins_are_lines_through_the_plane_in_the_colours_of_the_other_figure():
    lines = {trace.name: trace for trace in drawn().data if trace.name in figures.JOINS}
    assert lines.keys() == figures.JOINS.keys()
    late = lines["as of, asked 30 minutes later"]
    assert [y - x for x, y in zip(late.x, late.y, strict=True)] == [30, 30]
    other = figures.by_lateness([{"minutes": k, **dict.fromkeys(figures.JOINS, 5.0)} for k in (5, 10)])
    colours = {trace.name: trace.line.color for trace in other.data}
    assert all(trace.line.color == colours[name] for name, trace in lines.items() if trace.mode == "lines")


def test_each_join_has_its_line_against_the_lateness():
    rows = [{"minutes": k, **{name: float(k + place) for place, name in enumerate(figures.JOINS)}} for k in (5, 60)]
    drawn = figures.by_lateness(rows)
    assert {trace.name: list(trace.y) for trace in drawn.data} == {
        name: [5.0 + place, 60.0 + place] for place, name in enumerate(figures.JOINS)
    }
    assert {note.text for note in drawn.layout.annotations} == set(figures.JOINS)
