"""The figure of the exam: what each lesson's questions have brought. Rows are those of result.rows()."""

import plotly.graph_objects as go

from ...serve.style import PALETTE

_PARTS = {  # legend: (states, colour)
    "right": (("right",), PALETTE["green"]),
    "not right": (("wrong", "unchecked"), PALETTE["vermillion"]),
    "open": (("open",), PALETTE["grey"]),
}


def points(rows):
    """A bar a lesson, in points: right, not right, and open, from the bottom to the top."""
    lessons = sorted({row["lesson"][:2] for row in rows})
    figure = go.Figure()
    for name, (states, color) in _PARTS.items():
        figure.add_bar(
            x=lessons,
            y=[
                sum(row["of"] for row in rows if row["lesson"][:2] == lesson and row["state"] in states)
                for lesson in lessons
            ],
            name=name,
            marker={"color": color, "opacity": 0.35 if name == "open" else 1},
        )
    got, of = (sum(row[name] for row in rows) for name in ("points", "of"))
    figure.update_xaxes(type="category", title="lesson")
    figure.update_yaxes(title="points", dtick=1)
    return figure.update_layout(
        title=f"Points by lesson: {got} of {of}",
        barmode="stack",
        height=340,
        width=720,
        legend={"orientation": "h", "x": 0, "y": 1.12, "traceorder": "normal"},
    )
