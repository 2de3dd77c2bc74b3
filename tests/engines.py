"""Spark SQL and DuckDB must give the same rows to each of the dashboard's queries."""

import math

import pyarrow as pa
from sleigh.serve import warehouse


def plain_rows(table):
    """Rows as tuples, in order; every number as int or float, times in microseconds."""
    columns = []
    for column in table.columns:
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64())
        values = column.to_pylist()
        columns.append([float(v) if type(v).__name__ in ("float", "Decimal") else v for v in values])
    return list(zip(*columns, strict=True))


def same(one, other):
    """Equal, doubles to twelve digits: the engines add them in different orders."""
    if isinstance(one, float) and isinstance(other, float):
        return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-9)
    return one == other


def assert_same_rows(name, one, other):
    """Two answers to query `name` have equal columns and rows in equal order."""
    assert one.column_names == other.column_names, name
    rows, others = plain_rows(one), plain_rows(other)
    assert len(rows) == len(others), f"{name}: {len(rows)} rows, and {len(others)}"
    for place, pair in enumerate(zip(rows, others, strict=True)):
        assert all(map(same, *pair)), f"{name}, row {place}: {pair[0]}, and {pair[1]}"


def assert_spark_agrees(spark, by_duckdb):
    """Spark answers all 14 over the open lake as DuckDB has. Returns {query: number of rows}."""
    for name, rows in by_duckdb.items():
        assert_same_rows(name, rows, warehouse.ask_spark(spark, name))
    return {name: len(rows) for name, rows in by_duckdb.items()}


def assert_engines_agree(spark, folder):
    """All 14 on both engines over the open lake. Returns {query: number of rows}."""
    return assert_spark_agrees(spark, warehouse.Warehouse(folder).ask_all())
