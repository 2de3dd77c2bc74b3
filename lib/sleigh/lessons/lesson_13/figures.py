"""Figures of lesson 13: the right end of a line at three refreshes, and some of the dashboard's charts side by side."""

import re

import plotly.graph_objects as go
import pyarrow.compute as pc
from plotly.subplots import make_subplots

from ...serve import charts
from ...serve.style import INK, PALETTE

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


def together(results, *names, since=None, height=250, width=700):
    """The charts of some queries side by side. results: {query: pyarrow Table}; since: windows from then on (datetime)."""
    cells = [{"type": charts.CHARTS[name].kind} for name in names]
    titles = [_broken(charts.CHARTS[name].title) for name in names]
    figure = make_subplots(cols=len(names), specs=[cells], subplot_titles=titles, horizontal_spacing=0.12)
    for column, name in enumerate(names, 1):
        rows = results[name]
        if since is not None:
            rows = rows.filter(pc.greater_equal(rows["window_start"], since))
        for place, trace in enumerate(charts.CHARTS[name].draw(charts.columns(rows))):
            if trace.type == "pie":  # this ring is too narrow for its names
                trace.update(textposition="outside", textinfo="label")
            charts.add(figure, name, place, trace, row=1, col=column)
            if trace.type == "bar" and trace.orientation == "h":  # its names stand on the bars
                figure.update_yaxes(showticklabels=False, row=1, col=column)
            if trace.type != "pie" and hasattr(trace.x[0], "hour"):
                figure.update_xaxes(tickformat="%H:%M", nticks=4, tickangle=0, row=1, col=column)
    figure.update_xaxes(tickfont={"size": 11})
    figure.update_yaxes(tickfont={"size": 11}, nticks=6)
    figure.update_annotations(font={"size": 12, "color": INK})
    return figure.update_layout(
        height=height,
        width=width,
        barmode="stack",
        showlegend=False,
        uniformtext={"minsize": 11, "mode": "show"},  # names on bars in one size
        margin={"l": 45, "r": 20, "t": 55, "b": 40},
    )


def _points(rows):
    """Times without their zone, all are UTC, and counts; as lists, which a notebook can be compared by."""
    return [row["window_start"].replace(tzinfo=None) for row in rows], [row["total_deliveries"] for row in rows]


def _broken(title):
    """A title on two lines, the second from the colon on; a colon inside a tag is none."""
    return re.sub(r": (?=[^<>]*(?:<|$))", ":<br>", title)
