"""A lesson and its solution in small, by the template but without Spark, to seed defects in."""

import json

import navigation
import nbformat

import notebooks

FIRST = f"""{navigation.FIND_LIBRARY}\
from sleigh.lessons.notebook import expect_error, progress, show, show_figure, varies
from mini_exercises import check
"""

FIGURE = """import plotly.graph_objects as go
show_figure(go.Figure(go.Scatter(x=[1, 2, 3], y=[10.5, 20.25, 15.125]), layout={"title": {"text": "Three stops"}}))"""

TITLE = """# 00 · A small lesson

What does a notebook need?

| needs | minutes to read | minutes to run |
|---|---|---|
| - | 1 | 1 |"""

LESSON = [
    TITLE,
    "In this lesson you will\n\n- see\n- break\n- try",
    ("setup", FIRST + 'for step in progress(["landing", "bronze"]):\n    pass'),
    "> **Predict.** What comes out?",
    ("text", 'print("42 deliveries")\nprint("in two lines")'),
    ("time", 'import time\nvaries(f"{time.perf_counter_ns()} ns")\nprint("after the time")'),
    "> **Predict.** And here?",
    ("table", 'show([{"city": "Oslo", "gifts": 3.25}, {"city": "Apia", "gifts": None}], by="city")'),
    ("figure", FIGURE),
    "## It breaks like this",
    ("break", 'with expect_error("ZeroDivisionError", "zero"):\n    1 / 0'),
    "## Try it",
    ("try", 'check("00.1", ...)'),
    "## The ledger\n\nBalanced.\n\n## Recap\n\n- seen\n- broken\n- tried\n\n## On Databricks\n\nThe same.",
]
SOLUTION = [
    "# Solutions to 00",
    ("setup", FIRST.replace("expect_error, progress, show, show_figure, varies", "show")),
    ("answer", 'check("00.1", 42)'),
    "42, because it is.",
]
EXERCISES = """def check(number, answer):
    print(f"{number} · " + ("not attempted yet" if answer is ... else "right: 42" if answer == 42 else "not yet: no"))
"""


def build(cells):
    """A notebook of markdown cells (texts) and code cells (pairs of id and source), without outputs."""
    made = []
    for place, cell in enumerate(cells):
        if isinstance(cell, str):
            made.append(nbformat.v4.new_markdown_cell(cell, id=f"text-{place}"))
        else:
            made.append(nbformat.v4.new_code_cell(cell[1], id=cell[0]))
    return nbformat.v4.new_notebook(
        cells=made, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )


def course(folder, lib):
    """Write and execute the small course below `folder`, with the library at `lib`. Returns the two paths."""
    (folder / "lib").symlink_to(lib)
    paths = []
    for name, cells in (("notebooks", LESSON), ("solutions", SOLUTION)):
        (folder / name).mkdir()
        (folder / name / "mini_exercises.py").write_text(EXERCISES)
        paths.append(folder / name / "00_small.ipynb")
        notebooks.write(build(cells), paths[-1])
    for path in paths:
        notebooks.write(navigation.arranged(nbformat.read(path, as_version=4), path), path)
        notebooks.refresh(path)
    return paths


def cell(notebook, name):
    """The cell with id `name`."""
    return next(cell for cell in notebook.cells if cell.id == name)


def changed(path, change):
    """Apply `change` to the notebook at `path` and write it back."""
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    path.write_text(json.dumps(notebook, indent=1))  # as it is: nbformat would mend some of the defects
