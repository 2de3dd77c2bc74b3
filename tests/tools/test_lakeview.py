"""The Databricks dashboard says what the SQL files and the local dashboard say. No Spark, and no Databricks either."""

import json
import re
import subprocess
import sys
from collections import Counter
from inspect import getsource

import lakeview
import pytest
from sleigh import runtime
from sleigh.domain import STATUSES, WEATHER_IMPACT
from sleigh.paths import ROOT
from sleigh.serve import charts, dashboard, html, warehouse

COMMITTED = json.loads((ROOT / lakeview.FILE).read_text(encoding="utf-8"))
LAYOUT = COMMITTED["pages"][0]["layout"]
WIDGETS = [item["widget"] for item in LAYOUT if "spec" in item["widget"]]
FILES = sorted((ROOT / "lib/sleigh/serve/queries").glob("*.sql"))

KINDS = {
    "KPI cards": "counter",
    "time series": "line",
    "bar chart by region": "bar",
    "horizontal bar chart by gift type": "bar",
    "table of top cities": "table",
    "activity stream": "table",
    "histogram of delivery times": "bar",
    "weather donut": "pie",
    "area chart": "area",
    "three gauges": "counter",
    "chart with two axes": "combo",
    "map": "symbol-map",
    "stacked bars of status": "bar",
    "summary line": "table",
}
"""What a query's `-- Feeds` line says -> the kind of widget."""


@pytest.fixture(scope="module")
def columns(tmp_path_factory):
    """{query: the columns that it returns}, by running it on a lake whose tables are empty."""
    lake = tmp_path_factory.mktemp("empty")
    for name in warehouse.READS:
        runtime.create_files(lake / name, name)
    return {name: rows.column_names for name, rows in warehouse.Warehouse(lake).ask_all().items()}


def of(query):
    """The widgets of a query, in their order on the page."""
    return [each for each in WIDGETS if each["queries"][0]["query"]["datasetName"] == query]


def fields(widget):
    return [field["name"] for field in widget["queries"][0]["query"]["fields"]]


# The SQL


def test_each_query_is_a_dataset_and_there_are_no_others():
    assert [each["name"] for each in COMMITTED["datasets"]] == [path.stem for path in FILES]
    assert len(FILES) == 14


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_dataset_is_the_file_word_for_word(path):
    made = next(each for each in COMMITTED["datasets"] if each["name"] == path.stem)
    # Databricks joins the lines with nothing between them.
    assert "".join(made["queryLines"]) == path.read_text()
    assert all(line.endswith("\n") for line in made["queryLines"])
    assert made["displayName"] in f"{path.stem[:2]} {path.read_text()[3:]}"


# The widgets


def test_each_widget_asks_for_columns_that_its_query_returns_and_names_those_only(columns):
    for widget in WIDGETS:
        (query,) = widget["queries"]
        dataset = query["query"]["datasetName"]
        assert set(fields(widget)) <= set(columns[dataset]), widget["name"]
        assert all(each["expression"] == f"`{each['name']}`" for each in query["query"]["fields"])
        named = re.findall(r'"fieldName": "([^"]+)"', json.dumps(widget["spec"]["encodings"]))
        assert set(named) == set(fields(widget)), widget["name"]
        assert query["query"]["disaggregated"] is True, "the rows are the query's, not grouped a second time"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_query_feeds_what_its_second_line_says(path):
    feeds = path.read_text().splitlines()[1]
    (phrase,) = [phrase for phrase in KINDS if re.match(rf"-- Feeds the {phrase}\b", feeds)]
    widgets = of(path.stem)
    assert {each["spec"]["widgetType"] for each in widgets} == {KINDS[phrase]}
    assert len(widgets) == {"KPI cards": len(html.CARDS), "three gauges": 3}.get(phrase, 1)
    spec = widgets[0]["spec"]
    scales = {axis: part["scale"]["type"] for axis, part in spec["encodings"].items() if "scale" in part}
    if phrase.startswith("horizontal"):
        assert (scales["x"], scales["y"]) == ("quantitative", "categorical")
    elif KINDS[phrase] == "bar":
        assert scales["x"] in ("categorical", "temporal") and scales["y"] == "quantitative"
    if phrase.startswith("stacked"):
        assert scales["color"] == "categorical" and spec["mark"] == {"layout": "stack"}
    if phrase.endswith("two axes"):
        assert set(spec["encodings"]["y"]) == {"primary", "secondary"}


def test_the_classes_of_the_histogram_stand_in_the_order_of_the_query():
    (widget,) = of("07_delivery_times")
    order = re.findall(r"\(\d, '([\d+-]+)'", warehouse.sql("07_delivery_times"))
    assert widget["spec"]["encodings"]["x"]["scale"]["sort"]["orderedValues"] == order and len(order) == 6


def test_the_versions_are_those_that_databricks_draws():
    known = {"counter": 2, "table": 2, "symbol-map": 2, "bar": 3, "line": 3, "area": 3, "pie": 3, "combo": 1}
    assert {(each["spec"]["widgetType"], each["spec"]["version"]) for each in WIDGETS} == set(known.items())


def test_names_are_unique_and_speak():
    names = [item["widget"]["name"] for item in LAYOUT]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_-]{1,60}", name) for name in names)
    assert all(each["name"].startswith(each["queries"][0]["query"]["datasetName"]) for each in WIDGETS)


def test_widgets_cover_the_twelve_columns_without_overlap_or_gap():
    taken = Counter()
    for item in LAYOUT:
        place = item["position"]
        assert place["x"] >= 0 and place["x"] + place["width"] <= 12, item["widget"]["name"]
        for x in range(place["x"], place["x"] + place["width"]):
            for y in range(place["y"], place["y"] + place["height"]):
                taken[x, y] += 1
    assert max(taken.values()) == 1
    assert len(taken) == 12 * (1 + max(y for _, y in taken))


# The local dashboard


def drawn(name, columns):
    """The local chart's solid traces for one made-up row, and what the row says: {text of the value: column}."""
    row = {column: [1000 + number] for number, column in enumerate(columns[name])}
    if "status" in row:
        row = {column: value * len(STATUSES) for column, value in row.items()} | {"status": list(STATUSES)}
    traces = charts.CHARTS[name].draw(row)
    closed = [trace for trace in traces if trace.type != "scatter" or trace.mode != "lines" or trace.line.dash is None]
    return closed, {str(value[0]): column for column, value in row.items()}


def shown(trace, says):
    """The columns that a local trace draws."""
    values = []
    for part in ("x", "y", "labels", "values", "value"):
        if part in trace and trace[part] is not None:
            values += [trace[part]] if isinstance(trace[part], int | float) else list(trace[part])
    return {says[str(value)] for value in values if str(value) in says}


def shade(trace):
    if trace.type == "scatter":
        return trace.line.color
    return trace.marker.line.color or trace.marker.color


@pytest.mark.parametrize("name", charts.CHARTS)
def test_a_widget_shows_the_columns_of_the_local_chart_under_the_same_title(name, columns):
    traces, says = drawn(name, columns)
    wanted = set().union(*(shown(trace, says) for trace in traces))
    assert wanted and wanted <= set().union(*map(set, map(fields, of(name))))
    if charts.CHARTS[name].title:
        (widget,) = of(name)
        title = widget["spec"]["frame"]["title"]
        assert "<" not in title
        assert title.split() == re.sub("<.*?>", "", charts.CHARTS[name].title).split()


@pytest.mark.parametrize("name", ["02_completion_trend", "11_success_and_delay", "09_distance", "03_by_region"])
def test_series_have_the_names_and_colours_of_the_local_chart(name, columns):
    traces, says = drawn(name, columns)
    (widget,) = of(name)
    y = widget["spec"]["encodings"]["y"]
    series = [part for axis in (y.get("primary"), y.get("secondary"), y) if axis for part in axis.get("fields", [])]
    labels = [part["displayName"] for part in series or [y]]
    assert labels == [trace.name for trace in traces]
    for part, trace in zip(series or [y], traces, strict=True):
        assert part["fieldName"] in shown(trace, says)
    assert widget["spec"]["mark"]["colors"] == [shade(trace) for trace in traces]


@pytest.mark.parametrize("name", ["04_by_gift_type", "07_delivery_times"])
def test_bars_have_the_colour_of_the_local_chart(name, columns):
    (widget,) = of(name)
    assert widget["spec"]["mark"]["colors"] == [shade(trace) for trace in drawn(name, columns)[0]]


def test_statuses_and_weathers_have_the_colours_of_the_local_chart(columns):
    (status,), (weather,) = of("13_status"), of("08_weather")
    traces, _ = drawn("13_status", columns)
    assert mapped(status) == {trace.name: shade(trace) for trace in traces}
    row = {column: list(range(len(WEATHER_IMPACT))) for column in columns["08_weather"]}
    (donut,) = charts.traces.weather(row | {"weather_condition": list(WEATHER_IMPACT)})
    assert mapped(weather) == dict(zip(donut.labels, donut.marker.colors, strict=True))


def mapped(widget):
    return {each["value"]: each["color"] for each in widget["spec"]["encodings"]["color"]["scale"]["mappings"]}


def test_the_gauges_are_the_local_ones_in_their_order(columns):
    traces, says = drawn("10_reindeer", columns)
    made = [
        (each["spec"]["frame"]["title"], {each["spec"]["encodings"]["value"]["fieldName"]})
        for each in of("10_reindeer")
    ]
    assert made == [(trace.title.text, shown(trace, says)) for trace in traces]


def test_a_card_writes_its_number_as_the_local_one():
    for widget, (column, label, form) in zip(of("01_overall_progress"), html.CARDS, strict=True):
        value = widget["spec"]["encodings"]["value"]
        assert (value["fieldName"], widget["spec"]["frame"]["title"]) == (column, label)
        number = f"{67.891:.{value['format']['decimalPlaces']['places']}f}"
        written = value.get("formatTemplate", "{{ @formatted }}").replace("{{ @formatted }}", number)
        assert written == form.format(67.891)


def test_the_tables_have_the_titles_and_headings_of_the_local_ones():
    for name, wanted in (("05_top_cities", dashboard.TOP), ("06_live_activity", dashboard.ACTIVITY)):
        (widget,) = of(name)
        assert f'"{widget["spec"]["frame"]["title"]}"' in getsource(dashboard)
        shown = widget["spec"]["encodings"]["columns"]
        assert {each["fieldName"]: each["displayName"] for each in shown} == wanted


# The tool


def test_the_committed_file_is_what_the_tool_writes():
    run = subprocess.run([sys.executable, "tools/lakeview.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, ""), run.stdout + run.stderr


@pytest.mark.parametrize(
    "change", [("Kilometres", "Kilometers"), ("FROM gold_top_cities", "FROM santa.gold_top_cities"), ("\n}\n", "\n}")]
)
def test_check_goes_red_on_a_changed_file_in_one_line(tmp_path, capsys, change):
    path = tmp_path / lakeview.FILE
    assert lakeview.main([], root=tmp_path) == lakeview.main(["--check"], root=tmp_path) == 0
    path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    capsys.readouterr()
    assert lakeview.main(["--check"], root=tmp_path) == 1
    assert capsys.readouterr().out == f"{lakeview.FILE} is not what the queries say: run python tools/lakeview.py\n"


def test_check_goes_red_without_the_file_and_writes_none(tmp_path):
    assert lakeview.main(["--check"], root=tmp_path) == 1
    assert not (tmp_path / lakeview.FILE).exists()


def test_a_changed_query_is_seen_too(tmp_path, monkeypatch):
    assert lakeview.main([], root=tmp_path) == 0
    other = tmp_path / "12_map.sql"
    other.write_text(warehouse.sql("12_map").replace("30 MINUTES", "31 MINUTES"))
    monkeypatch.setitem(warehouse.QUERIES, "12_map", other)
    assert lakeview.main(["--check"], root=tmp_path) == 1


def test_a_catalog_and_a_schema_change_where_the_datasets_look_and_nothing_else(tmp_path):
    path = tmp_path / "mine" / "santa.lvdash.json"
    assert lakeview.main(["--catalog", "main", "--schema", "santa_13", "--into", str(path)], root=tmp_path) == 0
    made = json.loads(path.read_text(encoding="utf-8"))
    for each in made["datasets"]:
        assert (each.pop("catalog"), each.pop("schema")) == ("main", "santa_13")
    assert made == COMMITTED
    assert not (tmp_path / lakeview.FILE).exists()
