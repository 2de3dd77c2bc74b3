"""The pictures of lesson 01: the night on a map, the weather on the way, and how late messages are."""

from math import log10

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from ...serve import land
from ...serve.style import INK, PALETTE, WEATHER_COLORS, label

_HOURS = [f"{(10 + hour) % 24:02d}:00" for hour in range(26)]  # the night begins at 10:00 UTC

_NAMED = {  # the cities that the lesson speaks of, and where each name has room: pixels right of the dot and below it
    "Apia": (-22, -62),
    "Helsinki": (28, -10),
    "Honolulu": (34, 0),
    "London Village": (48, 0),
    "New York City": (46, 0),
    "Shanghai": (32, 0),
}


def night_map(stops):
    """The cities on the map, coloured by when they are visited, with a slider over five-hour steps of the night.

    The cities of _NAMED bear their names.

    stops: list of dicts city, longitude, latitude (degrees), hour (0 to 24, hour after the night's start), deliveries;
    one for each city and hour in which it has any.
    """
    figure = go.Figure()
    for begin in (None, *range(0, 25, 5)):
        cities = _by_city([stop for stop in stops if begin is None or stop["hour"] // 5 * 5 == begin])
        hours = [round(city["hour"], 1) for city in cities]
        sizes = [3 + round(city["deliveries"] ** 0.5 / 3) for city in cities]
        figure.add_scatter(
            x=[round(land.x(city["longitude"]), 1) for city in cities],
            y=[round(city["latitude"], 1) for city in cities],
            text=[label(city["city"]) for city in cities],
            hoverinfo="text",
            mode="markers",
            visible=begin is None,
            showlegend=False,
            # One colour and size for a step: each number of a figure is a line of the committed notebook.
            marker={"size": sizes, "color": hours, "coloraxis": "coloraxis", "line": {"width": 0}, "opacity": 1}
            if begin is None
            else {"size": 9, "color": sample_colorscale("Viridis", (begin + 2.5) / 25)[0]},
        )
    labels = ["whole night", *[f"{_HOURS[hour]}-{_HOURS[hour + 5]}" for hour in range(0, 25, 5)]]
    steps = [
        {"label": label, "method": "restyle", "args": ["visible", [other == place for other in range(len(labels))]]}
        for place, label in enumerate(labels)
    ]
    return figure.update_layout(
        title="Santa moves west with midnight",
        shapes=[land.shape()],
        annotations=_names(stops),
        width=600,
        height=350,
        margin={"l": 25, "r": 10, "t": 45, "b": 10},
        xaxis=land.X_AXIS | {"fixedrange": True},
        yaxis=land.Y_AXIS | {"fixedrange": True},
        coloraxis={
            "colorscale": "Viridis",
            "cmin": 0,
            "cmax": 25,
            "colorbar": {
                "title": {"text": "UTC"},
                "tickvals": [0, 5, 10, 15, 20, 25],
                "ticktext": [_HOURS[hour] for hour in (0, 5, 10, 15, 20, 25)],
                "thickness": 12,
            },
        },
        sliders=[{"steps": steps, "currentvalue": {"prefix": "UTC: "}, "pad": {"t": 5}, "font": {"size": 10}}],
    )


def _names(stops):
    """Annotations with the names of _NAMED. Apia and Pago Pago, its neighbour, share one, far enough off for a line."""
    places = {stop["city"]: (stop["longitude"], stop["latitude"]) for stop in stops if stop["city"] in _NAMED}
    return [
        {
            "x": round(land.x(longitude), 1),
            "y": round(latitude, 1),
            "ax": _NAMED[city][0],
            "ay": _NAMED[city][1],
            "text": "Apia · Pago Pago" if city == "Apia" else city,
            "arrowhead": 0,
            "arrowwidth": 1 if city == "Apia" else 0.1,
            "arrowcolor": INK,
            "font": {"size": 10},
        }
        for city, (longitude, latitude) in sorted(places.items())
    ]


def _by_city(stops):
    """Each city's deliveries and its mean hour, weighted by them; cities in order of name."""
    cities = {}
    for stop in stops:
        city = cities.setdefault(stop["city"], {**stop, "deliveries": 0, "hour": 0})
        city["deliveries"] += stop["deliveries"]
        city["hour"] += stop["deliveries"] * (stop["hour"] + 0.5)
    for city in cities.values():
        city["hour"] /= city["deliveries"]
    return [cities[name] for name in sorted(cities)]


def weather_strips(cities, table, conditions):
    """One strip a city: its weather in 15-minute steps, where a message told of it.

    cities: names, from top to bottom. table: for each city and step of the night an index into `conditions`, or None.
    """
    colors = [WEATHER_COLORS[name] for name in conditions]
    edges = [place / len(colors) for place in range(len(colors) + 1)]
    scale = [[edge, color] for n, color in enumerate(colors) for edge in edges[n : n + 2]]
    return go.Figure(
        go.Heatmap(
            z=table,
            y=cities,
            x0=0.125,
            dx=0.25,
            zmin=-0.5,
            zmax=len(colors) - 0.5,
            colorscale=scale,
            ygap=4,
            colorbar={"tickvals": list(range(len(colors))), "ticktext": conditions, "thickness": 12},
        )
    ).update_layout(
        title="Weather is a process, not a coin",
        height=60 + 38 * len(cities) + 60,
        xaxis={
            "tickvals": list(range(0, 26, 5)),
            "ticktext": _HOURS[::5],
            "title": "event time, UTC",
            "showgrid": False,
        },
        yaxis={"autorange": "reversed", "showgrid": False},
    )


def lateness(arrival, late):
    """Each late message a dot: minutes after the start when it arrived, and by how many minutes it was late (log)."""
    figure = go.Figure(
        go.Scatter(
            x=arrival,
            y=late,
            mode="markers",
            marker={"size": 5, "color": PALETTE["blue"]},
            hoverinfo="skip",
        )
    )
    for minutes, text in ((5, "gold waits<br>5 minutes"), (60, "silver waits<br>one hour")):
        figure.add_hline(y=minutes, line={"color": PALETTE["vermillion"], "dash": "dot"})
        figure.add_annotation(
            x=1.01, xref="paper", y=round(log10(minutes), 6), text=text, showarrow=False, xanchor="left", align="left"
        )
    return figure.update_layout(
        title="How late the late ones are",
        height=300,
        xaxis={"title": "arrival, minutes after 10:00 UTC"},
        width=640,
        margin={"r": 100},
        yaxis={"type": "log", "title": "late by, minutes", "tickvals": [0.2, 1, 5, 20, 60]},
    )
