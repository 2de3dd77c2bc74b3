"""The picture of lesson 08: who stands where after each micro-batch, and what came when the list was out."""

import plotly.graph_objects as go

from ...serve.style import INK, PALETTE

COLOURS = [PALETTE[name] for name in ("blue", "green", "orange", "vermillion", "purple", "sky")]


def standings(changed, batches):
    """Who stands where after each micro-batch: {batch: [(city, deliveries), ...]}, the leader first.

    changed: dicts with batch, city, total_deliveries of one window, as update mode writes them: a city that did not
    change keeps its count. Equal counts stay in the order of the micro-batch before, then of their names.
    """
    counts, order, found = {}, {}, {}
    for batch in batches:
        counts |= {row["city"]: row["total_deliveries"] for row in changed if row["batch"] == batch}
        ranked = sorted(counts, key=lambda city: (-counts[city], order.get(city, len(order)), city))
        order = {city: slot for slot, city in enumerate(ranked)}
        found[batch] = [(city, counts[city]) for city in ranked]
    return found


def bump(changed, lost, *, batches, ended, published, times, top=5):
    """Places over time: one line a city, its deliveries in the dots; dashed with rings, what the stream no longer counts.

    changed: see standings(). lost: dicts with batch and city, one for each delivery of the window that came too late.
    batches: the micro-batches shown; ended: the last one with arrivals of the window's own time; published: the one in
    which append mode writes the window; times: micro-batch -> label of its last arrival. The `top` cities of the end
    are shown.
    """
    counted = standings(changed, batches)
    last = counted[batches[-1]]
    cities = [city for city, _ in last[:top]]
    figure = go.Figure()
    for city, colour in zip(cities, COLOURS, strict=False):
        here = [batch for batch in batches if _has(counted[batch], city)]
        _line(figure, city, colour, [(batch, *_spot(counted[batch], city)) for batch in here])
    late = {row["city"] for row in lost}
    if late:
        known = standings(changed + _with_lost(last, lost), batches)
        since = min(row["batch"] for row in lost) - 1
        for city in [name for name in cities if name in late]:
            points = [(batch, *_spot(known[batch], city)) for batch in batches if batch >= since]
            _ghost(figure, city, COLOURS[cities.index(city)], points)
    for x, text in ((ended + 0.5, "the quarter ends"), (published, "append publishes")):
        figure.add_vline(x=x, line={"color": INK, "width": 1.5, "dash": "dot"})
        figure.add_annotation(
            x=x, y=1.0, yref="paper", yanchor="bottom", text=text, showarrow=False, font={"color": INK}
        )
    for slot, (city, count) in enumerate(last[:top], 1):
        place = 1 + sum(other > count for _, other in last)
        figure.add_annotation(x=batches[-1] + 0.45, y=slot, xanchor="left", text=f"{place}  {city}", showarrow=False)
    deepest = max(_spot(counted[batch], city)[0] for batch in batches for city in cities if _has(counted[batch], city))
    figure.update_xaxes(
        title="micro-batch, and the last arrival in it",
        tickvals=list(batches),
        ticktext=[f"{batch}<br>{times[batch]}" for batch in batches],
        range=[batches[0] - 0.5, batches[-1] + 0.5],
        showgrid=False,
    )
    # No figures on this axis: equal counts lie side by side, and their place is the same. The labels on the right have it.
    figure.update_yaxes(
        title="place, first on top",
        tickvals=list(range(1, deepest + 1)),
        showticklabels=False,
        range=[deepest + 0.6, 0],
    )
    return figure.update_layout(
        title={"text": "Who leads 22:15 to 22:30?", "y": 0.97},
        height=470,
        showlegend=False,
        margin={"l": 50, "r": 120, "t": 80, "b": 70},
    )


def _has(ranked, city):
    return any(name == city for name, _ in ranked)


def _spot(ranked, city):
    """Slot from 1 and deliveries of a city."""
    return next((slot, count) for slot, (name, count) in enumerate(ranked, 1) if name == city)


def _with_lost(last, lost):
    """The rows that update mode would have written had it counted the lost deliveries, too."""
    counts, rows = dict(last), []
    for row in sorted(lost, key=lambda row: row["batch"]):
        counts[row["city"]] = counts.get(row["city"], 0) + 1
        rows.append({"batch": row["batch"], "city": row["city"], "total_deliveries": counts[row["city"]]})
    return rows


def _line(figure, city, colour, points):
    x, slots, counts = zip(*points, strict=True)
    figure.add_scatter(
        x=x,
        y=slots,
        text=counts,
        mode="lines+markers+text",
        line={"color": colour, "width": 4},
        marker={"size": 24, "color": colour},
        textfont={"size": 12, "color": "#FFFFFF" if colour == PALETTE["blue"] else "#111111"},
        name=city,
        hovertemplate=f"{city}: %{{text}} deliveries<extra>micro-batch %{{x}}</extra>",
    )


def _ghost(figure, city, colour, points):
    # Half a place up: between the cities that it would have stood between, and above the leader if it had led.
    x, slots, counts = zip(*points, strict=True)
    figure.add_scatter(
        x=x,
        y=[slots[0], *[slot - 0.5 for slot in slots[1:]]],
        text=["", *counts[1:]],
        mode="lines+markers+text",
        line={"color": colour, "width": 2, "dash": "dot"},
        marker={
            "size": [0] + [22] * (len(x) - 1),
            "symbol": "circle-open",
            "color": colour,
            "line": {"width": 3, "color": colour},
        },
        textfont={"size": 12, "color": INK},
        name=f"{city}, too late",
        hovertemplate=f"{city} with the late deliveries: %{{text}}<extra>micro-batch %{{x}}</extra>",
    )
    figure.add_annotation(x=x[-1] + 0.45, y=slots[-1] - 0.5, xanchor="left", text="too late", showarrow=False)
