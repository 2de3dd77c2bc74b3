"""Figures of lesson 18: how often nothing wins, and what a night's test says at each look."""

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ...serve.style import INK, PALETTE


def false_alarms(won, alpha=0.05):
    """How many tests, in which both arms are the same, have won by each look, in percent.

    won: {name: [share after look 1, 2, ...]}, shares from 0 to 1; the first in vermillion, the others in blue and so on.
    """
    figure = go.Figure()
    colours = [PALETTE["vermillion"], PALETTE["blue"], PALETTE["grey"]]
    for (name, shares), colour in zip(won.items(), colours, strict=False):
        looks, percent = list(range(1, len(shares) + 1)), [round(100 * share, 2) for share in shares]
        figure.add_scatter(x=looks, y=percent, mode="lines", line={"color": colour, "width": 3}, name=name)
    figure.add_hline(y=100 * alpha, line={"dash": "dot", "color": INK, "width": 2})
    figure.update_xaxes(title="looks so far, one every five minutes")
    figure.update_yaxes(title="tests that have won, %", rangemode="tozero")
    most = max(shares[-1] for shares in won.values())
    return figure.update_layout(
        title=f"Two arms that are the same: {100 * most:.0f} % win",
        height=380,
        legend={"x": 0.02, "y": 0.98},
    )


def night(looks, alpha=0.05):
    """Above, the difference with both intervals and the true one; below, both p-values on a log scale.

    looks: dicts with clock (label), difference, fixed, always (half the width of the intervals) and true, in points;
    p and valid. One for each look; the first ones, where the intervals fill the picture, are better left out.
    """
    figure = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.1, row_heights=[0.55, 0.45])
    clocks = [look["clock"] for look in looks]
    bands = (("always", "always valid", PALETTE["blue"], 0.18), ("fixed", "for one look", PALETTE["vermillion"], 0.3))
    for width, name, colour, opacity in bands:
        upper = [round(look["difference"] + look[width], 4) for look in looks]
        lower = [round(look["difference"] - look[width], 4) for look in looks]
        figure.add_scatter(
            x=clocks + clocks[::-1],
            y=upper + lower[::-1],
            fill="toself",
            fillcolor=_faint(colour, opacity),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            name=name,
            row=1,
            col=1,
        )
    lines = (
        (1, "difference", "measured", {"color": INK, "width": 2}),
        (1, "true", "true", {"color": PALETTE["green"], "width": 3}),
        (2, "p", "for one look", {"color": PALETTE["vermillion"], "width": 2}),
        (2, "valid", "always valid", {"color": PALETTE["blue"], "width": 3}),
    )
    for row, key, name, line in lines:
        y = [round(look[key], 6) for look in looks]
        figure.add_scatter(x=clocks, y=y, mode="lines", line=line, name=name, row=row, col=1)
    figure.add_hline(y=0, line={"dash": "dot", "color": INK, "width": 1}, row=1, col=1)
    figure.add_hline(y=alpha, line={"dash": "dot", "color": INK, "width": 1}, row=2, col=1)
    hours = [clock for clock in clocks if clock.endswith(":00") and int(clock[:2]) % 3 == 0]
    figure.update_xaxes(type="category", tickvals=hours)
    figure.update_yaxes(title="B − A, points", row=1, col=1)
    ticks = [10.0**-power for power in range(7)]
    figure.update_yaxes(title="p", type="log", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks], row=2, col=1)
    title = f"One night, {len(looks)} looks"
    return figure.update_layout(
        title=title, height=520, legend={"orientation": "h", "x": 0, "y": -0.1, "yanchor": "top"}
    )


def _faint(colour, opacity):
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"
