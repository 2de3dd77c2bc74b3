"""Figures of lesson 12: what reads what in a declared pipeline, and how many rows each version of a table has."""

import plotly.graph_objects as go

from ...serve.style import PALETTE

KINDS = {
    "StreamingTable": ("streaming table", PALETTE["blue"]),
    "MaterializedView": ("materialized view", PALETTE["orange"]),
    "TemporaryView": ("temporary view", PALETTE["green"]),
    None: ("outside the pipeline", PALETTE["grey"]),
}
"""Kind of a dataset, as a Graph has it (None: it is none of the pipeline's) -> its name in the figure, its colour."""


def places(reads):
    """{dataset: (x, y)}: each stands one to the right of the last of what it reads, y is from the top.

    reads: {dataset: {what it reads: whether as a stream}}, as a Graph has it. What is not a key is outside, at x = 0.
    Raises ValueError if the graph has a cycle.
    """
    x = {}

    def depth(name, below=()):
        if name in below:
            raise ValueError(f"a cycle: {name} reads itself, by way of others")
        if name not in x:
            x[name] = 1 + max((depth(source, (*below, name)) for source in reads.get(name, ())), default=-1)
        return x[name]

    for name in sorted(reads):
        depth(name)
    made = {}
    for column in range(max(x.values(), default=-1) + 1):
        # Beside what they read, and who is read by others last, so that few lines cross.
        names = [name for name in x if x[name] == column]
        names.sort(key=lambda name: (_mean(name, reads, made), _is_read(name, reads), name))
        middle = sum(_mean(name, reads, made) for name in names) / len(names)
        for place, name in enumerate(names):
            made[name] = (column, round(middle + place - (len(names) - 1) / 2, 3))
    return made


def _mean(name, reads, made):
    heights = [made[source][1] for source in reads.get(name, ()) if source in made]
    return sum(heights) / len(heights) if heights else 0


def _is_read(name, reads):
    return any(name in sources for sources in reads.values())


def graph(kinds, reads, title):
    """The graph: a square for each dataset, a line from what it reads, dotted where it reads all of it each time.

    kinds: {dataset: its kind, a key of KINDS}; reads: as in places().
    """
    at = places(reads)
    figure = go.Figure()
    for stream, name, dash in ((True, "reads what is new", "solid"), (False, "reads everything", "dot")):
        x, y = [], []
        for dataset, sources in sorted(reads.items()):
            for source in sorted(source for source in sources if sources[source] == stream):
                x += [at[source][0], at[dataset][0], None]
                y += [at[source][1], at[dataset][1], None]
        if x:
            figure.add_scatter(
                x=x, y=y, mode="lines", name=name, line={"color": PALETTE["grey"], "width": 2, "dash": dash}
            )
    for kind, (name, colour) in KINDS.items():
        datasets = sorted(dataset for dataset in at if kinds.get(dataset) == kind)
        if datasets:
            figure.add_scatter(
                x=[at[dataset][0] for dataset in datasets],
                y=[at[dataset][1] for dataset in datasets],
                text=[_wrapped(dataset) for dataset in datasets],
                mode="markers+text",
                textposition=[_beside(dataset, at, reads) for dataset in datasets],
                marker={"symbol": "square", "size": 16, "color": colour},
                name=name,
            )
    across = max((x for x, _ in at.values()), default=0)
    heights = [y for _, y in at.values()] or [0]
    figure.update_xaxes(visible=False, range=[-0.25 * across, across * 1.25])
    figure.update_yaxes(visible=False, range=[max(heights) + 0.9, min(heights) - 0.5])
    return figure.update_layout(
        title=title,
        height=max(280, round(150 + 62 * (max(heights) - min(heights)))),
        width=780,
        legend={"orientation": "h", "x": 0, "y": -0.02, "yanchor": "top"},
        margin={"l": 20, "b": 60},
    )


def _beside(name, at, reads):
    """Where the name of a dataset stands: away from the lines that come in and go out."""
    if not _is_read(name, reads):
        return "middle right"
    if not reads.get(name):
        return "bottom left"
    height = at[name][1]  # from the top
    readers = [at[reader][1] for reader in reads if name in reads[reader]]
    if _mean(name, reads, at) > height:
        return "top left" if min(readers) < height else "top center"
    if max(readers) <= height:
        return "bottom center"
    return "top left" if _mean(name, reads, at) == height else "bottom left"


def _wrapped(name):
    """A long name in two lines, broken at an underscore near its middle."""
    if len(name) < 16:
        return name
    breaks = [place for place, letter in enumerate(name) if letter == "_"]
    middle = min(breaks, key=lambda place: abs(place - len(name) / 2), default=None)
    return name if middle is None else f"{name[: middle + 1]}<br>{name[middle + 1 :]}"


def versions(history):
    """A bar for each version of a table, as high as it has rows, with the operation that made it.

    history: dicts with version, operation, rows, oldest first.
    """
    figure = go.Figure()
    for empty, name, colour in ((False, "rows", PALETTE["orange"]), (True, "no rows", PALETTE["vermillion"])):
        chosen = [entry for entry in history if (entry["rows"] == 0) == empty]
        if chosen:
            figure.add_bar(
                x=[entry["version"] for entry in chosen],
                y=[max(entry["rows"], 0.04) for entry in chosen],
                text=[entry["operation"].replace(" ", "<br>") for entry in chosen],
                textposition="outside",
                textangle=0,
                textfont={"size": 9},
                constraintext="none",
                cliponaxis=False,
                width=0.7,
                marker={"color": colour},
                name=name,
            )
    figure.update_xaxes(title="version", dtick=1, range=[history[0]["version"] - 0.6, history[-1]["version"] + 0.6])
    figure.update_yaxes(title="rows", rangemode="tozero", dtick=1)
    return figure.update_layout(title="What a reader finds in each version", height=340, width=780, barmode="overlay")
