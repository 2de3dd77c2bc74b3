"""A committed notebook as a page of Markdown for the book, outputs included.

What answers a question before the reader has thought about it is folded: in a lesson what follows a prediction, in a
solution every answer. Figures are written as data, which docs/book/book.js draws. Whatever comes from data is escaped, or
stands in a fence that it cannot close.
"""

import html
import json
import re

from navigation import END, TOP
from template import PLOTLY, checked

WIDGET = "application/vnd.jupyter.widget-view+json"
HEIGHT = 400
"""Pixels of a figure that does not say its own; its picture on GitHub has as many."""

TURN = re.compile(r"#{1,6} |> \*\*Predict|\*\*\d\d\.\d+\*\*")
"""How a line begins at which something new does: a heading, a prediction, an exercise."""

NUMBER = re.compile(r"(?:#+ |\*\*)(\d\d\.\d+)\b")
STOP = "stop"
"""A block that is not shown: here ends what is folded."""


def lesson(notebook):
    """The page of a lesson.

    The first output after a prediction is folded, with the text that explains it: up to the next code, heading,
    prediction or exercise. What a check prints is no answer, and stays as it is; a link leads from there to ours.
    """
    return _page(notebook, _lesson(notebook))


def solution(notebook):
    """The page of a solution: each answer is folded, from its number or its check to those of the next."""
    return _page(notebook, _solution(notebook))


def _lesson(notebook):
    predicted = False
    for cell in _body(notebook):
        if cell.cell_type == "markdown":
            for piece in pieces(cell.source):
                if TURN.match(piece):
                    yield STOP
                predicted = predicted or piece.startswith("> **Predict")
                yield piece
            continue
        yield STOP
        yield fenced(cell.source, "python")
        keys = checked(cell.source)
        if predicted and cell.outputs:
            predicted = False
            if not keys:
                yield fold("Show what happens")
        yield from map(output, cell.outputs)
        for key in keys:
            yield f"[Our answer to {key}](#{_anchor(key)})"


def _solution(notebook):
    current = None
    for cell in _body(notebook):
        if cell.cell_type == "markdown":
            for piece in pieces(cell.source):
                heading, rest = _heading(piece)
                if TURN.match(piece):
                    yield STOP
                yield heading
                if number := NUMBER.match(piece):
                    current = number[1]
                    yield from _answer(current)
                yield rest
            continue
        for key in checked(cell.source):
            if key != current:
                current = key
                yield from _answer(current)
        yield fenced(cell.source, "python")
        yield from map(output, cell.outputs)


def _answer(key):
    return fold(f"Our answer to {key}"), f"({_anchor(key)})="  # a link to what is inside opens the fold


def _anchor(key):
    return f"answer-{key.replace('.', '-')}"


def _heading(piece):
    """(heading, what follows it) of a piece; the heading is "" if it has none."""
    first, _, rest = piece.partition("\n")
    return (first, rest.strip()) if first.startswith("#") else ("", piece)


def _body(notebook):
    """The cells, but for those that lead to the neighbours: the book has links of its own for that."""
    return [cell for cell in notebook.cells if cell.get("id") not in (TOP, END)]


def _page(notebook, blocks):
    """The text of a page: the blocks, each fold closed, and under the title where else to look."""
    (top,) = [cell.source for cell in notebook.cells if cell.get("id") == TOP] or [""]
    others = [
        part for part in top.split(" · ") if part.startswith(("[our solution]", "[the lesson]", "in the library"))
    ]
    title, *rest = _closed(blocks)
    heading, after = _heading(title)
    return "\n\n".join(filter(None, [heading, " · ".join(others), after, *rest])) + "\n"


def _closed(blocks):
    """The blocks without STOP, each fold closed at the next STOP, at the next fold, or at the end."""
    folded = False
    for block in [*blocks, STOP]:
        opens = "<details" in block[:40]
        if folded and (opens or block == STOP):
            yield raw("</details>")
            folded = False
        if block != STOP:
            yield block
        folded = folded or opens


def pieces(source):
    """Markdown in pieces: each but perhaps the first begins at a TURN. What is inside a fence is no turn."""
    found, fence = [[]], False
    for line in source.splitlines():
        fence ^= line.startswith("```")
        if TURN.match(line) and not fence:
            found.append([])
        found[-1].append(line)
    return [piece for lines in found if (piece := "\n".join(lines).strip())]


def output(shown):
    """One output of a cell: a figure, a table, or text. A widget, which needs its kernel, is a line that says so."""
    data = shown.get("data", {})
    if PLOTLY in data:
        return figure(data[PLOTLY], data["text/plain"].strip("<>"))
    if WIDGET in data:
        return raw('<p class="output">Here the cell shows controls that need a kernel: run it in JupyterLab.</p>')
    if "text/html" in data:
        return raw(f'<div class="output">{data["text/html"]}</div>')
    return fenced(shown.get("text") or data["text/plain"], "{code-block} text", ":class: output\n\n")


def figure(spec, title):
    """A figure as an empty place of its size and, after it, what plotly draws there."""
    layout = spec["layout"]
    size = f"height: {layout.get('height', HEIGHT)}px" + (f"; width: {layout['width']}px" if "width" in layout else "")
    data = json.dumps(spec, separators=(",", ":")).replace("<", r"\u003c")  # no text in it can end the script
    return raw(
        f'<div class="output figure"><div role="figure" aria-label="{html.escape(title)}" style="{size}"></div>'
        f'<script type="application/json">{data}</script><noscript>{html.escape(title)} (needs JavaScript)</noscript></div>'
    )


def fold(summary):
    """The beginning of what opens with a click."""
    return raw(f'<details class="fold"><summary>{summary}</summary>')


def raw(text):
    """HTML as it is."""
    return fenced(text, "{raw} html")


def fenced(text, what, options=""):
    """A fence around text, longer than any row of backticks in it."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", f"`{text}")))
    return f"{fence}{what}\n{options}{text.rstrip()}\n{fence}"
