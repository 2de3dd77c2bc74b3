"""Figures of lesson 07: each window's weather and delays, and which window still takes a late delivery."""

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ...serve.style import INK, PALETTE, STATUS_COLORS, WEATHER_COLORS

_BAND = "rgba(0, 114, 178, 0.22)"  # blue
_CLOSED = "rgba(213, 94, 0, 0.16)"  # vermillion


def weather(rows):
    """Stacked shares of the four conditions in each window, and below them the delay rate.

    rows: dicts, oldest first, with window (label), delay_rate (percent) and the share of each condition (percent) under
    its name: Snowy, Foggy, Cloudy, Clear.
    """
    windows = [row["window"] for row in rows]
    figure = make_subplots(rows=2, shared_xaxes=True, row_heights=[0.62, 0.38], vertical_spacing=0.08)
    for condition, colour in reversed(WEATHER_COLORS.items()):  # the worst at the bottom of the bars
        figure.add_bar(
            x=windows,
            y=[round(row[condition], 1) for row in rows],
            name=condition,
            marker={"color": colour, "line": {"width": 0}},
            hovertemplate="%{x}: %{y} %<extra>" + condition + "</extra>",
            row=1,
            col=1,
        )
    figure.add_scatter(
        x=windows,
        y=[row["delay_rate"] for row in rows],
        mode="lines+markers",
        line={"color": STATUS_COLORS["delayed"], "width": 3},
        marker={"size": 9},
        name="delayed",
        hovertemplate="%{x}: %{y} %<extra></extra>",
        row=2,
        col=1,
    )
    figure.update_xaxes(type="category")
    figure.update_xaxes(title="window", row=2, col=1)
    figure.update_yaxes(title="weather, %", range=[0, 100], dtick=25, row=1, col=1)
    figure.update_yaxes(title="delayed, %", rangemode="tozero", dtick=2, row=2, col=1)
    return figure.update_layout(
        title="The weather of each window, and its delays",
        barmode="stack",
        bargap=0.12,
        height=470,
        legend={"traceorder": "reversed", "font": {"color": INK}},
    )


def closing(late, lines, *, every, lost_to_both, lost_to_minute):
    """Late deliveries by arrival and event time, over the windows of 1 and of 10 minutes that are closed to them.

    late: dicts with delivery_id, arrival and event, in minutes after the night began. lines: for each micro-batch of
    `every` minutes of arrival the watermark that drops rows in it, in the same minutes; None before there is one.
    lost_to_both, lost_to_minute: the delivery_ids that neither window counted, and those that only the short one lost.
    Below the lower staircase both windows are closed; between the two only the minute is.
    """
    last = every * len(lines)
    minutes, tens = (_stairs(lines, length) for length in (1, 10))
    x = [every * batch for batch in range(len(lines) + 1)]
    stairs = {"x": x, "mode": "lines", "hoverinfo": "skip"}
    figure = go.Figure()
    figure.add_scatter(
        **stairs,
        y=tens,
        line={"color": PALETTE["vermillion"], "width": 2, "shape": "hv"},
        fill="tozeroy",
        fillcolor=_CLOSED,
        name="closed for both",
    )
    figure.add_scatter(
        **stairs,
        y=minutes,
        line={"color": PALETTE["blue"], "width": 2, "shape": "hv"},
        fill="tonexty",
        fillcolor=_BAND,
        name="closed for the minute only",
    )
    figure.add_scatter(
        x=[0, last], y=[0, last], mode="lines", line={"color": INK, "dash": "dot"}, name="on time", hoverinfo="skip"
    )
    lost = {**dict.fromkeys(lost_to_minute, "minute"), **dict.fromkeys(lost_to_both, "both")}
    for fate, name, marker in (
        (None, "late, counted by both", {"size": 5, "color": PALETTE["grey"]}),
        ("minute", "counted by the ten minutes only", {"size": 10, "color": PALETTE["blue"]}),
        ("both", "lost to both", {"size": 9, "symbol": "x-thin", "line": {"width": 3, "color": PALETTE["vermillion"]}}),
    ):
        rows = [row for row in late if lost.get(row["delivery_id"]) == fate]
        figure.add_scatter(
            x=[round(row["arrival"], 1) for row in rows],
            y=[round(row["event"], 1) for row in rows],
            mode="markers",
            marker=marker,
            name=name,
            hovertemplate="happened %{y}, arrived %{x}<extra></extra>",
        )
    axis = {"range": [0, last + 1], "dtick": 10, "tickvals": list(range(0, last + 1, 10))}
    axis |= {"ticktext": [f"{10 + minute // 60}:{minute % 60:02d}" for minute in axis["tickvals"]]}
    figure.update_xaxes(title="arrival time", **axis)
    figure.update_yaxes(title="event time", **axis)
    return figure.update_layout(
        title="Which window still takes a late delivery?",
        height=560,
        legend={"orientation": "h", "y": -0.16, "font": {"color": INK}, "traceorder": "normal"},
        margin={"b": 130},
    )


def _stairs(lines, length):
    """Where the newest closed window of `length` minutes ends in each micro-batch, once more for the right edge."""
    ends = [0 if line is None else max(0, int(line // length * length)) for line in lines]
    return [*ends, ends[-1]]
