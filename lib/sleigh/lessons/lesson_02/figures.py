"""The picture of lesson 02: which landing commit went into which micro-batch."""

import plotly.graph_objects as go

from ...serve.style import INK, PALETTE


def reading_map(steps):
    """Landing commits from left to right, micro-batches from top to bottom, a square where one read the other.

    steps: dicts in order of time: run (label), micro_batch, first, last (landing commits, inclusive), rows (written;
    0 for a micro-batch that was replayed and skipped, drawn as a ring around its squares).
    """
    figure = go.Figure()
    runs = list(dict.fromkeys(step["run"] for step in steps))
    colors = iter(PALETTE[name] for name in ("blue", "orange", "green", "purple", "sky"))
    for run in runs:
        own = [step for step in steps if step["run"] == run]
        cells = [(commit, step["micro_batch"]) for step in own for commit in range(step["first"], step["last"] + 1)]
        if any(step["rows"] for step in own):
            marker = {"symbol": "square", "size": 24, "color": next(colors)}
        else:
            marker = {"symbol": "circle-open", "size": 36, "color": PALETTE["vermillion"], "line": {"width": 3}}
        figure.add_scatter(
            x=[commit for commit, _ in cells],
            y=[batch for _, batch in cells],
            mode="markers",
            name=run,
            marker=marker,
            hovertemplate="landing commit %{x}, micro-batch %{y}<extra></extra>",
        )
    last_commit, last_batch = (max(step[name] for step in steps) for name in ("last", "micro_batch"))
    figure.update_xaxes(title="landing commit (one minute of arrival each)", dtick=1, range=[0.4, last_commit + 0.6])
    figure.update_yaxes(title="micro-batch", dtick=1, range=[last_batch + 0.6, -0.6])
    return figure.update_layout(
        title="Each landing commit in one micro-batch",
        height=460,
        legend={"x": 0.99, "y": 0.99, "xanchor": "right", "font": {"color": INK}, "itemsizing": "constant"},
    )
