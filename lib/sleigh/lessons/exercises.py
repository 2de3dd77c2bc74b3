"""Hints and checks for the lessons' small exercises. lesson_NN/checks.py beside this file holds those of lesson NN.

A check is a plain function that raises Wrong("why") or returns the sentence to print when the answer is right:

    @exercise("03.1", takes=whole_number, hints=["Look at what NOT does to NULL.", "coalesce(rule, lit(False))"])
    def check_03_1(answer):
        if answer != 12:
            raise Wrong(f"{answer} rows fail at least one rule? Count a row with two failures once.")
        return "12 rows; three of them fail two rules."

`takes` is a kind of answers.py: the check sees a settled value, whatever type the learner handed over. `...` is an answer
not attempted yet, and so is a function whose body holds `...`. A learner's code may do anything: see attempt.py. An error
of the check itself is never blamed on the answer. What is told is told by verdicts.py, which notes what is solved.
Modules of exercises start no Spark when imported.
"""

import dis
import importlib
import sys
import types
from pathlib import Path
from typing import NamedTuple

from ..paths import ROOT
from . import attempt, verdicts
from .answers import anything
from .attempt import Wrong
from .notebook import brief

__all__ = ["Wrong", "check", "exercise", "hint", "not_attempted", "question", "registered", "states"]


class Exercise(NamedTuple):
    """One exercise: the function that checks it, its hints, from the faintest to the plainest, and its kind of answer.

    A question of an exam has no hints; examines is the lesson that it is about, and points are what it counts.
    """

    check: types.FunctionType
    hints: list
    takes: types.FunctionType = anything
    examines: str | None = None
    points: int | None = None


_exercises = {}  # "03.1" -> Exercise
_states = {}  # "03.1" -> what its check last said in this session, see verdicts.STATES
_given = {}  # "03.1" -> how many hints were printed in this session


def exercise(number, hints, takes=anything):
    """Register the decorated check under `number`, "<lesson>.<n>". At least one hint; the last names our solution's file."""
    if not hints:
        raise ValueError(f"exercise {number} has no hints")
    found = next((ROOT / "solutions").glob(f"{number[:2]}_*.ipynb"), None)
    ours = f" · our answer: solutions/{found.name}" if found else ""

    def register(function):
        _exercises[number] = Exercise(function, [*hints[:-1], hints[-1] + ours], takes)
        return function

    return register


def question(number, *, examines, points, takes=anything):
    """Register the decorated check as a question of an exam, in place of `exercise`: it has no hints."""

    def register(function):
        _exercises[number] = Exercise(function, [], takes, examines, points)
        return function

    return register


def registered():
    """Every exercise of every lesson, by number, in order."""
    for folder in sorted(Path(__file__).parent.glob("lesson_*/checks.py")):
        importlib.import_module(f"{__package__}.{folder.parent.name}.checks")
    return dict(sorted(_exercises.items()))


def states():
    """{number: what its check last said in this session}, of verdicts.STATES."""
    return dict(_states)


def hint(number, which=None):
    """Print the next hint of an exercise, or hint `which` (1, 2, ...)."""
    found = _find(number)
    if found is None:
        return
    if not found.hints:
        print(f"{number} · this is an exam: there are no hints, but lesson {found.examines} may be read")
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
    """Print on one line whether the answer is right, and why or why not. Returns nothing and never raises."""
    found = _find(number)
    if found is None:
        return
    if not_attempted(answer):
        state, words = "open", "not attempted yet: put your answer where the ... is, then run the cell again"
    else:
        state, words = _verdict(found, answer)
    _states[number] = state
    verdicts.tell(f"{number} · {words}", number, state)


def _verdict(found, answer):
    """(one of verdicts.STATES, what to say)."""
    try:
        with attempt.quiet(), attempt.limited(attempt.CHECK_SECONDS):
            return "right", f"right: {found.check(found.takes(answer))}"
    except Wrong as why:
        return "wrong", "not yet: " + _cut(why)
    except attempt.TimeUp as limit:
        return "wrong", f"not yet: it took more than {limit} seconds and was stopped"
    except KeyboardInterrupt:
        return "wrong", "not yet: interrupted"
    except BaseException as error:
        if _is_sparks(error):  # it comes when Spark runs what was handed over, which is lazy
            return "wrong", f"not yet: Spark refuses it: {_cut(brief(error))}"
        return "unchecked", f"not checked: this check failed itself, not your answer: {_cut(brief(error))}"


def _is_sparks(error):
    pyspark = sys.modules.get("pyspark")
    return pyspark is not None and isinstance(error, pyspark.errors.PySparkException)


def _cut(text, length=400):
    line = " ".join(str(text).split())
    return line if len(line) <= length else f"{line[:length]} …"


def _find(number):
    found = registered().get(number) if isinstance(number, str) else None
    if found is None:
        print(f"there is no exercise {number!r}; there are {', '.join(registered()) or 'none yet'}")
    return found


def not_attempted(answer, depth=5):
    """Whether `...` is the answer or anywhere inside, or a function does nothing at all, as the frame a lesson gives."""
    if answer is ... or (isinstance(answer, str) and answer.strip() == "..."):
        return True
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, list | tuple | set):
        return depth > 0 and any(not_attempted(part, depth - 1) for part in answer)
    if not isinstance(answer, types.FunctionType):
        return False
    return _has_dots(answer.__code__) or _returns_none(answer.__code__)


def _has_dots(code):
    return any(part is ... or (isinstance(part, types.CodeType) and _has_dots(part)) for part in code.co_consts)


def _returns_none(code):
    idle = ("RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE")
    steps = list(dis.get_instructions(code))
    constants = [step.argval for step in steps if step.opname in ("LOAD_CONST", "RETURN_CONST")]
    return all(step.opname in idle for step in steps) and constants == [None]
