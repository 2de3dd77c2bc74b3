"""The house style of every figure: one palette that colour-blind readers can tell apart, one small plotly template.

What a colour means is said here alone: a weather and a status look the same in the dashboard and in every lesson.
"""

import html

from ..visible import visible

PALETTE = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "purple": "#CC79A7",
    "grey": "#8C8C8C",
}
"""Okabe and Ito's palette (jfly.uni-koeln.de/color) without yellow and black, which vanish on white or on dark."""

WEATHER_COLORS = {
    "Clear": PALETTE["orange"],
    "Cloudy": PALETTE["sky"],
    "Foggy": PALETTE["grey"],
    "Snowy": PALETTE["blue"],
}

STATUS_COLORS = {"delivered": PALETTE["green"], "en_route": PALETTE["sky"], "delayed": PALETTE["vermillion"]}

INK = "#7A7A7A"
"""Text and axes: contrast 4.3 on white and 4.4 on JupyterLab's dark #111111, so that one figure serves both themes."""

GRID = "rgba(128, 128, 128, 0.25)"


def label(value):
    """A name from data as a figure may bear it: plotly takes a part of HTML for more than text, links among it."""
    return html.escape(visible(value), quote=False)


def template():
    """The plotly template of every figure: transparent paper, mid-grey text, thin grid, the palette in order."""
    import plotly.graph_objects as go

    axis = {
        "gridcolor": GRID,
        "linecolor": INK,
        "zeroline": False,
        "ticks": "outside",
        "tickcolor": GRID,
        "automargin": True,
    }
    return go.layout.Template(
        layout={
            "colorway": list(PALETTE.values()),
            "paper_bgcolor": "rgba(0, 0, 0, 0)",
            "plot_bgcolor": "rgba(0, 0, 0, 0)",
            "font": {"family": "Helvetica, Arial, sans-serif", "size": 13, "color": INK},
            "title": {"x": 0, "xref": "paper", "font": {"size": 16}},
            "margin": {"l": 60, "r": 20, "t": 60, "b": 50},
            "xaxis": axis,
            "yaxis": axis,
            "legend": {"bgcolor": "rgba(0, 0, 0, 0)"},
            "geo": {"bgcolor": "rgba(0, 0, 0, 0)"},
            "colorscale": {"sequential": "Viridis"},
        }
    )
