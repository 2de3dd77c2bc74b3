"""The page of errors says what the lessons say, all of it: a lesson that leaves something out is named."""

import json
import re

import errors
import nbformat
import pytest
from sleigh.lessons.notebook import expect_error
from sleigh.paths import ROOT

import notebooks

ROWS = """\
## What broke here

| you see | because | mend |
|---|---|---|
| `DIVIDE_BY_ZERO` at each restart | a stop took no time | `try_divide` |
| `there is no table` | nothing has made it | run it first |
| **too many rows:** `1,600 rows` for 800 | an append is repeated | a `txn` |
"""
SPARK = "[DIVIDE_BY_ZERO] Division by zero. Use `try_divide` to tolerate a divisor that is 0 and return NULL instead."
OURS = (
    "there is no table silver in this lake yet, and it is a long way to go until there is one: run the stage before it"
)


@pytest.fixture
def printed(capsys):
    """What two errors look like in a lesson, one right after the other."""
    for text in (SPARK, OURS):
        with expect_error(text[:10]):
            raise ValueError(text)
    return capsys.readouterr().out


@pytest.fixture
def course(tmp_path, printed):
    """A function that writes a course of one lesson with this table; its root is the path returned."""

    def lay(table=ROWS, heading="## 2 · It breaks like this"):
        cells = [
            nbformat.v4.new_markdown_cell(heading),
            nbformat.v4.new_code_cell("fail()", outputs=[nbformat.v4.new_output("stream", text=printed)]),
            nbformat.v4.new_markdown_cell("## 3 · Twice"),
            nbformat.v4.new_code_cell("count()", outputs=[nbformat.v4.new_output("stream", text="1,600   rows\n")]),
            nbformat.v4.new_markdown_cell(table),
        ]
        (tmp_path / "notebooks").mkdir(exist_ok=True)
        notebooks.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "notebooks/07_mini.ipynb")
        return tmp_path

    return lay


def test_a_message_is_put_together_as_it_was_before_it_was_wrapped(printed):
    assert len(printed.splitlines()) > 2
    assert errors.messages(f"before\n{printed}after") == [f"ValueError: {SPARK}", f"ValueError: {OURS}"]


@pytest.mark.parametrize("text", ["x" * 150, "a " + "long," * 40, f"{'w' * 85} of part-of-a-word and part-00000-file"])
def test_words_that_were_cut_are_whole_again(text, capsys):
    with expect_error(text):
        raise ValueError(text)
    assert errors.messages(capsys.readouterr().out) == [f"ValueError: {text}"]


def test_the_page_has_each_error_and_each_wrong_answer_with_the_section_it_is_from(course, capsys):
    root = course()
    assert errors.main([], root) == 0 and errors.main(["--check"], root) == 0
    text = (root / errors.PAGE).read_text()
    assert f"### DIVIDE_BY_ZERO\n\n> ``ValueError: {SPARK}``" in text
    link = "(Lesson [07](07_mini.ipynb#2--it-breaks-like-this), 2: It breaks like this)"
    assert f"- At each restart: because a stop took no time. **Mend:** `try_divide`. {link}" in text
    assert "### there is no table\n" in text
    many = text[text.index("## Too many rows") : text.index("## Wrong numbers")]
    assert "| `1,600 rows` for 800 | an append is repeated | a `txn` | [07](07_mini.ipynb#3--twice) |" in many


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "| `there is no table` | nothing has made it | run it first |\n",
            "",
            "no row explains 'ValueError: there is no",
        ),
        ("`1,600 rows`", "`600 rows`", "no cell prints '600 rows'"),
        (
            "| nothing has made it | run it first |",
            "| nothing has made it |  |",
            "needs what you see, because and mend",
        ),
        ("**too many rows:** ", "", "is no error, so the row must begin with one of"),
        ("`1,600 rows` for 800", "twice as many", "nothing that a cell prints"),
    ],
)
def test_what_a_lesson_lacks_is_said(course, capsys, old, new, said):
    assert old in ROWS
    assert errors.main(["--check"], course(ROWS.replace(old, new))) == 1
    assert said in capsys.readouterr().out


def test_a_section_that_breaks_without_a_row_is_named(course, capsys):
    root = course(heading="## 1 · First")
    lesson = root / "notebooks/07_mini.ipynb"
    errors.main([], root)
    assert errors.main(["--check"], root) == 0
    lesson.write_text(
        lesson.read_text().replace("## What broke", "## 4 · It breaks like this: alone\\n\\n## What broke")
    )
    assert errors.main(["--check"], root) == 1
    assert "no row is of the section '4 · It breaks like this: alone'" in capsys.readouterr().out


def test_a_page_that_differs_is_red(course, capsys):
    root = course()
    errors.main([], root)
    page = root / errors.PAGE
    page.write_text(page.read_text().replace("try_divide", "divide", 1))
    assert errors.main(["--check"], root) == 1
    assert "run python tools/errors.py" in capsys.readouterr().out


def test_who_searches_for_what_a_lesson_expects_finds_it():
    page = (ROOT / errors.PAGE).read_text(encoding="utf-8")
    expected = set()
    for lesson in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        for cell in json.loads(lesson.read_text(encoding="utf-8"))["cells"]:
            for words in re.findall(r"expect_error\((.*)\)[,:]", "".join(cell["source"])):
                expected |= set(re.findall(r'"([^"]+)"', words))
    assert len(expected) > 40
    assert not [words for words in sorted(expected) if words not in page]
