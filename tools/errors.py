"""Write notebooks/errors.md: every error and every silent wrong answer that the lessons provoke, to be searched.

    python tools/errors.py            writes the page
    python tools/errors.py --check    prints what a lesson lacks, or that the page differs; exit code 1 if anything is

The facts stand in the lessons, each once: the messages in the outputs of `expect_error`, and what they come from and what
mends them in a table "What broke here". A row of it is one error or one wrong answer:

    | you see | because | mend |
    |---|---|---|
    | `DIVIDE_BY_ZERO` at each restart | Spark 4 raises where it cannot compute | divide by `try_divide` |
    | **too many rows:** `1600` for 800 | an append is repeated after a crash | give the write a transaction id |

What stands in backticks in the first column is printed by a cell of that lesson; the section of this cell is where the page
leads. A row that begins with one of KINDS is a wrong answer, any other is an error.
"""

import json
import re
import sys
from collections import namedtuple
from pathlib import Path

from headings import anchor

ROOT = Path(__file__).resolve().parents[1]
PAGE = "notebooks/errors.md"
TABLE = "## What broke here"
BREAKS = "It breaks like this"

KINDS = ("too few rows", "too many rows", "wrong numbers", "never ends, or slow")
"""What a reader sees of an answer that is wrong without an error, in the order of the page."""

WIDTH = 110  # of a line printed by sleigh.lessons.notebook.expect_error
LINES = 3

Row = namedtuple("Row", "lesson kind sees because mend section message")
"""lesson: its file's name. kind: one of KINDS, None for an error. sees: the first column without the kind. section: the
heading over the cell that prints it. message: of an error, all that `expect_error` shows of it; None for a wrong answer."""

Cell = namedtuple("Cell", "section source printed errors")
"""A code cell, `printed` with single blanks; errors: the messages in it."""


def code_cells(notebook):
    """The code cells of a notebook (its JSON), as Cells."""
    found, section = [], ""
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            section = [section, *re.findall(r"^#{2,4} (.+)$", source, re.MULTILINE)][-1]
        else:
            texts = [printed(output) for output in cell["outputs"]]
            errors = [message for text in texts for message in messages(text)]
            found.append(Cell(section, source, _flat("\n".join(texts)), errors))
    return found


def printed(output):
    """What a learner sees of an output, as text."""
    return "".join(output.get("text") or output.get("data", {}).get("text/plain", ""))


def _flat(text):
    return " ".join(text.split())


def messages(text):
    """The errors in what a cell has printed, each on one line: what expect_error wrapped is put together again."""
    found, lines = [], text.splitlines()
    for place, line in enumerate(lines):
        if not _begins(line):
            continue
        message = line
        for before, after in zip(lines[place:], lines[place + 1 : place + LINES], strict=False):
            if _begins(after) or not _goes_on(before, after):
                break
            message += _joint(before, after) + after
        found.append(message)
    return found


def _begins(line):
    return bool(re.match(r"[A-Z]\w*(Error|Exception): ", line))


def _goes_on(line, following):
    """Whether `following` is the rest of a wrapped `line`: its first word, or what a hyphen ends, had no room there."""
    word = re.match(r"\w*[^\W\d]-(?=[^\W\d])|\S*", following)[0]
    return bool(word) and len(line) + len(_joint(line, following)) + len(word) > WIDTH


def _joint(line, following):
    """What textwrap has taken away between two lines: a blank, or nothing in the midst of a word."""
    cut = len(line.split()[-1]) + len((following.split() or [""])[0]) > WIDTH  # a word that is longer than a line
    return "" if cut or re.search(r"\w-$", line) else " "


def read(path):
    """(rows, problems) of the lesson at `path`: its table as Rows, and what is wrong with it as lines."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells, texts = code_cells(notebook), ["".join(cell["source"]) for cell in notebook["cells"]]
    table = next((text for text in texts if text.startswith(TABLE)), "")
    rows, found = [], []
    for line in re.findall(r"^\| (.+) \|$", table, re.MULTILINE)[1:]:
        columns = line.split(" | ")
        if len(columns) != 3 or not all(column.strip() for column in columns):
            found.append(f"a row needs what you see, because and mend: {line[:60]}")
            continue
        row, lacks = _row(path.name, cells, *map(str.strip, columns))
        found += lacks
        rows += [row] if row else []
    shown = [message for cell in cells for message in cell.errors]
    explained = {message for message in shown for row in rows if row.message and _prints(message, _pieces(row.sees)[0])}
    found += [f"no row explains {message[:90]!r}" for message in dict.fromkeys(shown) if message not in explained]
    headings = re.findall(rf"^#{{2,4}} (.*{BREAKS}.*)$", "\n".join(texts), re.MULTILINE)
    places = {section for row in rows for section in _sections(cells, row)}
    found += [f"no row is of the section {heading!r}" for heading in headings if heading not in places]
    return rows, [f"{path.name}, {TABLE.lstrip('# ')!r}: {problem}" for problem in found]


def _pieces(sees):
    return re.findall(r"`([^`]+)`", sees)


def _prints(text, piece):
    """Whether `piece` stands in `text`, not as a part of a longer word or number."""
    return bool(re.search(rf"(?<![\w.,]){re.escape(_flat(piece))}(?!\w|[.,]\d)", text))


def _sections(cells, row):
    return [cell.section for cell in cells if all(_prints(cell.printed, piece) for piece in _pieces(row.sees))]


def _row(lesson, cells, first, because, mend):
    """(Row, []), or (None, what is wrong)."""
    kind = next((kind for kind in KINDS if first.startswith(f"**{kind}:**")), None)
    sees = first.removeprefix(f"**{kind}:**").strip()
    pieces = _pieces(sees)
    unseen = [piece for piece in pieces if not any(_prints(cell.printed, piece) for cell in cells)]
    if unseen or not pieces:
        return None, [f"no cell prints {piece!r}" for piece in unseen] or [f"nothing that a cell prints: {first[:60]}"]
    for cell in cells:
        message = next((message for message in cell.errors if _prints(message, pieces[0])), None)
        if message or (kind and _prints(cell.printed, pieces[0])):
            return Row(lesson, kind, sees, because, mend, cell.section, None if kind else message), []
    return None, [f"{pieces[0]!r} is no error, so the row must begin with one of: {', '.join(KINDS)}"]


def name(row):
    """What an error is called on the page: the name in brackets, if it has one of its own, or else what its row quotes."""
    bracketed = re.match(r"\w+: \[([A-Z0-9_.]+)\]", row.message)
    return bracketed[1] if bracketed and bracketed[1] != "STREAM_FAILED" else _pieces(row.sees)[0]


def page(rows):
    """The text of the page."""
    named, plain, ours = {}, {}, {}
    for row in sorted((row for row in rows if not row.kind), key=lambda row: (name(row).lower(), row.lesson)):
        group = ours if row.message.startswith("SleighError") else named if f"[{name(row)}]" in row.message else plain
        group.setdefault(name(row), []).append(row)
    parts = {
        "An error with a name in brackets": named,
        "An error without a name": plain,
        "An error of this course": ours,
    }
    lines = [HEAD, "- No error: " + _names(kind.capitalize() for kind in KINDS)]
    lines += [f"- [{part}](#{anchor(part)}): {_names(group)}" for part, group in parts.items()]
    for part, group in parts.items():
        lines += ["", f"## {part}", *[line for title, of in group.items() for line in _entry(title, of)]]
    for kind in KINDS:
        of = [row for row in rows if row.kind == kind]
        lines += [
            "",
            f"## {kind.capitalize()}",
            "",
            "| you see | because | mend | lesson |",
            "| --- | --- | --- | --- |",
        ]
        lines += [f"| {row.sees} | {row.because} | {row.mend} | {_link(row)} |" for row in of]
    return "\n".join(lines) + "\n"


HEAD = """\
# Errors and wrong answers

Every error that the lessons provoke, and every answer that is wrong without one: what you see, what it comes from, what
mends it, and the lesson in which it happens. Search this page for a few words of the message, best for the name in brackets;
paths and ids are cut out (`…`). If there is no message, look under what is wrong with the answer. (`tools/errors.py` writes
this page from the lessons.)
"""


def _names(headings):
    return " · ".join(f"[{heading}](#{anchor(heading)})" for heading in headings)


def _link(row):
    target = f"{row.lesson}#{anchor(row.section)}" if row.section else row.lesson
    return f"[{row.lesson[:2]}]({target})"


def _entry(title, rows):
    """An error: its heading, its messages, each once, and under them what each lesson says of it."""
    yield from ("", f"### {title}", "")
    for message in dict.fromkeys(row.message for row in rows):
        fence = "``" if "`" in message else "`"
        yield from (f"> {fence}{message}{fence}", "")
    for row in rows:
        sees = re.sub(r"`[^`]+`[ ,:;]*(and )?", "", row.sees, count=1)
        when = f"{sees[0].upper()}{sees[1:]}: because" if sees else "Because"
        yield f"- {when} {row.because}. **Mend:** {row.mend}. (Lesson {_link(row)}, {row.section.replace(' · ', ': ')})"


def lessons(root=ROOT):
    """(rows of all lessons, problems of all lessons)"""
    read_all = [read(path) for path in sorted((root / "notebooks").glob("[0-9]*.ipynb"))]
    return [row for rows, _ in read_all for row in rows], [problem for _, found in read_all for problem in found]


def main(argv=None, root=ROOT):
    """The command line. Returns the exit code."""
    check = (sys.argv[1:] if argv is None else argv) == ["--check"]
    rows, found = lessons(root)
    path, text = root / PAGE, page(rows)
    if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
        found.append(f"{PAGE} differs from what the lessons say: run python tools/errors.py")
    if not check:
        path.write_text(text, encoding="utf-8", newline="\n")
    print("\n".join(found) if found else f"{len(rows)} errors and wrong answers: no problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
