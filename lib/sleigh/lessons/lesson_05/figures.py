"""Pictures of lesson 05: what the state store holds, micro-batch by micro-batch, and which partition holds which region."""

from plotly.subplots import make_subplots

from ...serve.style import INK, PALETTE, label

_LANE = "rgba(128, 128, 128, 0.12)"


def lanes(rows, *, labelled):
    """One lane for each row of the state store, one rectangle for each micro-batch that it lived; as thick as its bytes.

    rows: dicts with batch (number of the micro-batch, from 0), window (label), region, set and sketch (bytes that the
    row spends on the distinct count). labelled: the window whose lanes carry their bytes. Left the set, right the sketch.
    """
    place, ticks, height = _places(rows)
    thickest = max(max(row["set"], row["sketch"]) for row in rows)
    figure = make_subplots(
        1, 2, shared_yaxes=True, horizontal_spacing=0.04, subplot_titles=("set of cities", "sketch of cities")
    )
    for column, name in enumerate(("set", "sketch"), 1):
        for region, colour in _colours(rows).items():
            own = [row for row in rows if row["region"] == region]
            thick = [0.94 * row[name] / thickest for row in own]
            middle = [place[row["window"], region] for row in own]
            figure.add_bar(
                x=[row["batch"] for row in own],
                y=[round(size, 4) for size in thick],
                base=[round(at - size / 2, 4) for at, size in zip(middle, thick, strict=True)],
                width=0.94,
                marker={"color": colour, "line": {"width": 0}},
                name=label(region),
                legendgroup=region,
                showlegend=column == 1,
                customdata=[[row["window"], row[name]] for row in own],
                hovertemplate="window %{customdata[0]}, micro-batch %{x}: %{customdata[1]} bytes",
                row=1,
                col=column,
            )
        _byte_labels(figure, rows, place, name, labelled, column)
    batches = sorted({row["batch"] for row in rows})
    for column, name in enumerate(("set", "sketch"), 1):
        total = [sum(row[name] for row in rows if row["batch"] == batch) for batch in batches]
        labels = [f"{batch}<br>{size:,}" for batch, size in zip(batches, total, strict=True)]
        figure.update_xaxes(tickvals=batches, ticktext=labels, range=[batches[0] - 0.6, batches[-1] + 0.6], col=column)
    figure.update_xaxes(title={"text": "micro-batch, and bytes in all", "standoff": 8})
    figure.update_yaxes(tickvals=list(ticks.values()), ticktext=list(ticks), range=[height, -0.8], showgrid=False)
    figure.update_yaxes(title={"text": "window", "standoff": 8}, col=1)
    figure.update_annotations(font={"color": INK, "size": 14})
    return figure.update_layout(
        title="What the state store holds",
        barmode="overlay",
        height=580,
        legend={"orientation": "h", "y": -0.2, "traceorder": "normal"},
        margin={"t": 90, "b": 110},
    )


def _places(rows):
    """Where each lane lies: {(window, region): y}, {window: y of its middle}, and the height of all."""
    place, ticks, at = {}, {}, 0.0
    for window in sorted({row["window"] for row in rows}):
        regions = [region for region in _colours(rows) if any(_is(row, window, region) for row in rows)]
        ticks[window] = at + (len(regions) - 1) / 2
        for region in regions:
            place[window, region] = at
            at += 1
        at += 0.7
    return place, ticks, at - 0.7


def _is(row, window, region):
    return row["window"] == window and row["region"] == region


def _byte_labels(figure, rows, place, name, window, column):
    for region in _colours(rows):
        last = max((row for row in rows if _is(row, window, region)), key=lambda row: row["batch"], default=None)
        if last:
            figure.add_annotation(
                x=last["batch"] + 0.6,
                y=place[window, region],
                text=f"{last[name]} bytes",
                showarrow=False,
                xanchor="left",
                row=1,
                col=column,
            )


def partitions(by_region, by_window, *, number):
    """A lane for each partition of the state store: which share of a column's deliveries lies in it, by region.

    by_region, by_window: dicts with partition, region, deliveries, and by_window also with window (label). Left the
    stream that is keyed by region, right the one keyed by window and region; each column adds up to 100 %.
    """
    whole = [row | {"window": "all"} for row in by_region]
    figure = make_subplots(
        1,
        2,
        column_widths=[0.2, 0.8],
        shared_yaxes=True,
        horizontal_spacing=0.05,
        subplot_titles=("key: region", "key: window and region"),
    )
    colours = _colours(by_window)
    for column, rows in enumerate((whole, by_window), 1):
        for trace in _shares(rows, colours):
            figure.add_bar(**trace, showlegend=column == 2, row=1, col=column)
        for partition in sorted(set(range(number)) - {row["partition"] for row in rows}):
            middle = (len({row["window"] for row in rows}) - 1) / 2
            figure.add_annotation(x=middle, y=partition, text="empty", showarrow=False, row=1, col=column)
    for partition in range(number):
        lane = {"y0": partition - 0.45, "y1": partition + 0.45, "fillcolor": _LANE, "line": {"width": 0}}
        figure.add_hrect(**lane, layer="below", row=1, col="all")
    figure.update_yaxes(range=[number - 0.4, -0.6], dtick=1, showgrid=False)
    figure.update_yaxes(title={"text": "partition", "standoff": 8}, col=1)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_xaxes(title={"text": "window", "standoff": 8}, col=2)
    figure.update_annotations(font={"color": INK, "size": 14})
    return figure.update_layout(
        title="Who does the work? Share of the deliveries in each partition",
        barmode="overlay",
        height=430,
        legend={"orientation": "h", "y": -0.24, "traceorder": "normal"},
        margin={"t": 90, "b": 90},
    )


def _shares(rows, colours):
    """Bars that stand on the floor of their lane, one on the other; a full lane is 100 % of the column's deliveries."""
    total, top, bars = {}, {}, {region: [] for region in colours}
    for row in rows:
        total[row["window"]] = total.get(row["window"], 0) + row["deliveries"]
    for row in sorted(rows, key=lambda row: (row["window"], row["partition"], -row["deliveries"])):
        floor = top.get((row["window"], row["partition"]), row["partition"] + 0.45)
        share = row["deliveries"] / total[row["window"]]
        top[row["window"], row["partition"]] = floor - 0.9 * share
        bars[row["region"]].append((row["window"], floor, -0.9 * share, share))
    for region, colour in colours.items():
        yield {
            "x": [window for window, *_ in bars[region]],
            "y": [round(size, 4) for _, _, size, _ in bars[region]],
            "base": [round(floor, 4) for _, floor, _, _ in bars[region]],
            "text": [f"{share:.0%}" if share > 0.3 else "" for *_, share in bars[region]],
            "textposition": "inside",
            "insidetextanchor": "middle",
            "textangle": 0,
            "textfont": {"color": "white"},
            "marker": {"color": colour, "line": {"width": 0}},
            "name": label(region),
            "legendgroup": region,
            "hovertemplate": "window %{x}<extra>" + label(region) + "</extra>",
        }


def _colours(rows):
    """A colour for each region, the one with most rows of the store's deliveries or bytes first."""
    weight = {}
    for row in rows:
        size = row.get("deliveries", row.get("set"))
        weight[row["region"]] = max(weight.get(row["region"], 0), size)
    ordered = sorted(weight, key=lambda region: (-weight[region], region))
    return dict(zip(ordered, PALETTE.values(), strict=False))
