"""The figures of lesson 11: where a micro-batch's time goes, what a trigger costs, a layout's files as rectangles."""

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ...pipeline.cost import PHASES
from ...serve.style import PALETTE

_COLOURS = dict(
    zip(
        (*PHASES, "other"),
        (PALETTE[name] for name in ("orange", "sky", "purple", "green", "blue", "vermillion", "grey")),
        strict=True,
    )
)
_AXES = {"hours": "hours after 10:00"}
_LETTERS = {
    "addBatch": "█",
    "walCommit": "w",
    "commitOffsets": "c",
    "queryPlanning": "p",
    "getBatch": "g",
    "latestOffset": "l",
}


def bar(spent, each=20):
    """One micro-batch as a bar of text, a letter for `each` milliseconds; see `cost.phases` for what it is made of."""
    letters = "".join(letter * round(spent[name] / each) for name, letter in _LETTERS.items())
    return f"|{letters}{'.' * round(spent['other'] / each)}| {sum(spent.values()):,} ms, addBatch {spent['addBatch']:,}"


def anatomy(bars):
    """Stacked bars: the seconds of one micro-batch by phase. bars: {name: {phase: ms}}, drawn from the top down."""
    figure = go.Figure()
    names = list(bars)
    for phase, colour in _COLOURS.items():
        seconds = [round(bars[name].get(phase, 0) / 1000, 3) for name in names]
        figure.add_bar(y=names, x=seconds, name=phase, orientation="h", marker={"color": colour})
    for name in names:
        total = sum(bars[name].values()) / 1000
        figure.add_annotation(x=total, y=name, text=f"{total:.2f} s", showarrow=False, xanchor="left", xshift=6)
    figure.update_xaxes(title="seconds")
    figure.update_yaxes(autorange="reversed", automargin=True)
    return figure.update_layout(
        title="Where the time of a micro-batch of 50 rows goes",
        barmode="stack",
        height=390,
        width=760,
        legend={"orientation": "h", "traceorder": "normal", "x": 0, "y": -0.35, "yanchor": "top"},
        margin={"b": 130, "r": 60},
    )


def price(rows):
    """What a row waits against what it costs. rows: a dict for each stream, with name, wait (mean seconds), jobs, files."""
    figure = go.Figure()
    rows = sorted(rows, key=lambda row: row["wait"])
    x = [row["wait"] for row in rows]
    for what, colour in (("jobs", PALETTE["blue"]), ("files", PALETTE["vermillion"])):
        figure.add_scatter(
            x=x, y=[row[what] for row in rows], mode="lines+markers", name=what, line={"color": colour, "width": 2}
        )
    for row in rows:
        figure.add_annotation(
            x=row["wait"],
            y=max(row["jobs"], row["files"]),
            text=row["name"],
            showarrow=False,
            xanchor="left",
            yshift=14,
        )
    figure.update_xaxes(title="seconds that a row waits for its micro-batch, mean", rangemode="tozero")
    figure.update_yaxes(title="for one minute of the night", rangemode="tozero")
    return figure.update_layout(title="What a trigger costs, and what it buys", height=360, width=720)


def layouts(panels, place, clock):
    """Each file as a rectangle; a column for each layout: above on the map, below in time. Those in colour must be read.

    panels: {title: boxes}, boxes as layout.boxes gives them, with longitude, latitude and hours (after the night's start).
    place: {"longitude": (least, greatest), "latitude": ...}, clock: {"hours": ...}: the two queries.
    """
    from ...pipeline import layout

    asked = [("longitude", "latitude", place), ("hours", "longitude", clock)]
    counts = [
        f"{title + '<br>' if row == 0 else ''}{len(layout.touched(boxes, **question))} of {len(boxes)}"
        for row, (_, _, question) in enumerate(asked)
        for title, boxes in panels.items()
    ]
    figure = make_subplots(
        rows=2, cols=len(panels), subplot_titles=counts, horizontal_spacing=0.06, vertical_spacing=0.2
    )
    for row, (across, up, question) in enumerate(asked, 1):
        for column, boxes in enumerate(panels.values(), 1):
            read = layout.touched(boxes, **question)
            for some, colour, opacity in (
                ([box for box in boxes if box not in read], PALETTE["grey"], 0.1),
                (read, PALETTE["vermillion"], 0.15),
            ):
                figure.add_trace(_rectangles(some, across, up, colour, opacity), row=row, col=column)
            _outline(figure, row, column, across, up, question)
            figure.update_xaxes(title=_AXES.get(across, across), showgrid=False, row=row, col=column)
            figure.update_yaxes(showgrid=False, row=row, col=column)
        figure.update_yaxes(title=up, row=row, col=1)
    figure.update_xaxes(range=[-180, 180], tickvals=[-180, 0, 180], row=1)
    figure.update_yaxes(range=[-60, 80], tickvals=[-40, 0, 40], row=1)
    figure.update_yaxes(range=[-180, 180], tickvals=[-180, 0, 180], row=2)
    figure.update_annotations(font={"size": 13})
    return figure.update_layout(
        title="Which files must be read? Above for a country, below for half an hour",
        barmode="overlay",
        bargap=0,
        showlegend=False,
        height=680,
        width=820,
        margin={"t": 100},
    )


def _rectangles(boxes, across, up, colour, opacity):
    """Files as bars that float: left edge and width across, base and height up."""
    sides = [(box[across], box[up]) for box in boxes]
    return go.Bar(
        x=[round((left + right) / 2, 2) for (left, right), _ in sides],
        width=[round(max(right - left, 0.2), 2) for (left, right), _ in sides],
        base=[round(low, 1) for _, (low, _) in sides],
        y=[round(max(high - low, 0.2), 1) for _, (low, high) in sides],
        marker={"color": _thin(colour, opacity), "line": {"color": _thin(colour, 0.7), "width": 1}},
        hoverinfo="skip",
    )


def _thin(colour, opacity):
    """A colour of the palette, as one sees through it."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def _outline(figure, row, column, across, up, question):
    """The range that is asked for, as a dotted frame; a stripe where only one side is asked for."""
    how = {"line": {"dash": "dot", "width": 2, "color": PALETTE["blue"]}, "row": row, "col": column}
    left, right = question[across]
    if up in question:
        figure.add_shape(type="rect", x0=left, x1=right, y0=question[up][0], y1=question[up][1], **how)
    else:
        figure.add_shape(type="rect", x0=left, x1=right, y0=-180, y1=180, **how)
