"""delta-rs as the sink: the same tables as Spark's, each micro-batch once, whatever is killed, replayed or mixed."""

import json
import random
import shutil

import helpers
import nonsense
import pyarrow.parquet as pq
import pytest
import test_kill
import trials
from deltalake import DeltaTable
from helpers import message
from sleigh import ledger, pipeline, runtime
from sleigh.__main__ import main
from sleigh.errors import SleighError
from sleigh.pipeline import bronze, expectations, gold, silver, sinks, streams

BRONZE, SILVER = "bronze_santa_deliveries", "silver_santa_deliveries"
QUARANTINE, LANDING = "quarantine_santa_deliveries", "landing_santa_deliveries"
STREAMED = list(pipeline.STREAMS)


def emptied(source, folder, keep):
    """A copy of the lake at `source` that has only the tables `keep`, as if the others' streams had never run."""
    shutil.copytree(source, folder)
    for table in helpers.PIPELINE:
        if table not in keep:
            shutil.rmtree(folder / table)
            shutil.rmtree(folder / "_checkpoints" / table)
    return folder


@pytest.fixture(scope="module")
def final_folder(spark, late_folder, tmp_path_factory):
    """helpers.LATE once more, cut like late_folder and committed by delta-rs."""
    folder = emptied(late_folder, tmp_path_factory.mktemp("final") / "lake", [LANDING])
    runtime.open_lake(spark, folder)
    pipeline.run(spark, sink="delta-rs")
    return folder


@pytest.fixture(scope="module")
def merged_folder(spark, plain_folder, tmp_path_factory):
    """plain's silver once more, gold in live mode and merged by delta-rs: what live_folder is for Spark."""
    folder = emptied(plain_folder, tmp_path_factory.mktemp("merged") / "lake", [LANDING, BRONZE, SILVER, QUARANTINE])
    runtime.open_lake(spark, folder)
    streams.drain(*[pipeline.start_table(spark, name, mode="live", sink="delta-rs") for name in gold.GOLD])
    return folder


def rows_of(spark, folder, names):
    helpers.opened(spark, folder)
    return helpers.tables(spark, names)


def commits(folder, table):
    """[(added paths, {application: version})] of each commit, oldest first."""
    found = []
    for log in sorted((folder / table / "_delta_log").glob("*.json")):
        actions = [json.loads(line) for line in log.read_bytes().splitlines()]
        added = [action["add"]["path"] for action in actions if "add" in action]
        found.append((added, {a["txn"]["appId"]: a["txn"]["version"] for a in actions if "txn" in a}))
    return found


def stream_id(folder, table):
    return json.loads((folder / "_checkpoints" / table / "metadata").read_text())["id"]


# --- the same tables --------------------------------------------------------------------------------------------------


def test_final_mode_is_the_same_by_both_sinks(spark, late_folder, final_folder):
    theirs, mine = (rows_of(spark, folder, helpers.PIPELINE) for folder in (late_folder, final_folder))
    for table in helpers.PIPELINE:
        assert mine[table] == theirs[table], table
    assert all(mine.values()) and ledger.reconcile(spark).balanced


def test_live_mode_is_the_same_by_both_sinks(spark, live_folder, merged_folder):
    theirs, mine = rows_of(spark, live_folder, gold.GOLD), rows_of(spark, merged_folder, gold.GOLD)
    for table in gold.GOLD:
        assert mine[table] == theirs[table], table
    assert all(mine.values()) and ledger.reconcile(spark).balanced


@pytest.mark.parametrize("table", STREAMED)
def test_columns_types_and_files_are_the_same(spark, late_folder, final_folder, table):
    theirs, mine = (DeltaTable(str(folder / table)) for folder in (late_folder, final_folder))
    assert mine.schema().to_json() == theirs.schema().to_json()
    one, other = (
        pq.read_schema(folder / table / commits(folder, table)[-1][0][0]).remove_metadata()
        for folder in (late_folder, final_folder)
    )
    assert one.names == other.names
    assert [field.type for field in one if "list" not in str(field.type)] == [
        field.type for field in other if "list" not in str(field.type)
    ]


@pytest.mark.parametrize("table", STREAMED)
def test_a_micro_batch_is_one_file_with_the_stream_and_its_number(final_folder, table):
    written = commits(final_folder, table)[1:]
    numbers = [txn[stream_id(final_folder, table)] for _, txn in written]
    assert all(len(added) == 1 for added, _ in written)
    assert numbers == sorted(set(numbers)) and len(numbers) >= 2


def test_an_empty_micro_batch_leaves_no_commit(spark, lake):
    helpers.land_messages(spark, [message(0)], [message(1, num_gifts=0)], [message(2)], [message(3, num_gifts=0)])
    for start in (pipeline.start_bronze, pipeline.start_quarantine):
        streams.drain(start(spark, files_per_batch=1, sink="delta-rs"))
    assert [len(added) for added, _ in commits(lake, QUARANTINE)] == [0, 1, 1]
    assert runtime.read(spark, QUARANTINE).num_rows == 2


def test_no_row_however_absurd_ends_a_stream(spark, lake):
    rows = nonsense.messages()
    helpers.land_messages(spark, [message(i) for i in range(5)], rows, [message(9000 + i) for i in range(5)])
    streams.drain(pipeline.start_bronze(spark, files_per_batch=1, sink="delta-rs"))
    streams.drain(*[pipeline.start_table(spark, name, sink="delta-rs") for name in (SILVER, QUARANTINE)])
    streams.drain(pipeline.start_table(spark, "gold_delivery_by_region", mode="live", sink="delta-rs"))
    helpers.assert_same(runtime.read(spark, BRONZE), bronze.ingest(spark.table(LANDING)))
    helpers.assert_same(runtime.read(spark, QUARANTINE), expectations.quarantine(spark.table(BRONZE)))
    helpers.assert_same(runtime.read(spark, SILVER), silver.clean_batch(spark.table(BRONZE)))
    helpers.assert_same(runtime.read(spark, "gold_delivery_by_region"), gold.by_region(spark.table(SILVER)))


# --- once, whatever happens -------------------------------------------------------------------------------------------


def forget_the_last_commit(folder, table):
    """As if the process had died after the table's commit and before the checkpoint's. Returns the batch's number."""
    newest = max((folder / "_checkpoints" / table / "commits").glob("[0-9]*"), key=lambda path: int(path.name))
    newest.unlink()
    return int(newest.name)


def replay(spark, lake, table, **how):
    batch = forget_the_last_commit(lake, table)
    query = pipeline.start_table(spark, table, **how)
    streams.drain(query)
    assert batch in [step["batch"] for step in streams.progress(query)], "the batch ran again"


@pytest.mark.parametrize(
    "made_by, replayed_by", [("delta-rs", "delta-rs"), ("delta-rs", "spark"), ("spark", "delta-rs")]
)
def test_a_replayed_batch_is_skipped_whoever_wrote_it(spark, late_folder, final_folder, tmp_path, made_by, replayed_by):
    lake = tmp_path / "lake"
    shutil.copytree(final_folder if made_by == "delta-rs" else late_folder, lake)
    runtime.open_lake(spark, lake)
    before = helpers.tables(spark, STREAMED)
    for table in (BRONZE, SILVER, QUARANTINE, "gold_delivery_summary_realtime"):
        replay(spark, lake, table, sink=replayed_by)
    assert helpers.tables(spark, STREAMED) == before
    assert ledger.reconcile(spark).balanced


def test_a_replayed_live_batch_changes_nothing(spark, merged_folder, tmp_path):
    lake = tmp_path / "lake"
    shutil.copytree(merged_folder, lake)
    runtime.open_lake(spark, lake)
    before = helpers.tables(spark, gold.GOLD)
    for table in ("gold_delivery_by_region", "gold_top_cities"):
        replay(spark, lake, table, mode="live", sink="delta-rs")
    assert helpers.tables(spark, gold.GOLD) == before


def test_a_new_checkpoint_begins_anew(spark, final_folder, tmp_path):
    """Its batches have the numbers of the old one's, and are others: nothing may be skipped."""
    lake = tmp_path / "lake"
    shutil.copytree(final_folder, lake)
    runtime.open_lake(spark, lake)
    once = helpers.counted(runtime.read(spark, QUARANTINE))
    shutil.rmtree(lake / "_checkpoints" / QUARANTINE)
    spark.sql(f"DELETE FROM {QUARANTINE}")  # with its rows in it, it would be refused; the log keeps the old numbers
    streams.drain(pipeline.start_quarantine(spark, sink="delta-rs"))
    assert helpers.counted(runtime.read(spark, QUARANTINE)) == once


@pytest.mark.parametrize("table", ["gold_delivery_summary_realtime", "gold_delivery_by_region", "gold_top_cities"])
def test_a_merged_batch_merged_again_changes_nothing(spark, lake, table):
    """Rows of an unknown region are one row, like those of any other."""
    runtime.create_table(spark, table)
    checkpoint = lake / "_checkpoints" / table
    checkpoint.mkdir(parents=True)
    (checkpoint / "metadata").write_text('{"id": "a stream"}')
    merge = sinks.merge_into(table)
    rows = [message(1), message(2, city=None, region=None), message(3, seconds=3600), message(4, region="")]
    first = gold.GOLD[table](silver.conform(helpers.bronze_rows(spark, rows)))
    merge(first, 0)
    once = helpers.counted(runtime.read(spark, table))
    assert sum(once.values()) == first.count()
    merge(first, 1)
    assert helpers.counted(runtime.read(spark, table)) == once

    rows += [message(5), message(6, city=None, region=None)]
    more = gold.GOLD[table](silver.conform(helpers.bronze_rows(spark, rows)))
    merge(more, 2)
    helpers.assert_same(runtime.read(spark, table), more)
    merge(first, 1)  # a stopped stream's last one, come too late
    helpers.assert_same(runtime.read(spark, table), more)


def test_a_table_is_opened_anew_now_and_then_and_read_on(spark, lake, monkeypatch):
    monkeypatch.setattr(sinks, "REOPEN_AFTER", 2)
    helpers.land_messages(spark, *[[message(i)] for i in range(5)])
    streams.drain(pipeline.start_bronze(spark, files_per_batch=1, sink="delta-rs"))
    assert sorted(runtime.read(spark, BRONZE)["delivery_id"].to_pylist()) == [f"T-{i:05d}" for i in range(5)]


def test_killed_at_random_points_every_table_is_as_if_undisturbed(spark, live_folder, tmp_path):
    """Twice: while it appends, and while it merges. Nothing in this night is late, so no table depends on where the
    watermark stood.
    """
    lake, draw = tmp_path / "lake", random.Random(24)
    words = [*helpers.arguments(helpers.PLAIN, lake), "--sink", "delta-rs", "--mode", "live"]
    for stage, latest in (("silver", 3.0), ("gold", 4.0)):
        assert trials.run_until_killed(words, stage, draw.uniform(0.5, latest)), "it ended before"
    assert main(words) == 0, "the ledger balances"
    theirs, mine = (rows_of(spark, folder, helpers.PIPELINE) for folder in (live_folder, lake))
    for table in helpers.PIPELINE:
        assert mine[table] == theirs[table], f"{table}: {test_kill.difference(mine[table], theirs[table])}"


# --- where it does not run --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", [{"SLEIGH_RUNTIME": "connect"}, {"DATABRICKS_RUNTIME_VERSION": "17"}])
def test_it_is_refused_where_foreach_batch_runs_in_a_worker(monkeypatch, where):
    for name, value in where.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SleighError, match=r'^sink="delta-rs" writes on this machine only: use sink="spark"'):
        streams.require_sink("delta-rs")
    streams.require_sink("spark")


def test_an_unknown_sink_is_one_line(spark, plain):
    with pytest.raises(SleighError, match=r"^sink must be spark or delta-rs, not 'kafka'$"):
        pipeline.start_silver(spark, sink="kafka")
