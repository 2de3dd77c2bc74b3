"""The dashboard's charts, one a query: what it is called, what draws it (traces.py), what it says to who cannot see it.

chart() is one of them as a figure of its own, as the dashboard shows them side by side (board.py). figure() has all in one,
for where only one figure can be shown, and update() puts new rows into it.
"""

import datetime as dt
from typing import NamedTuple

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..domain import STATUSES
from ..tables import BY_GIFT_TYPE, BY_REGION, SUMMARY
from . import land, sentences, traces
from .style import INK, PALETTE, STATUS_COLORS, WEATHER_COLORS, template


def _in_color(status, text):
    return f'<span style="color: {STATUS_COLORS[status]}">{text}</span>'


_NAMES = " · ".join(_in_color(status, status.replace("_", " ")) for status in STATUSES)
_OPEN_LINE = ("still open", INK, "dotted")
_DONE = ("delivered", STATUS_COLORS["delivered"], "line")


class Chart(NamedTuple):
    """One chart: the query that feeds it, how it is drawn and described, and where it stands in the figure of all.

    draw: columns of the query's rows, as a dict of lists -> traces. says: the same -> a sentence. row, column, width: in
    figure()'s grid of six columns. table: the windowed table that the query reads, if it does. region: whether the region
    filter reaches it, for some gold tables have no region. heading, keys: what stands above it on the page, where the
    title's words need no colours: (what, colour, how it is drawn) each.
    """

    title: str
    draw: object
    says: object
    row: int
    column: int
    width: int
    kind: str = "xy"
    table: object = None
    region: bool = True
    heading: str = ""
    keys: tuple = ()


CHARTS = {
    "12_map": Chart("The last 30 minutes", traces.places, sentences.places, 1, 1, 4),
    "08_weather": Chart(
        "Weather, last hour",
        traces.weather,
        sentences.weather,
        1,
        5,
        2,
        "domain",
        keys=tuple((name, color, "filled") for name, color in WEATHER_COLORS.items()),
    ),
    "02_completion_trend": Chart(
        f"Deliveries a minute: all, {_in_color('delivered', 'delivered')}",
        traces.trend,
        sentences.trend,
        2,
        1,
        2,
        table=SUMMARY,
        region=False,
        heading="Deliveries a minute",
        keys=(("all", PALETTE["grey"], "line"), _DONE, _OPEN_LINE),
    ),
    "11_success_and_delay": Chart(
        f"{_in_color('delivered', 'Delivered, %')}, and on the right {_in_color('delayed', 'delayed')}",
        traces.rates,
        sentences.rates,
        2,
        3,
        2,
        table=SUMMARY,
        region=False,
        heading="Delivered and delayed, %",
        keys=(_DONE, ("delayed, on the right", STATUS_COLORS["delayed"], "line"), _OPEN_LINE),
    ),
    "09_distance": Chart(
        "Kilometres so far",
        traces.distance,
        sentences.distance,
        2,
        5,
        2,
        table=SUMMARY,
        region=False,
        keys=(("km", PALETTE["blue"], "line"), _OPEN_LINE),
    ),
    "03_by_region": Chart(
        "Regions, latest 5 minutes",
        traces.regions,
        sentences.regions,
        3,
        1,
        2,
        table=BY_REGION,
        keys=(("closed", PALETTE["blue"], "filled"), ("still open", PALETTE["blue"], "hollow")),
    ),
    "04_by_gift_type": Chart(
        "Gift types, latest 5 minutes",
        traces.gift_types,
        sentences.gift_types,
        3,
        3,
        2,
        table=BY_GIFT_TYPE,
        region=False,
        keys=(("closed", PALETTE["purple"], "filled"), ("still open", PALETTE["purple"], "hollow")),
    ),
    "07_delivery_times": Chart(
        "Seconds a delivery, last hour", traces.delivery_times, sentences.delivery_times, 3, 5, 2
    ),
    "13_status": Chart(
        f"Last 15 minutes: {_NAMES}",
        traces.statuses,
        sentences.statuses,
        4,
        1,
        3,
        heading="Last 15 minutes",
        keys=(
            *((status.replace("_", " "), STATUS_COLORS[status], "filled") for status in STATUSES),
            ("part of a minute", INK, "hollow"),
        ),
    ),
    "10_reindeer": Chart(
        "", traces.gauges, sentences.gauges, 4, 4, 1, "domain", heading="The reindeer, last 10 minutes"
    ),
}
"""Query -> chart, in the order in which they stand on the page, and their traces in the figure. Four queries feed text: see
html.py."""

_GAUGES = 3


def columns(rows, drawn=None, watermarks=None):
    """A pyarrow Table as {column: list}, times without their zone (all are UTC), decimals as floats.

    With the Chart by which they are drawn and {table: watermark in ms since 1970} also "open": which windows are not closed.
    """
    found = {name: [_plain(value) for value in rows[name].to_pylist()] for name in rows.column_names}
    if drawn is not None and drawn.table and watermarks:
        closed_to = dt.datetime(1970, 1, 1) + dt.timedelta(milliseconds=watermarks[drawn.table.name])
        length = dt.timedelta(minutes=drawn.table.window_minutes)
        found["open"] = [begin > closed_to - length for begin in found["window_start"]]
    return found


def every_trace(results, watermarks=None):
    """Every trace of the figure, in order; `results` is {query: pyarrow Table}."""
    return [trace for name, one in CHARTS.items() for trace in one.draw(columns(results[name], one, watermarks))]


def figure(results, *, region=None, watermarks=None):
    """All charts as one figure, a grid of four rows. With `watermarks` (as in columns) open windows look open."""
    cells = [[None] * 6 for _ in range(4)]
    for one in CHARTS.values():
        cells[one.row - 1][one.column - 1] = {"type": one.kind, "colspan": one.width}
    for offset in range(1, _GAUGES):
        cells[3][3 + offset] = {"type": "domain"}
    made = make_subplots(
        rows=4,
        cols=6,
        specs=cells,
        row_heights=[0.36, 0.22, 0.22, 0.2],
        vertical_spacing=0.085,
        horizontal_spacing=0.085,
        subplot_titles=[*titles(region), *[""] * (_GAUGES - 1)],
    )
    for name, one in CHARTS.items():
        for place, trace in enumerate(one.draw(columns(results[name], one, watermarks))):
            offset = place if one.draw is traces.gauges else 0
            add(made, trace, row=one.row, col=one.column + offset)
    _style(made)
    return made


def add(made, trace, **where):
    """Add a trace to the figure; `where` as in add_trace. What is read on y2 gets an axis of its own, on the right.

    (make_subplots' secondary_y would leave 6 % of the width unused.)
    """
    on_the_right = trace.type == "scatter" and trace.yaxis == "y2"
    made.add_trace(trace, **where)
    if on_the_right:
        last = made.data[-1]
        last.yaxis, left = "y99", last.yaxis or "y"  # no grid of charts reaches 99
        made.layout.yaxis99 = _RIGHT | {"overlaying": left, "anchor": last.xaxis or "x"}


def update(drawn, results, *, region=None, watermarks=None):
    """Put new rows into a figure that `figure` made (or a FigureWidget of it), in one message."""
    with drawn.batch_update():
        for old, new in zip(drawn.data, every_trace(results, watermarks), strict=True):
            for name in ("x", "y", "text", "labels", "values", "customdata"):
                if name in new and new[name] is not None:
                    old[name] = new[name]
            if new.type == "indicator":  # a mean over no rows is None, and the old one must not stay
                old.value = new.value
            if new.type == "pie":
                old.textfont.color = new.textfont.color
            if "marker" in new:
                for name in ("size", "color", "colors"):
                    if name in new.marker and new.marker[name] is not None:
                        old.marker[name] = new.marker[name]
        for note, title in zip(drawn.layout.annotations, titles(region), strict=False):
            note.text = title


def titles(region=None):
    """The charts' titles in order; those that the region filter does not reach say so."""
    return [
        one.title + (" (all regions)" if region is not None and one.title and not one.region else "")
        for one in CHARTS.values()
    ]


def chart(name, rows, *, watermarks=None):
    """The chart of query `name` as a figure of its own."""
    one = CHARTS[name]
    made = go.Figure(one.draw(columns(rows, one, watermarks)))
    made.update_layout(title=one.title or one.heading, height=320, width=640, barmode="stack")
    made.update_layout(showlegend=len(made.data) > 1 and one.kind == "xy", legend={"orientation": "h", "y": -0.2})
    alone(made)
    if name == "12_map":
        made.update_layout(margin={"l": 10, "r": 10, "t": 50, "b": 60})
    return made


def alone(made):
    """Give a figure that has the traces of one chart its axes."""
    _axes(made)
    if any(trace.name in traces.MAPS for trace in made.data):
        made.update_layout(xaxis=land.X_AXIS, yaxis=land.Y_AXIS, shapes=[land.shape()])
    if any(trace.yaxis == "y2" for trace in made.select_traces(selector={"type": "scatter"})):
        made.update_layout(yaxis2=_RIGHT)


_RIGHT = {"overlaying": "y", "side": "right", "tickmode": "auto", "showgrid": False, "tickfont": {"size": 11}}
"""An axis with round numbers of its own: by itself it would put its ticks at the other axis's."""


def _axes(made):
    made.update_xaxes(tickformatstops=_CLOCK, tickangle=0, tickfont={"size": 11})
    made.update_yaxes(tickfont={"size": 11}, nticks=6)
    for trace in made.data:
        if trace.type == "bar" and trace.orientation == "h":
            made.layout["yaxis" + (trace.yaxis or "y")[1:]].update(dtick=1, ticks="")
        elif trace.type == "scatter" and trace.mode == "lines":
            made.layout["xaxis" + (trace.xaxis or "x")[1:]].nticks = 5


_CLOCK = [{"dtickrange": [None, None], "value": "%H:%M"}]  # for time axes only: no date under the first tick


def _style(made):
    made.update_layout(
        template=template(),
        height=1050,
        barmode="stack",
        showlegend=False,
        margin={"l": 50, "r": 30, "t": 40, "b": 40},
        shapes=[land.shape() | {"xref": "x", "yref": "y"}],
        uirevision="kept",  # a refresh keeps the reader's zoom
    )
    _axes(made)
    for trace in made.data:
        if trace.type == "bar" and trace.orientation == "h":  # beside it another chart begins
            made.layout["yaxis" + (trace.yaxis or "y")[1:]].ticklabelposition = "inside"
    made.update_traces(marker_colorbar={"x": 0.32, "y": 0.735, "len": 0.3}, selector={"name": "cities"})
    made.update_xaxes(land.X_AXIS, row=1, col=1)
    made.update_yaxes(land.Y_AXIS, row=1, col=1)
    made.update_annotations(font={"size": 13, "color": INK})


def _plain(value):
    if hasattr(value, "tzinfo"):
        return value.replace(tzinfo=None)
    return float(value) if type(value).__name__ == "Decimal" else value
