"""Every exercise of every lesson, tried with nothing, with right answers in many forms, wrong ones and odd ones.

lesson_NN/checks.py beside this file holds the answers to try on the exercises of lesson NN:

    CASES = {
        "03.1": {
            "right": [31, 14 + 9 + 8],
            "wrong": {"count a row once": 15, "NULL": 9},
        },
    }

`right` lists right answers beside that of solutions/ (which nbval runs, and tools/template.py sees that the check says
right there); each is tried in the other types it could have, too. `wrong` maps a fragment of the message to the answer
that gets it, or is a list of such pairs. A value is the answer itself, a function too; one that needs Spark is wrapped in
with_spark() and made when the test runs. What no exercise may take (None, a class, an endless loop ...) is tried here.
"""

import importlib.util
import itertools
import re
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import template
from helpers import with_spark
from sleigh import landing, pipeline
from sleigh.lessons import attempt, exercises
from sleigh.lessons.answers import anything, function, whole_number
from sleigh.lessons.exercises import Exercise, Wrong, check, exercise, hint, registered
from sleigh.paths import ROOT
from sleigh.pipeline import streams


def _cases():
    made = {}
    for path in sorted(Path(__file__).parent.glob("lesson_*/checks.py")):
        spec = importlib.util.spec_from_file_location(f"checks_of_{path.parent.name}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        made |= module.CASES
    return made


def _pairs(wrong):
    return list(wrong.items()) if isinstance(wrong, dict) else wrong


CASES = _cases()
RIGHT = [(number, place) for number, case in CASES.items() for place in range(len(case["right"]))]
WRONG = [(number, place) for number, case in CASES.items() for place in range(len(_pairs(case["wrong"])))]


@pytest.fixture
def told(capsys, request):
    """A function: what check(number, answer) prints, which is one line and nothing on stderr."""

    def tell(number, answer):
        if isinstance(answer, with_spark):
            answer = answer.make(request.getfixturevalue("spark"))
        capsys.readouterr()
        assert check(number, answer) is None
        said = capsys.readouterr()
        assert said.err == ""
        assert said.out.startswith(f"{number} · ") and said.out.find("\n") == len(said.out) - 1
        assert "failed itself" not in said.out, said.out
        return said.out

    return tell


def test_every_exercise_has_its_cases_and_no_other():
    assert set(CASES) == set(registered())
    for number, case in CASES.items():
        assert set(case) == {"right", "wrong"}, number
        assert case["right"], f"{number}: at least one right answer"
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


@pytest.mark.parametrize(("number", "place"), RIGHT)
def test_right(number, place, told):
    answer = CASES[number]["right"][place]
    assert told(number, answer).startswith(f"{number} · right: ")
    for form in _forms(answer):
        assert told(number, form).startswith(f"{number} · right: "), form


@pytest.mark.parametrize(("number", "place"), WRONG)
def test_wrong(number, place, told):
    fragment, answer = _pairs(CASES[number]["wrong"])[place]
    line = told(number, answer)
    assert line.startswith(f"{number} · not yet: ")
    assert fragment in line


def _forms(answer):
    """The same answer in other types: numpy's and Decimal's numbers, a tuple for a list, a float that is whole."""
    if isinstance(answer, int | float):
        return [
            np.float64(answer),
            Decimal(str(answer)),
            *([float(answer), np.int64(answer)] * (answer == int(answer))),
        ]
    if isinstance(answer, dict):
        return [pd.Series(answer, dtype=object), {name: _last(_forms(part), part) for name, part in answer.items()}]
    if type(answer) in (list, tuple):
        return [list(answer), tuple(answer), np.array(answer, dtype=object), [_last(_forms(x), x) for x in answer]]
    if isinstance(answer, set):
        return [list(answer), tuple(answer), dict.fromkeys(answer)]
    return []


def _last(forms, default):
    return forms[-1] if forms else default


# What no exercise may take, whatever it asks for: handed over, and returned or done by a function.


def forever(*_):
    while True:
        pass


def forever_and_deaf(*_):
    tries = 0
    while True:
        try:
            time.sleep(0.001)
        except:  # noqa: E722 - as a learner may write it
            tries += 1


def asleep(*_):
    threading.Event().wait()


def deeper(*given):
    return deeper(*given)


def leaves(*_):
    sys.exit(3)


def interrupts(*_):
    raise KeyboardInterrupt


def floods(*_):
    for _ in range(10_000):
        print("x" * 100)
        print("y" * 100, file=sys.stderr)


async def later(*_):
    return 5


def one_by_one(*_):
    yield 5


class Thing:
    def __repr__(self):
        return "a thing\nof two lines " * 100


DOING = [forever, forever_and_deaf, asleep, deeper, leaves, interrupts, floods, later, one_by_one]
BEING = {
    "None": lambda: None,
    "generator": lambda: one_by_one(),
    "endless iterator": itertools.count,
    "coroutine": lambda: later(),
    "class": lambda: Thing,
    "odd object": Thing,
    "text": lambda: "forty-two",
    "empty text": lambda: "",
    "long text": lambda: "lorem ipsum\n" * 5000,
    "bytes": lambda: b"5",
    "not a number": lambda: float("nan"),
    "infinite": lambda: float("inf"),
    "true": lambda: True,
    "complex": lambda: 5j,
    "empty list": list,
    "empty dict": dict,
    "list in itself": lambda: (holder := [], holder.append(holder))[0],
    "array": lambda: np.zeros((2, 2)),
    "pandas": lambda: pd.DataFrame({"odd": [1, 2]}),
    "module": lambda: re,
}


SINKS = ("02.2", "04.3", "22.03")
"""Exercises of a function that is asked for what it does, and not for what it returns."""


IMPATIENT = 0.02
"""Seconds until the tests stop a learner's function; whoever learns has more."""


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(attempt, "CALL_SECONDS", IMPATIENT)
    monkeypatch.setattr(attempt, "SLOW_SECONDS", IMPATIENT)


@pytest.mark.parametrize("number", CASES)
def test_nothing_odd_is_taken_or_blamed_wrongly(number, told):
    for name, make in BEING.items():
        answers = [make()]
        # A sink may return what it likes, and its check takes a second: done nothing it has, once is enough to see.
        if number not in SINKS or name == "None":
            answers.append(lambda *_, make=make: make())
        right = CASES[number]["right"][0]
        if isinstance(right, dict):
            answers += [{**right, last: make()} for last in right]
        elif isinstance(right, list | tuple) and not isinstance(right, with_spark):
            answers += [[*right[:-1], make()]]
        for answer in answers:
            assert told(number, answer).startswith(f"{number} · not "), name


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("number", CASES)
def test_whatever_a_function_does_ends_in_one_line(number, told):
    for doing in DOING:
        assert told(number, doing).startswith(f"{number} · not yet: "), doing


@pytest.mark.parametrize("number", [number for number, each in registered().items() if each.points is None])
def test_hints_come_one_by_one_and_the_last_names_our_answer(number, capsys):
    exercises._given.pop(number, None)
    hints = registered()[number].hints
    for _ in hints:
        hint(number)
    hint(number)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ", 1)[1] for line in lines[:-1]] == hints
    assert "no more hints" in lines[-1]
    solution = re.search(r"our answer: (solutions/\S+\.ipynb)$", hints[-1])
    assert solution and (ROOT / solution[1]).exists()
    assert not any("our answer" in earlier for earlier in hints[:-1])


def test_an_exam_gives_no_hints_and_each_of_its_questions_is_about_a_lesson(capsys):
    questions = {number: each for number, each in registered().items() if each.points is not None}
    assert len(questions) == sum(template.EXAMS.values())
    lessons = {path.name[:2] for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")}
    for number, each in questions.items():
        assert not each.hints and each.examines in lessons - {number[:2]}
        hint(number)
        assert capsys.readouterr().out.startswith(f"{number} · this is an exam: there are no hints")


# The machinery, on an exercise of its own.


@pytest.fixture
def sample(monkeypatch):
    """Exercise 99.1, a function of one number, and 99.2, anything, whose check is broken."""

    def check_99_1(answer):
        if answer(1) != 2:
            raise Wrong("one more, please")
        return "one more."

    def check_99_2(answer):
        raise KeyError("a column of the check's own")

    made = {
        "99.1": Exercise(check_99_1, ["first", "second"], function("x", gives=whole_number)),
        "99.2": Exercise(check_99_2, ["first"], anything),
    }
    monkeypatch.setattr(exercises, "_exercises", made)
    monkeypatch.setattr(exercises, "registered", lambda: exercises._exercises)
    monkeypatch.setattr(exercises, "_given", {})
    monkeypatch.setattr(exercises, "_states", {})


def dots(x): ...


def dots_with_a_docstring(x):
    """To be done."""


def returns_dots(x):
    return ...


def dots_inside(x):
    return max(x, ...)


def returns_nothing_but_works(x):
    x.bit_length()


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (lambda x: x + 1, "right: one more."),
        (lambda x: np.float64(x + 1), "right: one more."),
        (lambda x: x, "not yet: one more, please"),
        (lambda x: 1 / 0, "not yet: your function raised ZeroDivisionError: division by zero"),
        (lambda x: print(x + 1), "not yet: your function prints '2' and returns None: print is not return."),
        (lambda x: str(x), "not yet: what your function returns: '1' is text; the answer is a number, without quotes."),
        (lambda: 2, "not yet: your function is called with (x), and it does not take that."),
        (2, "not yet: hand over the function itself, without calling it: this is 2."),
        (Thing, "not yet: Thing is a class: hand over a function of (x)."),
        (
            later,
            "not yet: what your function returns is a coroutine, a promise of a value: leave out async, or await it.",
        ),
        (one_by_one, "not yet: what your function returns is a generator, which has no values yet: make a list of it."),
        (leaves, "not yet: your function calls exit: return the value instead, or raise an error"),
    ],
)
def test_what_a_check_says(answer, line, told):
    assert told("99.1", answer) == f"99.1 · {line}\n"


@pytest.mark.usefixtures("sample", "impatient")
def test_the_limit_is_named(told):
    line = f"99.1 · not yet: your function was stopped after {IMPATIENT} seconds: does a loop in it ever end?\n"
    assert told("99.1", forever) == told("99.1", asleep) == told("99.1", forever_and_deaf) == line


@pytest.mark.usefixtures("sample", "impatient")
def test_a_loop_ends_in_another_thread_too(capsys):
    other = threading.Thread(target=check, args=("99.1", forever))
    other.start()
    other.join(20)
    assert f"your function was stopped after {IMPATIENT} seconds" in capsys.readouterr().out


@pytest.mark.usefixtures("sample")
def test_what_a_check_last_said_is_known(told):
    for answer, state in ((lambda x: x + 1, "right"), (lambda x: x, "wrong"), (..., "open")):
        told("99.1", answer)
        assert exercises.states()["99.1"] == state


@pytest.mark.usefixtures("sample", "impatient")
def test_after_an_interruption_a_stream_still_finds_its_table(spark, lake, told):
    told("99.1", forever)
    landing.generate(spark, minutes=1, rate=60, every=60)
    streams.drain(pipeline.start_bronze(spark))
    assert spark.table("bronze_santa_deliveries").count() == 60


@pytest.mark.parametrize("number", SINKS)
def test_a_check_s_table_is_no_other_kernel_s(number, spark, told):
    """All kernels of a checkout share the warehouse: what two of them make there at once must be two folders."""
    places = []

    def looks(batch, batch_id, table="summary_current", stream=None):
        places.append(spark.sql(f"DESCRIBE DETAIL {table}").first().location)

    told(number, looks)
    first = places.pop()
    told(number, looks)
    assert places.pop() != first


@pytest.mark.usefixtures("sample")
def test_a_check_that_fails_itself_blames_nobody(capsys):
    check("99.2", 5)
    told = capsys.readouterr().out
    assert told.startswith("99.2 · not checked: this check failed itself, not your answer: KeyError: ")
    assert exercises.states() == {"99.2": "unchecked"}


def test_the_outer_limit_counts_when_it_comes_first():
    started = time.monotonic()
    with pytest.raises(attempt.TimeUp, match=r"^0\.1$"), attempt.limited(0.1), attempt.limited(30):
        forever()
    with attempt.limited(30):
        with pytest.raises(attempt.TimeUp, match=r"^0\.1$"), attempt.limited(0.1):
            forever()
        time.sleep(0.1)  # nothing is left of the inner one
    assert time.monotonic() - started < 5


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize(
    "answer", [..., [1, ...], {"a": [{...}]}, "...", dots, dots_with_a_docstring, returns_dots, dots_inside]
)
def test_not_attempted_takes_many_forms(answer, told):
    assert told("99.1", answer).startswith("99.1 · not attempted yet: ")


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("answer", [returns_nothing_but_works, lambda x: 5, 0, "", []])
def test_a_real_answer_is_an_attempt(answer, told):
    assert "not yet: " in told("99.1", answer)


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("number", ["99.3", 99.1, None, ["99.1"]])
def test_an_unknown_number_is_one_line_with_the_known_ones(number, capsys):
    check(number, 1)
    hint(number)
    assert capsys.readouterr().out == f"there is no exercise {number!r}; there are 99.1, 99.2\n" * 2


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
