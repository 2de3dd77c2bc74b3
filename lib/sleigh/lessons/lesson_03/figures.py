"""Figures of lesson 03: failures per rule and micro-batch, and what two ways of deduplicating keep in memory."""

import plotly.graph_objects as go

from ...serve.style import INK, PALETTE


def failures_by_batch(rows, rules):
    """Heat map of failures, a column for each micro-batch, a line for each rule and one for rows that fail any rule.

    rows: dicts in order, with `batch` (label), `bad_rows` (rows that fail at least one rule) and the failures of each
    rule under its name. rules: names, from top to bottom.
    """
    lines = [*rules, "bad_rows"]
    labels = [*rules, "<b>rows with any failure</b>"]
    counts = [[row[name] for row in rows] for name in lines]
    most = max(max(line) for line in counts[:-1])
    figure = go.Figure(
        go.Heatmap(
            x=[str(row["batch"]) for row in rows],
            y=labels,
            z=[*counts[:-1], [None] * len(rows)],
            zmin=0,
            zmax=most,
            colorscale=[[0, "#E6F0F7"], [1, PALETTE["blue"]]],  # opaque: the numbers must be legible on dark pages too
            showscale=False,
            xgap=2,
            ygap=2,
            hoverinfo="skip",
        )
    )
    for label, line in zip(labels, counts, strict=True):
        for row, count in zip(rows, line, strict=True):
            total = line is counts[-1]
            colour = INK if total else "white" if count > 0.55 * most else "#222222"
            text = f"<b>{count}</b>" if total else str(count)
            figure.add_annotation(x=str(row["batch"]), y=label, text=text, showarrow=False, font={"color": colour})
    figure.update_xaxes(title="micro-batch of bronze", type="category", showgrid=False, side="bottom")
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    return figure.update_layout(title="Failures per rule and micro-batch", height=340)


def state_by_batch(batches, forever, within, one_hour):
    """Lines: delivery_ids that a stream remembers after each micro-batch, without a watermark and with one.

    batches: numbers of the micro-batches; forever, within: rows in the state store after each; one_hour: ids that the
    first hour brought, drawn as a dotted line.
    """
    figure = go.Figure()
    for name, counts, colour, where in (
        ("dropDuplicates", forever, PALETTE["vermillion"], "top center"),
        ("dropDuplicatesWithinWatermark, 1 hour", within, PALETTE["blue"], "bottom center"),
    ):
        figure.add_scatter(
            x=batches,
            y=counts,
            mode="lines+markers+text",
            text=[""] * (len(counts) - 1) + [f"{counts[-1]:,}"],
            textposition=where,
            textfont={"color": colour},
            cliponaxis=False,
            line={"color": colour, "width": 3},
            marker={"size": 8},
            name=name,
        )
    figure.add_hline(y=one_hour, line={"dash": "dot", "color": PALETTE["grey"]})
    figure.add_annotation(
        x=1, xref="paper", xanchor="right", y=one_hour, yanchor="bottom", showarrow=False, text="ids of one hour"
    )
    figure.update_xaxes(title="micro-batch, half an hour each", dtick=1)
    figure.update_yaxes(title="delivery_ids in state", rangemode="tozero")
    return figure.update_layout(
        title="What the stream has to remember", height=380, legend={"x": 0.02, "y": 0.98, "xanchor": "left"}
    )
