"""The picture of lesson 08: who stands where after each micro-batch, and what came when the list was out."""

import plotly.graph_objects as go

from ...serve.style import INK, PALETTE, label

COLOURS = [PALETTE[name] for name in ("blue", "green", "orange", "vermillion", "purple", "sky")]
_APART = 0.29
"""How far apart, in places, cities that share a place stand in its band: three of them fill it."""
_BAND = "rgba(128, 128, 128, 0.10)"


def standings(changed, batches):
    """Who stands where after each micro-batch: {batch: {city: (place, deliveries)}}, the leader first.

    changed: dicts with batch, city, total_deliveries of one window, as update mode writes them: a city that did not
    change keeps its count. Equal counts share a place, and come in the order of the micro-batch before, then by name.
    """
    counts, order, found = {}, [], {}
    for batch in batches:
        counts |= {row["city"]: row["total_deliveries"] for row in changed if row["batch"] == batch}
        before = {city: rank for rank, city in enumerate(order)}
        order = sorted(counts, key=lambda city: (-counts[city], before.get(city, len(before)), city))
        found[batch] = {city: (_place(counts[city], counts.values()), counts[city]) for city in order}
    return found


def _place(count, counts):
    return 1 + sum(other > count for other in counts)


def bump(changed, lost, *, batches, ended, published, times, top=5):
    """Places over time: one line a city, its deliveries in the dots; dashed with rings, what the stream no longer counts.

    A band is a place: cities with equal counts share one. changed: see standings(). lost: dicts with batch and city, one
    for each delivery of the window that came too late. batches: the micro-batches shown; ended: the last one with arrivals
    of the window's own time; published: the one in which append mode writes the window; times: micro-batch -> label of its
    last arrival. The `top` cities of the end are shown.
    """
    counted = standings(changed, batches)
    last = counted[batches[-1]]
    colours = dict(zip(list(last)[:top], COLOURS, strict=False))
    dots = {batch: _in_bands(counted[batch], colours) for batch in batches}
    deepest = max(counted[batch][city][0] for batch in batches for city in dots[batch])
    figure = go.Figure()
    for place in range(1, deepest + 1, 2):
        figure.add_hrect(y0=place - 0.5, y1=place + 0.5, fillcolor=_BAND, line={"width": 0}, layer="below")
    for city, colour in colours.items():
        _line(figure, city, colour, [(batch, *dots[batch][city]) for batch in batches if city in dots[batch]])
    for city, colour in colours.items():
        if rings := _rings(city, lost, counted):
            since = min(batch for batch, *_ in rings) - 1
            _ghost(figure, city, colour, [(since, *dots[since][city]), *rings])
    for x, text in ((ended + 0.5, "the quarter ends"), (published, "append publishes")):
        figure.add_vline(x=x, line={"color": INK, "width": 1.5, "dash": "dot"}, layer="below")
        figure.add_annotation(
            x=x, y=1.0, yref="paper", yanchor="bottom", text=text, showarrow=False, font={"color": INK}
        )
    for city, (y, _) in dots[batches[-1]].items():
        _label(figure, batches[-1], y, f"{last[city][0]}  {label(city)}")
    figure.update_xaxes(
        title="micro-batch, and the last arrival in it",
        tickvals=list(batches),
        ticktext=[f"{batch}<br>{times[batch]}" for batch in batches],
        range=[batches[0] - 0.5, batches[-1] + 0.5],
        showgrid=False,
    )
    figure.update_yaxes(
        title="place", tickvals=list(range(1, deepest + 1)), range=[deepest + 0.5, 0], showgrid=False, ticks=""
    )
    return figure.update_layout(
        title={"text": "Who leads 22:15 to 22:30?", "y": 0.97},
        height=540,
        showlegend=False,
        margin={"l": 50, "r": 120, "t": 80, "b": 70},
    )


def _in_bands(ranked, cities):
    """{city: (y, deliveries)} of the given cities: those that share a place one above the other around it."""
    spots = {}
    for city in (name for name in ranked if name in cities):
        place, count = ranked[city]
        level = [name for name in ranked if name in cities and ranked[name][0] == place]
        spots[city] = (place + _APART * (level.index(city) - (len(level) - 1) / 2), count)
    return spots


def _rings(city, lost, counted):
    """[(micro-batch, y, deliveries)] with the late deliveries counted: in the band of its equals, or above it."""
    spots, extra = [], 0
    for batch, ranked in counted.items():
        extra += sum(row["batch"] == batch and row["city"] == city for row in lost)
        if extra:
            count = ranked[city][1] + extra
            others = [other for name, (_, other) in ranked.items() if name != city]
            place = _place(count, others)
            spots.append((batch, place - (_APART if count in others else 2 * _APART), count))
    return spots


def _label(figure, last, y, text):
    figure.add_annotation(x=last + 0.45, y=y, xanchor="left", text=text, showarrow=False)


def _line(figure, city, colour, spots):
    x, y, counts = zip(*spots, strict=True)
    figure.add_scatter(
        x=x,
        y=y,
        text=counts,
        mode="lines+markers+text",
        line={"color": colour, "width": 3},
        marker={"size": 18, "color": colour},
        textfont={"size": 11, "color": "#FFFFFF" if colour == PALETTE["blue"] else "#111111"},
        name=label(city),
        hovertemplate=f"{label(city)}: %{{text}} deliveries<extra>micro-batch %{{x}}</extra>",
    )


def _ghost(figure, city, colour, spots):
    x, y, counts = zip(*spots, strict=True)
    figure.add_scatter(
        x=x,
        y=y,
        text=["", *counts[1:]],
        mode="lines+markers+text",
        line={"color": colour, "width": 2, "dash": "dot"},
        marker={
            "size": [0] + [18] * (len(x) - 1),
            "symbol": "circle-open",
            "color": colour,
            "line": {"width": 3, "color": colour},
        },
        textfont={"size": 11, "color": INK},
        name=f"{label(city)}, too late",
        hovertemplate=f"{label(city)} with the late deliveries: %{{text}}<extra>micro-batch %{{x}}</extra>",
    )
    _label(figure, x[-1], y[-1], "too late")
