"""The page about Databricks has every refusal and its source, and what a lesson asks before it goes on."""

import databricks_page
import nbformat
import pytest
from refusals import REFUSALS


@pytest.fixture
def root(tmp_path):
    """A course of two lessons, of which the first does without two features in two cells."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "notebooks").mkdir()
    cells = [
        "1 + 1",
        'if possible("settings"):\n    pass',
        'if possible("state reader") and possible("settings"):\n    pass',
    ]
    new = nbformat.v4
    for name, sources in (("01_one", cells), ("10_recovery", [])):
        notebook = new.new_notebook(cells=[new.new_code_cell(source) for source in sources])
        nbformat.write(notebook, tmp_path / "notebooks" / f"{name}.ipynb")
    return tmp_path


def test_it_counts_the_cells_that_ask_and_names_the_lessons_at_home(root):
    rows = databricks_page.text(root).splitlines()
    assert "| [01](../notebooks/01_one.ipynb) | settings | 2 |" in rows
    assert "| [01](../notebooks/01_one.ipynb) | state reader | 1 |" in rows
    assert any(row.startswith("| [10](../notebooks/10_recovery.ipynb) | all: it kills") for row in rows)


def test_every_refusal_has_a_row_of_four_cells_with_its_source(root):
    rows = [row for row in databricks_page.text(root).splitlines() if row.startswith("| ")]
    for name, refusal in REFUSALS.items():
        (row,) = (row for row in rows if row.startswith(f"| {name} |"))
        assert row.replace("\\|", "").count("|") == 5 and refusal.source in row
        assert (refusal.error or "not documented").replace("|", "\\|") in row


def test_check_says_that_it_differs(root, capsys):
    assert databricks_page.main(root=root) == databricks_page.main(["--check"], root) == 0
    page = root / databricks_page.PAGE
    page.write_text(page.read_text() + "x")
    assert databricks_page.main(["--check"], root) == 1
    assert "run python tools/databricks_page.py" in capsys.readouterr().out
