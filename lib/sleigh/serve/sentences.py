"""What a chart shows, in a sentence, for readers who hear the page: one function a query, columns of its rows -> text."""

from .traces import MOST_BARS

NOTHING = "No deliveries yet."


def places(rows):
    """How many cities, and the three with the most deliveries."""
    if not rows["city"]:
        return NOTHING
    first = [f"{city} {count:,}" for city, count in zip(rows["city"][:3], rows["deliveries"][:3], strict=True)]
    return f"{len(rows['city'])} cities, the most deliveries in {', '.join(first)}."


def weather(rows):
    """Each weather's share."""
    shares = zip(rows["weather_condition"], rows["share_percentage"], strict=True)
    return ", ".join(f"{name} {share:.0f} %" for name, share in shares) + "." if rows["weather_condition"] else NOTHING


def trend(rows):
    return _course(rows, "total_deliveries", "{:,} deliveries a minute")


def rates(rows):
    delayed = _course(rows, "delay_rate_percentage", "{:.1f} % delayed")
    return (
        f"{_course(rows, 'completion_percentage', '{:.1f} % delivered')} {delayed}" if rows["window_start"] else NOTHING
    )


def distance(rows):
    return _course(rows, "cumulative_distance_km", "{:,.0f} km")


def regions(rows):
    return _bars(rows, "region")


def gift_types(rows):
    return _bars(rows, "gift_type")


def delivery_times(rows):
    """Each class with its deliveries."""
    classes = zip(rows["seconds"], rows["deliveries"], strict=True)
    return ", ".join(f"{seconds} s: {count:,}" for seconds, count in classes) + "."


def statuses(rows):
    """Each status with its deliveries of the quarter of an hour."""
    sums = {}
    for status, count in zip(rows["status"], rows["deliveries"], strict=True):
        sums[status] = sums.get(status, 0) + count
    said = [f"{count:,} {status.replace('_', ' ')}" for status, count in sorted(sums.items())]
    return ", ".join(said) + "." if said else NOTHING


def gauges(rows):
    """The three numbers."""
    speed, magic, km = (rows[name][0] for name in ("avg_speed_kmh", "avg_magic_level", "distance_km"))
    return (
        NOTHING
        if speed is None
        else f"Mean speed {speed:,.0f} km/h, mean magic {magic:.0f} of 100, {km:,.0f} km flown."
    )


def _course(rows, column, form):
    """Lowest, highest and newest of a line, and how much of it may still change."""
    values = rows[column]
    if not values:
        return NOTHING
    begin, end = (f"{rows['window_start'][place]:%H:%M}" for place in (0, -1))
    low, high, last = (form.format(value) for value in (min(values), max(values), values[-1]))
    still = sum(rows.get("open", ()))
    told = f" The newest {still} of {len(values)} minutes are still open." if still else ""
    return f"From {begin} to {end}: lowest {low}, highest {high}, newest {last}.{told}"


def _bars(rows, column):
    """The names with the most deliveries, and whether their window is closed."""
    if not rows[column]:
        return NOTHING
    names = zip(rows[column][:MOST_BARS], rows["total_deliveries"], strict=False)
    told = ", ".join(f"{name} {count:,}" for name, count in names)
    still = ", still open" if any(rows.get("open", ())) else ""
    return f"Window {rows['window_start'][0]:%H:%M}{still}: {told}."
