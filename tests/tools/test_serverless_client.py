"""What is looked for in databricks-connect's pyspark, tried on ours: the real one is in no environment that has Spark."""

import sys

import pytest
import serverless_client


def test_names_of_modules_are_found_by_whatever_they_are_called():
    text = """
from pyspark.sql import functions as F, Window
import pyspark
import pyspark.sql.types as T
from .pyspark import nothing

F.count_if(F.col("a"))
T.StringType()
Window.partitionBy("a")
other.F
"""
    assert serverless_client.taken(text) == {
        ("pyspark.sql", "functions"),
        ("pyspark.sql", "Window"),
        ("pyspark.sql.functions", "count_if"),
        ("pyspark.sql.functions", "col"),
        ("pyspark.sql.types", "StringType"),
        ("pyspark.sql.Window", "partitionBy"),
    }


def test_library_and_lessons_are_read():
    names, methods = serverless_client.wanted()
    assert ["pyspark.sql.functions", "session_window"] in names, "lesson 06 alone has it"
    assert ["pyspark.sql.functions", "xxhash64"] in names, "pipeline/repair.py has it"
    assert {"dropDuplicatesWithinWatermark", "createOrReplaceTempView", "toTable", "recentProgress"} <= set(methods)
    assert not {"sparkContext", "to_pylist", "strip"} & set(methods)


@pytest.mark.parametrize(
    "names, methods, said",
    [
        ([["pyspark.sql.functions", "count_if"], ["pyspark.sql", "Window"]], ["toTable", "toArrow"], []),
        ([["pyspark.sql.functions", "count_unless"]], [], ["pyspark.sql.functions has no count_unless"]),
        ([["pyspark.sql.nothing", "count_if"]], [], ["pyspark.sql.nothing has no count_if"]),
        ([], ["toTable", "toParquetAtOnce"], ["no class of a Connect session has toParquetAtOnce"]),
    ],
)
def test_what_is_missing_is_said(names, methods, said):
    assert serverless_client.missing(names, methods) == said


def test_a_python_without_the_client_is_told_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(sys, "path", sys.path[:])
    assert serverless_client.inside("/nowhere") == 1
    assert "has no databricks-connect: see the top of tools/serverless_client.py" in capsys.readouterr().out
