"""The picture of lesson 06: the same events in tumbling, sliding and session windows."""

import plotly.graph_objects as go

from ...domain import NIGHT_START
from ...serve.style import INK, PALETTE

_COLOURS = {"tumbling": "blue", "sliding": "sky", "session": "green"}


def windows(events, bars, before=(), *, slides):
    """Events as dots on the time axis, and beneath them the windows of each kind as bars with their counts.

    events: dicts with `at` (datetime) and `late` (bool). bars: dicts with kind ('tumbling', 'sliding' or 'session'),
    start, end (datetimes) and deliveries. before: sessions as they were before the late events came, like bars; outlined
    in a row of their own. slides: how many sliding windows overlap, each of them gets its own row.
    A dotted line falls from each late event through the windows it is in.
    """
    kinds = {kind: sorted((bar for bar in bars if bar["kind"] == kind), key=_start) for kind in _COLOURS}
    rows = [("deliveries", [])]
    rows += [("tumbling", kinds["tumbling"])]
    rows += [("sliding", kinds["sliding"][first::slides]) for first in range(slides)]
    rows += [("session before", list(before))] if before else []
    rows += [("session", kinds["session"])]
    places, y = [], 0.0
    for number, (name, _) in enumerate(rows):
        if number and name != rows[number - 1][0]:
            y -= 0.55  # a gap between kinds
        places.append(y)
        y -= 1
    figure = go.Figure()
    for (name, found), place in zip(rows[1:], places[1:], strict=True):
        figure.add_trace(_bars(found, place, name))
    late = [event for event in events if event["late"]]
    for event in late:
        x = _minutes(event["at"])
        line = {"color": PALETTE["vermillion"], "width": 1.5, "dash": "dot"}
        figure.add_shape(type="line", x0=x, x1=x, y0=places[0], y1=places[-1] - 0.5, line=line)
        figure.add_annotation(x=x, y=places[0] + 0.3, text="came late", yanchor="bottom", showarrow=False)
    figure.add_trace(_dots([event for event in events if not event["late"]], places[0], INK))
    figure.add_trace(_dots(late, places[0], PALETTE["vermillion"]))
    return figure.update_layout(**_layout(rows, places, bars))


def _bars(found, place, name):
    outlined = name == "session before"
    colour = PALETTE[_COLOURS[name.split()[0]]]
    return go.Bar(
        base=[_minutes(bar["start"]) + _SLIT for bar in found],
        x=[_minutes(bar["end"]) - _minutes(bar["start"]) - 2 * _SLIT for bar in found],
        y=[place] * len(found),
        orientation="h",
        width=0.74,
        text=[str(bar["deliveries"]) for bar in found],
        textposition="inside",
        insidetextanchor="start",  # in the middle the dotted line would cross some
        textangle=0,
        textfont={"color": INK if outlined else "white", "size": 12},
        marker={
            "color": "rgba(0, 0, 0, 0)" if outlined else _INSIDE[name],
            "line": {"color": colour, "width": 1.5 if outlined else 0},
        },
        hovertext=[f"{name}: {_clock(bar['start'])} to {_clock(bar['end'])}" for bar in found],
        hoverinfo="text",
        showlegend=False,
    )


_SLIT = 0.08
"""Minutes left free at each end of a bar, so that neighbours can be told apart."""

# White figures must be read on the bars: sky is too light for them, so the sliding windows have its darker shade.
_INSIDE = {"tumbling": PALETTE["blue"], "sliding": "#2F7FAE", "session": "#007A5A"}


def _dots(events, place, colour):
    return go.Scatter(
        x=[_minutes(event["at"]) for event in events],
        y=[place] * len(events),
        mode="markers",
        marker={"size": 9, "color": colour},
        showlegend=False,
        hovertext=[_clock(event["at"]) for event in events],
        hoverinfo="text",
    )


def _layout(rows, places, bars):
    labels = {
        "deliveries": "deliveries",
        "tumbling": "tumbling",
        "sliding": "sliding",
        "session before": "session, before",
        "session": "session",
    }
    ticks = {}  # one label for all rows of a kind, in their middle
    for name in labels:
        own = [place for (row, _), place in zip(rows, places, strict=True) if row == name]
        if own:
            ticks[sum(own) / len(own)] = labels[name]
    first = int(min(_minutes(bar["start"]) for bar in bars)) // 5 * 5
    last = max(_minutes(bar["end"]) for bar in bars)
    clock = list(range(first, int(last) + 6, 5))
    return {
        "title": "The same deliveries in three kinds of window",
        "height": 470,
        "width": 720,
        "barmode": "overlay",
        "xaxis": {
            "title": "event time",
            "range": [first, last + 1],
            "tickvals": clock,
            "ticktext": [f"{10 + minute // 60}:{minute % 60:02d}" for minute in clock],
        },
        "yaxis": {
            "tickvals": list(ticks),
            "ticktext": list(ticks.values()),
            "range": [places[-1] - 0.7, 1.1],
            "showgrid": False,
            "ticks": "",
        },
    }


def _start(bar):
    return bar["start"]


def _minutes(time):
    """Minutes after the night's start, 10:00."""
    return round((time - NIGHT_START).total_seconds() / 60, 3)


def _clock(time):
    return f"{time:%H:%M:%S}"
