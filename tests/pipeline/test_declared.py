"""The declared pipeline: what databricks/pipeline declares makes the tables that the streams make.

A Connect server in the JVM of the session runs it, as `spark-pipelines` would. What is refused before a row is read, what a
second update does and what a full refresh breaks is in the cells of lesson 12, whose outputs are compared.
"""

import subprocess
import sys

import declared as tool
import pyarrow as pa
import pytest
from helpers import assert_same, opened
from pyspark import pipelines as dp
from pyspark.sql import functions as F
from sleigh import pipeline, runtime
from sleigh.errors import SleighError
from sleigh.pipeline import gold
from sleigh.pipeline.declared import definitions, updates
from sleigh.runtime import remote
from sleigh.tables import BRONZE, LANDING, OVERALL_PROGRESS, QUARANTINE, SILVER

SPEC = tool.SPEC
SOURCE = f"default.{LANDING.name}"
CONFIGURATION = {definitions.LANDING_CONF: SOURCE}


@pytest.fixture(scope="module")
def client(spark):
    session = remote.client(spark)
    yield session
    session.stop()
    remote.stop(spark)


@pytest.fixture(scope="module")
def declared(spark, client, plain_folder, tmp_path_factory):
    """(graph, what was told, {table: its rows, a pyarrow Table}) of one update of the files on plain's landing."""
    opened(spark, plain_folder)
    folder = tmp_path_factory.mktemp("declared's")
    updates.create_schema(spark, "declared", folder / "tables")
    with updates.declaring(client, "declared", CONFIGURATION) as graph:
        updates.load(graph, SPEC)
    told = updates.update(graph, folder / "storage")
    return (
        graph,
        told,
        {name: tool.read(folder / "tables" / name) for name, kind in graph.kinds.items() if kind != "TemporaryView"},
    )


def test_every_table_has_the_rows_of_the_stream(spark, plain, declared):
    """No message of this night is late, so nothing depends on how the streams and the update have cut it."""
    _, _, found = declared
    assert set(found) == {*pipeline.STREAMS, "gold_running_totals"}
    for name in pipeline.STREAMS:
        rows = runtime.read(spark, name)
        assert len(rows) and tool.compare(name, found[name], rows), name
    totals = gold.running_totals(spark.table(OVERALL_PROGRESS.name)).toArrow()
    assert len(totals) == 3
    assert_same(found["gold_running_totals"].select(totals.column_names), totals)


def test_the_graph_is_what_the_functions_read(declared):
    graph, told, _ = declared
    windows = {name: {"deliveries": True} for name in gold.GOLD}
    assert graph.reads == {
        BRONZE.name: {LANDING.name: True},
        "arrivals": {BRONZE.name: True},
        QUARANTINE.name: {"arrivals": True},
        SILVER.name: {LANDING.name: True},
        "deliveries": {SILVER.name: True},
        **windows,
        "gold_running_totals": {OVERALL_PROGRESS.name: False},
    }
    others = {name: kind for name, kind in graph.kinds.items() if kind != "StreamingTable"}
    assert others == {
        "arrivals": "TemporaryView",
        "deliveries": "TemporaryView",
        "gold_running_totals": "MaterializedView",
    }
    assert "COMPLETED" in told[-1]


def test_a_dry_run_leaves_nothing(spark, client, plain, tmp_path):
    updates.create_schema(spark, "small", tmp_path / "small")
    with updates.declaring(client, "small") as graph:

        @dp.table(name="bronze")
        def rows():
            return client.readStream.table(SOURCE)

        @dp.materialized_view(name="regions")
        def counts():
            return client.read.table("bronze").groupBy("region").agg(F.count("*").alias("n"))

    updates.update(graph, tmp_path / "storage", dry=True)
    assert not spark.catalog.tableExists("small.bronze") and not spark.catalog.tableExists("small.regions")
    spark.sql("DROP SCHEMA small CASCADE")


def test_the_command_line_takes_the_committed_files(spark, client, plain, declared, tmp_path, monkeypatch):
    """As `spark-pipelines dry-run` does, but for the JVM that only starts it."""
    monkeypatch.setattr(tool, "FOLDER", tmp_path)
    spec = tool.write_spec(tmp_path / "here" / SPEC.name)
    address, token = remote.serve(spark)
    done = subprocess.run(
        [sys.executable, "-m", "pyspark.pipelines.cli", "dry-run", "--spec", str(spec)],
        env=tool.variables(token) | {"SPARK_REMOTE": address},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Run is COMPLETED" in done.stdout


def test_a_difference_is_told(capsys):
    one = pa.table({"id": [1, 2, 2], "calculated_at": [7, 8, 9]})
    assert tool.compare("t", one, pa.table({"id": [2, 1, 2], "calculated_at": [1, 1, 1]}))
    assert not tool.compare("t", one, pa.table({"id": [1, 2, 3], "calculated_at": [7, 8, 9]}))
    assert not tool.compare("t", one.slice(0, 0), one.slice(0, 0))
    assert not tool.compare("t", one, one.rename_columns(["other", "calculated_at"]))
    verdicts = [line.split("   ")[-1].strip() for line in capsys.readouterr().out.splitlines()]
    assert verdicts[:3] == ["equal", "1 rows more, 1 missing", "no rows: proves nothing"]


def test_a_server_wants_a_classic_session():
    with pytest.raises(SleighError, match="classic session"):
        remote.serve(object())


class Platform:
    """As much of Databricks' pyspark.pipelines as the files ask for: it notes what it is told."""

    def __init__(self):
        self.expected = {}

    def expect_all(self, rules):
        self.expected |= rules
        return lambda query: query


def test_on_lakeflow_the_platform_counts_and_tables_are_read_as_tables(monkeypatch):
    platform, read = Platform(), []
    session = type("Session", (), {"readStream": type("Reader", (), {"table": staticmethod(read.append)})})
    monkeypatch.setattr(definitions, "LAKEFLOW", True)
    monkeypatch.setattr(definitions, "dp", platform)
    monkeypatch.setattr(definitions.SparkSession, "active", lambda: session)

    def query():
        return 1

    assert definitions.expect_all({"some": "a OR b"})(query) is query and platform.expected == {
        "some": "coalesce(a OR b, false)"
    }
    definitions.arrived()
    definitions.watermarked("deliveries")
    assert read == [BRONZE.name, "deliveries"]


def test_in_open_source_nothing_is_expected():
    assert not definitions.LAKEFLOW

    def query():
        return 1

    assert definitions.expect_all({"some": "a"})(query) is query
