"""Figures of lesson 20: what was known when of the weather over a city, and how often each join is wrong."""

from datetime import timedelta

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ...extensions.weather_join.asof import OLDEST_MINUTES
from ...serve.style import PALETTE, WEATHER_COLORS

_KINDS = list(WEATHER_COLORS)

JOINS = {
    "now": PALETTE["vermillion"],
    "as of, asked at once": PALETTE["green"],
    "as of, asked 30 minutes later": PALETTE["purple"],
    "as of, with every correction": PALETTE["blue"],
}
"""The joins of the lesson, each with its colour."""


def known(observations, begin, minutes, step):
    """What was known when: a list for each time of asking, each a condition or None for each time that is asked about.

    observations: dicts as tables.LANDING_WEATHER, of one city. Both times run in steps of `step` minutes from the datetime
    `begin` on, for `minutes`, the time of asking until then inclusively.
    """
    held = timedelta(minutes=OLDEST_MINUTES)
    clock = [begin + timedelta(minutes=place) for place in range(0, minutes + 1, step)]
    told = sorted((row["valid_from"], row["issued_at"], row["condition"]) for row in observations)

    def newest(time, asked):
        found = [row for row in told if time - held < row[0] <= time <= asked and row[1] <= asked]
        return found[-1][2] if found else None

    return [[newest(time, asked) for time in clock[:-1]] for asked in clock]


def plane(city, observations, truth, begin, *, minutes=180, step=5):
    """Each answer to "what was the weather at x?", asked at y; above, what it was. A cross is on what was wrong.

    observations: of the city, see `known`; truth: dicts with valid_from, valid_to and condition, of the city, too.
    """
    cells = known(observations, begin, minutes, step)
    asked, times = list(range(0, minutes + 1, step)), list(range(0, minutes, step))
    was = [_at(truth, begin + timedelta(minutes=time)) for time in times]
    figure = make_subplots(rows=2, shared_xaxes=True, row_heights=[0.08, 0.92], vertical_spacing=0.03)
    share = 1 / len(_KINDS)
    colours = [[share * edge, WEATHER_COLORS[kind]] for n, kind in enumerate(_KINDS) for edge in (n, n + 1)]
    how = {"colorscale": colours, "zmin": -0.5, "zmax": len(_KINDS) - 0.5, "showscale": False, "hoverinfo": "skip"}
    how |= {"xgap": 1, "ygap": 1, "opacity": 0.75}
    figure.add_heatmap(x=times, y=[""], z=[_numbers(was)], row=1, col=1, **how)
    figure.add_heatmap(x=times, y=asked, z=[_numbers(row) for row in cells], row=2, col=1, **how)
    wrong = [
        (x, y)
        for y, row in zip(asked, cells, strict=True)
        for x, said, true in zip(times, row, was, strict=True)
        if said not in (None, true)
    ]
    cross = {"symbol": "x-thin", "size": 6, "line": {"width": 1.5, "color": "#111111"}}
    x, y = [x for x, _ in wrong], [y for _, y in wrong]
    figure.add_scatter(x=x, y=y, mode="markers", name="wrong", marker=cross, row=2, col=1)
    for kind in dict.fromkeys([*was, *(said for row in cells for said in row if said)]):
        square = {"symbol": "square", "size": 12, "color": WEATHER_COLORS[kind]}
        figure.add_scatter(x=[None], y=[None], mode="markers", name=kind, marker=square, row=2, col=1)
    _draw_joins(figure, minutes, step)
    ticks = list(range(0, minutes + 1, 30))
    clock = [f"{begin + timedelta(minutes=tick):%H:%M}" for tick in ticks]
    figure.update_xaxes(tickvals=ticks, ticktext=clock, range=[-step, minutes + step], showgrid=False)
    figure.update_yaxes(showticklabels=False, ticks="", showgrid=False, title="it was", row=1, col=1)
    figure.update_yaxes(tickvals=ticks, ticktext=clock, title="asked at", showgrid=False, row=2, col=1)
    figure.update_xaxes(title="the weather of", row=2, col=1)
    return figure.update_layout(
        title=f"What was known of the weather in {city}, and when", height=560, width=780, legend={"x": 1.02, "y": 1}
    )


def _draw_joins(figure, minutes, step):
    edge = minutes + step
    lines = zip(
        JOINS,
        [None, ([0, minutes], [0, minutes]), ([0, minutes - 30], [30, minutes]), ([0, minutes], [edge] * 2)],
        strict=True,
    )
    for name, line in lines:
        if line:
            how = {"mode": "lines", "line": {"color": JOINS[name], "width": 3}}
        else:
            line, how = ([minutes - step], [minutes]), {"mode": "markers"}
            how["marker"] = {"symbol": "star", "size": 16, "color": JOINS[name], "line": {"width": 1, "color": "white"}}
        figure.add_scatter(x=line[0], y=line[1], name=name, row=2, col=1, **how)


def _at(truth, time):
    return next(row["condition"] for row in truth if row["valid_from"] <= time < row["valid_to"])


def _numbers(conditions):
    return [None if each is None else _KINDS.index(each) for each in conditions]


def by_lateness(rows):
    """How often each join is wrong, against how late the service corrects.

    rows: dicts with minutes (after which a wrong observation is corrected) and, for each of JOINS, percent of wrong rows.
    """
    figure = go.Figure()
    x = [row["minutes"] for row in rows]
    for name, colour in JOINS.items():
        y = [row[name] for row in rows]
        figure.add_scatter(x=x, y=y, mode="lines+markers", line={"color": colour, "width": 2}, name=name)
        figure.add_annotation(
            x=x[-1], y=y[-1], text=name, xanchor="left", xshift=8, showarrow=False, font={"color": colour}
        )
    figure.update_xaxes(
        title="minutes after which the service corrects what was wrong", tickvals=x, range=[0, x[-1] + 2]
    )
    figure.update_yaxes(title="% of deliveries with the wrong weather", rangemode="tozero")
    return figure.update_layout(
        title="The join decides, and then the patience", height=400, width=760, showlegend=False, margin={"r": 220}
    )
