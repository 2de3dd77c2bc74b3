"""The small line in a KPI card: the last hour, a point a minute, as inline SVG."""

from .style import PALETTE, STATUS_COLORS

HISTORY = """
SELECT window_start, total_deliveries, total_gifts_delivered, total_distance_traveled_km, completion_percentage,
       delay_rate_percentage, avg_delivery_time_seconds / 60 AS minutes_a_delivery
FROM (SELECT * FROM gold_delivery_summary_realtime ORDER BY window_start DESC LIMIT 60) AS newest
ORDER BY window_start
"""
"""The rows that all six lines are drawn from: the newest minutes of a small gold table, in one query."""

_RATES = {
    "success_rate_percentage": ("completion_percentage", "% delivered, by the minute", STATUS_COLORS["delivered"]),
    "delay_rate_percentage": ("delay_rate_percentage", "% delayed, by the minute", STATUS_COLORS["delayed"]),
}
LINES = _RATES | {
    "total_deliveries": ("total_deliveries", "deliveries a minute", PALETTE["blue"]),
    "total_gifts": ("total_gifts_delivered", "gifts delivered a minute", PALETTE["purple"]),
    "total_distance_km": ("total_distance_traveled_km", "km a minute", PALETTE["blue"]),
    "avg_time_to_delivery_minutes": ("minutes_a_delivery", "minutes a delivery", PALETTE["sky"]),
}
"""Column of a card -> column of its line, what that is, its colour."""

WIDTH, HEIGHT = 100, 24
"""In the drawing's own units; the page stretches it."""


def sparkline(card, rows):
    """The line of a card, '' where there are fewer than two minutes. rows: {column: list} of HISTORY, with "open" beside.

    Minutes that the watermark has not closed are dashed.
    """
    column, what, color = LINES[card]
    values, is_open = rows[column], rows["open"]
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    across = WIDTH / (len(values) - 1)
    points = [
        f"{place * across:.1f},{HEIGHT * (0.5 if high == low else 1 - (value - low) / (high - low)):.1f}"
        for place, value in enumerate(values)
    ]
    begin = is_open.index(True) if True in is_open else len(points)
    closed, still = points[:begin], points[max(0, begin - 1) :] if begin < len(points) else []
    told = f"{what}, last {len(values)}: from {low:,.6g} to {high:,.6g}, now {values[-1]:,.6g}"
    return (
        f'<svg class="spark" style="--spark: {color}" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" '
        f'role="img" aria-label="{told}"><title>{told}</title>'
        f'<path class="under" d="M0,{HEIGHT}L{"L".join(points)}L{WIDTH},{HEIGHT}Z"/>'
        f"{_path(closed)}{_path(still, 'open')}</svg>"
    )


def _path(points, kind="closed"):
    return f'<path class="{kind}" d="M{"L".join(points)}"/>' if points else ""
