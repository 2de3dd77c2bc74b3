"""What lesson 11 says of files and its cells do not print: red here means that Delta behaves otherwise now."""

import json
import shutil

import helpers
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from sleigh import runtime
from sleigh.lessons.prepare import own_table
from sleigh.paths import ROOT
from sleigh.pipeline import layout, streams

COLUMNS = "id BIGINT, kind STRING, x DOUBLE, y DOUBLE"
FILES, ROWS = 16, 64


def rows(begin, number):
    """x follows the order in which the rows come, as longitude does in the night; y does not."""
    ids = list(range(begin, begin + number))
    return pa.table(
        {
            "id": ids,
            "kind": [f"kind {k % 3}" for k in ids],
            "x": [k / 10 for k in ids],
            "y": [k * 7919 % 1024 / 10 for k in ids],
        }
    )


def folder(name):
    return runtime.lake() / runtime.SCRATCH / name


def fill(spark, name, commits, number):
    own_table(spark, name, COLUMNS)
    for place in range(commits):
        write_deltalake(str(folder(name)), rows(number * place, number), mode="append")


@pytest.fixture(scope="module")
def shared(spark, tmp_path_factory):
    """A lake with a source of 50 rows a commit, and a table of sixteen files in the order in which they came."""
    lake = tmp_path_factory.mktemp("lesson 11") / "lake"
    runtime.open_lake(spark, lake)
    fill(spark, "few", 4, 50)
    fill(spark, "came", FILES, ROWS)
    return lake


@pytest.fixture
def here(spark, shared):
    """The same, open."""
    return helpers.opened(spark, shared)


def drain(writer, name, into_table=False):
    """The query of a stream that has taken all there is, into table `name` or where its writer says."""
    writer = writer.option("checkpointLocation", runtime.checkpoint(name)).trigger(availableNow=True)
    query = writer.toTable(name) if into_table else writer.start()
    streams.drain(query)
    return query


def source(spark, name):
    return spark.readStream.options(startingVersion=1, maxFilesPerTrigger=1).table(name)


def test_auto_compaction_runs_inside_the_micro_batch_and_a_stream_reads_each_row_once(spark, here):
    own_table(spark, "to_compact", COLUMNS, **{"autoOptimize.autoCompact": "true"})
    with streams.settings(spark, {"spark.databricks.delta.autoCompact.minNumFiles": (3, "the case")}):
        drain(source(spark, "few").coalesce(1).writeStream.format("delta"), "to_compact", into_table=True)
    operations = [row.operation for row in spark.sql("DESCRIBE HISTORY to_compact").collect()]
    assert operations.count("OPTIMIZE") >= 1 and operations.count("STREAMING UPDATE") == 4
    assert len(spark.table("to_compact").inputFiles()) < 4
    behind = drain(spark.readStream.table("to_compact").writeStream.format("noop"), "behind")
    assert sum(step["rows"] for step in streams.progress(behind)) == 200


def clone(spark, name):
    spark.sql(f"DROP TABLE IF EXISTS {name}")
    shutil.copytree(folder("came"), folder(name))
    spark.sql(f"CREATE TABLE {name} USING delta LOCATION '{folder(name)}'")


def optimize(spark, name, by="", **more):
    size = sum(box["bytes"] for box in layout.boxes(folder(name)))
    wanted = {
        "spark.databricks.delta.stats.collect": ("true", "the case"),
        "spark.databricks.delta.optimize.maxFileSize": (int(size / (FILES - 0.5)), "as many files again"),
    }
    with streams.settings(spark, wanted | {key: (value, "the case") for key, value in more.items()}):
        done = spark.sql(f"OPTIMIZE {name} {by}").first()["metrics"]
    return done["numFilesRemoved"], done["numFilesAdded"]


def test_a_finished_cube_is_left_alone(spark, here):
    clone(spark, "liquid")
    spark.sql("ALTER TABLE liquid CLUSTER BY (x, y)")
    assert optimize(spark, "liquid")[0] == FILES
    spark.createDataFrame(rows(9_000, 5)).coalesce(1).write.insertInto("liquid")
    threshold = "spark.databricks.delta.optimize.clustering.mergeStrategy.minCubeSize.threshold"
    assert optimize(spark, "liquid", **{threshold: 1000})[0] == 1, "the new rows alone"


def test_what_cannot_be_had_together_is_refused(spark, here):
    clone(spark, "refused")
    with pytest.raises(Exception, match="DELTA_ZORDERING_ON_COLUMN_WITHOUT_STATS"):
        spark.sql("ALTER TABLE refused SET TBLPROPERTIES ('delta.dataSkippingNumIndexedCols' = '1')")
        spark.sql("OPTIMIZE refused ZORDER BY (y)")
    with pytest.raises(Exception, match="CLUSTER"):
        spark.sql("CREATE TABLE both (a INT, b INT) USING delta PARTITIONED BY (a) CLUSTER BY (b)")


def test_the_measured_anatomy_is_what_the_lesson_says_of_it():
    sides = json.loads((ROOT / "bench/results/anatomy.json").read_text())["sides"]
    for kind, one in sides["laptop"].items():
        assert one["ms"]["addBatch"] > sum(one["ms"].values()) / 2
        other = sides["defaults"][kind]
        assert other["tasks"] > 10 * one["tasks"] and sum(other["ms"].values()) > 2 * sum(one["ms"].values())
