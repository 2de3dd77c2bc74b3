"""The dashboard's text as HTML: cards, status strip, tables. Functions of plain data; everything from data is escaped.

STYLE is the sheet that it all needs, once on a page.
"""

from html import escape

from ..errors import first_line
from .css import STYLE as STYLE
from .sparkline import sparkline

CARDS = (
    ("total_deliveries", "deliveries", "{:,.0f}"),
    ("total_gifts", "gifts", "{:,.0f}"),
    ("total_distance_km", "km flown", "{:,.0f}"),
    ("success_rate_percentage", "delivered, latest 10 min", "{:.1f} %"),
    ("delay_rate_percentage", "delayed, latest 10 min", "{:.1f} %"),
    ("avg_time_to_delivery_minutes", "min a delivery, latest 10 min", "{:.2f}"),
)
"""Column of query 01, what the card says under its number, how the number is written."""


def cards(now, before=None, *, region=None, history=None):
    """The KPI cards: one for each of CARDS, with the change since the last refresh.

    now, before: the row of query 01 as a dict, {} where there is none yet. region: the region that is chosen, if one is;
    it does not reach query 01, and the cards say so. history: the last hour's minutes as sparkline() takes them.
    """
    made = ['<div class="quiet">all regions:</div>'] if region else []
    for name, label, form in CARDS:
        value, old = now.get(name), (before or {}).get(name)
        text = "–" if value is None else form.format(value)
        line = sparkline(name, history) if history else ""
        made.append(f'<div class="card"><b>{text}</b> {label} <small>{_change(value, old, form)}</small>{line}</div>')
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
        return f'<div class="night quiet">{where}No deliveries yet.</div>'
    places = f"{row['countries']} countries" + ("" if region else f" and {row['regions']} regions")
    return (
        f'<div class="night">{where}{row["deliveries"]:,} deliveries in {places} · '
        f"{row['gifts']:,} gifts · "
        f"{row['delivered']:,} delivered, {row['en_route']:,} en route, {row['delayed']:,} delayed · "
        f"the last at {row['last_delivery']:%H:%M:%S} UTC</div>"
    )


def table(rows, columns, *, scroll=None):
    """Rows (dicts) as an HTML table. columns: {name: heading}; numbers stand on the right. scroll: its name, if it may be
    higher than its place: it scrolls there, by keyboard too.
    """
    head = "".join(f'<th scope="col"{_side(rows, name)}>{escape(title)}</th>' for name, title in columns.items())
    body = "".join(
        "<tr>" + "".join(f"<td{_side(rows, name)}>{_cell(row[name])}</td>" for name in columns) + "</tr>"
        for row in rows
    )
    made = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    if scroll is None:
        return made
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(scroll)}">{made}</div>'


def panel(title, rows):
    """A pyarrow Table under its title, the names of its columns as heads."""
    heads = {name: name.replace("_", " ") for name in rows.column_names}
    return f"<div><h3>{escape(title)}</h3>{table(rows.to_pylist(), heads, scroll=title)}</div>"


def _side(rows, name):
    return ' class="n"' if rows and isinstance(rows[0][name], int | float) else ""


_SHORT = 24
"""Letters that a cell surely has room for; of a longer text all is shown when the mouse rests on it."""


def _cell(value):
    if value is None:
        return '<span class="quiet">NULL</span>'
    if isinstance(value, str) and len(value) > _SHORT:
        return f'<span title="{escape(value)}">{escape(value)}</span>'
    if hasattr(value, "strftime"):
        return value.strftime("%H:%M:%S")
    return (
        f"{value:,.1f}" if isinstance(value, float) else escape(f"{value:,}" if isinstance(value, int) else str(value))
    )


def strip(health):
    """The status strip from health.health(): a dot for each part of the run, one line of numbers, and what is wrong."""
    numbers = []
    if health["passed_percentage"] is not None:
        rules = ", ".join(f"{rule} {count:,}" for rule, count in health["rules"].items())
        numbers += [
            (f"{health['events_per_minute']:,}", "events a minute"),
            (f"{health['passed_percentage']:.2f} %", "quality: pass"),
            (f"{health['quarantined']:,}", "quarantined", rules),
        ]
    if health["watermark"]:
        numbers.append((f"{health['watermark']:%H:%M:%S}", "watermark"))
    for name in ("silver", "gold"):
        if health[f"{name}_behind_s"] is not None:
            numbers.append((f"{health[f'{name}_behind_s']:.0f} s", f"event → {name}"))
    if health["refresh_s"] is not None:
        numbers.append((f"{health['refresh_s']:.2f} s", "refresh"))
    lines = [*_why_down(health), *map(_missing, health["missing"])]
    return (
        f'<div class="strip">{_streams(health)}{"".join(_number(*each) for each in numbers)}'
        + "".join(f'<div class="line">{line}</div>' for line in lines)
        + "</div>"
    )


def _number(value, what, more=""):
    """A number over what it is; `more` is shown when the mouse rests on it, and heard."""
    hover = f' title="{escape(more)}"' if more else ""
    heard = f'<span class="heard">({escape(more)})</span>' if more else ""
    return f"<div{hover}><b>{value}</b> <small>{what}</small> {heard}</div>"


_SHAPES = {
    "running": '<circle cx="7" cy="7" r="5.5" fill="#009E73"/>',
    "ended": '<circle cx="7" cy="7" r="4.5" fill="none" stroke="#009E73" stroke-width="2"/>',
    "stopped": '<path d="M7 1L13.5 13H0.5Z" fill="#E69F00"/>',
    "failed": '<path d="M2 2L12 12M12 2L2 12" stroke="#D55E00" stroke-width="3.5"/>',
}
"""State of a stream or the producer -> how its dot looks: by its shape as well as by its colour."""


def _streams(health):
    streams, producer = health["streams"], health["producer"]
    if not streams:
        return '<div class="quiet">no live run on this lake</div>'
    running = sum(stream["state"] == "running" for stream in streams)
    dots = "".join(_dot(part, part is producer) for part in [producer, *streams] if part)
    ended = " · the producer has reached its end" if producer and producer["state"] == "ended" else ""
    return (
        f'<div><ul class="dots" aria-label="producer and streams">{dots}</ul>'
        f"<small{_tone(running, streams)}>{running} of {len(streams)} streams running{ended}</small></div>"
    )


def _tone(running, streams):
    return "" if running == len(streams) else ' class="bad"'


def _dot(part, is_producer):
    told = escape(f"{'the producer' if is_producer else part['table']}: {part['state']}")
    shape = _SHAPES.get(part["state"], _SHAPES["stopped"])
    return (
        f'<li title="{told}"{" class=producer" if is_producer else ""}>'
        f'<svg viewBox="0 0 14 14" aria-hidden="true">{shape}</svg><span class="heard">{told}</span></li>'
    )


def _why_down(health):
    """A line for each part that has failed or was stopped."""
    for part in health["down"]:
        name = "the producer" if part is health["producer"] else escape(part["table"])
        what = "died" if part["state"] == "failed" else "stopped"
        yield f'<span class="bad">{name} {what}: {escape(part["error"] or "no reason given")}</span>'


def _missing(name):
    return f'<span class="quiet">waiting for {escape(name)}</span>'


def failure(error):
    """One line for a refresh that failed; the dashboard goes on trying."""
    return f'<div class="bad">refresh failed: {escape(type(error).__name__)}: {escape(first_line(error))}</div>'
