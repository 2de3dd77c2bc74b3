"""Write docs/databricks.md: what serverless compute refuses, and what each lesson leaves out there.

python tools/databricks_page.py            writes the page
python tools/databricks_page.py --check    exit code 1 and one line if it differs

The refusals are those of refusals.py; what is left out is counted in the lessons' code cells.
"""

import ast
import sys
from collections import Counter
from pathlib import Path

import nbformat
from hygiene import sources
from refusals import DATA_SOURCES, REFUSALS, SETTINGS

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "lib"))
from sleigh.lessons.prepare import AT_HOME  # noqa: E402

PAGE = "docs/databricks.md"

HEAD = """\
<!-- Written by tools/databricks_page.py from tools/refusals.py and the lessons; do not edit. -->
# On Databricks

The course and its pipeline are written for serverless compute, too, and nothing of it was ever run there. This page says
what public documentation has serverless refuse, and what the lessons do about it. `tools/serverless.py` looks for such calls
in the library and in lessons 00 to 12, and `make lint` fails at one that is not guarded. `make serverless` runs these
lessons in the stand-in of [tests/standin](../tests/standin): a server of Spark Connect with Delta, before which every
request is looked through and refused as below. Where no error is documented, the stand-in's says so
(`STANDIN_UNATTESTED`). What it cannot tell: the rights of a catalog, limits of time and memory, the optimizer and the layout
of files, and compaction after a MERGE, UPDATE or DELETE.
"""

REFUSED = """
## What serverless compute refuses

| feature | what is refused | how it says so | source |
|---|---|---|---|
"""

TAKEN = f"""
DATA_SOURCES, which are taken: {", ".join(sorted(DATA_SOURCES))}. SETTINGS, which may be set: {", ".join(sorted(SETTINGS))}.
"""

DOUBTS = """
Not certain:

"""

LESSONS = """
## What the lessons leave out

A cell asks `possible(feature)` first, and what it leaves out it says in one line. Where a lesson takes a stream's rows
without keeping them, by the sinks noop and memory, it counts them, or writes them to a table of the lake. Lessons 13 to 22
were not looked through.

| lesson | does without | cells |
|---|---|---|
"""


def asked(notebook):
    """{feature: number of code cells} that `notebook` asks for by possible()."""
    found = Counter()
    for source in sources(notebook, "code"):
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        found.update({call.args[0].value for call in calls if getattr(call.func, "id", None) == "possible"})
    return found


def _code(text):
    """`text` as code in a cell of a table, whatever is in it."""
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{text}{ticks}".replace("|", "\\|")


def text(root):
    """The page about the lessons at `root`."""
    rows = [
        f"| {name} | {one.what} | {_code(one.error) if one.error else 'not documented'} "
        f"| {one.source if ' ' in one.source else f'<{one.source}>'} |"
        for name, one in REFUSALS.items()
    ]
    doubts = [f"- {name}: {one.note}." for name, one in REFUSALS.items() if one.note]
    lessons = []
    for path in sorted((root / "notebooks").glob("[0-9]*.ipynb")):
        number = path.name[:2]
        link = f"[{number}](../notebooks/{path.name})"
        if number in AT_HOME:
            lessons.append(f"| {link} | all: {AT_HOME[number]} | |")
            continue
        without = asked(nbformat.read(path, as_version=4))
        lessons += [f"| {link} | {feature} | {cells} |" for feature, cells in sorted(without.items())]
    return "".join(
        [
            HEAD,
            REFUSED,
            "\n".join(rows),
            "\n",
            TAKEN,
            DOUBTS,
            "\n".join(doubts),
            "\n",
            LESSONS,
            "\n".join(lessons),
            "\n",
        ]
    )


def main(arguments=(), root=ROOT):
    """Write or check. Returns the exit code."""
    path, wanted = root / PAGE, text(root)
    if path.exists() and path.read_text(encoding="utf-8") == wanted:
        return 0
    if list(arguments) == ["--check"]:
        print(f"{PAGE} is not what the refusals and the lessons say: run python tools/databricks_page.py")
        return 1
    path.write_text(wanted, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
