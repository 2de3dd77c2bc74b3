"""The figure of lesson 16: what was true of some deliveries, and what two tables said of them at the time.

Times are minutes after 10:00, when the night begins. A span is a dict with delivery_id, status, start and end.
"""

from plotly.subplots import make_subplots

from ...serve.style import PALETTE, STATUS_COLORS

_COLORS = STATUS_COLORS | {"returned": PALETTE["purple"]}  # which no message says, only the feed
_TRUE, _SAID = 8, 3  # widths of the lines, px


def lives(true, said, until):
    """A row for each delivery, a panel for each table: broad what was true, narrow what the table said.

    true: spans; said: {title of the panel: spans}; until: where the axis ends. A span without an end lasts until then. The
    deliveries are in the order of their first true span, the first at the top.
    """
    rows = {}
    for span in sorted(true, key=lambda span: (span["start"], span["delivery_id"])):
        rows.setdefault(span["delivery_id"], len(rows))
    titles = list(said)
    figure = make_subplots(cols=len(titles), shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.04)
    for column, title in enumerate(titles, 1):
        for spans, width, opacity in ((true, _TRUE, 0.4), (said[title], _SAID, 1.0)):
            for status, color in _COLORS.items():
                x, y = _lines([span for span in spans if span["status"] == status], rows, until)
                if x:
                    figure.add_scatter(
                        x=x,
                        y=y,
                        mode="lines",
                        line={"width": width, "color": color},
                        opacity=opacity,
                        name=status,
                        legendgroup=status,
                        showlegend=column == 1 and width == _TRUE,
                        hoverinfo="skip",
                        row=1,
                        col=column,
                    )
    ticks = list(range(0, int(until) + 1, 10))
    figure.update_xaxes(range=[-6, until], tickvals=ticks, ticktext=[f"10:{tick:02d}" for tick in ticks])
    figure.update_yaxes(range=[len(rows) - 0.4, -0.6], showticklabels=False, showgrid=False, ticks="")
    return figure.update_layout(
        title="Broad: what was true. Narrow: what the table said",
        height=max(240, 130 + 13 * len(rows)),
        width=720,
        legend={"orientation": "h", "x": 0, "y": -0.06, "yanchor": "top"},
        margin={"t": 80, "b": 70, "l": 20},
    )


def _lines(spans, rows, until):
    """The spans as one line with gaps: x and y."""
    x, y = [], []
    for span in sorted(spans, key=lambda span: (rows[span["delivery_id"]], span["start"])):
        end = until if span["end"] is None else min(span["end"], until)
        x += [round(span["start"], 3), round(end, 3), None]
        y += [rows[span["delivery_id"]], rows[span["delivery_id"]], None]
    return x, y
