"""The dashboard's charts: one function a query, rows -> traces; drawn alone (chart) or together in one figure (figure).

A chart always has the same number of traces, whatever the rows, so that a refresh replaces their data in place and sends
kilobytes, not the figure. Text from data is escaped: plotly draws a part of HTML.
"""

import html
from typing import NamedTuple

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..domain import STATUSES
from . import land
from .style import INK, PALETTE, STATUS_COLORS, WEATHER_COLORS, template


def trend(rows):
    """Deliveries a minute: all of them, and those that are done."""
    line = {"mode": "lines", "x": rows["window_start"]}
    return [
        go.Scatter(y=rows["total_deliveries"], name="all", line_color=PALETTE["grey"], **line),
        go.Scatter(y=rows["successful_deliveries"], name="delivered", line_color=STATUS_COLORS["delivered"], **line),
    ]


def regions(rows):
    """A bar a region."""
    names = [name.replace(" and ", " and<br>") for name in _text(rows["region"])]
    return [go.Bar(x=names, y=rows["total_deliveries"], marker_color=PALETTE["blue"], name="deliveries")]


def gift_types(rows):
    """A horizontal bar a gift type, the largest on top, its name on the bar or behind it."""
    names = _text(rows["gift_type"])[::-1]
    return [
        go.Bar(
            y=names,
            text=names,
            textposition="auto",
            insidetextanchor="start",
            textfont={"size": 10},  # fits into a bar: plotly would shrink the names in the bars, not those behind them
            x=rows["total_deliveries"][::-1],
            orientation="h",
            marker_color=PALETTE["purple"],
            name="deliveries",
        )
    ]


def delivery_times(rows):
    """A histogram of six classes of seconds."""
    return [go.Bar(x=_text(rows["seconds"]), y=rows["deliveries"], marker_color=PALETTE["sky"], name="deliveries")]


def weather(rows):
    """A donut of the weather's shares."""
    names = rows["weather_condition"]
    return [
        go.Pie(
            labels=_text(names),
            values=rows["deliveries"],
            hole=0.55,
            sort=False,
            textinfo="label+percent",
            textposition="inside",
            marker={"colors": [WEATHER_COLORS.get(name, INK) for name in names]},
            customdata=list(zip(rows["avg_delivery_time"], rows["success_percentage"], strict=True)),
            hovertemplate="%{label}: %{value} deliveries<br>%{customdata[0]:.1f} s, %{customdata[1]:.1f} % delivered"
            "<extra></extra>",
        )
    ]


def distance(rows):
    """The kilometres flown so far, as an area."""
    return [
        go.Scatter(
            x=rows["window_start"],
            y=rows["cumulative_distance_km"],
            mode="lines",
            fill="tozeroy",
            line_color=PALETTE["blue"],
            name="km",
        )
    ]


def gauges(rows):
    """Three gauges: mean speed, mean magic, kilometres of the last ten minutes."""
    wanted = (
        ("avg_speed_kmh", "speed, km/h", 1500, ",.0f", PALETTE["blue"]),
        ("avg_magic_level", "magic", 100, ".0f", PALETTE["purple"]),
        ("distance_km", "km in 10 min", None, ".3s", PALETTE["green"]),
    )
    made = []
    for name, title, top, form, color in wanted:
        value = (rows[name] or [None])[0]
        axis = {"tickfont": {"size": 9}, "nticks": 4} | ({"range": [0, top]} if top else {})
        made.append(
            go.Indicator(
                mode="gauge+number",
                value=None if value is None else round(value, 1),
                title={"text": title, "font": {"size": 13}},
                number={"font": {"size": 22}, "valueformat": form},
                gauge={"axis": axis, "bar": {"color": color}, "bgcolor": "rgba(0,0,0,0)", "bordercolor": INK},
            )
        )
    return made


def rates(rows):
    """Share of delivered and of delayed deliveries a minute; the second on an axis of its own."""
    line = {"mode": "lines", "x": rows["window_start"]}
    return [
        go.Scatter(y=rows["completion_percentage"], name="delivered, %", line_color=STATUS_COLORS["delivered"], **line),
        go.Scatter(y=rows["delay_rate_percentage"], name="delayed, %", line_color=STATUS_COLORS["delayed"], **line),
    ]


def places(rows):
    """A dot a city, as large as its deliveries and coloured by the share that is done."""
    return [
        go.Scatter(
            x=[land.x(longitude) for longitude in rows["longitude"]],
            y=rows["latitude"],
            text=[
                f"{city}, {country}: {count}"
                for city, country, count in zip(
                    _text(rows["city"]), _text(rows["country"]), rows["deliveries"], strict=True
                )
            ],
            hoverinfo="text",
            mode="markers",
            marker={
                "size": [4 + min(26, count**0.5) for count in rows["deliveries"]],
                "color": rows["success_percentage"],
                "colorscale": "Viridis",
                "cmin": 50,
                "cmax": 100,
                "line": {"width": 0},
                "colorbar": _BAR | {"x": 0.32, "y": 0.735, "len": 0.3},
            },
            name="cities",
        )
    ]


def statuses(rows):
    """Stacked bars: the three statuses, minute by minute."""
    made = []
    for status in STATUSES:
        own = [place for place, name in enumerate(rows["status"]) if name == status]
        made.append(
            go.Bar(
                x=[rows["delivery_minute"][place] for place in own],
                y=[rows["deliveries"][place] for place in own],
                marker_color=STATUS_COLORS[status],
                name=status,
            )
        )
    return made


_BAR = {
    "title": {"text": "delivered, %", "side": "top", "font": {"size": 11}},
    "orientation": "h",
    "thickness": 6,
    "yanchor": "top",
    "tickfont": {"size": 10},
}


def _in_color(status, text):
    return f'<span style="color: {STATUS_COLORS[status]}">{text}</span>'


_NAMES = " · ".join(_in_color(status, status.replace("_", " ")) for status in STATUSES)


class Chart(NamedTuple):
    """One chart: the query that feeds it, how it is drawn, and where it stands in the figure's grid of six columns."""

    title: str
    draw: object  # columns of the query's rows, as a dict of lists -> traces
    row: int
    column: int
    width: int
    kind: str = "xy"
    region: bool = True  # whether the region filter reaches it: some gold tables have no region


CHARTS = {
    "12_map": Chart("The last 30 minutes", places, 1, 1, 4),
    "08_weather": Chart("Weather, last hour", weather, 1, 5, 2, "domain"),
    "02_completion_trend": Chart(
        f"Deliveries a minute: all, {_in_color('delivered', 'delivered')}", trend, 2, 1, 2, region=False
    ),
    "11_success_and_delay": Chart(
        f"{_in_color('delivered', 'Delivered, %')}, and on the right {_in_color('delayed', 'delayed')}",
        rates,
        2,
        3,
        2,
        region=False,
    ),
    "09_distance": Chart("Kilometres so far", distance, 2, 5, 2, region=False),
    "03_by_region": Chart("Regions, latest 5 minutes", regions, 3, 1, 2),
    "04_by_gift_type": Chart("Gift types, latest 5 minutes", gift_types, 3, 3, 2, region=False),
    "07_delivery_times": Chart("Seconds a delivery, last hour", delivery_times, 3, 5, 2),
    "13_status": Chart(f"Last 15 minutes: {_NAMES}", statuses, 4, 1, 3),
    "10_reindeer": Chart("", gauges, 4, 4, 1, "domain"),
}
"""Query -> chart, in the order in which their traces stand in the figure. Four queries feed text: see html.py."""

_GAUGES = 3
_RIGHT = ("11_success_and_delay", 1)  # the trace that is read on the right


def columns(rows):
    """A pyarrow Table as {column: list}, times without their zone (all are UTC), decimals as floats."""
    return {name: [_plain(value) for value in rows[name].to_pylist()] for name in rows.column_names}


def traces(results):
    """Every trace of the figure, in order; `results` is {query: pyarrow Table}."""
    return [trace for name, chart in CHARTS.items() for trace in chart.draw(columns(results[name]))]


def figure(results, *, region=None):
    """All charts as one figure, a grid of four rows."""
    cells = [[None] * 6 for _ in range(4)]
    for chart in CHARTS.values():
        cells[chart.row - 1][chart.column - 1] = {"type": chart.kind, "colspan": chart.width}
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
    for name, chart in CHARTS.items():
        for place, trace in enumerate(chart.draw(columns(results[name]))):
            offset = place if chart.draw is gauges else 0
            add(made, name, place, trace, row=chart.row, col=chart.column + offset)
    _style(made)
    return made


def add(made, name, place, trace, **where):
    """Add a trace of query `name`, the one at `place` among the query's, to the figure; `where` as in add_trace.

    The share of delayed ones gets a y-axis of its own, on the right. (make_subplots' secondary_y would leave 6 % of the
    width unused.)
    """
    made.add_trace(trace, **where)
    if (name, place) == _RIGHT:
        last = made.data[-1]
        own = {"overlaying": last.yaxis or "y", "anchor": last.xaxis or "x", "side": "right"}
        # Round numbers of its own: by itself it would put its ticks at the other axis's. No grid of charts reaches 99.
        last.yaxis, made.layout.yaxis99 = "y99", own | {"tickmode": "auto", "showgrid": False}


def update(drawn, results, *, region=None):
    """Put new rows into a figure that `figure` made (or a FigureWidget of it), in one message."""
    with drawn.batch_update():
        for old, new in zip(drawn.data, traces(results), strict=True):
            for name in ("x", "y", "text", "labels", "values", "customdata"):
                if name in new and new[name] is not None:
                    old[name] = new[name]
            if new.type == "indicator":  # a mean over no rows is None, and the old one must not stay
                old.value = new.value
            if "marker" in new:
                for name in ("size", "color", "colors"):
                    if name in new.marker and new.marker[name] is not None:
                        old.marker[name] = new.marker[name]
        for note, title in zip(drawn.layout.annotations, titles(region), strict=False):
            note.text = title


def titles(region=None):
    """The charts' titles in order; those that the region filter does not reach say so."""
    return [
        chart.title + (" (all regions)" if region is not None and chart.title and not chart.region else "")
        for chart in CHARTS.values()
    ]


def chart(name, rows):
    """The chart of query `name` as a figure of its own."""
    one = CHARTS[name]
    made = go.Figure()
    for place, trace in enumerate(one.draw(columns(rows))):
        if one.draw is gauges:
            trace.domain = {"x": [place / _GAUGES + 0.06, (place + 1) / _GAUGES - 0.06], "y": [0, 0.9]}
        if name == "12_map":
            trace.marker.colorbar.update(x=0.5, y=-0.02, len=0.5)
        add(made, name, place, trace)
    made.update_layout(title=one.title or "The reindeer", height=320, width=640, barmode="stack")
    made.update_layout(showlegend=len(made.data) > 1 and one.kind == "xy", legend={"orientation": "h", "y": -0.2})
    _axes(made)
    if name == "12_map":
        made.update_layout(shapes=[land.shape()], margin={"l": 10, "r": 10, "t": 50, "b": 60})
        made.update_xaxes(land.X_AXIS)
        made.update_yaxes(land.Y_AXIS)
    return made


def _axes(made):
    made.update_xaxes(tickformatstops=_CLOCK, tickangle=0, tickfont={"size": 11})
    made.update_yaxes(tickfont={"size": 11}, nticks=6)
    for trace in made.data:
        if trace.type == "bar" and trace.orientation == "h":  # its names stand on the bars
            made.layout["yaxis" + (trace.yaxis or "y")[1:]].showticklabels = False
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
    made.update_xaxes(land.X_AXIS, row=1, col=1)
    made.update_yaxes(land.Y_AXIS, row=1, col=1)
    made.update_annotations(font={"size": 13, "color": INK})


def _text(values):
    return ["NULL" if value is None else html.escape(str(value)) for value in values]


def _plain(value):
    if hasattr(value, "tzinfo"):
        return value.replace(tzinfo=None)
    return float(value) if type(value).__name__ == "Decimal" else value
