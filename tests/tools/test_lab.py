"""The working copies of the lessons: fresh ones follow, a learner's own is never overwritten."""

import lab
import nbformat
import pytest
from sleigh.paths import ROOT

LESSON = {"source": "print(42)", "outputs": [nbformat.v4.new_output("stream", text="42\n")], "execution_count": 1}


@pytest.fixture
def course(tmp_path):
    """A course of two lessons with outputs."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ("00_one", "03_two"):
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(**LESSON, id="only")])
        nbformat.write(made, folder / f"{name}.ipynb")
    (folder / "glossary.md").write_text("# Words\n")
    return tmp_path


def source(path):
    return nbformat.read(path, as_version=4).cells[0].source


def rewrite(path, text):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = text
    nbformat.write(notebook, path)


def test_copies_have_no_outputs_and_the_lessons_keep_theirs(course):
    assert lab.lay(course) == []
    for path in (course / "lab").glob("*.ipynb"):
        (cell,) = nbformat.read(path, as_version=4).cells
        assert (cell.outputs, cell.execution_count, cell.source, cell.id) == ([], None, "print(42)", "only")
    assert nbformat.read(course / "notebooks/00_one.ipynb", as_version=4).cells[0].outputs


def test_every_relative_link_of_a_lesson_holds_in_its_copy(course):
    lab.lay(course)
    assert (course / "lab/glossary.md").read_text() == "# Words\n"
    assert {path.name for path in (course / "lab").glob("*.ipynb")} == {"00_one.ipynb", "03_two.ipynb"}


def test_an_untouched_copy_follows_its_lesson_and_a_changed_one_is_the_learners(course):
    lab.lay(course)
    rewrite(course / "lab/03_two.ipynb", "mine = 1")
    for name in ("00_one", "03_two"):
        rewrite(course / f"notebooks/{name}.ipynb", "print(43)")
    assert lab.lay(course) == ["03_two.ipynb"]
    assert source(course / "lab/00_one.ipynb") == "print(43)"
    assert source(course / "lab/03_two.ipynb") == "mine = 1"


def test_a_copy_whose_note_is_gone_counts_as_the_learners(course):
    lab.lay(course)
    (course / "lab" / lab.NOTE).unlink()
    rewrite(course / "notebooks/00_one.ipynb", "print(43)")
    assert lab.lay(course) == ["00_one.ipynb", "03_two.ipynb"]


def test_reset_gives_a_fresh_copy_of_one_lesson_and_keeps_the_old_one(course):
    lab.lay(course)
    for name in ("00_one", "03_two"):
        rewrite(course / f"lab/{name}.ipynb", "mine = 1")
    assert lab.lay(course, reset="03") == ["00_one.ipynb"]
    assert source(course / "lab/03_two.ipynb") == "print(42)"
    assert source(course / "lab/03_two.old.ipynb") == "mine = 1"
    assert lab.lay(course) == ["00_one.ipynb"]


def test_a_second_reset_keeps_what_the_first_one_has_kept(course):
    lab.lay(course)
    for mine in ("mine = 1", "mine = 2", "mine = 3"):
        rewrite(course / "lab/03_two.ipynb", mine)
        lab.lay(course, reset="03")
    kept = [source(course / f"lab/03_two.{name}.ipynb") for name in ("old", "old2", "old3")]
    assert kept == ["mine = 1", "mine = 2", "mine = 3"]


def test_a_lesson_that_is_not_there_is_one_line(course, capsys, monkeypatch):
    monkeypatch.setattr(lab, "ROOT", course)
    for wrong in ("12", "", "silver"):
        assert lab.main(["--reset", wrong]) == 2
        assert capsys.readouterr().err == f"lab: there is no lesson {wrong!r}; there are 00, 03\n"


def test_a_home_that_cannot_be_written_is_one_line(course, capsys, monkeypatch):
    monkeypatch.setattr(lab, "ROOT", course)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", "/dev/null/runtime")
    assert lab.main([]) == 2 and not (course / "lab").exists()
    said = (
        "lab: Jupyter cannot write into /dev/null/runtime (Not a directory): give it another home, HOME=/tmp make lab\n"
    )
    assert capsys.readouterr().err == said


def test_git_ignores_the_copies():
    assert "lab/" in (ROOT / ".gitignore").read_text().split()
