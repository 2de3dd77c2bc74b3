"""Figures of lesson 14: predictions against the true probability, and a model's hours against the best that is possible."""

from plotly.subplots import make_subplots

from ...serve.style import INK, PALETTE

DOTS = 1500
"""At most so many dots to a panel: more would hide each other and make the notebook heavy."""


def against_truth(panels):
    """One panel a model: its prediction over the true probability, a dot a delivery, both in percent.

    panels: {title: [(true, predicted), ...]}, probabilities. On the line a model says the truth. Each panel's axis runs as
    far as its predictions need.
    """
    figure = make_subplots(cols=len(panels), subplot_titles=list(panels), horizontal_spacing=0.07)
    for column, pairs in enumerate(panels.values(), 1):
        dots = _thinned([(round(100 * true, 2), round(100 * predicted, 2)) for true, predicted in pairs])
        top = next(top for top in (20, 50, 100) if max(predicted for _, predicted in dots) <= top)
        x, y = zip(*dots, strict=True)
        line = {"x": [0, 20], "y": [0, 20], "mode": "lines", "line": {"color": INK, "width": 1.5, "dash": "dot"}}
        figure.add_scatter(**line, hoverinfo="skip", row=1, col=column)
        marker = {"size": 5, "opacity": 0.45, "color": PALETTE["blue"], "line": {"width": 0}}
        figure.add_scatter(x=x, y=y, mode="markers", marker=marker, row=1, col=column)
        figure.update_yaxes(range=[-0.03 * top, 1.04 * top], ticksuffix=" %", row=1, col=column)
    figure.update_xaxes(range=[0, 18], tickvals=[0, 5, 10, 15], title="true probability, %")
    figure.update_yaxes(title="predicted", col=1)
    figure.update_annotations(font={"size": 13, "color": INK})
    return figure.update_layout(height=320, width=720, showlegend=False, margin={"t": 40})


def _thinned(dots):
    """Each dot once, and at most DOTS of them, evenly taken from all in order."""
    once = sorted(set(dots))
    step = -(-len(once) // DOTS)
    return once[::step]


def by_hour(hours):
    """Above, the AUC of the model and of the true probabilities; below, what was predicted, true and observed.

    hours: dicts with clock (label), auc, best, predicted, true, observed (the last three in percent), one an hour.
    """
    figure = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.12, subplot_titles=["AUC", "delayed, %"])
    lines = (
        (1, "best", "the true probabilities", {"color": INK, "width": 5}, "lines"),
        (1, "auc", "the model of 14:00", {"color": PALETTE["blue"], "width": 2}, "lines"),
        (2, "true", "true", {"color": INK, "width": 5}, "lines"),
        (2, "predicted", "predicted", {"color": PALETTE["blue"], "width": 2}, "lines"),
        (2, "observed", "observed", {"color": PALETTE["vermillion"]}, "markers"),
    )
    clocks = [hour["clock"] for hour in hours]
    for row, name, label, style, mode in lines:
        how = {"marker": style} if mode == "markers" else {"line": style}
        y = [round(hour[name], 4) for hour in hours]
        figure.add_scatter(
            x=clocks, y=y, mode=mode, name=label, showlegend=row == 1 or mode == "markers", row=row, col=1, **how
        )
    figure.update_xaxes(type="category", nticks=9)
    figure.update_yaxes(range=[0.5, 0.75], row=1)
    figure.update_yaxes(rangemode="tozero", row=2)
    figure.update_annotations(font={"size": 13, "color": INK}, x=0, xanchor="left")
    return figure.update_layout(height=430, width=700, legend={"orientation": "h", "y": -0.12}, margin={"t": 40})
