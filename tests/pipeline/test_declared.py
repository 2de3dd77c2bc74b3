"""The declared pipeline: what databricks/pipeline declares makes the tables that the streams make.

A Connect server in the JVM of the session runs it, as `spark-pipelines` would.
"""

import contextlib
import subprocess
import sys
import threading
import time

import declared as tool
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from helpers import assert_same, opened
from pyspark import pipelines as dp
from pyspark.sql import functions as F
from sleigh import pipeline, runtime
from sleigh.errors import SleighError
from sleigh.pipeline import bronze, gold, silver
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


@pytest.fixture
def small(spark, client, plain, tmp_path):
    """A function (*files, dry, full_refresh) that declares what the files declare and updates it, in a schema `small`."""
    updates.create_schema(spark, "small", tmp_path / "small")

    def update(*files, **how):
        with updates.declaring(client, "small") as graph:
            for file in files:
                file()
        return updates.update(graph, tmp_path / "storage", **how)

    client.conf.set("spark.sql.pipelines.maxFlowRetryAttempts", "0")  # what fails is not tried again
    yield update
    spark.sql("DROP SCHEMA small CASCADE")


def stream_of(client, name, source, compute=lambda rows: rows.select("*")):
    """A file that declares table `name` as compute(the stream `source`)."""

    def file():
        @dp.table(name=name)
        def rows():
            return compute(client.readStream.table(source))

    return file


def view_of(client, name, source):
    def file():
        @dp.materialized_view(name=name)
        def rows():
            return client.read.table(source).groupBy("region").agg(F.count("*").alias("n"))

    return file


def test_what_cannot_be_is_refused_before_a_row_is_read(spark, client, small):
    arrivals = stream_of(client, "bronze", SOURCE, bronze.ingest)
    for files, says in (
        ([arrivals, stream_of(client, "quarantine", "bronce")], "Flows with errors: spark_catalog.small.quarantine"),
        ([stream_of(client, "a", "b"), stream_of(client, "b", "a")], "Circular dependencies are not supported"),
        ([arrivals, stream_of(client, "a", "bronze", silver.clean)], "TABLE_OR_VIEW_NOT_FOUND"),
        ([arrivals, stream_of(client, "a", "bronze", lambda rows: rows.limit(rows.count()))], "ATTEMPT_ANALYSIS"),
    ):
        with pytest.raises(Exception, match=says):
            small(*files, dry=True)
    assert not spark.catalog.tableExists("small.bronze")


def test_a_dry_run_leaves_nothing(spark, client, small):
    small(stream_of(client, "bronze", SOURCE), view_of(client, "regions", "bronze"), dry=True)
    assert not spark.catalog.tableExists("small.bronze") and not spark.catalog.tableExists("small.regions")


@contextlib.contextmanager
def reading(table):
    """Yields the numbers of rows that a reader has seen in the Delta table `table`, one after the other."""
    seen, over = [], threading.Event()

    def read():
        while not over.is_set():
            found = DeltaTable(str(table)).to_pyarrow_table().num_rows
            if not seen or found != seen[-1]:
                seen.append(found)
            time.sleep(0.02)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield seen
    finally:
        over.set()
        reader.join()


def test_the_second_update(spark, client, small, tmp_path):
    """Spark 4.2: whoever uses withColumn on a table of its own pipeline no longer waits for it, and a view between mends it.

    And a materialized view is empty while it is refreshed. In which order tables are declared does not matter.
    """
    direct = stream_of(client, "direct", "bronze", lambda rows: rows.withColumn("seen", F.lit(1)))
    by_view = stream_of(client, "by_view", "between", lambda rows: rows.withColumn("seen", F.lit(1)))

    def between():
        @dp.temporary_view(name="between")
        def rows():
            return client.readStream.table("bronze")

    def waited(told):
        """Those that started after bronze had ended."""
        done = next(place for place, line in enumerate(told) if "bronze has COMPLETED" in line)
        return {name for name in ("direct", "by_view") if f"small.{name} is STARTING" in " ".join(told[done:])}

    files = [view_of(client, "regions", "bronze"), direct, by_view, between, stream_of(client, "bronze", SOURCE)]
    assert waited(small(*files)) == {"direct", "by_view"}
    regions = tmp_path / "small" / "regions"
    before = DeltaTable(str(regions))
    with reading(regions) as seen:
        assert waited(small(*files)) == {"by_view"}
    rows = before.to_pyarrow_table().num_rows
    assert rows > 1 and seen == [rows, 0, rows]
    operations = [entry["operation"] for entry in reversed(DeltaTable(str(regions)).history())][before.version() + 1 :]
    assert operations == ["TRUNCATE", "SET TBLPROPERTIES", "WRITE"]


def test_a_full_refresh_breaks_the_streams_that_read_the_table(spark, client, small):
    files = [stream_of(client, "bronze", SOURCE), stream_of(client, "second", "bronze")]
    small(*files)
    small(*files, full_refresh=["bronze"])
    assert spark.table("small.bronze").count() == spark.table(LANDING.name).count()
    with pytest.raises(Exception, match="DELTA_SOURCE_IGNORE_DELETE"):
        small(*files)


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
