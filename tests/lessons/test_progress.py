"""What counts as solved, and who has solved what: the notes of a machine, and copied notebooks, of which nothing is run."""

import csv
import json
import os
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from sleigh.__main__ import main
from sleigh.lessons import exercises, progress, verdicts
from sleigh.lessons.exercises import Exercise
from sleigh.paths import ROOT

import notebooks

RIGHT = {"plain": 1100, "remembers": 900}
"""The answer to 02.1, whose check needs no Spark."""


@pytest.fixture
def notes(monkeypatch, tmp_path):
    """The notes of this machine, empty."""
    monkeypatch.setattr(verdicts, "NOTES", tmp_path / "build" / "progress")
    return verdicts.NOTES


def cell(*outputs):
    return {"cell_type": "code", "source": "", "outputs": list(outputs)}


def verdict(number, state, **more):
    mark = {"exercise": number, "state": state}
    return {"output_type": "display_data", "data": {"text/plain": "?"}, "metadata": {"sleigh": mark}, **more}


def notebook(path, *cells):
    """A notebook at `path` with such cells, or with this text in place of it all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = cells[0] if cells and isinstance(cells[0], str | bytes) else json.dumps({"cells": cells})
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# What a check leaves.


def test_a_kernel_of_a_person_leaves_a_note_and_a_mark_and_the_tools_leave_neither(monkeypatch, tmp_path):
    folder = tmp_path / "notes"
    lines = [
        f"import sys; sys.path.insert(0, {str(ROOT / 'lib')!r})",
        "from pathlib import Path",
        "from sleigh.lessons import verdicts",
        "from sleigh.lessons.exercises import check",
        f"verdicts.NOTES = Path({str(folder)!r})",
    ]
    sources = ["\n".join(lines), f'check("02.1", {RIGHT})', 'check("09.3", ["10:00"] * 3)', 'check("02.3")']
    sources.append('print("09.2 · right: I say so")')
    cells = [nbformat.v4.new_code_cell(source, id=f"c{place}") for place, source in enumerate(sources)]
    path = tmp_path / "mine.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)

    notebooks.execute(path, tmp_path / "ours.ipynb")
    ran = nbformat.read(tmp_path / "ours.ipynb", as_version=4)
    assert ran.cells[1].outputs[0].text.startswith("02.1 · right: ")
    assert not folder.exists() and progress.of_notebook(tmp_path / "ours.ipynb") == ({}, [])

    monkeypatch.delenv("SLEIGH_PROGRESS", raising=False)
    made = nbformat.read(path, as_version=4)
    NotebookClient(made, kernel_name="python3").execute()
    nbformat.write(made, path)
    (output,) = made.cells[1].outputs
    assert output.data["text/plain"] == ran.cells[1].outputs[0].text.rstrip("\n")
    assert [note.name for note in folder.iterdir()] == ["02.1.json"]
    assert progress.of_notebook(path) == ({"02.1": "right", "09.3": "wrong", "02.3": "open"}, [])


def test_elsewhere_a_verdict_is_a_line_and_leaves_nothing(notes, capsys):
    verdicts.tell("02.1 · right: so it is", "02.1", "right")
    assert capsys.readouterr().out == "02.1 · right: so it is\n" and not notes.exists()


def test_a_solution_is_not_the_learners(monkeypatch):
    monkeypatch.chdir(ROOT / "solutions")
    assert verdicts.in_solutions()
    monkeypatch.chdir(ROOT / "notebooks")
    assert not verdicts.in_solutions()


def test_the_first_time_is_kept_and_a_folder_that_cannot_be_made_costs_nothing(notes, monkeypatch, tmp_path):
    verdicts.note("02.1")
    (notes / "02.1.json").write_text('{"exercise": "02.1", "solved_at": "then"}')
    verdicts.note("02.1")
    assert progress.solved() == ({"02.1": "then"}, [])
    assert [path.name for path in notes.iterdir()] == ["02.1.json"]
    monkeypatch.setattr(verdicts, "NOTES", tmp_path / "file" / "notes")
    (tmp_path / "file").write_text("")
    verdicts.note("02.1")


NOTING = """
import sys
from pathlib import Path
from sleigh.lessons import verdicts
verdicts.NOTES = Path(sys.argv[1])
input()
for number in sys.argv[2:]:
    verdicts.note(number)
"""


def test_two_kernels_at_once_lose_nothing_of_each_other(notes):
    numbers = list(exercises.registered())
    environment = os.environ | {"PYTHONPATH": str(ROOT / "lib")}
    others = [
        subprocess.Popen([sys.executable, "-c", NOTING, notes, *each], stdin=subprocess.PIPE, env=environment)
        for each in (numbers[:40], numbers[20:], numbers)
    ]
    for other in others:
        other.stdin.write(b"\n")
        other.stdin.flush()
    assert [other.wait() for other in others] == [0] * 3
    found, problems = progress.solved()
    assert list(found) == numbers and problems == []


# The table of this machine.


def test_the_table_counts_each_lesson_and_an_exam_has_points(notes, monkeypatch, capsys):
    def judge(answer): ...

    made = {"02.1": Exercise(judge, ["hint"]), "02.2": Exercise(judge, ["hint"])}
    made |= {"22.01": Exercise(judge, [], examines="02", points=1), "22.02": Exercise(judge, [], points=2)}
    monkeypatch.setattr(progress, "registered", lambda: made)
    for number in ("02.2", "22.02"):
        verdicts.note(number)
    assert main(["progress"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["lesson", "solved", "open"],
        ["02_bronze", "1", "of", "2", "02.1"],
        [progress.by_lesson([])[1]["name"], *["1", "of", "2", "2", "of", "3", "points;", "22.01"]],
        ["in", "all", "2", "of", "4"],
    ]
    assert main(["progress", "--json"]) == 0
    bronze, exam = json.loads(capsys.readouterr().out)["lessons"]
    assert (bronze["solved"], bronze["open"], bronze["points"]) == (["02.2"], ["02.1"], None)
    assert (exam["lesson"], exam["points"], exam["of"]) == ("22", 2, 3)


def test_nothing_solved_and_every_exercise_of_the_course(notes, capsys):
    assert main(["progress"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].split()[2:] == ["0", "of", str(len(exercises.registered()))]
    assert lines[1].split() == ["00_welcome", "0", "of", "3", "00.1", "00.2", "00.3"]


def test_a_note_that_is_damaged_is_named_and_the_others_count(notes, capsys):
    verdicts.note("02.1")
    for name, text in {"02.2": "{", "02.3": "[]", "03.1": '{"exercise": "77.7", "solved_at": ""}'}.items():
        (notes / f"{name}.json").write_text(text)
    assert main(["progress"]) == 0
    said = capsys.readouterr()
    assert [line.split("progress/")[1].split(":")[0] for line in said.err.splitlines()] == [
        "02.2.json",
        "02.3.json",
        "03.1.json",
    ]
    assert "there is no exercise '77.7'" in said.err and "Traceback" not in said.err
    assert " 1 of " in said.out.splitlines()[-1]


# The table of a room.


@pytest.fixture
def room(tmp_path):
    """Three learners, and what must not end the table of the others."""
    folder = tmp_path / "room"
    notebook(folder / "ada/02_bronze.ipynb", cell(verdict("02.1", "right")), cell(verdict("02.2", "wrong")))
    notebook(folder / "ada/03_silver.ipynb", cell(verdict("03.1", "right"), verdict("03.1", "wrong")))
    printed = {"output_type": "stream", "name": "stdout", "text": "02.1 · right: so I say\n"}
    notebook(folder / "=cmd|calc-02.ipynb", cell(printed, verdict("02.3", "right")), {"cell_type": "markdown"})
    notebook(folder / "=cmd|calc-02_old.ipynb", cell(verdict("02.3", "open")))
    notebook(folder / "eve\x1b[31m-02.ipynb", cell())
    return folder


def table(capsys, *words):
    assert main(["progress", *map(str, words)]) == 0
    said = capsys.readouterr()
    lines = [line.split() for line in said.out.splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]], said.err.splitlines()


def test_a_room_is_read_from_what_the_checks_have_marked(room, capsys):
    rows, problems = table(capsys, "--class", room)
    assert problems == []
    assert [(row["learner"], row["solved"], row["02"], row["03"]) for row in rows] == [
        ("=cmd|calc", "1", "1", "0"),
        ("ada", "2", "1", "1"),
        ("eve\\x1b[31m", "0", "0", "0"),
    ]
    assert {row["of"] for row in rows} == {str(len(exercises.registered()))}


def test_a_room_as_json_and_as_csv_in_which_no_name_is_a_formula(room, tmp_path, capsys):
    for name in ("+1", "-1", "@x", "  =x"):
        notebook(room / name / "02.ipynb", cell(verdict("02.1", "right")))
    target = tmp_path / "room.csv"
    assert main(["progress", "--class", str(room), "--json", "--csv", str(target)]) == 0
    learners = json.loads(capsys.readouterr().out)["learners"]
    assert {row["learner"]: row["solved"] for row in learners}["ada"] == 2
    with target.open(newline="", encoding="utf-8") as file:
        names = [row["learner"] for row in csv.DictReader(file)]
    assert sorted(names) == sorted(["'=cmd|calc", "ada", "eve\\x1b[31m", "'+1", "'-1", "'@x", "'  =x"])


BROKEN = {
    "no JSON": "{",
    "no text": b"\xff\xfe\x00",
    "no notebook": "[1, 2]",
    "no cells": '{"cells": 5}',
    "a cell that is none": '{"cells": [7]}',
    "too deep": "[" * 100_000,
    "a mark that is none": json.dumps({"cells": [cell({"metadata": {"sleigh": 5}})]}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_notebook_is_one_line_and_the_others_count(room, name, capsys):
    path = notebook(room / "ada/04_broken.ipynb", BROKEN[name])
    rows, problems = table(capsys, "--class", room)
    assert len(problems) == 1 and problems[0].startswith(f"sleigh: {path}: passed over, ")
    assert [row["solved"] for row in rows] == ["1", "2", "0"]


def test_unknown_lessons_states_and_files_are_one_line_each(room, monkeypatch, capsys):
    marks = [verdict("77.7", "right"), verdict("77.7", "right"), verdict("03.2", "brilliant"), verdict([], "right")]
    notebook(room / "ada/05.ipynb", cell(*marks, verdict("03.3", "right")))
    notebook(room / "without a number.ipynb", cell())
    monkeypatch.setattr(progress, "LARGEST", 10_000)
    notebook(room / "ada/06.ipynb", " " * 20_000)
    (room / "ada/07.ipynb").mkdir()
    rows, problems = table(capsys, "--class", room)
    words = [
        "no exercise '77.7'",
        "no state 'brilliant'",
        "'[]'",
        "at most 10,000",
        "at most 10,000",
        "LEARNER-NN.ipynb",
    ]
    assert len(problems) == len(words) and all(any(word in line for line in problems) for word in words)
    assert rows[1]["solved"] == "3"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--class", "{tmp}/none"], "there is no folder {tmp}/none"),
        (["--class", "{tmp}"], "there are no notebooks in {tmp}"),
        (["--csv", "x.csv"], "name its folder with --class DIR"),
        (["--class", "{room}", "--csv", "{tmp}/no/x.csv"], "cannot write {tmp}/no/x.csv"),
    ],
)
def test_bad_arguments_are_one_line(words, said, room, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    places = {"tmp": tmp_path / "empty", "room": room}
    assert main(["progress", *[word.format(**places) for word in words]]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and said.format(**places) in told.err


def test_nothing_in_a_notebook_is_run(room, tmp_path, capsys):
    trap = {"cell_type": "code", "source": f"open({str(tmp_path / 'ran')!r}, 'w')", "outputs": []}
    notebook(room / "mallory/02.ipynb", trap)
    table(capsys, "--class", room)
    assert not (tmp_path / "ran").exists()
