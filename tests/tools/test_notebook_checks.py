"""The checks of notebooks can go red: each seeded defect is found by the very commands that CI runs, and the sound
notebook, and one where only a duration differs, are not blamed."""

import re
import shutil
import subprocess
import sys

import checks
import mini
import minutes
import navigation
import nbformat
import pytest
import template
from sleigh.paths import ROOT

import notebooks


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The small course, executed once."""
    folder = tmp_path_factory.mktemp("sound")
    mini.course(folder, ROOT / "lib")
    return folder


@pytest.fixture
def course(sound, tmp_path):
    """A copy of the small course to break: (lesson, solution)."""
    folder = tmp_path / "course"
    shutil.copytree(sound, folder, symlinks=True)
    return folder / "notebooks/00_small.ipynb", folder / "solutions/00_small.ipynb"


def static(path, fragment):
    """The static checks name the defect."""
    found = template.problems(path)
    assert any(fragment in problem for problem in found), found


def _text(cell, old, new):
    def change(notebook):
        output = mini.cell(notebook, cell).outputs[0]
        assert old in output.text
        output.text = output.text.replace(old, new)

    return change


def _html(notebook):
    data = mini.cell(notebook, "table").outputs[0].data
    assert "3.25" in data["text/html"]
    data["text/html"] = data["text/html"].replace("3.25", "3.26")


def _point(notebook):
    figure = mini.cell(notebook, "figure").outputs[0].data[template.PLOTLY]
    assert figure["data"][0]["y"] == [10.5, 20.25, 15.125]
    figure["data"][0]["y"][1] = 20.26


def _source(cell, old, new):
    def change(notebook):
        assert old in mini.cell(notebook, cell).source
        mini.cell(notebook, cell).source = mini.cell(notebook, cell).source.replace(old, new)

    return change


def _picture(notebook):
    mini.cell(notebook, "figure").outputs[0].data["image/png"] = "aGVsbG8="


def _duration(notebook):
    output = mini.cell(notebook, "time").outputs[0]
    output.text = re.sub("≈ .*", "≈ 1 ns", output.text)


NOTHING = {
    "a line that varies": _duration,
    "a picture beside a figure": _picture,
}
DEFECTS = {
    "time": _text("time", "after", "before"),  # a line around the one that varies
    "figure": _point,
    "text": _text("text", "42", "43"),
    "table": _html,
    "break": _source("break", "1 / 0", "1 / 1"),  # an expected error that does not come
}
"""Cell -> what changes in it."""

RUN = {
    "sound": ("notebooks", [], []),
    "no defect": ("notebooks", NOTHING.values(), []),
    "a defect in each cell": ("notebooks", DEFECTS.values(), list(DEFECTS)),
    "a cell whose output alone was cleared": (
        "notebooks",
        [lambda notebook: mini.cell(notebook, "table").update(outputs=[])],
        ["table"],
    ),
    "sound solution": ("solutions", [], []),
    "no longer right": ("solutions", [_source("answer", "42", "41")], ["answer"]),
}
"""Name -> the lesson or its solution, what is changed in it, and the cells that the run must find: these and no other."""


@pytest.fixture(scope="module")
def red(sound, tmp_path_factory):
    """{name: the cells that the notebooks' lane of tools/checks.py, flags and all, finds red}, from one run of them all."""
    folder, paths = tmp_path_factory.mktemp("changed"), {}
    for place, (name, (kind, changes, _)) in enumerate(RUN.items()):
        shutil.copytree(sound, folder / f"c{place}", symlinks=True)
        paths[name] = folder / f"c{place}" / kind / "00_small.ipynb"
        for change in changes:
            mini.changed(paths[name], change)
    words = ["-v", "-p", "no:cacheprovider", "--color=no", f"--rootdir={folder}", *checks.NBVAL, *paths.values()]
    done = subprocess.run([sys.executable, "-m", "pytest", *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout
    found = {}
    for name, path in paths.items():
        code = [cell.id for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        said = re.findall(
            rf"{path.relative_to(folder).with_suffix('')}::ipynb::Cell (\d+) (PASSED|FAILED)", done.stdout
        )
        assert len(said) == len(code), done.stdout
        found[name] = [code[int(number)] for number, word in said if word == "FAILED"]
    return found


@pytest.mark.parametrize("name", RUN)
def test_a_run_finds_what_has_changed_and_nothing_else(red, name):
    assert sorted(red[name]) == sorted(RUN[name][2])


def test_sound_notebooks_have_no_problems(course):
    for path in course:
        assert template.problems(path) == []


def test_cleared_outputs(course):
    def change(notebook):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None

    mini.changed(course[0], change)
    static(course[0], "not executed from top to bottom, or cleared")
    static(course[0], "no cell has an output that is compared")


def test_one_cleared_cell(course):
    def change(notebook):
        cell = mini.cell(notebook, "table")
        cell.outputs, cell.execution_count = [], None

    mini.changed(course[0], change)
    static(course[0], "not executed from top to bottom, or cleared")


@pytest.mark.parametrize("form", ["tag", "comment"])
def test_a_raises_exception_mark_is_refused(course, form):
    # nbval passes such a cell when nothing is raised, so the mark itself is red.
    def change(notebook):
        cell = mini.cell(notebook, "text")
        if form == "tag":
            cell.metadata["tags"] = ["raises-exception"]
        else:
            cell.source = "# NBVAL_RAISES_EXCEPTION\n" + cell.source

    mini.changed(course[0], change)
    static(course[0], "raises-exception, which hides changes")


def test_committing_the_output_of_a_solution_that_is_no_longer_right_does_not_help(course):
    mini.changed(course[1], _source("answer", "42", "41"))
    notebooks.refresh(course[1])
    static(course[1], "the check of 00.1 does not say right")


def test_a_solution_without_one_of_the_exercises(course):
    def change(notebook):
        mini.cell(notebook, "answer").source = "# moved"

    mini.changed(course[1], change)
    static(course[1], "exercise 00.1 of the lesson is not checked here")


def _last(notebook):
    return notebook.cells[-2]  # behind it there is only the line that leads on


STATIC = {
    "run python tools/navigation.py": lambda nb: nb.cells[0].update(source="Lesson 00"),
    "at least two '**Predict'": lambda nb: nb.cells.remove(mini.cell(nb, "text-3")),
    "'Recap' must answer": lambda nb: _last(nb).update(source=_last(nb).source.replace("- tried\n", "")),
    "must list 3 to 5 items": lambda nb: mini.cell(nb, "text-1").update(source="In this lesson you will\n\n- see"),
    "'minutes to run'": lambda nb: mini.cell(nb, "text-0").update(
        source=mini.cell(nb, "text-0").source.replace("to run", "")
    ),
    "minutes to read: 1, the table says 5": lambda nb: mini.cell(nb, "text-0").update(
        source=mini.cell(nb, "text-0").source.replace("| - | 1 |", "| - | 5 |")
    ),
    "| needs | minutes to read |": lambda nb: mini.cell(nb, "text-0").update(source="# 00 · A small lesson"),
    "minutes to read: 31, the table says 1": lambda nb: mini.cell(nb, "text-9").update(source="word " * 250 * 30),
    "what is optional": lambda nb: mini.cell(nb, "text-9").update(source="## To go on\n\n## It breaks like this"),
    "It breaks like this": lambda nb: mini.cell(nb, "text-9").update(source="## Oops"),
    "a heading with 'ledger'": lambda nb: _last(nb).update(source=_last(nb).source.replace("ledger", "book")),
    "'On Databricks'": lambda nb: _last(nb).update(source=_last(nb).source.replace("## On", "On")),
    "no picture": lambda nb: mini.cell(nb, "figure").update(outputs=[]),
    "must check 1 to 3 exercises": lambda nb: mini.cell(nb, "try").update(source="1"),
    "dead link: 99_none.ipynb": lambda nb: _last(nb).update(source=_last(nb).source + "\n[next](99_none.ipynb)"),
    "the first code cell": lambda nb: mini.cell(nb, "setup").update(source="import sleigh"),
    "a lake of its own, '00', not '00_s'": lambda nb: mini.cell(nb, "text").update(source='prepare("00_s", minutes=0)'),
    "has 21 lines of code": lambda nb: mini.cell(nb, "text").update(source="a = 1\n\n# no\n" * 21),
    "in its code": lambda nb: mini.cell(nb, "text").update(source="open('/tmp/x')"),
    "a path of one machine": lambda nb: mini.cell(nb, "text").outputs[0].update(text="file:/home/me/lake"),
    "a memory address": lambda nb: mini.cell(nb, "text").outputs[0].update(text="<object at 0x7f3a2b1c>"),
    "a UUID": lambda nb: mini.cell(nb, "text").outputs[0].update(text="6f1c2b7e-0a51-4f7e-9d3f-1f2e3d4c5b6a"),
    "a wall-clock time: 2026-11-23": lambda nb: mini.cell(nb, "text").outputs[0].update(text="2026-11-23 22:01:00"),
    "a wall-clock time: 1795471260000": lambda nb: mini.cell(nb, "text").outputs[0].update(text="1795471260000"),
    "writes to stderr": lambda nb: mini.cell(nb, "text").outputs[0].update(name="stderr"),
    "cell id used twice": lambda nb: mini.cell(nb, "text").update(id="table"),
    "the kernel must be called": lambda nb: nb.metadata.kernelspec.update(name="conda-env"),
    "timings": lambda nb: mini.cell(nb, "setup").metadata.update(execution={"iopub.status.busy": "now"}),
    "metadata of papermill": lambda nb: nb.metadata.update(papermill={"duration": 1}),
    "bytes, at most": lambda nb: _last(nb).update(source=_last(nb).source + "x" * 300_000),
}


@pytest.mark.parametrize("fragment", STATIC)
def test_static_defect(course, fragment):
    mini.changed(course[0], STATIC[fragment])
    static(course[0], fragment)


def test_the_part_at_the_end_has_minutes_of_its_own():
    cells = [mini.TITLE, "word " * 500, ("a", "x = 1\n\n# no\n" * 15), "## To go on: more", "word " * 720]
    notebook = mini.build(cells)
    assert minutes.to_read(notebook) == (3, 3)
    made = minutes.stated(notebook)
    assert made.cells[0].source.endswith("| - | 3, and 3 for the part at the end | 1 |")
    assert minutes.problems(made) == []
    made.cells[0].source = made.cells[0].source.replace(" | 1 |", ", and an evening | 1 |")
    assert minutes.stated(made) == made, "an author's words behind the numbers stay"
    del made.cells[3:]
    assert minutes.stated(made).cells[0].source.endswith("| - | 3, and an evening | 1 |")


def test_a_solution_that_prepares_its_lesson_s_lake(course):
    mini.changed(course[1], lambda nb: mini.cell(nb, "setup").update(source='prepare("00", minutes=0)'))
    static(course[1], "a lake of its own, '00_solutions', not '00'")


def test_lessons_must_lead_to_each_other(course):
    second = course[0].with_name("01_next.ipynb")
    shutil.copy(course[0], second)
    for path in (course[0], second):
        static(path, "run python tools/navigation.py")
        notebooks.write(navigation.arranged(nbformat.read(path, as_version=4), path), path)
    assert "(01_next.ipynb)" in nbformat.read(course[0], as_version=4).cells[-1].source
    assert "(00_small.ipynb)" in nbformat.read(second, as_version=4).cells[0].source
    assert template.problems(course[0]) == []


def test_event_times_of_the_night_are_no_wall_clock(course):
    def change(notebook):
        mini.cell(notebook, "text").outputs[0].text = "2026-12-24T10:00:00Z 1798106400000"

    mini.changed(course[0], change)
    assert template.problems(course[0]) == []


def test_refresh_changes_nothing_in_a_fresh_notebook(course):
    mini.changed(course[0], lambda notebook: mini.cell(notebook, "time").update(source='varies("no time")'))
    notebooks.refresh(course[0])
    before = course[0].read_bytes()
    notebooks.refresh(course[0])
    assert course[0].read_bytes() == before
    assert before.endswith(b"}\n")


def test_refresh_joins_what_was_printed_in_pieces(course):
    outputs = mini.cell(nbformat.read(course[0], as_version=4), "setup").outputs
    assert [output.text for output in outputs] == ["preparing: landing · bronze · ready\n"]


def test_refresh_gives_new_cells_ids_by_place_and_keeps_the_others(course):
    def change(notebook):
        notebook.cells[5].id, notebook.cells[1].id = "0a1b2c3d", "cell-06"

    mini.changed(course[0], change)
    notebook = notebooks.normalise(nbformat.read(course[0], as_version=4))
    assert [cell.id for cell in notebook.cells[1:6]] == ["cell-06", "text-1", "setup", "text-3", "cell-06a"]


def test_a_failing_notebook_is_one_line_and_stays_as_it_was(course, capsys):
    mini.changed(
        course[0], lambda notebook: mini.cell(notebook, "text").update(source='raise ValueError("no such city\\nx")')
    )
    before = course[0].read_bytes()
    assert notebooks.main(["refresh", str(course[0])]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"failed: {course[0]}, cell [2]: ValueError: no such city"
    assert course[0].read_bytes() == before


def test_execute_leaves_the_notebook_alone(course, tmp_path, capsys):
    before = course[0].read_bytes()
    assert notebooks.main(["execute", "--into", str(tmp_path / "out"), str(course[0])]) == 0
    assert course[0].read_bytes() == before
    made = nbformat.read(tmp_path / "out/00_small.ipynb", as_version=4)
    assert "42 deliveries" in mini.cell(made, "text").outputs[0].text
    assert re.search(r"^\[1/1\] .*00_small.ipynb \(up to 60 s\) ... \d+ s$", capsys.readouterr().out, re.MULTILINE)


NOISE = """import os
from traitlets.config import Application
os.write(1, b"from below stdout")
os.write(2, b"from below stderr")
Application.instance().log.error("KeyboardInterrupt caught in kernel.")
print("printed")"""


@pytest.mark.parametrize(
    ("source", "code", "lines"),
    [
        (NOISE, 0, [r"\[1/1\] loud.ipynb \.\.\. \d+ s"]),
        (
            f"{NOISE}\nos._exit(3)",
            1,
            [r"\[1/1\] loud.ipynb \.\.\.", "failed: loud.ipynb: DeadKernelError: Kernel died"],
        ),
    ],
)
def test_what_a_kernel_says_to_itself_is_not_between_our_lines(tmp_path, source, code, lines):
    notebooks.write(mini.build([("loud", source)]), tmp_path / "loud.ipynb")
    command = [sys.executable, ROOT / "tools/notebooks.py", "execute", "--into", "out", "loud.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == code
    assert re.fullmatch("\n".join(lines) + "\n", done.stdout), done.stdout
    if not code:
        made = nbformat.read(tmp_path / "out/loud.ipynb", as_version=4)
        assert "printed\n" in [output.text for output in made.cells[0].outputs], "what a cell prints is kept"


@pytest.fixture
def exam(course, monkeypatch):
    """The small lesson as an exam with one question: without what an exam has not."""
    monkeypatch.setitem(template.EXAMS, "00", 1)

    def change(notebook):
        for name in ("text-9", "text-11"):
            mini.cell(notebook, name).source = "## A question"

    mini.changed(course[0], change)
    return course[0]


def test_an_exam_has_no_exercises_to_try_and_nothing_that_breaks(exam, monkeypatch):
    assert template.problems(exam) == []
    monkeypatch.delitem(template.EXAMS, "00")
    static(exam, "It breaks like this")
    static(exam, "a heading with 'Try it'")


def test_an_exam_asks_all_its_questions_and_gives_no_hints(exam, monkeypatch):
    monkeypatch.setitem(template.EXAMS, "00", 2)
    static(exam, "the exam must ask 2 questions, it asks 1")
    mini.changed(exam, _source("try", 'check("00.1", ...)', 'check("00.1", ...)  # hint("00.1")'))
    static(exam, "an exam gives no hints")


@pytest.mark.parametrize("cell", ["text-1", "figure", "text-13"])
def test_the_rest_of_the_template_holds_for_an_exam(exam, cell):
    mini.changed(exam, lambda notebook: notebook.cells.remove(mini.cell(notebook, cell)))
    assert template.problems(exam) != []


def test_no_notebook_is_no_success(capsys):
    assert notebooks.main(["execute"]) == 1
    assert template.main([]) == 1
