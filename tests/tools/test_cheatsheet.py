"""The page of watermarks and state: its numbers are those that the lessons print, and it is one side of A4."""

import json
import re

import browser
import cheatsheet
import errors
import pytest
from sleigh.paths import ROOT

TEXT = cheatsheet.PAGE.read_text(encoding="utf-8")
LESSON = r"\[(\d\d)\]\((\d\d\w+\.ipynb)\)"


def outputs(lesson, ids=None):
    """What the cells of a lesson print, as one text; of those with these ids, or of all."""
    cells = json.loads((ROOT / "notebooks" / lesson).read_text(encoding="utf-8"))["cells"]
    chosen = [cell for cell in cells if cell["cell_type"] == "code" and (not ids or cell["id"] in ids)]
    assert chosen and (not ids or len(chosen) == len(ids)), ids
    return "\n".join(errors.printed(output) for cell in chosen for output in cell["outputs"])


def table(text):
    """The tables in a text that show() has printed: {first column: {column: value}}, all of them together."""
    found, names = {}, []
    for line in text.splitlines():
        words = line.split()
        if words and words[0] == "delay":
            names = words
        elif len(words) == len(names) and re.fullmatch(r"\d+", words[0]):
            found.setdefault(words[0], {}).update(zip(names, words, strict=True))
    return found


def claims():
    """(line, its numbers and times, the lessons that print them): those linked in it, or in the last line that links any."""
    linked = []
    for line in TEXT.splitlines():
        linked = [] if line.startswith("#") else [name for _, name in re.findall(LESSON, line)] or linked
        plain = re.sub(rf"{LESSON}|`[^`]*`|W\(.*?\)|^\d\. ", "", line)
        if linked and (numbers := re.findall(r"(?<![\w.:])\d+(?:[.:]\d+)*", plain)):
            yield line, numbers, linked


@pytest.mark.parametrize(("line", "numbers", "lessons"), claims(), ids=lambda value: str(value)[:40])
def test_each_number_is_printed_in_the_lesson_behind_it(line, numbers, lessons):
    printed = "\n".join(map(outputs, lessons))
    shown = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", printed)}
    for number in numbers:
        if ":" in number:
            assert number in printed, f"{number} in {line!r}"
            continue
        places = len(number.partition(".")[2])
        assert any(round(value, places) == float(number) for value in shown), f"{number} in {line!r}"


def test_the_table_of_delays_is_that_of_lesson_09():
    measured = table(outputs("09_watermarks.ipynb", ("proof", "latency", "choose")))
    columns = {
        "lost": "lost",
        "complete": "complete, %",
        "latency": "latency, min",
        "windows_in_state": "windows in state",
    }
    lines = TEXT[TEXT.index("| delay, min |") :].split("\n\n")[0].splitlines()
    names, _, *rows = [[word.strip() for word in line.strip("|").split("|")] for line in lines]
    assert names[1:] == list(columns.values()) and [row[0] for row in rows] == list(measured)
    for delay, *said in rows:
        for value, column in zip(said, columns, strict=True):
            assert float(value) == round(float(measured[delay][column]), 1), (delay, column)


def test_it_is_one_side_of_a4_in_letters_that_can_be_read(tmp_path):
    target = tmp_path / "page.html"
    cheatsheet.main(target)
    with browser.chromium() as chromium:
        page = chromium.new_page()
        page.set_content(target.read_text(encoding="utf-8"))
        printed = page.pdf(format="A4", prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
        page.emulate_media(media="print")
        sizes = "[...document.querySelectorAll('main *')].map(part => parseFloat(getComputedStyle(part).fontSize))"
        assert min(page.evaluate(sizes)) >= 9 * 96 / 72 - 0.01  # points as pixels
        assert page.locator("h2").count() == TEXT.count("\n## ") and page.locator("table").count() >= 4
