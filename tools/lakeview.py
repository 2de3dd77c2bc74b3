"""Write dashboards/santa.lvdash.json, the dashboard for Databricks (AI/BI, once Lakeview), from the same SQL files.

    python tools/lakeview.py                                              writes it
    python tools/lakeview.py --check                                      exit code 1 and one line if it differs
    python tools/lakeview.py --catalog main --schema santa_13 --into build/santa.lvdash.json    a copy for one workspace

Each query of lib/sleigh/serve/queries is a dataset, word for word, and every widget takes its rows as they are: nothing is
counted a second time. Titles, colours and places are the local dashboard's. What Databricks does not have is drawn by the
nearest kind that it has: a donut as a pie, a gauge as a counter, the line under the cards as a table of one row, and of
two lines with two axes the first as bars.

The format has no official description. Each key that is written here stands in a public dashboard, or in what Databricks'
own repositories say of one: tests/tools/lakeview_attested.json lists them with their sources, and a test compares.
"""

import argparse
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from sleigh.serve import charts, dashboard, html, warehouse
from sleigh.serve.style import PALETTE, STATUS_COLORS, WEATHER_COLORS

ROOT = Path(__file__).resolve().parents[1]
FILE = "dashboards/santa.lvdash.json"
VERSIONS = {"counter": 2, "table": 2, "symbol-map": 2, "bar": 3, "line": 3, "area": 3, "pie": 3, "combo": 1}
"""Kind of widget -> version of its part of the format; Databricks does not draw a widget with another one."""

ROWS = {1: (7, 8), 2: (15, 5), 3: (20, 6), 4: (26, 5)}
"""Row of the local figure -> y and height of its widgets, in rows of the page."""

GRID = "GRID_V1"
"""The page's grid, as today's exports have it: twelve columns, two for each of the local figure's six."""

NIGHT = {
    "deliveries": "deliveries",
    "countries": "countries",
    "regions": "regions",
    "gifts": "gifts",
    "delivered": "delivered",
    "en_route": "en route",
    "delayed": "delayed",
    "last_delivery": "night's time, UTC",
}
"""Column of query 14 -> heading."""

CLASSES = ["0-30", "30-45", "45-60", "60-90", "90-120", "120+"]
"""Query 07's classes in their order; sorted as text, 120+ would come second."""


def text(catalog=None, schema=None):
    """The file's text. With a catalog and a schema the datasets look for their tables there; the SQL stays as it is."""
    where = {key: value for key, value in (("catalog", catalog), ("schema", schema)) if value}
    page = {
        "name": "night",
        "displayName": "The night",
        "layout": layout(),
        "pageType": "PAGE_TYPE_CANVAS",
        "layoutVersion": GRID,
    }
    made = {"datasets": [dataset(name) | where for name in warehouse.QUERIES], "pages": [page]}
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def dataset(name):
    """Query `name` as a dataset, named by the question that it answers. Databricks joins the lines as they are."""
    lines = warehouse.sql(name).splitlines(keepends=True)
    question = re.match(r"-- ([^?]+\?)", lines[0])[1]
    return {"name": name, "displayName": f"{name[:2]} {question}", "queryLines": lines}


def layout():
    """Every widget with its position, from the top of the page to its end."""
    title = {"name": "title", "multilineTextboxSpec": {"lines": ["## Santa's night"]}}
    return [
        {"widget": title, "position": position(0, 0, 6, 1)},
        *[
            counter("01_overall_progress", column, label, form, (place, 1, 1, 3))
            for place, (column, label, form) in enumerate(html.CARDS)
        ],
        table("14_night", "The night so far", NIGHT, (0, 4, 6, 3)),
        *figure(),
        table("05_top_cities", "Top cities, latest 15 minutes", dashboard.TOP, (0, 31, 2, 8)),
        table("06_live_activity", "Newest deliveries", dashboard.ACTIVITY, (2, 31, 4, 8)),
    ]


def figure():
    """The widgets that the local dashboard draws as one figure."""
    return [
        chart("12_map", "symbol-map", places(), mark={"opacity": 0.8}),
        chart("08_weather", "pie", weather()),
        chart(
            "02_completion_trend",
            "line",
            {"x": minute(), "y": numbers(total_deliveries="all", successful_deliveries="delivered")},
            mark=colors("grey", "green"),
        ),
        chart("11_success_and_delay", "combo", rates(), mark=colors("green", "vermillion")),
        chart("09_distance", "area", {"x": minute(), "y": number("cumulative_distance_km", "km")}, mark=colors("blue")),
        chart(
            "03_by_region",
            "bar",
            {"x": category("region", sort={"by": "y-reversed"}), "y": number("total_deliveries", "deliveries")},
            mark=colors("blue"),
        ),
        chart(
            "04_by_gift_type",
            "bar",
            {"x": number("total_deliveries", "deliveries"), "y": category("gift_type", sort={"by": "x-reversed"})},
            mark=colors("purple"),
        ),
        chart(
            "07_delivery_times",
            "bar",
            {
                "x": category("seconds", sort={"by": "custom-order", "orderedValues": CLASSES}),
                "y": number("deliveries"),
            },
            mark=colors("sky"),
        ),
        chart("13_status", "bar", statuses(), mark={"layout": "stack"}),
        *gauges(),
    ]


def places():
    """The map's dots: as large as their deliveries, coloured by the share that is done.

    No source of the list gives a map's dots a text or its legends a name, so ours have none.
    """
    ramp = {"mode": "scheme", "scheme": "viridis"}
    return {
        "coordinates": {"latitude": {"fieldName": "latitude"}, "longitude": {"fieldName": "longitude"}},
        "size": {"fieldName": "deliveries", "scale": {"type": "quantitative"}},
        "color": {"fieldName": "success_percentage", "scale": {"type": "quantitative", "colorRamp": ramp}},
    }


def weather():
    return {
        "angle": number("deliveries"),
        "color": category("weather_condition", "weather", mappings=mappings(WEATHER_COLORS)),
        "label": {"show": True},
    }


def rates():
    """Two axes, each with its own scale: what `secondary` names is read on the right."""
    return {
        "x": minute(),
        "y": {
            "primary": numbers(completion_percentage="delivered, %"),
            "secondary": numbers(delay_rate_percentage="delayed, %"),
        },
    }


def statuses():
    return {
        "x": minute("delivery_minute"),
        "y": number("deliveries"),
        "color": category("status", mappings=mappings(STATUS_COLORS)),
    }


def gauges():
    """Three counters, side by side where the gauges stand."""
    place = charts.CHARTS["10_reindeer"]
    wanted = {"avg_speed_kmh": "speed, km/h", "avg_magic_level": "magic", "distance_km": "km in 10 min"}
    return [
        counter("10_reindeer", column, label, "{:,.0f}", (place.column - 1 + offset, ROWS[place.row][0], 1, 5))
        for offset, (column, label) in enumerate(wanted.items())
    ]


def chart(query, kind, encodings, **more):
    """The widget of one chart of the local figure: its title without the colours, and its place."""
    local = charts.CHARTS[query]
    y, height = ROWS[local.row]
    title = re.sub("<[^>]+>", "", local.title)
    return widget(query, kind, kind, title, encodings, (local.column - 1, y, local.width, height), **more)


def counter(query, column, label, form, at):
    """One number. form: how Python would write it, as in html.CARDS."""
    places, unit = re.fullmatch(r"\{:,?\.(\d)f\}(.*)", form).groups()
    value = {
        "fieldName": column,
        "displayName": label,
        "format": {"type": "number", "decimalPlaces": {"type": "max", "places": int(places)}},
    }
    if unit:
        value["formatTemplate"] = "{{ @formatted }}" + unit
    return widget(query, "counter", column, label, {"value": value}, at)


def table(query, title, columns, at):
    """Rows as they are. columns: {column: heading}."""
    encodings = {"columns": [{"fieldName": column, "displayName": heading} for column, heading in columns.items()]}
    return widget(query, "table", "table", title, encodings, at)


def widget(query, kind, name, title, encodings, at, **more):
    """A widget of the dataset `query`. It asks for the columns that its encodings name, and for no others."""
    fields = [{"name": column, "expression": f"`{column}`"} for column in dict.fromkeys(named(encodings))]
    rows = {"datasetName": query, "fields": fields, "disaggregated": True}  # the rows of the query, not grouped again
    spec = {"version": VERSIONS[kind], "widgetType": kind, "encodings": encodings} | more
    return {
        "widget": {
            "name": f"{query}_{name}",
            "queries": [{"name": "main_query", "query": rows}],
            "spec": spec | {"frame": {"showTitle": True, "title": title}},
        },
        "position": position(*at),
    }


def named(encodings):
    """Every column that the encodings name."""
    if isinstance(encodings, list):
        encodings = dict(enumerate(encodings))
    for key, value in encodings.items():
        if key == "fieldName":
            yield value
        elif isinstance(value, dict | list):
            yield from named(value)


def position(x, y, width, height):
    """A place on the page. x and width are in the local figure's six columns."""
    return {"x": 2 * x, "y": y, "width": 2 * width, "height": height}


def number(column, label=None):
    return {"fieldName": column, "displayName": label or column, "scale": {"type": "quantitative"}}


def numbers(**labels):
    """Several columns on one axis, a series each: {column: label}."""
    fields = [{"fieldName": column, "displayName": label} for column, label in labels.items()]
    return {"fields": fields, "scale": {"type": "quantitative"}}


def minute(column="window_start"):
    return {"fieldName": column, "displayName": "UTC", "scale": {"type": "temporal"}}


def category(column, label=None, **scale):
    label = label or column.replace("_", " ")
    return {"fieldName": column, "displayName": label, "scale": {"type": "categorical"} | scale}


def mappings(shades):
    return [{"value": value, "color": color} for value, color in shades.items()]


def colors(*names):
    return {"colors": [PALETTE[name] for name in names]}


def main(arguments=None, root=ROOT):
    """What the command line asks for. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Write the Databricks dashboard from lib/sleigh/serve/queries.")
    parser.add_argument("--check", action="store_true", help=f"only say whether {FILE} is what would be written")
    parser.add_argument("--catalog", help="where the datasets look for their tables")
    parser.add_argument("--schema", help="and in which schema")
    parser.add_argument("--into", help=f"the file to write, if not {FILE}")
    asked = parser.parse_args(arguments)
    path = Path(asked.into) if asked.into else root / FILE
    wanted = text(asked.catalog, asked.schema)
    if asked.check:
        if path.exists() and path.read_text(encoding="utf-8") == wanted:
            return 0
        print(f"{asked.into or FILE} is not what the queries say: run python tools/lakeview.py")
        return 1
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(wanted, encoding="utf-8")
    print(f"wrote {asked.into or FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
