"""Every exercise of every lesson, tried with nothing, two right answers and at least two wrong ones; and the machinery.

lesson_NN/checks.py beside this file holds the answers to try on the exercises of lesson NN:

    CASES = {
        "03.1": {
            "solution": 12,
            "other": with_spark(lambda spark: spark.range(12).count()),
            "wrong": {"count a row once": 15, "NULL": 9},
        },
    }

`solution` is the answer of solutions/, `other` a different right one, `wrong` maps a fragment of the message that names
the mistake to the answer that makes it, at least two. A value is the answer itself, a function too; one that needs Spark
is wrapped in with_spark() and made when the test runs.
"""

import importlib.util
import re
from pathlib import Path

import nbformat
import pytest
import template
from helpers import with_spark
from sleigh.lessons import exercises
from sleigh.lessons.exercises import Exercise, Wrong, check, exercise, hint, registered
from sleigh.paths import ROOT


def _cases():
    made = {}
    for path in sorted(Path(__file__).parent.glob("lesson_*/checks.py")):
        spec = importlib.util.spec_from_file_location(f"checks_of_{path.parent.name}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        made |= module.CASES
    return made


CASES = _cases()
WRONG = [(number, fragment) for number, case in CASES.items() for fragment in case.get("wrong", {})]


@pytest.fixture
def told(capsys, request):
    """A function: what check(number, answer) prints, on one line."""

    def tell(number, answer):
        if isinstance(answer, with_spark):
            answer = answer.make(request.getfixturevalue("spark"))
        capsys.readouterr()
        assert check(number, answer) is None
        return capsys.readouterr().out

    return tell


def test_every_exercise_has_its_cases_and_no_other():
    assert set(CASES) == set(registered())
    for number, case in CASES.items():
        assert set(case) == {"solution", "other", "wrong"}, number
        assert len(case["wrong"]) >= 2, f"{number}: at least two wrong answers"


def test_every_exercise_is_in_its_lesson_and_no_lesson_asks_for_another():
    for folder in ("notebooks", "solutions"):
        asked = set()
        for path in sorted((ROOT / folder).glob("*.ipynb")):
            text = "\n".join(template.sources(nbformat.read(path, as_version=4), "code"))
            asked |= set(re.findall(r"\b(?:check|hint)\(\s*[\"']([^\"']+)[\"']", text))
        assert asked == set(registered()), folder


@pytest.mark.parametrize("number", CASES)
def test_not_attempted(number, told):
    assert told(number, ...).startswith(f"{number} · not attempted yet")


@pytest.mark.parametrize("number", CASES)
@pytest.mark.parametrize("kind", ["solution", "other"])
def test_right(number, kind, told):
    assert told(number, CASES[number][kind]).startswith(f"{number} · right: ")


@pytest.mark.parametrize(("number", "fragment"), WRONG)
def test_wrong(number, fragment, told):
    line = told(number, CASES[number]["wrong"][fragment])
    assert line.startswith(f"{number} · not yet: ")
    assert fragment in line


@pytest.mark.parametrize("number", CASES)
def test_hints_come_one_by_one(number, capsys):
    exercises._given.pop(number, None)
    hints = registered()[number].hints
    for _ in hints:
        hint(number)
    hint(number)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ", 1)[1] for line in lines[:-1]] == hints
    assert "no more hints" in lines[-1]


# The machinery, on an exercise of its own.


@pytest.fixture
def sample(monkeypatch):
    def check_99_1(answer):
        if answer(1) != 2:
            raise Wrong("one more, please")
        return "one more."

    monkeypatch.setattr(exercises, "_exercises", {"99.1": Exercise(check_99_1, ["first", "second"])})
    monkeypatch.setattr(exercises, "registered", lambda: exercises._exercises)
    monkeypatch.setattr(exercises, "_given", {})


def dots(x): ...


def dots_with_a_docstring(x):
    """To be done."""


def returns_dots(x):
    return ...


def returns_nothing_but_works(x):
    x.append(1)


@pytest.mark.usefixtures("sample")
def test_what_a_check_says(told):
    assert told("99.1", lambda x: x + 1) == "99.1 · right: one more.\n"
    assert told("99.1", lambda x: x) == "99.1 · not yet: one more, please\n"
    assert told("99.1", lambda x: 1 / 0) == "99.1 · not yet: your answer raised ZeroDivisionError: division by zero\n"
    assert told("99.1", None).startswith("99.1 · not yet: your answer raised TypeError: ")


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("answer", [..., [1, ...], {"a": ...}, dots, dots_with_a_docstring, returns_dots])
def test_not_attempted_takes_many_forms(answer, told):
    assert told("99.1", answer).startswith("99.1 · not attempted yet: ")


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("answer", [returns_nothing_but_works, lambda x: 5, 0, "", []])
def test_a_real_answer_is_an_attempt(answer, told):
    assert "not yet: " in told("99.1", answer)


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("number", ["99.2", 99.1, None, ["99.1"]])
def test_an_unknown_number_is_one_line_with_the_known_ones(number, capsys):
    check(number, 1)
    hint(number)
    assert capsys.readouterr().out == f"there is no exercise {number!r}; there are 99.1\n" * 2


@pytest.mark.usefixtures("sample")
def test_hints(capsys):
    for arguments in [(), (), (), (1,), (3,), ("x",)]:
        hint("99.1", *arguments)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["99.1 · hint 1 of 2: first", "99.1 · hint 2 of 2: second"]
    assert "no more hints" in lines[2]
    assert lines[3] == "99.1 · hint 1 of 2: first"
    assert "there is no hint 3" in lines[4]
    assert "there is no hint x" in lines[5]


def test_an_exercise_needs_a_hint():
    with pytest.raises(ValueError, match="no hints"):
        exercise("99.9", hints=[])
