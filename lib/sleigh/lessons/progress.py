"""Which exercises are solved: on this machine, by the notes of the checks, and in a room, by copied notebooks.

Of a copied notebook only the outputs are read, and of these only verdicts (verdicts.py): nothing in it is run. It is no
proof against cheating, since an output can be written by hand, and so can a note.
"""

import csv
import json
import re

from ..errors import SleighError
from ..paths import ROOT, whole
from ..visible import visible
from . import verdicts
from .exercises import registered

LARGEST = 20_000_000
"""Bytes of a notebook that is read; the course's own have at most 300,000."""


def solved():
    """({number: when} of the notes on this machine, a line for each note that cannot be read)."""
    found, problems = {}, []
    for path in sorted(verdicts.NOTES.glob("*.json")):
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            found[_known(said["exercise"])] = str(said["solved_at"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            problems.append(f"{path}: passed over, {_why(error)}")
    return found, problems


def of_notebook(path):
    """({number: state} of the verdicts in a notebook's outputs, a line for each thing that cannot be read).

    Where an exercise has several, one that is right counts.
    """
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            raise ValueError(f"it is no file of at most {LARGEST:,} bytes")
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        marks = [mark for cell in cells for mark in _marks(cell)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return {}, [f"{path}: passed over, {_why(error)}"]
    found, problems = {}, {}
    for number, state in marks:
        try:
            if state not in verdicts.STATES:
                raise ValueError(f"there is no state {str(state)[:40]!r}")
            if found.get(_known(number)) != "right":
                found[number] = state
        except ValueError as error:
            problems[f"{path}: a verdict passed over, {_why(error)}"] = None
    return found, list(problems)


def _marks(cell):
    """(number, state) of each verdict in a cell's outputs."""
    outputs = cell.get("outputs", []) if cell.get("cell_type") == "code" else []
    marks = [output.get("metadata", {}).get(verdicts.MARK) for output in outputs]
    return [(mark["exercise"], mark["state"]) for mark in marks if mark is not None]


def _known(number):
    if not isinstance(number, str) or number not in registered():
        raise ValueError(f"there is no exercise {str(number)[:40]!r}")
    return number


def _why(error):
    if isinstance(error, OSError):
        return error.strerror or "it cannot be read"
    if isinstance(error, ValueError) and not isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return str(error)
    return "it is not what it should be: " + " ".join(str(error).split())[:80]


def room(folder):
    """({learner: {number: state}}, a line for each thing that cannot be read) of a folder with copied notebooks.

    A learner is a folder in it with notebooks, or the name before -NN.ipynb of a file. Raises SleighError if there is
    neither.
    """
    if not folder.is_dir():
        raise SleighError(f"there is no folder {folder}: name the one with the learners' notebooks")
    files, problems = {}, []
    for path in sorted(folder.iterdir()):
        named = re.fullmatch(r"(.+)-\d\d(_\w+)?\.ipynb", path.name)
        if path.is_dir() and not path.name.startswith("."):
            files.setdefault(path.name, []).extend(sorted(path.glob("*.ipynb")))
        elif named:
            files.setdefault(named[1], []).append(path)
        elif path.suffix == ".ipynb":
            problems.append(f"{path}: passed over, its name is not LEARNER-NN.ipynb")
    files = {learner: paths for learner, paths in files.items() if paths}
    if not files:
        raise SleighError(f"there are no notebooks in {folder}: it holds LEARNER/*.ipynb, or LEARNER-NN.ipynb")
    learners = {}
    for learner, paths in files.items():
        states = learners[learner] = {}
        for path in paths:
            found, said = of_notebook(path)
            problems += said
            states.update({number: state for number, state in found.items() if states.get(number) != "right"})
    return learners, problems


def by_lesson(numbers):
    """[{lesson, name, solved, open, points, of}] of the exercises, by lesson, if those of `numbers` are solved.

    solved and open are lists of numbers. points and of are what the solved and all count, None but for an exam.
    """
    names = {path.name[:2]: path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")}
    found = {}
    for number, each in registered().items():
        entry = found.setdefault(number[:2], {"lesson": number[:2], "name": names.get(number[:2], number[:2])})
        entry.setdefault("solved", []), entry.setdefault("open", [])
        entry["solved" if number in numbers else "open"].append(number)
        entry.setdefault("points", None), entry.setdefault("of", None)
        if each.points is not None:
            entry["of"] = (entry["of"] or 0) + each.points
            entry["points"] = (entry["points"] or 0) + each.points * (number in numbers)
    return list(found.values())


def table(lessons):
    """The lines of by_lesson's result for a terminal, with the sum."""
    lines = [f"{'lesson':<24}{'solved':<10}open"]
    for entry in lessons:
        count = f"{len(entry['solved'])} of {len(entry['solved']) + len(entry['open'])}"
        points = "" if entry["points"] is None else f"{entry['points']} of {entry['of']} points; "
        lines.append(f"{entry['name']:<24}{count:<10}{points}{' '.join(entry['open'])}".rstrip())
    return [*lines, f"{'in all':<24}{_sum(lessons)}"]


def _sum(lessons):
    done = sum(len(entry["solved"]) for entry in lessons)
    return f"{done} of {done + sum(len(entry['open']) for entry in lessons)}"


def room_rows(learners):
    """[{learner, solved, of, exam_points, and by each lesson's number how many of it are solved}]."""
    rows = []
    for learner, states in learners.items():
        lessons = by_lesson({number for number, state in states.items() if state == "right"})
        row = {"learner": learner, "solved": sum(len(entry["solved"]) for entry in lessons), "of": len(registered())}
        row["exam_points"] = sum(entry["points"] or 0 for entry in lessons)
        rows.append(row | {entry["lesson"]: len(entry["solved"]) for entry in lessons})
    return rows


def room_table(rows):
    """The lines of such rows for a terminal. Names are shown without what a terminal would obey."""
    shown = [{name: visible(value) for name, value in row.items()} for row in rows]
    widths = {name: max(len(name), *(len(row[name]) for row in shown)) + 2 for name in shown[0]}
    lines = ["".join(f"{name:<{width}}" for name, width in widths.items())]
    lines += ["".join(f"{row[name]:<{width}}" for name, width in widths.items()) for row in shown]
    return [line.rstrip() for line in lines]


def write_csv(rows, path):
    """Write such rows as CSV. A name that a spreadsheet would take for a formula stands behind an apostrophe."""
    try:
        with whole(path) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows([row | {"learner": _no_formula(visible(row["learner"]))} for row in rows])
    except OSError as problem:
        raise SleighError(f"cannot write {path}: {problem.strerror}; name another file") from None


def _no_formula(name):
    return f"'{name}" if name.lstrip().startswith(("=", "+", "-", "@")) else name
