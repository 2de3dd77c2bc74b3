"""Run a declared pipeline from Python, by the very steps that `spark-pipelines` takes: declare, then update.

    client = remote.client(spark)
    with declaring(client, "night") as graph:
        load(graph, "databricks/pipeline/spark-pipeline.yml")     # or @dp.table ... in this very block
    update(graph, storage)

A declaration is for one update; the next one declares again, as each call of `spark-pipelines` reads its files again.
"""

import contextlib
import io
import os
import re
from dataclasses import replace
from pathlib import Path

from pyspark.pipelines.spark_connect_graph_element_registry import SparkConnectGraphElementRegistry

from ...runtime import environment

CONFIGURATION = {
    # Not format="delta" at each table: the second update would then end in DELTA_CANNOT_CHANGE_PROVIDER.
    "spark.sql.sources.default": "delta",
}
"""What open source must be told that is so on Databricks, {name: value}."""


def create_schema(spark, name, folder):
    """Make the empty schema `name`, whose tables will lie in `folder`; tables that a schema of this name has are dropped."""
    place = str(folder).replace("\\", "\\\\").replace("'", "\\'")
    spark.sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")
    spark.sql(f"CREATE SCHEMA {name} LOCATION '{place}'")


class Graph(SparkConnectGraphElementRegistry):
    """A dataflow graph: what is declared is registered with the server, and noted here.

    kinds: {dataset: its class in pyspark.pipelines.output, such as "StreamingTable"}, in the order of declaration.
    reads: {dataset: {what its flows read: whether as a stream}}, read off the plans that were registered.
    """

    def __init__(self, client, database, configuration):
        from pyspark.pipelines.spark_connect_pipeline import create_dataflow_graph

        self.client = client
        self.id = create_dataflow_graph(client, None, database, configuration)
        self.kinds, self.reads = {}, {}
        super().__init__(client, self.id)

    def register_output(self, output):
        super().register_output(output)
        self.kinds[output.name] = type(output).__name__
        self.reads.setdefault(output.name, {})

    def register_flow(self, flow):
        rows = []
        super().register_flow(replace(flow, func=lambda: rows.append(flow.func()) or rows[-1]))
        self.reads.setdefault(flow.target, {}).update(_reads(rows[-1]._plan.plan(self.client.client)))


def _reads(relation):
    """(table, whether as a stream) of each table that a relation names; `relation` is a protobuf message."""
    kind = relation.DESCRIPTOR.full_name
    if kind == "spark.connect.Read" and relation.HasField("named_table"):
        yield _bare(relation.named_table.unparsed_identifier), relation.is_streaming
    elif kind == "spark.connect.SQL":
        for word, name in re.findall(r"(?i)\b(?:FROM|JOIN)\s+(STREAM\b)?[\s(]*([\w.`]+)", relation.query):
            yield _bare(name), bool(word)
    for _, value in relation.ListFields():
        parts = value if hasattr(value, "__iter__") and not isinstance(value, str | bytes) else [value]
        for part in parts:
            if hasattr(part, "ListFields"):
                yield from _reads(part)


def _bare(name):
    """A table's name without its catalog and schema."""
    return name.replace("`", "").rpartition(".")[2]


@contextlib.contextmanager
def declaring(client, database, configuration=None):
    """For a `with`: what is declared inside (@dp.table, load) belongs to one new graph, whose tables lie in `database`.

    client: a session of Spark Connect; it takes over CONFIGURATION and `configuration` {name: value}, the pipeline's own.
    """
    from pyspark.pipelines.block_session_mutations import block_session_mutations
    from pyspark.pipelines.graph_element_registry import graph_element_registration_context

    configuration = CONFIGURATION | (configuration or {})
    for name, value in configuration.items():
        client.conf.set(name, value)
    graph = Graph(client, database, configuration)
    # So that functions such as F.col make columns for the client, though a classic session runs in this process, too.
    remote = environment.changed({"SPARK_CONNECT_MODE_ENABLED": "1"})
    with remote, graph_element_registration_context(graph), block_session_mutations():
        yield graph


def load(graph, spec):
    """Declare what the files of the pipeline's specification at path `spec` declare."""
    from pyspark.pipelines.cli import load_pipeline_spec, register_definitions

    spec = Path(spec)
    with contextlib.redirect_stdout(
        io.StringIO()
    ):  # it tells what it does, with the time and the paths of this machine
        register_definitions(spec, graph, load_pipeline_spec(spec), graph.client, graph.id)


def update(graph, storage, *, dry=False, full_refresh=()):
    """Bring the tables of `graph` up to date, or only check it (`dry`). Returns what the server told, as a list of lines.

    storage: the folder for the checkpoints. full_refresh: tables to empty and compute from the beginning; then only they
    are updated. Raises what the server says of a graph that cannot be, or of a flow that failed.
    """
    from pyspark.pipelines.spark_connect_pipeline import start_run

    told = start_run(
        graph.client,
        graph.id,
        full_refresh=list(full_refresh),
        full_refresh_all=False,
        refresh=[],
        dry=dry,
        storage=Path(os.path.abspath(storage)).as_uri(),
    )
    return [part["pipeline_event_result"].event.message for part in told if "pipeline_event_result" in part]
