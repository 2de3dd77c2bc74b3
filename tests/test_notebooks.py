"""Every committed notebook keeps to the template and has its outputs. Whether they still come out is nbval's part."""

from pathlib import Path

import pytest
import template

ROOT = Path(__file__).resolve().parents[1]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))


def test_the_lessons_and_their_solutions_are_there():
    # Without this the tests below, and nbval, would pass on an empty folder.
    numbers = {f"{number:02d}" for number in range(10)}
    assert numbers <= {path.name[:2] for path in LESSONS}, "lessons are missing in notebooks/"
    assert {path.name for path in SOLUTIONS} >= {path.name for path in LESSONS}, "a lesson has no solution"


def test_every_lesson_has_a_number_of_its_own():
    # Lessons are not written in order, so there may be gaps.
    numbers = [path.name[:2] for path in LESSONS if path.name[:1].isdigit()]
    assert len(set(numbers)) == len(numbers), f"two lessons with one number: {numbers}"


@pytest.mark.parametrize("path", LESSONS + SOLUTIONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_notebook(path):
    found = template.problems(path)
    assert not found, "\n".join(found)
