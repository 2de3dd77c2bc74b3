"""Figures of lesson 09: event time against arrival time, with completeness against latency, and state that never shrinks.

Times are minutes after 10:00, when the night begins. A run of the stream is a dict:
lines: the watermark of each micro-batch, oldest first; lost: messages; latency: minutes from a window's end until it can
be seen, mean; complete: percent of the deliveries that are not lost.
"""

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ...serve.style import PALETTE

_SHADE = "rgba(213, 94, 0, 0.22)"  # vermillion
_PER_RUN = 4  # traces


def arrivals(messages, runs, every, shown):
    """Every message as a dot, arrival time against event time, with a slider over the runs of one stream.

    messages: dicts with arrival and event, arriving at even intervals. runs: {delay in minutes: run}. every: minutes of
    arrival in a micro-batch. shown: the delay to begin with.
    The line is the watermark; shaded are the windows of one minute that a micro-batch finds closed. In the corner that
    no message can reach, for nothing arrives before it happens: completeness against latency, a point for each delay, and
    the run that is shown as the large one.
    """
    figure = go.Figure()
    step = messages[1]["arrival"] - messages[0]["arrival"]
    dots = {
        "x0": messages[0]["arrival"],
        "dx": step,
        "y": _rounded(messages, "event"),
    }  # a third of the size of x and y
    figure.add_scatter(**dots, mode="markers", marker={"size": 3.5, "color": PALETTE["grey"]}, name="message")
    corner = {"xaxis": "x2", "yaxis": "y2", "showlegend": False, "hoverinfo": "skip"}
    x, y = zip(*[_point(run) for run in runs.values()], strict=True)
    figure.add_scatter(
        x=x,
        y=y,
        text=[str(delay) for delay in runs],
        mode="lines+markers+text",
        textposition=["top left" if delay == 2 else "middle right" if delay < 2 else "bottom right" for delay in runs],
        textfont={"size": 11},
        line={"color": PALETTE["grey"], "width": 1.5},
        cliponaxis=False,
        **corner,
    )
    for delay, run in runs.items():
        _add_run(figure, delay, run, every, corner, visible=delay == shown)
    last = max(message["arrival"] for message in messages) + 2
    ticks = range(0, 90, 20)
    axis = {"range": [0, last], "tickvals": list(ticks), "ticktext": _clock(ticks)}
    small = {"size": 11}
    return figure.update_layout(
        title=_title(shown, runs[shown], messages),
        height=640,
        width=680,
        xaxis={**axis, "title": "arrival time"},
        yaxis={**axis, "title": "event time"},
        xaxis2={
            **{"domain": [0.1, 0.48], "anchor": "y2", "range": [0, max(x) * 1.12], "tickvals": [0, 20, 40, 60]},
            **{"title": {"text": "minutes until seen", "font": small, "standoff": 4}, "tickfont": small},
        },
        yaxis2={
            **{"domain": [0.65, 0.95], "anchor": "x2", "range": [min(y) - 3, 102], "dtick": 5},
            **{"title": {"text": "% not lost", "font": small, "standoff": 4}, "tickfont": small},
        },
        legend={"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "itemsizing": "constant"},
        sliders=[_slider(messages, runs, shown)],
        margin={"t": 85, "b": 130},
    )


def _add_run(figure, delay, run, every, corner, visible):
    """The four traces of one run: closed windows, watermark, lost messages, and its point on the curve."""
    _add_steps(figure, run, every, visible=visible)
    x, y = _point(run)
    figure.add_scatter(x=[x], y=[y], marker={"size": 12, "color": PALETTE["blue"]}, visible=visible, **corner)


def _add_steps(figure, run, every, **how):
    """Closed windows, watermark and lost messages of one run; `how` as in add_scatter."""
    line, closed = _steps(run["lines"])
    stairs = {"x0": 0, "dx": every, "mode": "lines", "hoverinfo": "skip", **how}
    flat = {"width": 0, "shape": "hv"}
    figure.add_scatter(y=closed, line=flat, fill="tozeroy", fillcolor=_SHADE, name="window closed", **stairs)
    blue = {"color": PALETTE["blue"], "width": 2, "shape": "hv"}
    figure.add_scatter(y=line, line=blue, name="watermark", **stairs)
    ring = {"size": 9, "symbol": "circle-open", "color": PALETTE["vermillion"], "line": {"width": 1.5}}
    x, y = _rounded(run["lost"], "arrival"), _rounded(run["lost"], "event")
    figure.add_scatter(x=x, y=y, mode="markers", marker=ring, name="lost", **how)


def _slider(messages, runs, shown):
    steps = [
        {
            "label": str(delay),
            "method": "update",
            "args": [
                {"visible": [True, True, *[other == delay for other in runs for _ in range(_PER_RUN)]]},
                {"title.text": _title(delay, run, messages)},
            ],
        }
        for delay, run in runs.items()
    ]
    current = {"prefix": "the stream waits for ", "suffix": " minutes"}
    return {"active": list(runs).index(shown), "currentvalue": current, "pad": {"t": 55}, "steps": steps}


def ends(messages, runs, every, delays):
    """The runs with two of the delays side by side, each as `arrivals` shows it; for where a slider cannot be moved."""
    titles = [f"waiting {delay}: {len(runs[delay]['lost'])} lost" for delay in delays]
    figure = make_subplots(cols=2, shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.05)
    step = messages[1]["arrival"] - messages[0]["arrival"]
    dots = {"x0": messages[0]["arrival"], "dx": step, "y": _rounded(messages, "event")}
    for column, delay in enumerate(delays, 1):
        where = {"xaxis": f"x{column}", "yaxis": f"y{column}"}
        figure.add_scatter(**dots, mode="markers", marker={"size": 2.5, "color": PALETTE["grey"]}, **where)
        _add_steps(figure, runs[delay], every, **where)
    last = max(message["arrival"] for message in messages) + 2
    ticks = range(0, 90, 20)
    figure.update_xaxes(title="arrival time", range=[0, last], tickvals=list(ticks), ticktext=_clock(ticks))
    figure.update_yaxes(range=[0, last], tickvals=list(ticks), ticktext=_clock(ticks))
    figure.update_yaxes(title="event time", col=1)
    return figure.update_layout(height=300, width=560, showlegend=False, margin={"t": 40})


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
        title="What the stream still holds", height=290, width=540, legend={"x": 0.02, "y": 0.98}
    )


def _rounded(messages, name):
    return [round(message[name], 1) for message in messages]


def _point(run):
    """Latency and completeness."""
    return round(run["latency"], 1), round(run["complete"], 1)


def _steps(lines):
    """Heights of two staircases, one step a micro-batch: the watermark, and the end of the newest window that is closed.

    A micro-batch finds closed what the one before it was done with: the second staircase is one step behind the first.
    """
    line = [round(now, 2) if now >= 0 else None for now in [*lines, lines[-1]]]
    closed = [max(0, int(before)) for before in [lines[0], *lines]]
    return line, closed


def _title(delay, run, messages):
    wait = f"Waiting {delay} minute{'' if delay == 1 else 's'}"
    return f"{wait}: {len(run['lost'])} of {len(messages)} lost, a window is seen after {run['latency']:.1f} min"


def _clock(minutes):
    return [f"{10 + minute // 60}:{minute % 60:02d}" for minute in minutes]
