"""The kinds of answers that an exercise takes: each settles one value, or raises Wrong with a sentence about its type.

    @exercise("02.2", takes=function("files", "per_trigger", gives=whole_number), hints=[...])
    def check_02_2(answer): ...      # answer(7, 2) is an int here, whatever the learner's function returned

A kind is a function from what the learner hands over to the settled value, so that a check's body sees one type only:
5, 5.0, numpy's and Decimal's five are all 5; a tuple, a set and an array are lists. A lesson may define a kind of its own.
frames.py has the kinds of Spark: tables and columns.
"""

import functools
import inspect
import math
import numbers
import re
from collections.abc import Collection
from decimal import Decimal

from .attempt import Wrong, theirs


def anything(value):
    """Any value but those that never are an answer (None, a class, a coroutine, a generator). Numbers are settled."""
    no_slip(value)
    return plain(value)


def number(value):
    """An int or float; a float that is whole becomes an int. Not text, not True, not NaN."""
    settled = plain(no_slip(value))
    if isinstance(settled, str):
        raise Wrong(f"{short(settled)} is text; the answer is a number, without quotes.")
    if isinstance(settled, bool) or not isinstance(settled, int | float):
        raise Wrong(f"{short(settled)} is not a number.")
    if isinstance(settled, float) and not math.isfinite(settled):
        raise Wrong(f"{settled} is not a number that could be meant.")
    return settled


def whole_number(value):
    """An int."""
    settled = number(value)
    if isinstance(settled, float):
        raise Wrong(f"{short(settled)} is not a whole number.")
    return settled


def text(value):
    """A str, without blanks at its ends."""
    no_slip(value)
    if not isinstance(value, str):
        raise Wrong(f"{short(value)} is not text: put it in quotes.")
    return str(value).strip()


def sql(value):
    """SQL in a string, without the semicolon at its end."""
    no_slip(value)
    if not isinstance(value, str):
        raise Wrong(f"{short(value)} is no SQL in a string: the answer is the text itself, in quotes.")
    return str(value).strip().rstrip(";").rstrip()


def first_word(text):
    """The first word of SQL, in upper case; a comment before it is none."""
    words = re.sub(r"\A(?:\s|--[^\n]*|/\*.*?\*/)*", "", text, flags=re.DOTALL).split(maxsplit=1)
    return words[0].upper() if words else ""


def one_of(*choices):
    """A kind: one of the given values. Text is compared without regard to case and blanks at its ends."""

    def settle(value):
        settled = plain(no_slip(value))
        for choice in choices:
            if type(settled) is type(choice) and _folded(settled) == _folded(choice):  # == of an array is an array
                return choice
        raise Wrong(f"{short(settled)} is none of {', '.join(map(str, choices))}.")

    return settle


def optional(kind):
    """A kind: None, or what `kind` takes."""

    def settle(value):
        return None if value is None else kind(value)

    settle.takes_none = True
    return settle


def record(**kinds):
    """A kind: a dict with exactly these keys, each value of its own kind. A Series, a Row, a named tuple will do."""
    wanted = "{" + ", ".join(f'"{name}": …' for name in kinds) + "}"

    def settle(value):
        no_slip(value)
        for as_dict in ("asDict", "_asdict", "to_dict"):
            value = getattr(value, as_dict)() if hasattr(type(value), as_dict) else value
        if not isinstance(value, dict):
            raise Wrong(f"the answer is a dict, {wanted}, not {short(value)}.")
        given = {_folded(name): part for name, part in value.items()}
        if set(given) != {_folded(name) for name in kinds} or len(given) != len(value):
            raise Wrong(f"the dict has the keys {wanted}, and yours has {short(list(value))}.")
        return {name: _inside(f'"{name}"', kind, given[_folded(name)]) for name, kind in kinds.items()}

    return settle


def list_of(kind, length=None):
    """A kind: a list (tuple, set, array, Series ...) of values of one kind. One value alone is a list of one."""

    def settle(value):
        values = _listed(value)
        if length is not None and len(values) != length:
            raise Wrong(f"the answer is a list of {length}, and yours holds {len(values)}.")
        return [_inside(f"number {place}", kind, part) for place, part in enumerate(values, 1)]

    return settle


def set_of(kind):
    """A kind: a set of values of one kind, as list_of."""
    settle_list = list_of(kind)
    return lambda value: set(settle_list(value))


def tuple_of(*kinds):
    """A kind: one value of each kind, in this order. A set has no order and is refused."""

    def settle(value):
        values = _listed(value)
        if isinstance(value, set | frozenset | dict):
            raise Wrong(f"a {type(value).__name__} has no order: hand over a list or a tuple.")
        if len(values) != len(kinds):
            raise Wrong(f"the answer is a list of {len(kinds)} values, in order, and yours holds {len(values)}.")
        return tuple(
            _inside(f"number {place}", kind, part)
            for place, (kind, part) in enumerate(zip(kinds, values, strict=True), 1)
        )

    return settle


def function(*parameters, gives=anything, slow=False):
    """A kind: a function of these parameters. What it returns is settled by `gives`; what it raises becomes Wrong.

    `slow` is for one that runs Spark's jobs.
    """
    call = f"({', '.join(parameters)})"

    def settle(answer):
        _no_promise(answer, "the answer")
        if isinstance(answer, type):
            raise Wrong(f"{answer.__name__} is a class: hand over a function of {call}.")
        if not callable(answer):
            raise Wrong(f"hand over the function itself, without calling it: this is {short(answer)}.")
        try:
            inspect.signature(answer).bind(*parameters)
        except TypeError:
            raise Wrong(f"your function is called with {call}, and it does not take that.") from None
        except ValueError:  # a builtin that does not say what it takes
            pass

        @functools.wraps(answer, updated=())
        def called(*arguments):
            with theirs("your function", slow=slow) as printed:
                copies = [part.copy() if isinstance(part, list | dict | set) else part for part in arguments]
                got = answer(*copies)
            return _returned(got, gives, printed())

        return called

    return settle


def plain(value):
    """A numpy, Decimal or Fraction number as int or float, a whole float as int, numpy's text and bool as Python's."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, numbers.Real | Decimal):
        return value
    if math.isfinite(value) and abs(value - round(value)) <= 1e-9:
        return round(value)
    return value if isinstance(value, int) else float(value)


def short(value, length=60):
    """What a message calls a value: its repr, cut; of a table its columns, of a function its name."""
    if hasattr(type(value), "columns"):
        return f"a table with the columns {', '.join(map(str, value.columns))}"[:length]
    if inspect.isroutine(value):
        return f"the function {value.__name__}"
    if type(value).__module__ in ("builtins", "decimal", "datetime", "numpy"):
        shown = " ".join(repr(value).split())
        return shown if len(shown) <= length else f"{shown[:length]}…"
    return f"a {type(value).__name__}"


def no_slip(value):
    """`value`, unless it is one of those that a slip leaves and no exercise asks for."""
    if value is None:
        raise Wrong("the answer is None. (A function that prints returns None: print is not return.)")
    if isinstance(value, type):
        raise Wrong(f"{value.__name__} is a class, not a value of it.")
    if inspect.isroutine(value) or isinstance(value, functools.partial):
        raise Wrong("that is a function, and its value is asked for: call it.")
    _no_promise(value, "the answer")
    return value


def _no_promise(value, what):
    if inspect.isawaitable(value):
        if hasattr(value, "close"):
            value.close()  # or Python warns, some time later, that nobody awaited it
        raise Wrong(f"{what} is a {type(value).__name__}, a promise of a value: leave out async, or await it.")
    if hasattr(type(value), "__next__") or hasattr(type(value), "__anext__"):
        raise Wrong(f"{what} is a {type(value).__name__}, which has no values yet: make a list of it.")


def _returned(got, gives, printed):
    if got is None and not hasattr(gives, "takes_none"):
        if printed:
            raise Wrong(f"your function prints {printed[:40]!r} and returns None: print is not return.")
        raise Wrong("your function returns None: is there a return at its end? (print is not return.)")
    _no_promise(got, "what your function returns")
    return _inside("what your function returns", gives, got)


def _inside(place, kind, value):
    try:
        return kind(value)
    except Wrong as why:
        raise Wrong(f"{place}: {why}") from None


def _listed(value):
    no_slip(value)
    if hasattr(type(value), "columns"):
        raise Wrong(f"the answer is a list, not {short(value)}: take it out of the table.")
    if hasattr(type(value), "tolist"):  # numpy, pandas, Arrow
        value = value.tolist()
    return list(value) if isinstance(value, Collection) and not isinstance(value, str | bytes) else [value]


def _folded(value):
    return value.strip().lower() if isinstance(value, str) else value
