"""The sections of docs/benchmarks.md: for each file of bench/results a function from what it holds to a Section.

No number is written here: all of them, those in sentences too, come from the results (tests/tools/test_benchmarks.py).
"""

from typing import NamedTuple

LESSONS = "../notebooks"


class Section(NamedTuple):
    title: str
    answer: str  # in one line, for the head of the page
    body: str


def table(head, rows):
    """A markdown table, its first column to the left and the others, numbers mostly, to the right."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def times(slow, fast):
    """How many times as long `slow` takes: 93x, 2.7x."""
    ratio = slow / fast
    return f"{ratio:,.0f}x" if ratio >= 50 else f"{ratio:.1f}x"


def balanced(results):
    """What to say of the ledgers of `results`, a list of objects each of which has `balanced`."""
    return "balanced" if all(each["balanced"] for each in results) else "NOT BALANCED"
