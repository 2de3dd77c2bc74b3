"""The figures of lesson 19: what the tenants send in each minute, and how long their rows wait under each rule."""

from plotly.subplots import make_subplots

from ...serve.style import PALETTE

_COLOURS = (PALETTE["blue"], PALETTE["green"], PALETTE["vermillion"], PALETTE["orange"], PALETTE["purple"])


def _colours(tenants):
    """A colour for each tenant, the same in both figures: by name."""
    return {tenant: _COLOURS[place % len(_COLOURS)] for place, tenant in enumerate(sorted(tenants))}


def sent(rows, capacity):
    """Bars, stacked: rows of each tenant in each micro-batch; a line at `capacity`, what one micro-batch can deliver.

    rows: {tenant: [rows of micro-batch 0, 1, ...]}.
    """
    figure = make_subplots()
    for tenant, colour in _colours(rows).items():
        figure.add_bar(x0=0, dx=1, y=rows[tenant], name=tenant, marker={"color": colour})
    figure.add_hline(y=capacity, line={"dash": "dot", "color": PALETTE["grey"], "width": 2})
    figure.update_xaxes(title="micro-batch", dtick=2)
    figure.update_yaxes(title="rows that come")
    return figure.update_layout(
        title=f"What comes, and what a micro-batch delivers: {capacity}", barmode="stack", height=340
    )


def waits(panels):
    """How many micro-batches the rows of each tenant waited, by the micro-batch in which they came; a panel for each rule.

    panels: {title: {tenant: {came in: the longest wait}}}. A tenant of which nothing came has a gap there.
    """
    titles = list(panels)
    figure = make_subplots(cols=len(titles), shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.04)
    tenants = sorted({tenant for panel in panels.values() for tenant in panel})
    last = max(batch for panel in panels.values() for waited in panel.values() for batch in waited)
    for column, title in enumerate(titles, 1):
        for place, (tenant, colour) in enumerate(_colours(tenants).items()):
            waited = panels[title].get(tenant, {})
            figure.add_scatter(
                x0=0,
                dx=1,
                y=[waited.get(batch) for batch in range(last + 1)],
                mode="lines+markers",
                # Where lines lie on each other, the broader one shows on both sides.
                line={"color": colour, "width": 2 + 3 * (len(tenants) - 1 - place)},
                marker={"size": 6 + 4 * (len(tenants) - 1 - place)},
                name=tenant,
                legendgroup=tenant,
                showlegend=column == 1,
                row=1,
                col=column,
            )
    figure.update_xaxes(title="came in micro-batch", dtick=2)
    figure.update_yaxes(
        range=[-0.4, 0.6 + max(max(waited.values()) for each in panels.values() for waited in each.values())]
    )
    figure.update_yaxes(title="micro-batches waited", col=1)
    return figure.update_layout(
        title="Who waits while one tenant floods",
        height=380,
        legend={"orientation": "h", "x": 0, "y": -0.34, "yanchor": "top"},
        margin={"t": 80, "b": 110},
    )
