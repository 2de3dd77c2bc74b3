"""The pictures of lesson 00: where the messages of a run went, and which minutes are final."""

import plotly.graph_objects as go

from ...serve.style import INK, PALETTE
from ...tables import SUMMARY


def flow(ledger):
    """A Sankey diagram of a ledger's sums: sent -> bronze -> silver -> the summary table. Empty branches are left out."""
    summary = ledger.gold[SUMMARY.name]
    branches = [
        ("sent", "bronze", ledger.generated, "grey"),
        ("bronze", "silver", ledger.silver, "blue"),
        ("bronze", "quarantine", ledger.quarantined, "vermillion"),
        ("bronze", "re-sent copies", ledger.deduplicated, "orange"),
        ("bronze", "too late for silver", ledger.too_late_for_silver, "purple"),
        ("silver", "in a final minute", summary["counted"], "green"),
        ("silver", "minute still open", summary["waiting"], "sky"),
        ("silver", "too late for its minute", summary["too_late"], "purple"),
    ]
    branches = [branch for branch in branches if branch[2] > 0]
    arrives = {"sent": ledger.generated} | {target: rows for _, target, rows, _ in branches}
    names = list(arrives)
    # In columns by hand: left to itself the diagram puts every end at the right edge, bronze's dead ends too.
    column = {"sent": 0.001, "bronze": 0.3, "in a final minute": 0.999, "minute still open": 0.999}
    row = {
        "silver": 0.6,
        "quarantine": 0.03,
        "re-sent copies": 0.11,
        "in a final minute": 0.33,
        "minute still open": 0.75,
    }
    figure = go.Figure(
        go.Sankey(
            arrangement="snap",
            node={
                "label": [f"{name}: {rows:,}" for name, rows in arrives.items()],
                "color": [INK, *[PALETTE[color] for _, _, _, color in branches]],
                "x": [column.get(name, 0.62) for name in names],
                "y": [row.get(name, 0.5) for name in names],
                "pad": 18,
                "thickness": 14,
                "line": {"width": 0},
            },
            link={
                "source": [names.index(source) for source, *_ in branches],
                "target": [names.index(target) for _, target, *_ in branches],
                "value": [rows for _, _, rows, _ in branches],
                "color": [_faint(PALETTE[color]) for *_, color in branches],
            },
            textfont={"color": INK, "size": 13, "shadow": "none"},
        )
    )
    return figure.update_layout(title="Where 6,000 messages went" if ledger.generated == 6000 else None, height=340)


def minutes(rows, final, watermark):
    """Deliveries a minute: filled where gold holds a final count, hollow where the window is still open.

    rows: {"10:00": deliveries in silver}, in order. final: {"10:00": count in gold} of the closed windows.
    watermark: the stream's watermark, ms since 1970.
    """
    start = list(rows)
    hour, minute = map(int, start[0].split(":"))
    watermark = watermark / 60_000 % (24 * 60) - 60 * hour - minute  # in minutes after the first bar's beginning
    closed, waiting = [final.get(minute) for minute in start], [None if m in final else rows[m] for m in start]
    place = [n + 0.5 for n in range(len(start))]
    figure = go.Figure()
    figure.add_bar(x=place, y=closed, name="final: counted in gold", marker_color=PALETTE["green"])
    figure.add_bar(
        x=place,
        y=waiting,
        name="open: waiting in the stream's state",
        marker={"color": "rgba(0, 0, 0, 0)", "line": {"color": PALETTE["sky"], "width": 2}},
    )
    for x, text, color in ((watermark, "watermark", "vermillion"), (len(start), "newest event", "grey")):
        figure.add_vline(x=x, line={"color": PALETTE[color], "width": 2, "dash": "dot"})
        figure.add_annotation(x=x, y=1.02, yref="paper", text=text, showarrow=False, yanchor="bottom", xanchor="right")
    return figure.update_layout(
        title="One bar for each minute",
        barmode="overlay",
        bargap=0.15,
        height=380,
        xaxis={"tickvals": list(range(len(start))), "ticktext": start, "title": "event time, UTC", "range": [0, 10.2]},
        yaxis={"title": "deliveries"},
        legend={"orientation": "h", "y": -0.28},
        margin={"t": 80, "b": 90},
    )


def _faint(color):
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.25)"
