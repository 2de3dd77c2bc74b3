"""Figures of lesson 15: a few stops of the route on the map, and every suspect stop by how broken its two hops are."""

from itertools import pairwise

from plotly.subplots import make_subplots

from ...serve import land
from ...serve.style import PALETTE, label

_COLORS = {
    "": ("all is well", PALETTE["grey"]),
    "jump": ("jump", PALETTE["orange"]),
    "loop": ("loop", PALETTE["vermillion"]),
    "standstill": ("standstill", PALETTE["blue"]),
}
"""truth.anomaly -> its name and colour."""


def route(ways, broken_km):
    """A map for each of the ways, side by side: {title: stops in a row}, the one that it is about in the middle.

    A stop is a dict with city, latitude, longitude (degrees) and gap_km, of the hop to it; the first one's is not looked at.
    A hop is vermillion if its gap is above broken_km, else blue.
    """
    figure = make_subplots(cols=len(ways), subplot_titles=list(ways), horizontal_spacing=0.02)
    everywhere = [stop for stops in ways.values() for stop in stops]
    x, y = ([place[axis] for place in map(_place, everywhere)] for axis in (0, 1))
    x_range, y_range = [min(x) - 12, max(x) + 12], [min(y) - 8, max(y) + 10]
    degree = (720 / len(ways) / (x_range[1] - x_range[0]), 250 / (y_range[1] - y_range[0]))  # in pixels, about
    for column, stops in enumerate(ways.values(), 1):
        where = {"row": 1, "col": column}
        for before, stop in pairwise(stops):
            color = PALETTE["vermillion" if stop["gap_km"] > broken_km else "blue"]
            ends = list(zip(_place(before), _place(stop), strict=True))
            line = {"color": color, "width": 2.5 if color == PALETTE["vermillion"] else 1.5}
            figure.add_scatter(x=ends[0], y=ends[1], mode="lines", line=line, **where)
        middle = len(stops) // 2
        figure.add_scatter(
            x=[_place(stop)[0] for stop in stops],
            y=[_place(stop)[1] for stop in stops],
            mode="markers+text",
            text=_numbers(stops),
            textposition=_beside([_place(stop) for stop in stops], degree),
            textfont={"size": 11},
            hovertext=[label(stop["city"]) for stop in stops],
            marker={
                "size": [13 if place == middle else 7 for place in range(len(stops))],
                "color": [PALETTE["vermillion" if place == middle else "grey"] for place in range(len(stops))],
            },
            **where,
        )
    shape = land.shape(x_range=x_range, y_range=y_range)
    figure.update_layout(shapes=[shape | {"xref": axis, "yref": axis.replace("x", "y")} for axis in _axes(len(ways))])
    figure.update_xaxes(range=x_range, visible=False)
    figure.update_yaxes(range=y_range, visible=False)
    return figure.update_layout(height=300, width=720, showlegend=False, margin={"l": 10, "r": 10, "t": 40, "b": 10})


def _place(stop):
    return round(land.x(stop["longitude"]), 2), round(stop["latitude"], 2)


def _numbers(stops):
    """The text at each stop: its number on the way, and at the last of those in one city the numbers of all of them."""
    numbers = {}
    for number, stop in enumerate(stops, 1):
        numbers.setdefault(stop["city"], []).append(str(number))
    last = {stop["city"]: place for place, stop in enumerate(stops)}
    return [", ".join(numbers[s["city"]]) if last[s["city"]] == place else "" for place, s in enumerate(stops)]


def _beside(places, degree):
    """Where the text at each of the places (x, y) stands: on that of its four sides which lines and dots crowd least.

    degree: how many pixels one is, across and upwards.
    """
    points = [complex(x * degree[0], y * degree[1]) for x, y in places]
    lines = [one + (other - one) * part / 40 for one, other in pairwise(points) for part in range(41)]
    sides = {"top center": 13j, "bottom center": -13j, "middle left": -13, "middle right": 13}

    def crowd(at):
        return sum(1 / max(1, abs(at - other)) ** 2 for other in lines)

    return [min(sides, key=lambda side: crowd(at + sides[side])) for at in points]


def _axes(count):
    return ["x", *[f"x{number}" for number in range(2, count + 1)]]


def corners(orders, broken_km):
    """A panel for each of the orders, {title: stops}: how broken the hop to each stop is, against the hop from it.

    A stop is a dict with gap_in_km, gap_out_km and anomaly (truth.anomaly). Those with both hops whole are only counted,
    in their corner; the corner in which both are broken is shaded.
    """
    figure = make_subplots(cols=len(orders), shared_yaxes=True, subplot_titles=list(orders), horizontal_spacing=0.04)
    for column, stops in enumerate(orders.values(), 1):
        where = {"row": 1, "col": column}
        suspect = [stop for stop in stops if max(stop["gap_in_km"], stop["gap_out_km"]) > broken_km]
        for kind, (name, color) in _COLORS.items():
            of_kind = [stop for stop in suspect if stop["anomaly"] == kind]
            figure.add_scatter(
                x=[_at_least_one(stop["gap_in_km"]) for stop in of_kind],
                y=[_at_least_one(stop["gap_out_km"]) for stop in of_kind],
                mode="markers",
                marker={"size": 4 if kind == "" else 7, "color": color, "opacity": 0.6 if kind == "" else 1},
                name=name,
                legendgroup=name,
                showlegend=column == 1,
                **where,
            )
        figure.add_annotation(text=f"{len(stops) - len(suspect):,}<br>stops", x=0.8, y=0.8, showarrow=False, **where)
    edge = {"type": "rect", "x0": broken_km, "x1": 25_000, "y0": broken_km, "y1": 25_000, "line": {"width": 0}}
    shade = {"fillcolor": "rgba(213, 94, 0, 0.12)", "layer": "below"}
    figure.update_layout(
        shapes=[edge | shade | {"xref": axis, "yref": axis.replace("x", "y")} for axis in _axes(len(orders))]
    )
    ticks = {"type": "log", "tickvals": [1, 50, 1000, 20_000], "ticktext": ["≤ 1", "50", "1,000", "20,000"]}
    figure.update_xaxes(title="hop to the stop: gap, km", range=[-0.15, 4.4], **ticks)
    figure.update_yaxes(range=[-0.15, 4.4], **ticks)
    figure.update_yaxes(title="hop from the stop: gap, km", col=1)
    legend = {"orientation": "h", "x": 0, "y": -0.25, "yanchor": "top", "itemsizing": "constant"}
    return figure.update_layout(height=430, width=720, legend=legend, margin={"t": 40})


def _at_least_one(km):
    return max(1, round(km))
