"""Runs lessons in the stand-in, "Run all" each, and says what was left out, how each ended, and whether its ledger balances.

    PYTHONPATH=lib:tests:tools python -m standin.lessons [--into build/standin] notebooks/03_silver.ipynb ...

One line for each, what is left out below it. The exit code is 1 if one failed. Like a job on Databricks, a notebook runs
from a folder that is not its own.
"""

import argparse
import ast
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from sleigh.lessons.prepare import AT_HOME

import notebooks

from . import notebook, server

_START_UP = """
from IPython.display import display
from standin import notebook
globals().update(notebook.install())
"""

LEFT_OUT = "left out here"


class Outcome(NamedTuple):
    """What became of a lesson.

    seconds; left_out: the lines that say so; expected: how many there must be, by the lesson's own text; ended: by exit()
    of a lesson that is at home only; balanced: whether the last ledger that it prints does (None: it prints none).
    """

    seconds: float
    left_out: list
    expected: int
    ended: str
    balanced: bool | None

    @property
    def right(self):
        return len(self.left_out) == self.expected and self.balanced is not False


def run(at, lesson, into, folder):
    """Run notebook `lesson` at a Server, from `folder`, and return its Outcome. Raises notebooks.Failed if a cell fails."""
    start, ended, made = time.monotonic(), "", Path(into) / Path(lesson).name
    with tempfile.TemporaryDirectory() as profile, _environment(at, profile):
        try:
            notebooks.execute(lesson, made, folder)
        except notebooks.Failed as failure:
            _, is_exit, ended = str(failure).partition(f"{notebook.NotebookExit.__name__}: ")
            if not is_exit or Path(lesson).name[:2] not in AT_HOME:
                raise
    printed = [_printed(cell) for cell in json.loads(made.read_text())["cells"]]
    lines = [line for text in printed for line in text.splitlines()]
    balances = [line for line in lines if line.startswith(("balanced: ", "NOT BALANCED")) or "balanced: True" in line]
    return Outcome(
        time.monotonic() - start,
        [line for line in lines if line.startswith(LEFT_OUT)],
        0 if ended else expected(lesson),
        ended,
        balances[-1] != "NOT BALANCED" if balances else None,
    )


def expected(lesson):
    """How many lines the lesson must print for what it leaves out: one for each `if possible(...)` outside functions."""
    cells = json.loads(Path(lesson).read_text())["cells"]
    trees = [ast.parse("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]
    tests = [node.test for tree in trees for node in tree.body if isinstance(node, ast.If)]
    return sum(isinstance(test, ast.Call) and getattr(test.func, "id", None) == "possible" for test in tests)


def _printed(cell):
    return "".join("".join(output.get("text", "")) for output in cell.get("outputs", ()))


class _environment:
    """This process's variables as a kernel of the stand-in needs them, for as long as the block runs."""

    def __init__(self, at, profile):
        start_up = Path(profile) / "profile_default" / "startup"
        start_up.mkdir(parents=True)
        (start_up / "00-standin.py").write_text(_START_UP)
        tests = str(Path(__file__).resolve().parents[1])
        self.changed = notebook.variables(at) | {"IPYTHONDIR": profile, "PYTHONPATH": tests, "SLEIGH_PROGRESS": "off"}

    def __enter__(self):
        self.before = dict(os.environ)
        os.environ.update(self.changed)

    def __exit__(self, *_):
        os.environ.clear()
        os.environ.update(self.before)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m standin.lessons")
    parser.add_argument("lessons", nargs="+", type=Path)
    parser.add_argument("--into", type=Path, default=Path("build/standin"), help="folder for what they become")
    words = parser.parse_args(argv)
    words.into.mkdir(parents=True, exist_ok=True)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, server.serving(folder, long=True) as at:
        for lesson in words.lessons:
            try:
                found = run(at, lesson, words.into, words.into)
            except notebooks.Failed as failure:
                print(f"FAILED {failure}", flush=True)
                wrong += 1
                continue
            wrong += not found.right
            ledger = {True: "balanced", False: "NOT BALANCED", None: "no ledger"}[found.balanced]
            print(
                f"{lesson.stem:<20}{found.seconds:>6.0f} s  {ledger}, left out {len(found.left_out)} of {found.expected}"
            )
            print(
                "\n".join(["    " + line for line in [*found.left_out, *[found.ended] * bool(found.ended)]]), flush=True
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
