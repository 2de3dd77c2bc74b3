"""The figure of lesson 10, as data."""

from sleigh.lessons.lesson_10 import figures

LEFT = {
    "planned": {"planned": True, "files": False, "in_table": False, "ended": False},
    "written": {"planned": True, "files": True, "in_table": True, "ended": False},
}


def test_a_filled_square_is_on_disk_and_the_cross_is_behind_the_last():
    drawn = figures.timeline(LEFT, {"planned": "1 ran, 1 wrote", "written": "1 ran, 0 wrote"})
    there, gone, killed = drawn.data
    assert list(zip(there.x, there.y, strict=True)) == [(0, "planned"), (0, "written"), (1, "written"), (2, "written")]
    assert list(zip(gone.x, gone.y, strict=True)) == [(1, "planned"), (2, "planned"), (3, "planned"), (3, "written")]
    assert list(zip(killed.x, killed.y, strict=True)) == [(0.5, "planned"), (2.5, "written")]
    assert [(note.y, note.text) for note in drawn.layout.annotations] == [
        ("planned", "1 ran, 1 wrote"),
        ("written", "1 ran, 0 wrote"),
    ]
    assert list(drawn.layout.xaxis.ticktext) == list(figures.STEPS.values())
