"""How a notebook shows a table and a figure: the same bytes on every run, readable on GitHub and on dark pages.

Import these names from `sleigh.lessons.notebook`, which holds everything that only notebooks need.
"""

import atexit
import base64
import datetime as dt
import html
import json
import math
import os
import shutil

from ..visible import visible

_BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_png_server_runs = False


def browser():
    """Path of a Chromium that is installed, or None: what draws a figure as PNG, and what the browser tests drive."""
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


def show(rows, *, by=None, limit=20):
    """Show rows as a table without an index; NULL is written NULL, floats get at most three decimals.

    `rows` is a Spark or pandas DataFrame, a pyarrow Table or a list of dicts. `by` (a column or a list) sorts, with a
    leading "-" downwards; without it the rows come as they are, so give it wherever the order is not certain.
    Times are UTC. At most `limit` rows are shown, and a last line says how many are left where that is known.
    """
    from IPython.display import display

    by = [by] if isinstance(by, str) else list(by or [])
    columns, values, left = _fetch(rows, by, limit)
    display(_Table(columns, [[_text(value) for value in row] for row in values], left))


def _fetch(rows, by, limit):
    """Column names, at most `limit` rows as lists, and how many more there are (None: not known)."""
    import pyarrow as pa

    if isinstance(rows, list):
        rows = pa.Table.from_pylist(rows)
    elif type(rows).__module__.startswith("pandas"):
        rows = pa.Table.from_pandas(rows, preserve_index=False)
    down = [(name.removeprefix("-"), name.startswith("-")) for name in by]
    if isinstance(rows, pa.Table):
        if by:
            rows = rows.sort_by([(name, "descending" if desc else "ascending") for name, desc in down])
        left = max(0, rows.num_rows - limit)
    else:  # Spark, classic or Connect
        if by:
            rows = rows.orderBy(*[name for name, _ in down], ascending=[not desc for _, desc in down])
        rows, left = rows.limit(limit + 1).toArrow(), None
        if rows.num_rows <= limit:
            left = 0
    rows = rows.slice(0, limit)
    return rows.column_names, list(zip(*[column.to_pylist() for column in rows.columns], strict=True)), left


def _text(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _short(value)
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(dt.UTC).replace(tzinfo=None)
        return value.isoformat(" ", "milliseconds" if value.microsecond else "seconds")
    if isinstance(value, dict):  # a struct
        return "{" + ", ".join(f"{name}: {_text(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_text(part) for part in value) + "]"
    return visible(value)


def _short(number):
    if not math.isfinite(number) or number == 0:
        return str(number)
    if not 0.001 <= abs(number) < 1e15:
        return f"{number:.3g}"
    whole, _, decimals = f"{number:.3f}".partition(".")
    return f"{whole}.{decimals.rstrip('0') or '0'}"


class _Table:
    """Text for terminals and strict comparison, HTML for notebooks and GitHub."""

    def __init__(self, columns, rows, left):
        self.columns, self.rows = columns, rows
        self.note = "" if left == 0 else "… more rows" if left is None else f"… {left} more rows"
        if not rows:
            self.note = "(no rows)"

    def __repr__(self):
        grid = [self.columns, *self.rows]
        widths = [max(map(len, cells)) for cells in zip(*grid, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in grid]
        return "\n".join(lines + [self.note] * bool(self.note))

    def _repr_html_(self):
        def row(cells, tag):
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        body = "\n".join(row(cells, "td") for cells in self.rows)
        note = f"\n<p>{self.note}</p>" if self.note else ""
        typeset = any("$" in cell or "\\" in cell for cells in self.rows for cell in cells)
        table = '<table class="mathjax_ignore">' if typeset else "<table>"  # Jupyter would read formulas into the text
        return f"{table}\n<thead>{row(self.columns, 'th')}</thead>\n<tbody>\n{body}\n</tbody>\n</table>{note}"


def show_figure(figure):
    """Show a plotly figure in the house style, as data that a comparison can read; with SLEIGH_PNG=1 as a picture too.

    Numbers are rounded to nine digits and arrays are written out as lists, so that a changed point is one changed line.
    The picture (`make notebooks` sets SLEIGH_PNG) is for GitHub, which does not draw plotly; JupyterLab shows it, too,
    until it has drawn the figure, so it is narrow enough for a notebook's cell. It needs a Chromium.
    """
    import plotly.graph_objects as go
    from IPython.display import display

    from .. import runtime
    from ..serve import style

    figure = go.Figure(figure).update_layout(template=style.template())
    if not runtime.backend().draws_bundles:
        figure.show()
        return
    spec = _plain(json.loads(figure.to_json()))
    title = figure.layout.title.text or "figure"
    bundle = {
        "application/vnd.plotly.v1+json": {**spec, "config": {"displaylogo": False}},
        "text/plain": f"<{title}>",
    }
    if os.environ.get("SLEIGH_PNG") == "1":
        bundle["image/png"] = _png(spec, figure.layout.width or 720, figure.layout.height or 400)
    display(bundle, raw=True)


def _plain(value):
    """`value`, from plotly's JSON, with base64 arrays as lists and floats to nine significant digits."""
    if isinstance(value, dict):
        if "bdata" in value:
            return _plain(_decoded(**value))
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def _decoded(bdata, dtype, shape=None):
    import numpy as np

    array = np.frombuffer(base64.b64decode(bdata), dtype=dtype)
    if shape is not None:
        array = array.reshape([int(size) for size in str(shape).split(",")])
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), None, array)  # JSON has no NaN
    return array.tolist()


def _png(spec, width, height):
    """The figure as PNG bytes. One browser serves the whole notebook: starting it takes seconds, a picture 0.2 s."""
    global _png_server_runs
    import kaleido

    if not _png_server_runs:
        if found := browser():
            os.environ.setdefault("BROWSER_PATH", found)
        kaleido.start_sync_server(n=1, mathjax=False)
        atexit.register(kaleido.stop_sync_server, silence_warnings=True)
        _png_server_runs = True
    return kaleido.calc_fig_sync(spec, opts={"format": "png", "width": width, "height": height})
