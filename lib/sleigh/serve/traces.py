"""What the dashboard's charts draw: one function a query, columns of its rows -> plotly traces.

A chart always has the same number of traces, whatever the rows, so that new rows replace the old ones in place. Text from
data is escaped, because plotly draws a part of HTML, and cut, because a name may be a megabyte long.

Where `rows` has the list "open" (charts.columns makes it), a window that the watermark has not closed looks open: a line
is dashed through it, a bar is hollow.
"""

import html

import numpy as np
import plotly.graph_objects as go

from ..domain import STATUSES
from ..visible import visible
from . import land
from .style import INK, PALETTE, STATUS_COLORS, WEATHER_COLORS

MOST_BARS = 10
"""So many names have room below each other. Seven gift types and a dozen regions exist; a message may name any other."""

LONGEST_NAME = 28
"""Letters of a name that are drawn."""

CELL = 4
"""Degrees that a cell of the heatmap measures, from west to east as from south to north."""

SPREAD = 5
"""Degrees by which a city's deliveries are spread over the cells around it: the standard deviation."""

MAPS = ("cities", "density")
"""The names of the traces that are drawn over land."""

HEAT = [[0, "rgba(230, 159, 0, 0)"], [0.1, "rgba(230, 159, 0, 0.55)"], [1, "rgb(213, 94, 0)"]]
"""From nothing to many; what is see-through at its low end is right on a light and on a dark page."""


def trend(rows):
    """Deliveries a minute: all of them, and those that are done."""
    every = ("total_deliveries", "all", PALETTE["grey"], {})
    done = ("successful_deliveries", "delivered", STATUS_COLORS["delivered"], {})
    return _lines(rows, every, done)


def rates(rows):
    """Share of delivered and of delayed deliveries a minute; the second is read on an axis of its own, y2."""
    return _lines(
        rows,
        ("completion_percentage", "delivered, %", STATUS_COLORS["delivered"], {}),
        ("delay_rate_percentage", "delayed, %", STATUS_COLORS["delayed"], {"yaxis": "y2"}),
    )


def distance(rows):
    """The kilometres flown so far, as an area."""
    return _lines(rows, ("cumulative_distance_km", "km", PALETTE["blue"], {"fill": "tozeroy"}))


def regions(rows):
    """A horizontal bar a region, the largest on top."""
    return [_named_bars(rows, "region", PALETTE["blue"])]


def gift_types(rows):
    """A horizontal bar a gift type, the largest on top."""
    return [_named_bars(rows, "gift_type", PALETTE["purple"])]


def delivery_times(rows):
    """A histogram of six classes of seconds."""
    return [go.Bar(x=_text(rows["seconds"]), y=rows["deliveries"], marker_color=PALETTE["sky"], name="deliveries")]


def weather(rows):
    """A donut of the weather's shares."""
    names = rows["weather_condition"]
    colors = [WEATHER_COLORS.get(name, INK) for name in names]
    return [
        go.Pie(
            labels=_text(names),
            values=rows["deliveries"],
            hole=0.5,
            sort=False,
            textinfo="label+percent",
            textposition="inside",
            insidetextorientation="horizontal",
            textfont={"color": [_readable_on(color) for color in colors]},
            marker={"colors": colors},
            customdata=list(zip(rows["avg_delivery_time"], rows["success_percentage"], strict=True)),
            hovertemplate="%{label}: %{value} deliveries<br>%{customdata[0]:.1f} s, %{customdata[1]:.1f} % delivered"
            "<extra></extra>",
        )
    ]


def gauges(rows):
    """Three gauges: mean speed, mean magic, kilometres of the last ten minutes."""
    wanted = (
        ("avg_speed_kmh", "speed, km/h", 1500, ",.0f", PALETTE["blue"]),
        ("avg_magic_level", "magic", 100, ".0f", PALETTE["purple"]),
        ("distance_km", "km in 10 min", None, ".3s", PALETTE["green"]),
    )
    made = []
    for place, (name, title, top, form, color) in enumerate(wanted):
        value = (rows[name] or [None])[0]
        axis = {"tickfont": {"size": 10}, "nticks": 4} | ({"range": [0, top]} if top else {})
        made.append(
            go.Indicator(
                mode="gauge+number",
                domain={"x": [place / 3 + 0.06, (place + 1) / 3 - 0.06], "y": [0, 0.85]},
                value=None if value is None else round(value, 1),
                title={"text": title, "font": {"size": 13}},
                number={"font": {"size": 22}, "valueformat": form},
                gauge={"axis": axis, "bar": {"color": color}, "bgcolor": "rgba(0,0,0,0)", "bordercolor": INK},
            )
        )
    return made


def places(rows):
    """A dot a city, as large as its deliveries and coloured by the share that is done."""
    return [
        go.Scatter(
            x=[land.x(longitude) for longitude in rows["longitude"]],
            y=rows["latitude"],
            text=[
                f"{city}, {country}: {count}"
                for city, country, count in zip(
                    _text(rows["city"]), _text(rows["country"]), rows["deliveries"], strict=True
                )
            ],
            hoverinfo="text",
            mode="markers",
            marker={
                "size": [4 + min(26, count**0.5) for count in rows["deliveries"]],
                "color": rows["success_percentage"],
                "colorscale": "Viridis",
                "cmin": 50,
                "cmax": 100,
                "line": {"width": 0},
                "colorbar": _bar("delivered, %"),
            },
            name="cities",
        )
    ]


def heat(rows):
    """Where the deliveries are dense: how many fall to a cell of the map, each city's spread over the cells around it."""
    x, y, cells = density(rows["longitude"], rows["latitude"], rows["deliveries"])
    return [
        go.Heatmap(
            x=x,
            y=y,
            z=[[round(count, 2) if count >= 0.01 else None for count in row] for row in cells],
            zmin=0,
            colorscale=HEAT,
            zsmooth="best",
            connectgaps=False,
            hovertemplate="%{z:.1f} deliveries<extra></extra>",
            colorbar=_bar(f"deliveries in {CELL}° × {CELL}°"),
            name="density",
        )
    ]


def density(longitudes, latitudes, counts):
    """The map's cells: middles in x (degrees as land.x), in y (latitude), and the deliveries in each, as [row][column].

    A city's deliveries are spread as a normal distribution of SPREAD degrees, around the globe, and none is lost: the cells
    add up to all of them.
    """
    x = np.arange(land.WEST + CELL / 2, land.WEST + 360, CELL)
    y = np.arange(-60 + CELL / 2, 84, CELL)
    cells = np.zeros((len(y), len(x)))
    for longitude, latitude, count in zip(longitudes, latitudes, counts, strict=True):
        across = np.abs(x - land.x(longitude))
        share = np.outer(_bell(y - latitude), _bell(np.minimum(across, 360 - across)))
        cells += count * share / share.sum()
    return x.tolist(), y.tolist(), cells.tolist()


def _bell(distance):
    return np.exp(-0.5 * (distance / SPREAD) ** 2)


def statuses(rows):
    """Stacked bars: the three statuses, minute by minute. The first minute and the last are not whole, and hollow."""
    minutes = rows["delivery_minute"]
    partial = {min(minutes), max(minutes)} if minutes else set()
    made = []
    for status in STATUSES:
        own = [place for place, name in enumerate(rows["status"]) if name == status]
        made.append(
            go.Bar(
                x=[minutes[place] for place in own],
                y=[rows["deliveries"][place] for place in own],
                marker=_filled(STATUS_COLORS[status], [minutes[place] in partial for place in own]),
                name=status,
            )
        )
    return made


def _lines(rows, *wanted):
    """A line for each of `wanted` (column, name, colour, more), then a dashed one for each, through the open windows."""
    is_open = _open(rows, len(rows["window_start"]))
    begin = is_open.index(True) if True in is_open else len(is_open)
    parts = (slice(0, begin), {}), (slice(max(0, begin - 1), None) if True in is_open else slice(0, 0), {"dash": "dot"})
    return [
        go.Scatter(
            x=rows["window_start"][part],
            y=rows[column][part],
            name=name,
            mode="lines",
            line={"color": color} | dash,
            fillcolor=_see_through(color, 0.2 if dash else 0.5) if "fill" in more else None,
            hovertemplate="%{y:,.2~f}" + (", still open" if dash else ""),
            **more,
        )
        for part, dash in parts
        for column, name, color, more in wanted
    ]


def _named_bars(rows, column, color):
    """The names with the most deliveries (rows come sorted), largest on top."""
    names, counts = _text(rows[column])[:MOST_BARS], rows["total_deliveries"][:MOST_BARS]
    return go.Bar(
        y=names[::-1],
        x=counts[::-1],
        orientation="h",
        marker=_filled(color, _open(rows, len(rows[column]))[:MOST_BARS][::-1]),
        name="deliveries",
    )


def _open(rows, size):
    return list(rows.get("open") or [False] * size)


def _filled(color, hollow):
    """A bar's marker: filled, or an outline where `hollow` (a list) says so."""
    fill = [_see_through(color, 0.15) if empty else color for empty in hollow]
    return {"color": fill if any(hollow) else color, "line": {"color": color, "width": 1.5}}


def _see_through(color, alpha):
    red, green, blue = _rgb(color)
    return f"rgba({red}, {green}, {blue}, {alpha})"


def _readable_on(color):
    """Black or white, whichever has the higher contrast on the colour (WCAG 2.2, relative luminance)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in np.array(_rgb(color)) / 255
    ]
    return "#000000" if np.dot(linear, (0.2126, 0.7152, 0.0722)) > 0.179 else "#FFFFFF"


def _rgb(color):
    return tuple(int(color[place : place + 2], 16) for place in (1, 3, 5))


def _bar(title):
    """A colour bar that lies below the map."""
    return {
        "title": {"text": title, "side": "top", "font": {"size": 11}},
        "orientation": "h",
        "x": 0.5,
        "y": -0.02,
        "len": 0.5,
        "thickness": 6,
        "yanchor": "top",
        "tickfont": {"size": 11},
    }


def _text(values):
    return ["NULL" if value is None else html.escape(visible(value, LONGEST_NAME)) for value in values]
