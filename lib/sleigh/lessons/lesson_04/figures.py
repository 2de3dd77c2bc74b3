"""The picture of lesson 04: when each window becomes visible in append and in update mode."""

import plotly.graph_objects as go

from ...serve.style import INK, PALETTE


def visibility(updates, finals, too_late=(), *, batches):
    """One row a window: a grey bar while it is open, a dot at each update, a ring where append shows it.

    updates, finals, too_late: dicts with `window` (label) and `batch` (number of the micro-batch, from 0): rows that
    update mode wrote, rows that append mode wrote, and events that came when their window was closed, drawn as a cross.
    batches: how many micro-batches there were. A window without a ring is open to the right edge.
    """
    windows = sorted({row["window"] for row in updates})
    first, closed = {}, {row["window"]: row["batch"] for row in finals}
    for row in updates:
        first.setdefault(row["window"], row["batch"])
    again = [row for row in updates if row["batch"] > first[row["window"]]]
    figure = go.Figure(
        go.Bar(
            y=windows,
            base=[first[window] for window in windows],
            x=[closed.get(window, batches - 0.5) - first[window] for window in windows],
            orientation="h",
            width=0.34,
            marker={"color": "rgba(128, 128, 128, 0.35)", "line": {"width": 0}},
            name="open",
            hoverinfo="skip",
        )
    )
    for name, rows, marker in (
        (
            "update: first",
            [{"window": window, "batch": batch} for window, batch in first.items()],
            {"symbol": "circle", "size": 13, "color": PALETTE["blue"]},
        ),
        ("update: corrected", again, {"symbol": "circle", "size": 7, "color": PALETTE["blue"]}),
        (
            "append",
            finals,
            {"symbol": "circle-open", "size": 19, "color": PALETTE["vermillion"], "line": {"width": 3}},
        ),
        (
            "too late for both",
            too_late,
            {"symbol": "x-thin", "size": 11, "line": {"width": 3, "color": PALETTE["purple"]}},
        ),
    ):
        figure.add_scatter(
            x=[row["batch"] for row in rows],
            y=[row["window"] for row in rows],
            mode="markers",
            marker=marker,
            name=name,
            hovertemplate="window %{y}, micro-batch %{x}<extra></extra>",
        )
    figure.update_xaxes(title="micro-batch", dtick=1, range=[-0.5, batches - 0.5], zeroline=False)
    figure.update_yaxes(title={"text": "window", "standoff": 12}, autorange="reversed", showgrid=False, type="category")
    return figure.update_layout(
        title="When can you see a window?",
        height=450,
        legend={"orientation": "h", "y": -0.24, "font": {"color": INK}, "traceorder": "normal"},
        margin={"l": 80, "b": 100},
    )
