"""Hints and checks for the lessons' small exercises. lesson_NN/checks.py beside this file holds those of lesson NN.

A check is a plain function that raises Wrong("why") or returns the sentence to print when the answer is right:

    @exercise("03.1", hints=["Look at what NOT does to NULL.", "coalesce(rule, lit(False))"])
    def check_03_1(answer):
        if answer != 12:
            raise Wrong(f"{answer} rows fail at least one rule? Count a row with two failures once.")
        return "12 rows; three of them fail two rules."

The answer can be anything: a number, a list, a DataFrame, a function. `...` is an answer not attempted yet, and so is a
function whose body is only `...`. Modules of exercises start no Spark when imported.
"""

import dis
import importlib
import types
from pathlib import Path
from typing import NamedTuple

from ..errors import first_line


class Wrong(Exception):
    """Raised by a check. The text says why the answer is wrong, in one or two lines, and never gives it away."""


class Exercise(NamedTuple):
    """One exercise: the function that checks it and its hints, from the faintest to the plainest."""

    check: types.FunctionType
    hints: list


_exercises = {}  # "03.1" -> Exercise
_given = {}  # "03.1" -> how many hints were printed in this session


def exercise(number, hints):
    """Register the decorated check under `number`, "<lesson>.<n>". At least one hint."""
    if not hints:
        raise ValueError(f"exercise {number} has no hints")

    def register(function):
        _exercises[number] = Exercise(function, list(hints))
        return function

    return register


def registered():
    """Every exercise of every lesson, by number, in order."""
    for folder in sorted(Path(__file__).parent.glob("lesson_*/checks.py")):
        importlib.import_module(f"{__package__}.{folder.parent.name}.checks")
    return dict(sorted(_exercises.items()))


def hint(number, which=None):
    """Print the next hint of an exercise, or hint `which` (1, 2, ...)."""
    found = _find(number)
    if found is None:
        return
    place = _given.get(number, 0) + 1 if which is None else which
    if isinstance(place, int) and 1 <= place <= len(found.hints):
        _given[number] = max(place, _given.get(number, 0))
        print(f"{number} · hint {place} of {len(found.hints)}: {found.hints[place - 1]}")
    elif which is None:
        print(f"{number} · no more hints (there are {len(found.hints)}; hint({number!r}, 1) shows the first again)")
    else:
        print(f"{number} · there is no hint {which}: they run from 1 to {len(found.hints)}")


def check(number, answer=...):
    """Print whether the answer is right, and why or why not. Returns nothing and never raises."""
    found = _find(number)
    if found is None:
        return
    if _not_attempted(answer):
        print(f"{number} · not attempted yet: put your answer where the ... is, then run the cell again")
        return
    try:
        print(f"{number} · right: {found.check(answer)}")
    except Wrong as why:
        print(f"{number} · not yet: {why}")
    except Exception as error:
        print(f"{number} · not yet: your answer raised {type(error).__name__}: {first_line(error)}")


def _find(number):
    found = registered().get(number) if isinstance(number, str) else None
    if found is None:
        print(f"there is no exercise {number!r}; there are {', '.join(registered()) or 'none yet'}")
    return found


def _not_attempted(answer):
    if answer is ...:
        return True
    if isinstance(answer, list | tuple | set):
        return any(part is ... for part in answer)
    if isinstance(answer, dict):
        return any(part is ... for part in answer.values())
    return isinstance(answer, types.FunctionType) and _only_dots(answer)


def _only_dots(function):
    """Whether the function does nothing but return None or `...`: the empty frame a lesson gives."""
    for step in dis.get_instructions(function):
        if step.opname not in ("RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"):
            return False
        if step.opname in ("LOAD_CONST", "RETURN_CONST") and step.argval not in (None, ...):
            return False
    return True
