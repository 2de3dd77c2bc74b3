"""The dashboard's charts as widgets side by side, each as wide as its place: a wide page has four in a row, a narrow two.

A chart is a widget of its own (page/chart.js draws it), of which only what has changed is sent: its rows, a few kilobytes.
All share one copy of plotly's script, 4.8 MB, which the browser gets once; on the page of server.py it comes as a file.
"""

import json
import os
from functools import cache
from html import escape
from pathlib import Path

import anywidget
import ipywidgets as widgets
import plotly.graph_objects as go
import traitlets
from plotly.utils import PlotlyJSONEncoder

from . import charts
from .server import BY_PAGE
from .style import template

PAGE = Path(__file__).parent / "page"


class Script(anywidget.AnyWidget):
    """Plotly's script, for the charts that run it."""

    _esm = "export default {}"
    text = traitlets.Unicode().tag(sync=True)


class ChartView(anywidget.AnyWidget):
    """One chart on the page.

    heading: what stands above it, HTML. says: what it shows, a sentence for those who cannot see it. rows: plotly's traces;
    look: its layout, but for size and colour of the text, which are the page's.
    """

    _esm = PAGE / "chart.js"
    script = traitlets.Instance(Script).tag(sync=True, **widgets.widget_serialization)
    heading = traitlets.Unicode().tag(sync=True)
    says = traitlets.Unicode().tag(sync=True)
    rows = traitlets.List().tag(sync=True)
    look = traitlets.Dict().tag(sync=True)


def make():
    """The charts, still without rows, in a Box."""
    views = [ChartView(script=_script(), heading=heading(one)) for one in charts.CHARTS.values()]
    for name, view in zip(charts.CHARTS, views, strict=True):
        view.add_class("sleigh-chart")
        if name in WIDE:
            view.add_class("wide")
    box = widgets.Box(views)
    box.add_class("sleigh-charts")
    return box


WIDE = ("12_map", "10_reindeer")
"""They take the place of two."""


def show(box, results, *, region=None, watermarks=None, instead=None):
    """Put the rows of `results`, {query: pyarrow Table}, into the charts of make().

    region, watermarks: as in charts.figure. instead: {query: what draws it instead of its chart's own}.
    """
    for (name, one), view in zip(charts.CHARTS.items(), box.children, strict=True):
        draw = (instead or {}).get(name, one.draw)
        columns = charts.columns(results[name], one, watermarks)
        traces = draw(columns)
        with view.hold_sync():
            view.heading = heading(one, region)
            view.says = f"{one.heading or one.title}. {one.says(columns)}"
            if [trace.type for trace in traces] != [trace["type"] for trace in view.rows]:
                view.look = _look(traces)
            view.rows = [_plain(trace) for trace in traces]


def heading(one, region=None):
    """A chart's name and what its colours mean, as HTML; whether the region filter reaches it, if a region is chosen."""
    name = escape(one.heading) or one.title
    where = ' <small class="quiet">(all regions)</small>' if region is not None and not one.region else ""
    keys = "".join(
        f'<span class="key"><i class="{mark}" style="--key: {color}"></i>{escape(what)}</span>'
        for what, color, mark in one.keys
    )
    return f'<h3>{name}{where}</h3><div class="keys">{keys}</div>'


def _look(traces):
    drawn = go.Figure(traces, {"template": template()})
    charts.alone(drawn)
    on_map = any(trace.name in charts.traces.MAPS for trace in traces)
    drawn.update_layout(
        barmode="stack",
        showlegend=False,
        margin={"l": 8, "r": 8, "t": 6, "b": 44} if on_map else {"l": 36, "r": 12, "t": 10, "b": 26},
        uirevision="kept",  # a refresh keeps the reader's zoom
        uniformtext={"minsize": 10, "mode": "hide"},
    )
    return _plain(drawn.layout)


def _plain(part):
    """A trace or a layout as JSON has it: times as text."""
    return json.loads(json.dumps(part.to_plotly_json(), cls=PlotlyJSONEncoder))


@cache
def _script():
    from plotly.offline import get_plotlyjs

    return Script(text="" if os.environ.get(BY_PAGE) else get_plotlyjs())
