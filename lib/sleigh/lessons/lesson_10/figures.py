"""The figure of lesson 10: what a micro-batch has left on disk, at the moment in which its process was killed."""

import plotly.graph_objects as go

from ...serve.style import PALETTE

STEPS = {
    "planned": "the plan<br>offsets/n",
    "files": "its rows<br>in data files",
    "in_table": "its rows in<br>the table's log",
    "ended": "the end<br>commits/n",
}
"""What a micro-batch leaves, in this order, and what the figure calls it."""


def timeline(left, after):
    """A row for each stream, a square for each step of its micro-batch: filled if it was on disk after the kill.

    left: {stream: {step: bool}}, with the steps of STEPS. after: {stream: what its restart did, a few words}. A cross
    stands where the kill came: behind the last thing that is there.
    """
    names, steps = list(left), list(STEPS)
    figure = go.Figure()
    for there, name, colour, symbol in (
        (True, "on disk", PALETTE["blue"], "square"),
        (False, "not there", PALETTE["grey"], "square-open"),
    ):
        dots = [(steps.index(step), stream) for stream in names for step in steps if left[stream][step] == there]
        x, y = ([dot[part] for dot in dots] for part in (0, 1))
        figure.add_scatter(x=x, y=y, mode="markers", name=name, marker={"size": 26, "color": colour, "symbol": symbol})
    killed = [sum(left[stream].values()) - 0.5 for stream in names]
    cross = {"size": 14, "color": PALETTE["vermillion"], "symbol": "x"}
    figure.add_scatter(x=killed, y=names, mode="markers", name="SIGKILL", marker=cross)
    for stream in names:
        figure.add_annotation(x=len(steps) - 0.55, y=stream, text=after[stream], xanchor="left", showarrow=False)
    ticks = {"tickvals": list(range(len(steps))), "ticktext": list(STEPS.values()), "tickangle": 0}
    figure.update_xaxes(**ticks, range=[-0.9, len(steps) + 1], showgrid=False)
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1], showgrid=False)
    return figure.update_layout(
        title="Where a micro-batch was killed, and what its restart did",
        height=380,
        legend={"orientation": "h", "x": 0, "y": -0.22, "yanchor": "top"},
    )
