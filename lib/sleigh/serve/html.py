"""The dashboard's text as HTML: cards, status strip, tables. Functions of plain data; everything from data is escaped.

Colours come from JupyterLab's own variables, so that one text is right on dark and on light pages.
"""

from html import escape

from ..errors import first_line

STYLE = """<style>
.sleigh {font: 13px Helvetica, Arial, sans-serif; color: var(--jp-ui-font-color1, #333)}
.sleigh .cards {display: flex; flex-wrap: wrap; gap: 8px}
.sleigh .card {flex: 1 1 120px; border: 1px solid var(--jp-border-color2, #ccc); border-radius: 6px; padding: 6px 10px}
.sleigh .card b {display: block; font-size: 22px; font-weight: 600; line-height: 1.25}
.sleigh .card small {display: block; min-height: 1.3em}
.sleigh small, .sleigh .quiet {color: var(--jp-ui-font-color2, #767676)}
.sleigh .strip {display: flex; flex-wrap: wrap; gap: 3px 14px; line-height: 1.5}
.sleigh .bad {color: #D55E00; font-weight: 600}
.sleigh .good {color: #009E73}
.sleigh .scroll {max-height: 240px; overflow: auto; border: 1px solid var(--jp-border-color2, #ccc); border-radius: 6px}
.sleigh table {border-collapse: collapse; width: 100%; font-size: 12px}
.sleigh th, .sleigh td {padding: 2px 8px; text-align: left; white-space: nowrap; border: none}
.sleigh th {position: sticky; top: 0; background: var(--jp-layout-color2, #eee)}
.sleigh td.n, .sleigh th.n {text-align: right; font-variant-numeric: tabular-nums}
</style>"""

CARDS = (
    ("total_deliveries", "deliveries", "{:,.0f}"),
    ("total_gifts", "gifts", "{:,.0f}"),
    ("total_distance_km", "km flown", "{:,.0f}"),
    ("success_rate_percentage", "delivered, latest 10 min", "{:.1f} %"),
    ("delay_rate_percentage", "delayed, latest 10 min", "{:.1f} %"),
    ("avg_time_to_delivery_minutes", "min a delivery, latest 10 min", "{:.2f}"),
)
"""Column of query 01, what the card says under its number, how the number is written."""


def cards(now, before=None, *, region=None):
    """The KPI cards: one for each of CARDS, with the change since the last refresh.

    now, before: the row of query 01 as a dict, {} where there is none yet. region: the region that is chosen, if one is;
    it does not reach query 01, and the cards say so.
    """
    made = ['<div class="quiet" style="flex: 1 0 100%">all regions:</div>'] if region else []
    for name, label, form in CARDS:
        value, old = now.get(name), (before or {}).get(name)
        text = "–" if value is None else form.format(value)
        made.append(f'<div class="card"><b>{text}</b>{label}<small>{_change(value, old, form)}</small></div>')
    return f'<div class="cards">{"".join(made)}</div>'


def _change(value, old, form):
    if value is None or old is None:
        return ""
    change = float(value) - float(old)
    text = form.format(abs(change))
    if form.format(value) == form.format(old):
        return "±0"
    return f"{'▲' if change > 0 else '▼'} {text}"


def night(row, region=None):
    """The summary line of the night, or of one region in it, from the row of query 14."""
    where = f"{escape(region)}: " if region else ""
    if not row or not row["deliveries"]:
        return f'<div class="quiet">{where}No deliveries yet.</div>'
    places = f"{row['countries']} countries" + ("" if region else f" and {row['regions']} regions")
    return (
        f"<div>{where}{row['deliveries']:,} deliveries in {places} · "
        f"{row['gifts']:,} gifts · "
        f"{row['delivered']:,} delivered, {row['en_route']:,} en route, {row['delayed']:,} delayed · "
        f"the last at {row['last_delivery']:%H:%M:%S} UTC</div>"
    )


def table(rows, columns, *, scroll=False):
    """Rows (dicts) as an HTML table. columns: {name: heading}; numbers stand on the right."""
    head = "".join(f"<th{_side(rows, name)}>{escape(title)}</th>" for name, title in columns.items())
    body = "".join(
        "<tr>" + "".join(f"<td{_side(rows, name)}>{_cell(row[name])}</td>" for name in columns) + "</tr>"
        for row in rows
    )
    made = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="scroll">{made}</div>' if scroll else made


def panel(title, rows):
    """A pyarrow Table under its title, the names of its columns as heads."""
    heads = {name: name.replace("_", " ") for name in rows.column_names}
    return f"<div><b>{escape(title)}</b>{table(rows.to_pylist(), heads)}</div>"


def _side(rows, name):
    return ' class="n"' if rows and isinstance(rows[0][name], int | float) else ""


def _cell(value):
    if value is None:
        return '<span class="quiet">NULL</span>'
    if hasattr(value, "strftime"):
        return value.strftime("%H:%M:%S")
    return (
        f"{value:,.1f}" if isinstance(value, float) else escape(f"{value:,}" if isinstance(value, int) else str(value))
    )


def strip(health):
    """The status strip from health.health()."""
    parts = [_streams(health["streams"], health["producer"], health["down"]), *map(_missing, health["missing"])]
    if health["passed_percentage"] is not None:
        rules = ", ".join(f"{escape(rule)} {count:,}" for rule, count in health["rules"].items())
        parts += [
            f"{health['events_per_minute']:,} events a minute",
            f"quality {health['passed_percentage']:.2f} % pass",
            f"quarantined {health['quarantined']:,}" + (f" ({rules})" if rules else ""),
        ]
    if health["watermark"]:
        parts.append(f"watermark {health['watermark']:%H:%M:%S}")
    for name in ("silver", "gold"):
        if health[f"{name}_behind_s"] is not None:
            parts.append(f"event → {name} {health[f'{name}_behind_s']:.0f} s")
    if health["refresh_s"] is not None:
        parts.append(f"refresh {health['refresh_s']:.2f} s")
    return '<div class="strip">' + "".join(f"<span>{part}</span>" for part in parts) + "</div>"


def _streams(streams, producer, down):
    if not streams:
        return '<span class="quiet">no live run on this lake</span>'
    running = sum(stream["state"] == "running" for stream in streams)
    well = "good" if running == len(streams) else "bad"
    text = f'<span class="{well}">{running} of {len(streams)} streams running</span>'
    if producer and producer["state"] == "ended":
        text += " · the producer has reached its end"
    for part in down:
        name = "the producer" if part is producer else escape(part["table"])
        what = "died" if part["state"] == "failed" else "stopped"
        text += f' · <span class="bad">{name} {what}: {escape(part["error"] or "no reason given")}</span>'
    return text


def _missing(name):
    return f'<span class="quiet">waiting for {escape(name)}</span>'


def failure(error):
    """One line for a refresh that failed; the dashboard goes on trying."""
    return f'<div class="bad">refresh failed: {escape(type(error).__name__)}: {escape(first_line(error))}</div>'
