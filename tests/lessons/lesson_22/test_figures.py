"""The figure of the exam, and its result: what the checks have said, and no more."""

import csv

import pytest
from sleigh.errors import SleighError
from sleigh.lessons import exercises, verdicts
from sleigh.lessons.exercises import Exercise
from sleigh.lessons.lesson_22 import figures, result
from sleigh.paths import ROOT


def judge(answer): ...


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """An exam of four questions about two lessons: right, wrong, open, and one whose check has failed itself."""
    points = {"22.01": ("03", 1), "22.02": ("03", 2), "22.03": ("04", 2), "22.04": ("04", 1)}
    made = {number: Exercise(judge, [], examines=lesson, points=each) for number, (lesson, each) in points.items()}
    monkeypatch.setattr(result, "registered", lambda: {"03.1": Exercise(judge, ["hint"])} | made)
    monkeypatch.setattr(
        exercises, "_states", {"22.01": "right", "22.02": "wrong", "22.04": "unchecked", "03.1": "right"}
    )
    monkeypatch.setattr(result, "ROOT", tmp_path)
    return tmp_path


def test_a_bar_holds_the_points_of_its_lesson(asked):
    figure = figures.points(result.rows())
    assert [list(bar.x) for bar in figure.data] == [["03", "04"]] * 3
    assert {bar.name: list(bar.y) for bar in figure.data} == {"right": [1, 0], "not right": [2, 1], "open": [0, 2]}
    assert figure.layout.title.text == "Points by lesson: 1 of 6"


def test_the_rows_are_the_exams_and_what_is_not_right_is_to_be_read_again(asked):
    rows = result.rows()
    assert [(row["question"], row["points"], row["of"], row["state"], row["kind"]) for row in rows] == [
        ("22.01", 1, 1, "right", "prediction"),
        ("22.02", 0, 2, "wrong", "code"),
        ("22.03", 0, 2, "open", "code"),
        ("22.04", 0, 1, "unchecked", "prediction"),
    ]


@pytest.mark.parametrize(("person", "place"), [(True, "build/exam.csv"), (False, "build/lessons/exam.csv")])
def test_the_result_is_kept_and_a_run_of_the_tools_takes_nobodys_place(asked, monkeypatch, capsys, person, place):
    monkeypatch.setattr(verdicts, "of_a_person", lambda: person)
    result.show_result(True)
    said = capsys.readouterr().out
    assert "1 of 6 points · the ledger: balanced" in said and f"≈ kept in {place}" in said
    (path,) = asked.rglob("*.csv")
    assert path == asked / place
    with path.open(newline="") as file:
        kept = list(csv.DictReader(file))
    assert [row["state"] for row in kept] == ["right", "wrong", "open", "unchecked"]
    assert {row["passed"] for row in kept} == {"False"}


@pytest.mark.parametrize(("points", "balanced", "passed"), [(1, True, True), (1, False, False), (2, True, False)])
def test_it_takes_the_points_and_the_ledger_to_pass(asked, monkeypatch, capsys, points, balanced, passed):
    monkeypatch.setattr(result, "PASSES", points)
    result.show_result(balanced)
    lines = capsys.readouterr().out.splitlines()
    assert ("passed" in lines) == passed and any(line.startswith("not passed yet: ") for line in lines) != passed


def test_a_disk_that_takes_nothing_is_one_line(asked):
    (asked / "build").write_text("")
    with pytest.raises(SleighError, match="the result cannot be kept in"):
        result.show_result(True)


def test_links_lead_to_the_lessons(monkeypatch):
    monkeypatch.setattr(exercises, "_states", {"22.04": "right"})
    text = result._html(result.rows())
    assert text.count('<a href="03_silver.ipynb">') == 1, "22.05"
    assert all((ROOT / "notebooks" / row["lesson"]).exists() for row in result.rows())
