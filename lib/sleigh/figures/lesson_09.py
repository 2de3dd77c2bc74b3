"""Figures of lesson 09: event time against arrival time, completeness against latency, and state that never shrinks.

Times are minutes after 10:00, when the night begins.
"""

import plotly.graph_objects as go

from ..charts import PALETTE

_SHADE = "rgba(213, 94, 0, 0.18)"  # vermillion


def arrivals(messages, runs, every, shown):
    """Every message as a dot, arrival time against event time, with a slider over the runs of one stream.

    messages: dicts with arrival and event, arriving at even intervals. runs: {delay in minutes: {"lines": the watermark
    of each micro-batch, oldest first, "lost": messages}}. every: minutes of arrival in a micro-batch. shown: the delay
    to begin with.
    The line is the watermark; shaded are the windows of one minute that a micro-batch finds closed.
    """
    figure = go.Figure()
    step = messages[1]["arrival"] - messages[0]["arrival"]
    dots = {
        "y": _rounded(messages, "event"),
        "x0": messages[0]["arrival"],
        "dx": step,
    }  # a third of the size of x and y
    figure.add_scatter(**dots, mode="markers", marker={"size": 4, "color": PALETTE["grey"]}, name="message")
    stairs = {"mode": "lines", "hoverinfo": "skip"}
    for delay, run in runs.items():
        seen = delay == shown
        x, line, closed = _steps(run["lines"], every)
        area = {"line": {"width": 0, "shape": "hv"}, "fill": "tozeroy", "fillcolor": _SHADE, "name": "window closed"}
        figure.add_scatter(x=x, y=closed, visible=seen, **area, **stairs)
        blue = {"color": PALETTE["blue"], "width": 2, "shape": "hv"}
        figure.add_scatter(x=x, y=line, visible=seen, line=blue, name="watermark", **stairs)
        ring = {"size": 9, "symbol": "circle-open", "color": PALETTE["vermillion"], "line": {"width": 1.5}}
        x, y = _rounded(run["lost"], "arrival"), _rounded(run["lost"], "event")
        figure.add_scatter(x=x, y=y, mode="markers", marker=ring, name="lost", visible=seen)
    steps = [
        {
            "label": str(delay),
            "method": "update",
            "args": [
                {"visible": [True, *[other == delay for other in runs for _ in range(3)]]},
                {"title.text": _title(delay, run, messages)},
            ],
        }
        for delay, run in runs.items()
    ]
    last = max(message["arrival"] for message in messages) + 2
    axis = {"range": [0, last], "tickvals": list(range(0, 90, 20)), "ticktext": _clock(range(0, 90, 20))}
    return figure.update_layout(
        title=_title(shown, runs[shown], messages),
        height=540,
        width=660,
        xaxis={**axis, "title": "arrival time"},
        yaxis={**axis, "title": "event time"},
        legend={"x": 0.02, "y": 0.98, "yanchor": "top", "itemsizing": "constant"},
        sliders=[
            {
                "active": list(runs).index(shown),
                "currentvalue": {"prefix": "the stream waits for ", "suffix": " minutes"},
                "pad": {"t": 55},
                "steps": steps,
            }
        ],
        margin={"b": 130},
    )


def tradeoff(rows):
    """Completeness against latency, one labelled point for each delay.

    rows: dicts in order with delay, latency (minutes) and complete (percent).
    """
    figure = go.Figure(
        go.Scatter(
            x=[row["latency"] for row in rows],
            y=[row["complete"] for row in rows],
            text=[f"{row['delay']} min" for row in rows],
            mode="lines+markers+text",
            textposition="bottom right",
            line={"color": PALETTE["blue"], "width": 2},
            marker={"size": 9},
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    last = rows[-1]["latency"]
    figure.update_xaxes(title="minutes from a window's end until it can be seen, mean", range=[0, last * 1.1])
    figure.update_yaxes(title="deliveries counted, %")
    return figure.update_layout(title="What each minute of waiting buys", height=320, width=600)


def state(right, wrong):
    """Windows in the state store over arrival time. right, wrong: lists of (minutes of arrival, windows held)."""
    figure = go.Figure()
    for name, points, colour in (
        ("withWatermark after the aggregation", wrong, PALETTE["vermillion"]),
        ("withWatermark before groupBy", right, PALETTE["blue"]),
    ):
        x, y = zip(*points, strict=True)
        figure.add_scatter(x=x, y=y, mode="lines+markers", line={"color": colour, "width": 3}, name=name)
    ticks = range(0, 90, 20)
    figure.update_xaxes(title="arrival time", tickvals=list(ticks), ticktext=_clock(ticks))
    figure.update_yaxes(title="windows in state", rangemode="tozero")
    return figure.update_layout(
        title="What the stream still holds", height=320, width=600, legend={"x": 0.02, "y": 0.98}
    )


def _rounded(messages, name):
    return [round(message[name], 1) for message in messages]


def _steps(lines, every):
    """Corners of two staircases over arrival time: the watermark, and the end of the newest window that is closed.

    A micro-batch finds closed what the one before it was done with: the second staircase is one step behind the first.
    """
    x = [batch * every for batch in range(len(lines) + 1)]
    line = [round(now, 2) if now >= 0 else None for now in [*lines, lines[-1]]]
    closed = [max(0, int(before)) for before in [lines[0], *lines]]
    return x, line, closed


def _title(delay, run, messages):
    return f"Waiting {delay} minutes: {len(run['lost'])} of {len(messages)} lost"


def _clock(minutes):
    return [f"{10 + minute // 60}:{minute % 60:02d}" for minute in minutes]
