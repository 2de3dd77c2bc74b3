"""What the exam has come to: a row a question, shown, and kept as a file that is the learner's."""

import csv
import html

from ...errors import SleighError
from ...paths import ROOT, whole
from .. import verdicts
from ..exercises import registered, states
from ..notebook import varies

LESSON = "22"
PASSES = 20
"""Points from which on the exam is passed, if the ledger balances as well."""


def rows():
    """[{question, lesson, kind, points, of, state}] of the exam, by question; state as verdicts.STATES has it.

    points are those of this session: what the check of each question said last.
    """
    said = states()
    names = {path.name[:2]: path.name for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")}
    return [
        {
            "question": number,
            "lesson": names.get(each.examines, each.examines),
            "kind": "code" if each.points > 1 else "prediction",
            "points": each.points if said.get(number) == "right" else 0,
            "of": each.points,
            "state": said.get(number, "open"),
        }
        for number, each in registered().items()
        if number.startswith(f"{LESSON}.")
    ]


def show_result(balanced):
    """Show the rows and the sum, with a link to what is to be read again, and keep them in build/exam.csv.

    A run of the tools, or of the solutions, keeps its own elsewhere, so that it never takes the place of a learner's.
    """
    from IPython.display import display

    found = rows()
    display({"text/plain": _text(found), "text/html": _html(found)}, raw=True)
    points, of = (sum(row[name] for row in found) for name in ("points", "of"))
    passed = points >= PASSES and balanced
    print(f"{points} of {of} points · the ledger: {'balanced' if balanced else 'not balanced'}")
    print("passed" if passed else f"not passed yet: from {PASSES} points on, with a balanced ledger")
    _keep(found, passed)


def _keep(found, passed):
    folder = ROOT / "build" if verdicts.of_a_person() else ROOT / "build" / "lessons"
    path = folder / "exam.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with whole(path) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [*found[0], "passed"])
            writer.writeheader()
            writer.writerows([row | {"passed": passed} for row in found])
    except OSError as problem:
        raise SleighError(f"the result cannot be kept in {path}: {problem.strerror}") from None
    varies(f"kept in {path.relative_to(ROOT)}")


def _cells(row):
    return [row["question"], row["kind"], f"{row['points']} of {row['of']}", row["state"]]


_HEAD = ["question", "kind", "points", "state", "read again"]


def _again(row):
    return "" if row["state"] == "right" else row["lesson"]


def _text(found):
    lines = [_HEAD, *([*_cells(row), _again(row)] for row in found)]
    return "\n".join("  ".join(f"{cell:<10}" for cell in line).rstrip() for line in lines)


def _html(found):
    body = []
    for row in found:
        again = html.escape(_again(row), quote=True)
        link = f'<a href="{again}">{again}</a>' if again else ""
        body.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in _cells(row)) + f"<td>{link}</td></tr>")
    head = "".join(f"<th>{name}</th>" for name in _HEAD)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(body) + "\n</tbody>\n</table>"
