"""How long a lesson reads: 250 words and 15 lines of code a minute, stated in the table under its title.

tools/navigation.py writes the number into the lessons, tools/template.py says where it differs. What stands below the
heading "To go on" is optional and has a number of its own. Words that an author has put behind the numbers stay.
"""

import re

import nbformat
from hygiene import code_lines, sources
from navigation import END, TOP

WORDS, LINES = 250, 15
"""How much of each a reader takes in a minute, when prose is read once and code is understood."""

OPTIONAL = "## To go on"

STATED = re.compile(
    r"(\| needs \| minutes to read \| minutes to run \|\n\|[-| ]+\|\n\|[^|\n]*\| )"
    r"(\d+(?:, and \d+ for the part at the end)?)"
)


def to_read(notebook):
    """Minutes for the lesson and for its optional part, 0 if it has none. What a tool writes around them does not count."""
    cells = [cell for cell in notebook.cells if cell.id not in (TOP, END)]
    ends = next((place for place, cell in enumerate(cells) if cell.source.startswith(OPTIONAL)), len(cells))
    return _minutes(cells[:ends]), _minutes(cells[ends:])


def _minutes(cells):
    part = nbformat.from_dict({"cells": cells})
    words = sum(any(map(str.isalnum, word)) for text in sources(part, "markdown") for word in text.split())
    lines = sum(len(code_lines(text)) for text in sources(part, "code"))
    return max(1, round(words / WORDS + lines / LINES)) if cells else 0


def statement(notebook):
    """What the table must say."""
    lesson, optional = to_read(notebook)
    return f"{lesson}, and {optional} for the part at the end" if optional else f"{lesson}"


def stated(notebook):
    """The notebook with that in its table; unchanged where there is no such table."""
    made = nbformat.from_dict(notebook)
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = STATED.sub(lambda found: found[1] + statement(notebook), cell.source, count=1)
    return made


def problems(notebook):
    """What is wrong with a lesson's minutes to read, as a list of lines."""
    found = STATED.search("\n\n".join(sources(notebook, "markdown")))
    if not found:
        return ["under the title there must be the table | needs | minutes to read | minutes to run |, with a number"]
    says, wanted = found[2], statement(notebook)
    return (
        [] if says == wanted else [f"minutes to read: {wanted}, the table says {says}: run python tools/navigation.py"]
    )
