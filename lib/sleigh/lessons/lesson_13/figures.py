"""Figures of lesson 13: the right end of a line at three refreshes, and some of the dashboard's charts side by side."""

import plotly.graph_objects as go
import pyarrow.compute as pc
from plotly.subplots import make_subplots

from ...serve import charts, land
from ...serve.style import INK, PALETTE, label

_COLORS = (PALETTE["purple"], PALETTE["orange"], PALETTE["vermillion"])


def right_edge(refreshes, closed):
    """Deliveries a minute as up to three refreshes showed them, and below them what the watermark has closed.

    refreshes: {"22:07:40": rows}, the moment of a refresh and its rows of query 02, oldest first. closed: the rows with
    final=True. Rows are dicts with window_start (datetime) and total_deliveries.
    """
    figure = go.Figure()
    x, y = _points(closed)
    wide = {"line": {"color": PALETTE["blue"], "width": 9}, "opacity": 0.35}
    figure.add_scatter(x=x, y=y, mode="lines", name="final", **wide)
    for (moment, rows), color in zip(refreshes.items(), _COLORS, strict=False):
        x, y = _points(rows)
        figure.add_scatter(x=x, y=y, mode="lines", line={"color": color, "width": 2}, name=f"live at {moment}")
        ring = {"size": 13, "symbol": "circle-open", "color": color, "line": {"width": 3}}
        label = {"text": [f"at {moment}: {y[-1]} "], "textposition": "middle left", "textfont": {"color": color}}
        figure.add_scatter(x=x[-1:], y=y[-1:], mode="markers+text", marker=ring, hoverinfo="skip", **label)
    last = closed[-1]
    figure.add_annotation(
        x=last["window_start"].replace(tzinfo=None),
        y=last["total_deliveries"],
        text="closed: final",
        font={"color": PALETTE["blue"]},
        showarrow=False,
        yshift=16,
    )
    figure.update_xaxes(title="window", tickformat="%H:%M", nticks=8)
    figure.update_yaxes(title="deliveries", range=[0, 74])
    return figure.update_layout(
        title="Every refresh ends in a crash, and none of them happened", height=300, width=640, showlegend=False
    )


def together(results, *names, since=None):
    """The charts of some queries, two in a row, an odd last one as wide as two.

    results: {query: pyarrow Table}; since: windows from then on (datetime).
    """
    rows = -(-len(names) // 2)
    cells = [{"type": charts.CHARTS[name].kind} for name in names]
    if len(names) % 2:
        cells = [*cells[:-1], cells[-1] | {"colspan": 2}, None]
    figure = make_subplots(
        rows=rows,
        cols=2,
        specs=[cells[:2], cells[2:]][:rows],
        subplot_titles=[charts.CHARTS[name].title for name in names],
        horizontal_spacing=0.12,
        vertical_spacing=0.2,
    )
    for number, name in enumerate(names):
        where = {"row": number // 2 + 1, "col": number % 2 + 1}
        shown = results[name]
        if since is not None:
            shown = shown.filter(pc.greater_equal(shown["window_start"], since))
        for trace in charts.CHARTS[name].draw(charts.columns(shown)):
            if (
                trace.type == "scatter" and not trace.x
            ):  # the dotted lines of open windows, which nobody tells apart here
                continue
            charts.add(figure, trace, **where)
            if trace.type != "pie" and hasattr(trace.x[0], "hour"):
                figure.update_xaxes(tickformat="%H:%M", nticks=6, **where)
    figure.update_xaxes(tickfont={"size": 11}, tickangle=0)
    figure.update_yaxes(tickfont={"size": 11}, nticks=6)
    figure.update_annotations(font={"size": 13, "color": INK})
    return figure.update_layout(
        height=40 + 190 * rows,
        width=620,
        barmode="stack",
        showlegend=False,
        uniformtext={"minsize": 11, "mode": "show"},  # names on bars in one size
        margin={"l": 45, "r": 40, "t": 40, "b": 40},
    )


def city_map(rows, names):
    """The dashboard's map of query 12 (a pyarrow Table) as far as its dots reach, the cities `names` with their names."""
    figure = charts.chart("12_map", rows)
    cities = [city | {"x": land.x(city["longitude"])} for city in rows.to_pylist()]
    west, *_, east = sorted(city["x"] for city in cities)
    south, *_, north = sorted(city["latitude"] for city in cities)
    for city in cities:
        if city["city"] in names:
            left = city["x"] < west + 0.8 * (east - west)  # most have more room to their left
            figure.add_annotation(
                x=city["x"],
                y=city["latitude"],
                text=label(city["city"]),
                showarrow=True,
                arrowhead=0,
                arrowcolor=INK,
                ax=-45 if left else 45,
                ay=20,
                xanchor="right" if left else "left",
                font={"size": 13},
            )
    figure.update_xaxes(range=[west - 40, east + 40])
    figure.update_yaxes(range=[south - 8, north + 8])
    return figure.update_layout(height=370, width=600)


def _points(rows):
    """Times without their zone, all are UTC, and counts; as lists, which a notebook can be compared by."""
    return [row["window_start"].replace(tzinfo=None) for row in rows], [row["total_deliveries"] for row in rows]
