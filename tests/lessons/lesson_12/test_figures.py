"""The figures of lesson 12, as data."""

import pytest
from sleigh.lessons.lesson_12 import figures

READS = {
    "totals": {"progress": False},
    "progress": {"silver": True},
    "silver": {"landing": True},
    "bronze": {"landing": True},
    "quarantine": {"bronze": True},
}
KINDS = dict.fromkeys(READS, "StreamingTable") | {"totals": "MaterializedView"}


def test_each_stands_right_of_all_that_it_reads():
    at = figures.places(READS | {"report": {"bronze": False, "totals": False}})
    assert {name: x for name, (x, _) in at.items()} == {
        "landing": 0,
        "bronze": 1,
        "silver": 1,
        "quarantine": 2,
        "progress": 2,
        "totals": 3,
        "report": 4,
    }
    assert len(set(at.values())) == len(at), "no two in one place"
    assert (at["bronze"][1] < at["silver"][1]) == (at["quarantine"][1] < at["progress"][1]), "lines that do not cross"


def test_a_cycle_has_no_places():
    with pytest.raises(ValueError, match="cycle"):
        figures.places({"a": {"b": True}, "b": {"a": True}})


def test_the_graph_has_a_line_for_each_read_and_a_square_for_each_dataset():
    solid, dotted, *squares = figures.graph(KINDS, READS, "The night").data
    assert (solid.line.dash, dotted.line.dash) == ("solid", "dot")
    assert len([x for x in solid.x if x is not None]) == 2 * 4 and list(dotted.x) == [2, 3, None]
    assert {trace.name: sorted(trace.text) for trace in squares} == {
        "streaming table": ["bronze", "progress", "quarantine", "silver"],
        "materialized view": ["totals"],
        "outside the pipeline": ["landing"],
    }


def test_a_name_stands_where_no_line_is():
    reads = {"a": {"out": True}, "up": {"a": True}, "down": {"a": True}, "end": {"down": True}}
    at = {"out": (0, 0), "a": (1, 0), "up": (2, -1), "down": (2, 1), "end": (3, 1)}
    stands = {name: figures._beside(name, at, reads) for name in at}
    assert stands["a"] == "top left", "the lines that go out to the right lead up and down"
    assert (stands["up"], stands["end"]) == ("middle right", "middle right")
    assert stands["down"] == "bottom center", "the line that comes in comes from above"
    assert figures._beside("a", at | {"out": (0, -1)}, reads) == "bottom left"


def test_a_long_name_is_broken_near_its_middle():
    assert figures._wrapped("gold_delivery_summary_realtime") == "gold_delivery_<br>summary_realtime"
    assert figures._wrapped("silver") == "silver"


def test_versions_show_the_empty_ones():
    history = [
        {"version": 0, "operation": "CREATE", "rows": 0},
        {"version": 1, "operation": "WRITE", "rows": 2},
        {"version": 2, "operation": "TRUNCATE", "rows": 0},
    ]
    full, empty = figures.versions(history).data
    assert (list(full.x), list(full.y), list(full.text)) == ([1], [2], ["WRITE"])
    assert list(empty.x) == [0, 2] and max(empty.y) < 0.1
