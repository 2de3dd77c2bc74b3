"""What lesson 11 says of jobs, files and state, on counts: red here means that Spark or Delta behaves otherwise now."""

import json
import shutil
from pathlib import Path

import helpers
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from sleigh import runtime
from sleigh.extensions.route_anomalies.route import SETTINGS as ROCKSDB
from sleigh.lessons.prepare import own_table
from sleigh.paths import ROOT
from sleigh.pipeline import cost, layout, streams

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
    """A lake with sources of 50 and of 5,000 rows a commit, and a table of sixteen files in the order in which they came."""
    lake = tmp_path_factory.mktemp("lesson 11") / "lake"
    runtime.open_lake(spark, lake)
    fill(spark, "few", 4, 50)
    fill(spark, "many", 2, 5000)
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


def source(spark, name, files=1):
    return spark.readStream.options(startingVersion=1, maxFilesPerTrigger=files).table(name)


def append(spark, name, rows, **properties):
    """The query of a stream that has appended `rows` to a new table `name`."""
    own_table(spark, name, COLUMNS, **properties)
    return drain(rows.coalesce(1).writeStream.format("delta"), name, into_table=True)


def counted(spark, query):
    jobs = cost.jobs(spark, query)
    return len(jobs), sum(job["tasks"] for job in jobs)


def test_jobs_and_tasks_come_with_micro_batches_and_not_with_rows(spark, here):
    few = append(spark, "to_few", source(spark, "few", files=2))
    many = append(spark, "to_many", source(spark, "many"))
    assert [step["rows"] for step in streams.progress(few)] == [100] * 2
    assert [step["rows"] for step in streams.progress(many)] == [5000] * 2
    jobs, tasks = counted(spark, few)
    assert counted(spark, many) == (jobs, tasks)
    told = cost.jobs(spark, many)
    own = [job for job in told if job["written"]]
    assert [(job["read"], job["written"], job["tasks"]) for job in own] == [(5000, 5000, 1)] * 2
    assert sum(job["what"] is not None for job in told) == 2, "the table's state, once a micro-batch"

    with streams.settings(spark, {"spark.databricks.delta.snapshotPartitions": (5, "the case")}):
        at_once = counted(spark, append(spark, "to_few", source(spark, "few", files=4)))
    assert len(spark.table("to_few").inputFiles()) == 1, "one micro-batch, one file"
    assert at_once[0] == jobs - 2 and at_once[1] > tasks / 2 + 5, "the log is read in as many tasks as are set"


def test_the_files_of_a_checkpoint_grow_with_the_shuffle_partitions(spark, here):
    left, tasks = {}, {}
    for partitions in (1, 2, 8):
        name = f"by_{partitions}"
        with streams.settings(spark, {"spark.sql.shuffle.partitions": (partitions, "the case")}):
            rows = source(spark, "few", files=4).groupBy("kind").count()
            query = drain(rows.writeStream.format("noop").outputMode("complete"), name)
        left[partitions] = sum(path.is_file() for path in Path(runtime.checkpoint(name)).rglob("*"))
        tasks[partitions] = counted(spark, query)[1]
    each = left[2] - left[1]
    assert each == 1 and left[8] == left[1] + 7, "a file of each state store"
    assert (tasks[2], tasks[8]) == (tasks[1] + 1, tasks[1] + 7)


def passed_on(spark, name):
    """Rows that a stream behind table `name` reads, going on where it was."""
    query = drain(spark.readStream.table(name).writeStream.format("noop"), f"behind_{name}")
    return sum(step["rows"] for step in streams.progress(query))


def lying(name):
    return len(list(folder(name).glob("*.parquet")))


def test_optimize_leaves_the_old_files_where_they_are_and_no_stream_reads_a_row_again(spark, here):
    fill(spark, "small", 4, 50)
    assert (passed_on(spark, "small"), lying("small")) == (200, 4)
    spark.sql("OPTIMIZE small")
    assert len(spark.table("small").inputFiles()) == 1 and lying("small") == 5
    assert passed_on(spark, "small") == 0


def test_auto_compaction_runs_inside_the_micro_batch_and_a_stream_reads_each_row_once(spark, here):
    with streams.settings(spark, {"spark.databricks.delta.autoCompact.minNumFiles": (3, "the case")}):
        append(spark, "to_compact", source(spark, "few"), **{"autoOptimize.autoCompact": "true"})
    operations = [row.operation for row in spark.sql("DESCRIBE HISTORY to_compact").collect()]
    assert operations.count("OPTIMIZE") >= 1 and operations.count("STREAMING UPDATE") == 4
    assert len(spark.table("to_compact").inputFiles()) < 4
    assert passed_on(spark, "to_compact") == 200


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


def read(spark, name):
    """Files that Spark reads of `name` for an eighth of x, an eighth of y, and an eighth of both."""
    x, y = "x BETWEEN 40 AND 52", "y BETWEEN 40 AND 52"
    return [len(spark.table(name).where(asked).inputFiles()) for asked in (x, y, f"{x} AND {y}")]


def test_z_order_helps_the_one_question_and_harms_the_other(spark, here):
    clone(spark, "curve")
    assert read(spark, "curve") == [3, FILES, 3]
    removed, added = optimize(spark, "curve", "ZORDER BY (x, y)")
    by_x, by_y, _ = read(spark, "curve")
    assert removed == FILES and added > FILES / 2
    assert by_x > 3 and by_y < FILES * 3 / 4


def test_cluster_by_does_nothing_before_optimize_and_a_few_rows_more_are_all_rewritten(spark, here):
    clone(spark, "liquid")
    spark.sql("ALTER TABLE liquid CLUSTER BY (x, y)")
    assert read(spark, "liquid") == read(spark, "came")
    first = optimize(spark, "liquid")
    assert first[0] == FILES and read(spark, "liquid")[1] < FILES * 3 / 4
    assert optimize(spark, "liquid") == (0, 0)
    write = spark.createDataFrame(rows(9_000, 5)).coalesce(1).write
    write.insertInto("liquid")
    assert optimize(spark, "liquid")[0] == first[1] + 1
    threshold = "spark.databricks.delta.optimize.clustering.mergeStrategy.minCubeSize.threshold"
    write.insertInto("liquid")
    assert optimize(spark, "liquid", **{threshold: 1000})[0] == 1, "a finished cube is left alone"


def test_what_cannot_be_had_together_is_refused(spark, here):
    clone(spark, "refused")
    with pytest.raises(Exception, match="DELTA_ZORDERING_ON_COLUMN_WITHOUT_STATS"):
        spark.sql("ALTER TABLE refused SET TBLPROPERTIES ('delta.dataSkippingNumIndexedCols' = '1')")
        spark.sql("OPTIMIZE refused ZORDER BY (y)")
    with pytest.raises(Exception, match="CLUSTER"):
        spark.sql("CREATE TABLE both (a INT, b INT) USING delta PARTITIONED BY (a) CLUSTER BY (b)")


def test_without_statistics_every_file_is_read(spark, here):
    clone(spark, "forgotten")
    _, added = optimize(spark, "forgotten", "ZORDER BY (x, y)", **{"spark.databricks.delta.stats.collect": "false"})
    assert read(spark, "forgotten") == [added] * 3


PROVIDER = "spark.sql.streaming.stateStore.providerClass"


def remember(spark, name, wanted, files=4):
    """(ids in the state, suffixes of its files, bytes in memory) of a stream that has read what is new of `few`."""
    ids = source(spark, "few", files).select("id").dropDuplicates(["id"])
    with streams.settings(spark, wanted):
        query = drain(ids.writeStream.format("noop"), name)
    suffixes = {path.suffix for path in Path(runtime.checkpoint(name), "state").rglob("*.*")}
    (state,) = json.loads(query.recentProgress[-1].json)["stateOperators"]
    return state["numRowsTotal"], suffixes, state["memoryUsedBytes"]


def test_both_stores_remember_the_same_in_files_of_their_own(spark, here):
    held, suffixes, memory = remember(spark, "in_memory", {})
    assert held == 200 and ".delta" in suffixes
    held, suffixes, less = remember(spark, "in_rocksdb", ROCKSDB)
    assert held == 200 and ".zip" in suffixes and ".delta" not in suffixes
    assert memory > 0 and less > 0


def test_a_checkpoint_keeps_the_store_with_which_it_began(spark, here):
    assert remember(spark, "pinned", {})[0] == 200
    write_deltalake(str(folder("few")), rows(200, 10), mode="append")
    held, suffixes, _ = remember(spark, "pinned", ROCKSDB)
    assert held == 210 and ".delta" in suffixes and ".zip" not in suffixes
    last = max(Path(runtime.checkpoint("pinned"), "offsets").glob("[0-9]*"), key=lambda path: int(path.name))
    assert json.loads(last.read_text().splitlines()[1])["conf"][PROVIDER].endswith("HDFSBackedStateStoreProvider")


def test_the_measured_anatomy_is_what_the_lesson_says_of_it():
    sides = json.loads((ROOT / "bench/results/anatomy.json").read_text())["sides"]
    for kind, one in sides["laptop"].items():
        assert one["ms"]["addBatch"] > sum(one["ms"].values()) / 2
        other = sides["defaults"][kind]
        assert other["tasks"] > 10 * one["tasks"] and sum(other["ms"].values()) > 2 * sum(one["ms"].values())
