"""Write what is the same in every notebook: the line that leads on at its top and end, and the cell that finds the library.

    python tools/navigation.py            writes them into notebooks/ and solutions/; `make lint` says where they differ

It writes the minutes that each lesson reads, too (tools/minutes.py).

The names of the lessons are those of the README's table.
"""

import re
import sys
from pathlib import Path

import course
import nbformat

ROOT = Path(__file__).resolve().parents[1]

FIND_LIBRARY = """\
import sys; from pathlib import Path
sys.path[:0] = [str(p / "lib") for p in [Path.cwd(), *Path.cwd().parents] if (p / "lib/sleigh").is_dir()]
"""
"""The first two lines of every notebook: look upwards for lib/, from wherever the kernel was started."""

TOP, END = "navigation", "navigation-end"
"""Ids of the cells that this tool writes."""

REBUILDS = {
    "00": ["ledger/"],
    "01": ["simulator/night.py", "landing/write.py"],
    "02": ["pipeline/bronze.py", "pipeline/sinks.py"],
    "03": ["pipeline/expectations.py", "pipeline/silver.py"],
    "04": ["pipeline/gold.py", "pipeline/streams.py"],
    "05": ["pipeline/gold.py"],
    "06": ["pipeline/gold.py"],
    "07": ["pipeline/gold.py"],
    "08": ["pipeline/gold.py", "serve/queries/05_top_cities.sql"],
    "09": ["pipeline/gold.py", "ledger/"],
    "10": ["pipeline/checkpoints.py", "pipeline/inspect/"],
    "11": ["pipeline/cost.py", "pipeline/layout.py"],
    "12": ["pipeline/declared/"],
    "13": ["serve/warehouse.py", "serve/charts.py", "serve/dashboard.py"],
    "14": ["extensions/delay_model/"],
    "15": ["extensions/route_anomalies/route.py", "extensions/route_anomalies/rules.py"],
    "16": ["extensions/status_history/", "landing/feeds.py"],
    "17": ["extensions/alerts/"],
    "18": ["extensions/experiment/"],
    "19": ["extensions/tenants/", "simulator/flood.py"],
    "20": ["extensions/weather_join/"],
    "21": ["extensions/routes/"],
}
"""Lesson -> the files of lib/sleigh that have in its finished form what the lesson builds."""


def names(readme=ROOT / "README.md"):
    """{number: name} of the lessons that are there, in order, from the README's table."""
    rows = re.findall(r"^\| \[(\d\d)\]\(notebooks/\w+\.ipynb\) \| ([^|]+) \|", readme.read_text(), re.MULTILINE)
    return {number: name.strip() for number, name in rows}


def _around(path):
    """The notebooks before and after the one at `path`, None at the ends. Lessons are not written in order."""
    lessons = sorted(path.parent.glob("[0-9]*.ipynb"))
    place = lessons.index(path)
    return (lessons[place - 1] if place else None), (lessons[place + 1] if place + 1 < len(lessons) else None)


def _link(path, known):
    number = path.name[:2]
    return f"[{number} {known.get(number, path.stem[3:])}]({path.name})"


def top(path):
    """The markdown of the first cell of the notebook at `path`."""
    path, number, known = Path(path).resolve(), Path(path).name[:2], names()
    if path.parent.name == "solutions":
        lesson = f"[the lesson](../notebooks/{path.name})"
        first = min((path.parent.parent / "notebooks").glob("[0-9]*.ipynb")).name
        return f"**Solutions to lesson {number}** · {lesson} · [all lessons](../notebooks/{first})"
    lessons = sorted(path.parent.glob("[0-9]*.ipynb"))
    before, after = _around(path)
    parts = [f"**Lesson {number}** · {lessons.index(path) + 1} of {len(lessons)} · [all lessons]({lessons[0].name})"]
    parts += [f"previous: {_link(before, known)}"] if before else []
    parts += [f"next: {_link(after, known)}"] if after else []
    parts.append(f"[our solution](../solutions/{path.name})")
    files = [f"[{file}](../lib/sleigh/{file})" for file in REBUILDS.get(number, [])]
    return " · ".join(parts) + (f" · in the library: {', '.join(files)}" if files else "")


def end(path):
    """The markdown of the last cell of the lesson at `path`; None for a solution."""
    path, known = Path(path).resolve(), names()
    if path.parent.name == "solutions":
        return None
    before, after = _around(path)
    parts = [f"Previous: {_link(before, known)}"] if before else []
    parts += [f"Next: {_link(after, known)}"] if after else []
    return " · ".join([*parts, f"[Our solution](../solutions/{path.name})"])


def problems(notebook, path):
    """What of this is missing or differs, as a list of lines."""
    written = arranged(nbformat.from_dict(notebook), path)
    same = [(cell.id, cell.source) for cell in written.cells] == [(cell.id, cell.source) for cell in notebook.cells]
    return [] if same else ["top line, end line or first cell differ: run python tools/navigation.py"]


def arranged(notebook, path):
    """The notebook (of the file at `path`) with its top line, its end line and the lines that find the library."""
    cells = [cell for cell in notebook.cells if cell.id not in (TOP, END)]
    place = next((place for place, cell in enumerate(cells) if cell.cell_type == "code"), None)
    if place is not None:
        source = FIND_LIBRARY + cells[place].source.removeprefix(FIND_LIBRARY)
        cells[place] = nbformat.from_dict({**cells[place], "source": source})
    cells.insert(0, nbformat.v4.new_markdown_cell(top(path), id=TOP))
    if (line := end(path)) is not None:
        cells.append(nbformat.v4.new_markdown_cell(line, id=END))
    return nbformat.from_dict({**notebook, "cells": cells})


def main():
    """Write all notebooks."""
    import minutes

    import notebooks

    for path in sorted([*ROOT.glob("notebooks/[0-9]*.ipynb"), *ROOT.glob("solutions/[0-9]*.ipynb")]):
        notebooks.write(minutes.stated(arranged(nbformat.read(path, as_version=4), path)), path)
    return 0


if __name__ == "__main__":
    sys.exit(main() or course.main())  # which takes the minutes from what has been written
