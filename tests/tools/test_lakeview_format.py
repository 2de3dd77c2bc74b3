"""The Databricks dashboard holds only what public sources attest, and its SQL is Databricks' SQL over our tables.

No Databricks here: the first half compares with lakeview_attested.json, where each key, version and word names the public
files that have it; the second half reads the queries with sqlglot, in Databricks' dialect.
"""

import copy
import json
import re
from pathlib import Path

import lakeview
import pytest
import sqlglot
from sleigh.paths import ROOT
from sleigh.serve import warehouse
from sleigh.tables import TABLES
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

ATTESTED = json.loads(Path(__file__).with_name("lakeview_attested.json").read_text(encoding="utf-8"))
DASHBOARD = json.loads((ROOT / lakeview.FILE).read_text(encoding="utf-8"))
COLUMNS = {
    name: {column.name: column.dataType.simpleString() for column in table.columns} for name, table in TABLES.items()
}
OURS = (
    *("name", "displayName", "title", "lines[]", "fieldName", "datasetName", "expression", "formatTemplate"),
    *("mappings[].value", "mappings[].color", "colors[]", "orderedValues[]"),
)
"""Ends of the keys whose text is the author's own; widgetType is compared as such."""


# The format


def leaves(value, at=""):
    """(key path, value) of all that is no object or list of objects; [] is any element of a list."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{at}.{key}" if at else key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, f"{at}[]")
    else:
        yield at, value


def unattested(dashboard):
    """What the dashboard holds and no source of the list has, as a set of lines."""
    found = set()
    for dataset in dashboard["datasets"]:
        found |= {f"dataset: {key}" for key, _ in leaves(dataset) if key not in ATTESTED["datasets"]}
    for page in dashboard["pages"]:
        page = copy.deepcopy(page)
        specs = [item["widget"].pop("spec") for item in page["layout"] if "spec" in item["widget"]]
        found |= {f"page: {key}" for key, _ in leaves(page) if key not in ATTESTED["pages"]}
        found |= words(page)
        for spec in specs:
            kind = spec["widgetType"]
            known = ATTESTED["widgets"].get(kind, {"versions": {}, "keys": {}})
            found |= {f"{kind}: {key}" for key, _ in leaves(spec) if key not in known["keys"]}
            found |= words(spec)
            if str(spec["version"]) not in known["versions"]:
                found.add(f"{kind}: version {spec['version']}")
    return found


def words(value):
    """The words of the format in `value` that no source has, where the list knows all that we may say at a key."""
    return {
        f"{ends}: {word}"
        for key, word in leaves(value)
        for ends, known in ATTESTED["words"].items()
        if f".{key}".endswith(f".{ends}") and word not in known
    }


def test_the_dashboard_holds_only_what_is_attested():
    assert not unattested(DASHBOARD)


@pytest.mark.parametrize(
    ("kind", "where", "key", "value", "found"),
    [
        ("symbol-map", "encodings", "extra", [{"fieldName": "city"}], "symbol-map: encodings.extra[].fieldName"),
        ("area", "mark", "opacity", 0.5, "area: mark.opacity"),
        ("pie", None, "version", 2, "pie: version 2"),
        ("bar", "mark", "layout", "stacked", "mark.layout: stacked"),
        ("table", None, "widgetType", "grid", "grid: version 2"),
    ],
)
def test_a_widget_with_anything_else_is_found(kind, where, key, value, found):
    changed = copy.deepcopy(DASHBOARD)
    specs = [item["widget"].get("spec", {}) for item in changed["pages"][0]["layout"]]
    spec = next(spec for spec in specs if spec.get("widgetType") == kind)
    (spec[where] if where else spec)[key] = value
    assert found in unattested(changed)


@pytest.mark.parametrize(
    ("part", "key", "value", "found"),
    [
        ("pages", "layoutVersion", "GRID_V2", "layoutVersion: GRID_V2"),
        ("pages", "columns", 12, "page: columns"),
        ("datasets", "sql", "SELECT 1", "dataset: sql"),
    ],
)
def test_a_page_or_a_dataset_with_anything_else_is_found(part, key, value, found):
    changed = copy.deepcopy(DASHBOARD)
    changed[part][0][key] = value
    assert unattested(changed) == {found}


def test_every_word_of_the_format_is_compared():
    """A key whose values are words of the format, and that the list of words leaves out, would be compared by nobody."""
    spoken = {f".{key}" for key, value in leaves(DASHBOARD["pages"]) if isinstance(value, str)}
    known = tuple(f".{ends}" for ends in (*OURS, "widgetType", *ATTESTED["words"]))
    assert {key for key in spoken if not key.endswith(known)} == set()
    assert all(any(key.endswith(f".{ends}") for key in spoken) for ends in OURS)


def test_each_entry_of_the_list_has_its_source_at_one_commit():
    sources = ATTESTED["sources"]
    for each in sources.values():
        assert re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+/blob/[0-9a-f]{40}/\S+", each["at"])
    lists = [value for key, value in leaves({key: ATTESTED[key] for key in ("datasets", "pages", "widgets", "words")})]
    assert set(lists) == set(sources), "a source that is not there, or one that attests nothing"
    for kind, known in ATTESTED["widgets"].items():
        assert all(known["versions"].values()) and all(known["keys"].values()), kind


# The SQL


def misread(sql):
    """(what is wrong with a query in Databricks' dialect over our tables, or None; the columns that it returns)."""
    try:
        tree, *more = sqlglot.parse(sql, dialect="databricks")
        if more:
            return f"{1 + len(more)} statements", []
        tables = {table.name for table in tree.find_all(exp.Table)} - {cte.alias for cte in tree.find_all(exp.CTE)}
        if strange := tables - set(TABLES):
            return f"no table of ours: {min(strange)}", []
        if unknown := [each.name for each in tree.find_all(exp.Anonymous)]:
            return f"no function of the dialect: {unknown[0]}", []
        qualified = qualify(tree, schema=COLUMNS, dialect="databricks")
    except sqlglot.errors.SqlglotError as error:
        return str(error), []
    return None, qualified.named_selects


@pytest.mark.parametrize("name", [*warehouse.QUERIES, *warehouse.EXTENSIONS])
def test_a_query_is_databricks_sql_over_our_tables_and_columns(name):
    problem, columns = misread(warehouse.sql(name))
    assert problem is None and columns
    tables = {table.name for table in sqlglot.parse_one(warehouse.sql(name), dialect="databricks").find_all(exp.Table)}
    assert tables == warehouse.reads(name)


def test_a_widget_asks_for_columns_of_its_query():
    columns = {each["name"]: misread("".join(each["queryLines"]))[1] for each in DASHBOARD["datasets"]}
    for item in DASHBOARD["pages"][0]["layout"]:
        for each in item["widget"].get("queries", []):
            wanted = {field["name"] for field in each["query"]["fields"]}
            assert wanted and wanted <= set(columns[each["query"]["datasetName"]]), item["widget"]["name"]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT country FROM gold_top_city", "no table of ours: gold_top_city"),
        ("SELECT total FROM gold_top_cities", "'total' could not be resolved"),
        ("SELECT t.country FROM gold_top_cities AS c", "could not be resolved for table: 't'"),
        ("SELECT list_value(country) FROM gold_top_cities", "no function of the dialect: list_value"),
        ("SELECT country FROM gold_top_cities GROUP country", "Invalid expression"),
        ("SELECT country FROM gold_top_cities; SELECT 1", "2 statements"),
    ],
)
def test_a_wrong_query_is_not_taken(sql, says):
    assert says in misread(sql)[0]
