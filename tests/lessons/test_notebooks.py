"""Every committed notebook keeps to the template and has its outputs. Whether they still come out is nbval's part."""

import json
import re

import pytest
import template
from sleigh.paths import ROOT

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


def test_the_map_in_lesson_00_is_the_readmes():
    maps = [
        re.findall(
            r"^\|([^|]*)\|([^|]*)\|([^|]*)\|(?:[^|]*\|[^|]*\|)?$", text, re.MULTILINE
        )  # the README has minutes, too
        for text in (
            (ROOT / "README.md").read_text().replace("](notebooks/", "]("),
            "\n".join("".join(cell["source"]) for cell in json.loads(LESSONS[0].read_text())["cells"]),
        )
    ]
    readme, welcome = [[row for row in found if re.match(r" \[?\d\d", row[0])] for found in maps]
    assert [row[1:] for row in readme] == [row[1:] for row in welcome] and len(readme) > 12
    assert [row[0] for row in readme[1:]] == [row[0] for row in welcome[1:]], "this lesson itself needs no link"
    assert {path.name for path in LESSONS} == set(re.findall(r"\((\d\d\w+\.ipynb)\)", str(readme)))


@pytest.mark.parametrize("path", LESSONS + SOLUTIONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_notebook(path):
    found = template.problems(path)
    assert not found, "\n".join(found)
