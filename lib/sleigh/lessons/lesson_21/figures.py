"""Figures of lesson 21: ways on a map, a tour and its bound as they close in on each other, and lengths side by side."""

import math
from itertools import pairwise

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ...serve import land
from ...serve.style import INK, PALETTE

_ORDERS = {"flown": "vermillion", "planned": "blue"}


def maps(ways, places):
    """A map of the world for each of the ways, two in a row: {title: order}, a closed one ends where it begins.

    places: [(latitude, longitude)] in degrees; an order holds their indices. The first stop is a large dot.
    """
    rows = -(-len(ways) // 2)
    figure = make_subplots(rows, 2, subplot_titles=list(ways), horizontal_spacing=0.01, vertical_spacing=0.07)
    for place, (title, order) in enumerate(ways.items()):
        where = {"row": 1 + place // 2, "col": 1 + place % 2}
        stops = [_place(*places[stop]) for stop in order]
        _add_way(figure, stops, title, PALETTE["blue"], where)
    figure.update_xaxes(**land.X_AXIS)
    figure.update_yaxes(**land.Y_AXIS)
    _add_land(figure, len(ways))
    return figure.update_layout(
        height=190 * rows + 20, width=720, showlegend=False, margin={"l": 5, "r": 5, "t": 30, "b": 5}
    )


def one_route(route):
    """The stops of a route in both orders, side by side, on a map of their surroundings.

    route: rows of route_legs, dicts with latitude, longitude, flown_position, flown_km, planned_position, planned_km.
    """
    titles = [f"{len(route)} stops, {order}: {sum(stop[f'{order}_km'] for stop in route):,.0f} km" for order in _ORDERS]
    figure = make_subplots(1, 2, subplot_titles=titles, horizontal_spacing=0.02)
    for column, (order, color) in enumerate(_ORDERS.items(), 1):
        stops = sorted(route, key=lambda stop: stop[f"{order}_position"])
        places = [_place(stop["latitude"], stop["longitude"]) for stop in stops]
        _add_way(figure, _once(places), order, PALETTE[color], {"row": 1, "col": column})
    x, y = zip(*[_place(stop["latitude"], stop["longitude"]) for stop in route], strict=True)
    seen = {"x_range": [min(x) - 4, max(x) + 4], "y_range": [min(y) - 3, max(y) + 3]}
    figure.update_xaxes(range=seen["x_range"], visible=False)
    figure.update_yaxes(range=seen["y_range"], visible=False)
    _add_land(figure, 2, **seen)
    return figure.update_layout(height=240, width=720, showlegend=False, margin={"l": 5, "r": 5, "t": 40, "b": 5})


def squeeze(tours, bounds):
    """From above the shortest tour after so many kicks, from below the bound after so many rounds, in km.

    tours and bounds: [(effort, km)], the effort from 0; it is drawn on a log scale from 1.
    """
    figure = go.Figure()
    for points, name, color in ((tours, "shortest tour", "blue"), (bounds, "bound: no tour is shorter", "vermillion")):
        x, y = zip(*_steps(points), strict=True)
        line = {"color": PALETTE[color], "width": 2.5, "shape": "hv"}
        fill = {"fill": "tonexty", "fillcolor": "rgba(128, 128, 128, 0.15)"} if points is bounds else {}
        figure.add_scatter(
            x=[effort + 1 for effort in x], y=[round(km) for km in y], mode="lines", line=line, name=name, **fill
        )
    at = max(effort for effort, _ in tours + bounds) + 1
    last, least = tours[-1][1], bounds[-1][1]
    text = f"{last:,.0f} km<br>{100 * (last / least - 1):.2f} % apart<br>{least:,.0f} km"
    figure.add_annotation(
        x=1, xref="paper", y=(last + least) / 2, text=text, showarrow=False, xanchor="left", align="left"
    )
    figure.update_xaxes(title="kicks of the search, rounds of tolls", type="log", range=[0, round(math.log10(at), 3)])
    figure.update_xaxes(tickvals=[1, 3, 10, 30, 100, 300, 1000])
    figure.update_yaxes(title="km", tickformat=",d")
    legend = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
    title = "What is left between them is all that nobody knows"
    return figure.update_layout(title=title, height=310, width=600, legend=legend, margin={"t": 90, "r": 110})


def _steps(points):
    """The points at which the value changes, and the last."""
    return [points[0], *[after for before, after in pairwise(points) if after[1] != before[1]], points[-1]]


def bars(ways, least_km):
    """A bar for each of the ways, {name: (km, hours)}, the hours beside it, and a line where the bound is."""
    names = list(ways)
    figure = go.Figure(
        go.Bar(
            x=[round(km) for km, _ in ways.values()],
            y=names,
            orientation="h",
            text=[f"\u2002{km:,.0f} km · {hours:,.0f} h" for km, hours in ways.values()],  # clear of the bound
            textposition="outside",
            cliponaxis=False,
            marker={"color": [PALETTE["orange" if "midnight" in name else "blue"] for name in names]},
        )
    )
    figure.add_vline(x=least_km, line={"dash": "dot", "color": PALETTE["vermillion"], "width": 2})
    figure.add_annotation(
        x=least_km, y=1, yref="paper", yanchor="bottom", text="bound", showarrow=False, font={"color": INK}
    )
    figure.update_yaxes(autorange="reversed", ticksuffix=" ")
    figure.update_xaxes(range=[0, 1.55 * max(km for km, _ in ways.values())], tickformat=",d", title="km")
    return figure.update_layout(height=80 + 28 * len(ways), width=600, showlegend=False, margin={"t": 30})


def _add_way(figure, stops, name, color, where):
    """A line through the stops [(x, y)] with a dot at each, broken where it leads over the edge of the map.

    The first stop is a large dot. Stops at one place of the map are one dot: a notebook stores a line for each number.
    """
    stops = [stops[0], *[other for one, other in pairwise(stops) if other != one]]
    points = stops[:1]
    for one, other in pairwise(stops):
        (_, end), *rest = _on_the_map(one, other)
        points.append(end)
        for part in rest:
            points += [(None, None), *part]
    x, y = zip(*points, strict=True)
    style = {"line": {"color": color, "width": 1.3}, "marker": {"size": 3, "color": PALETTE["grey"]}}
    figure.add_scatter(x=x, y=y, mode="lines+markers", name=name, **style, **where)
    first = {"size": 9, "color": PALETTE["vermillion"]}
    figure.add_scatter(x=[x[0]], y=[y[0]], mode="markers", marker=first, **where)


def _on_the_map(one, other):
    """The leg as one line, or as two where the other way round the world is shorter: to one edge, and from the other."""
    (x1, y1), (x2, y2) = one, other
    if abs(x2 - x1) <= 180:
        return [(one, other)]
    turn = 360 if x2 < x1 else -360
    return [(one, (x2 + turn, y2)), ((x1 - turn, y1), other)]


def _once(places):
    """The places in this order, but no further once every leg between two of them has been drawn."""
    legs, upto = set(), 0
    for number, leg in enumerate(map(frozenset, pairwise(places)), 1):
        if leg not in legs:
            legs.add(leg)
            upto = number
    return places[: upto + 1]


def _place(latitude, longitude):
    # A tenth of a degree is less than a dot: the stops of a city are one place.
    return round(land.x(longitude), 1), round(latitude, 1)


def _add_land(figure, count, **seen):
    axes = ["x", *[f"x{number}" for number in range(2, count + 1)]]
    shape = land.shape(**seen)
    figure.update_layout(shapes=[shape | {"xref": axis, "yref": axis.replace("x", "y")} for axis in axes])
