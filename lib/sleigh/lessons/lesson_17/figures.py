"""Figures of lesson 17: rates against the deliveries they stand for, and two ways to raise alerts in one night.

Times are minutes after 10:00, when the night begins; rates are percent.
"""

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ...serve.style import PALETTE


def funnel(windows, border, threshold):
    """Every window as a dot: how many deliveries it has (log scale), and which rate of them was delayed.

    windows: dicts with n, rate and late, whether the rule raises an alert there. border: [(n, rate)], the lowest rate that
    does. threshold: the rate of a rule that looks at nothing else.
    """
    figure = go.Figure()
    for late, name, colour in (
        (False, "a window", PALETTE["grey"]),
        (True, "late, by the rule", PALETTE["vermillion"]),
    ):
        dots = [window for window in windows if window["late"] == late]
        x, y = [window["n"] for window in dots], [round(window["rate"], 1) for window in dots]
        marker = {"size": 8 if late else 5, "color": colour, "opacity": 0.9 if late else 0.55}
        figure.add_scatter(x=x, y=y, mode="markers", marker=marker, name=name)
    x, y = zip(*border, strict=True)
    line = {"color": PALETTE["blue"], "width": 2, "shape": "hv"}
    figure.add_scatter(x=x, y=[round(rate, 2) for rate in y], mode="lines", line=line, name="from here on")
    figure.add_hline(y=threshold, line={"dash": "dot", "color": PALETTE["orange"], "width": 2})
    figure.update_xaxes(title="deliveries in the window", type="log", tickvals=[1, 3, 10, 30, 100, 300])
    figure.update_yaxes(title="% delayed", rangemode="tozero")
    return figure.update_layout(
        title=f"Above {threshold:g} % are the smallest", height=380, legend={"x": 0.98, "xanchor": "right", "y": 0.98}
    )


def two_rules(rates, on, rung, alerts):
    """Above, the rate of each minute and every alert of a plain threshold `on`; below, the alerts of the rule, by region.

    rates: one a minute. rung: the minutes at which the threshold was crossed. alerts: dicts with region, raised, cleared
    (minutes) and back, whether it was taken back.
    """
    kept = sum(not alert["back"] for alert in alerts)
    figure = make_subplots(rows=2, shared_xaxes=True, row_heights=[0.7, 0.3], vertical_spacing=0.08)
    thin = {"color": PALETTE["grey"], "width": 1}
    figure.add_scatter(x0=0, dx=1, y=[round(rate, 2) for rate in rates], line=thin, name="% of a minute", row=1, col=1)
    figure.add_hline(y=on, line={"dash": "dot", "color": PALETTE["orange"], "width": 2}, row=1, col=1)
    bell = {"symbol": "triangle-down", "size": 9, "color": PALETTE["vermillion"]}
    above = [round(rates[minute] + 1.2, 2) for minute in rung]
    figure.add_scatter(x=rung, y=above, mode="markers", marker=bell, name="an alert of the threshold", row=1, col=1)
    for back, name, colour in (
        (False, "an alert of the rule", PALETTE["blue"]),
        (True, "and one that was taken back", PALETTE["purple"]),
    ):
        x, y = [], []
        for alert in alerts:
            if alert["back"] == back:
                x += [alert["raised"], alert["cleared"], None]
                y += [alert["region"], alert["region"], None]
        bar = {"color": colour, "width": 12}
        figure.add_scatter(x=x, y=y, mode="lines", line=bar, name=name, row=2, col=1)
    ticks = list(range(0, len(rates) + 1, 60))
    clock = [f"{10 + minute // 60}:00" for minute in ticks]
    figure.update_xaxes(tickvals=ticks, ticktext=clock, range=[0, len(rates)])
    figure.update_yaxes(title="% delayed", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title=None, row=2, col=1)
    return figure.update_layout(
        title=f"The same night: {len(rung)} alerts, or {kept}",
        height=480,
        legend={"orientation": "h", "x": 0, "y": -0.1, "yanchor": "top"},
        margin={"l": 170, "b": 90},
    )
