"""The streams: the same rows as a batch, in both modes, also when late, replayed, fed with nonsense or misled."""

import json
import re
import shutil
from datetime import timedelta

import helpers
import nonsense
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from helpers import message
from pyspark.sql import functions as F
from sleigh import ledger, pipeline, runtime
from sleigh.errors import SleighError
from sleigh.pipeline import bronze, checkpoints, expectations, gold, silver, streams
from sleigh.tables import TABLES

BRONZE, SILVER = "bronze_santa_deliveries", "silver_santa_deliveries"
QUARANTINE, LANDING = "quarantine_santa_deliveries", "landing_santa_deliveries"
STREAMED = list(pipeline.STREAMS)


def checkpoint(folder, table):
    """[(batch, watermark in ms)] of a stream, from its checkpoint."""
    files = sorted((folder / "_checkpoints" / table / "offsets").glob("[0-9]*"), key=lambda path: int(path.name))
    return [(int(path.name), json.loads(path.read_text().splitlines()[1])["batchWatermarkMs"]) for path in files]


def closed(rows, watermark):
    """The windows that a watermark (ms) has closed: what final mode has written."""
    return rows.where(F.unix_millis("window_end") <= watermark)


# --- stream equals batch ----------------------------------------------------------------------------------------------


def test_each_stream_ran_in_several_micro_batches(plain, late):
    for table in STREAMED:
        assert len(checkpoint(plain, table)) >= 2, table
        assert len(checkpoint(late, table)) >= 3, table


@pytest.mark.parametrize("table", STREAMED)
def test_a_stream_writes_the_columns_of_the_schema(spark, plain, table):
    found = [(field.name, field.dataType) for field in spark.table(table).schema]
    assert found == [(field.name, field.dataType) for field in TABLES[table].columns]


def test_bronze_equals_batch(spark, plain):
    helpers.assert_same(spark.table(BRONZE), bronze.ingest(spark.table(LANDING)))


def test_silver_equals_batch(spark, plain):
    helpers.assert_same(spark.table(SILVER), silver.clean_batch(spark.table(BRONZE)))


def test_quarantine_equals_batch(spark, plain):
    assert spark.table(QUARANTINE).count() > 50
    helpers.assert_same(spark.table(QUARANTINE), expectations.quarantine(spark.table(BRONZE)))


@pytest.mark.parametrize("table", gold.GOLD)
def test_gold_final_equals_batch_over_the_closed_windows(spark, plain, table):
    whole = gold.GOLD[table](spark.table(SILVER))
    final = closed(whole, checkpoint(plain, table)[-1][1])
    assert 0 < final.count() < whole.count()
    helpers.assert_same(spark.table(table), final)


@pytest.mark.parametrize("table", gold.GOLD)
def test_gold_live_equals_batch_over_all_of_silver(spark, live, table):
    helpers.assert_same(spark.table(table), gold.GOLD[table](spark.table(SILVER)))


@pytest.mark.parametrize("table", gold.GOLD)
def test_live_is_final_and_the_open_windows(spark, live, plain_folder, table):
    live_rows = runtime.read(spark, table)
    final = DeltaTable(str(plain_folder / table)).to_pyarrow_table()
    line = checkpoint(plain_folder, table)[-1][1]
    ends = live_rows["window_end"].cast(pa.int64()).to_numpy() // 1000
    assert 0 < final.num_rows < live_rows.num_rows
    helpers.assert_same(live_rows.filter(pa.array(ends <= line)), final)
    assert ledger.reconcile(spark).gold[table]["waiting"] == 0


def arrivals(folder, table, columns):
    """The rows of a table as its streams read them: one list a commit, in order, from Delta's log."""
    commits = []
    for log in sorted((folder / table / "_delta_log").glob("*.json")):
        added = [json.loads(line)["add"]["path"] for line in log.read_bytes().splitlines() if b'"add"' in line[:8]]
        rows = [row for path in added for row in pq.read_table(folder / table / path, columns=columns).to_pylist()]
        commits += [rows] if rows else []
    return commits


def too_late(commits, minutes):
    """delivery_ids that a window of `minutes` misses, by Spark's rule written anew.

    Micro-batch n drops a row whose window ended at or before the watermark of micro-batch n - 1, and that is the newest
    event of the micro-batches before *that* one, minus five minutes.
    """
    missed, newest, lines = set(), None, [None, None]
    for rows in commits:
        line = lines[-2]
        for row in rows:
            at = row["delivery_timestamp"]
            day = at.replace(hour=0, minute=0, second=0, microsecond=0)
            end = day + ((at - day) // timedelta(minutes=minutes) + 1) * timedelta(minutes=minutes)
            if line is not None and end <= line:
                missed.add(row["delivery_id"])
        newest = max([row["delivery_timestamp"] for row in rows] + ([newest] if newest else []))
        lines.append(newest - timedelta(minutes=5))
    return missed


@pytest.mark.parametrize("table", gold.GOLD)
def test_late_rows_are_missing_and_only_they(spark, late, table):
    missed = too_late(arrivals(late, SILVER, ["delivery_id", "delivery_timestamp"]), TABLES[table].window_minutes)
    assert missed, "this night must have rows that are too late for every table"
    in_time = spark.table(SILVER).where(~F.col("delivery_id").isin(sorted(missed)))
    helpers.assert_same(spark.table(table), closed(gold.GOLD[table](in_time), checkpoint(late, table)[-1][1]))


def test_late_rows_are_in_the_ledger(spark, late):
    balance = ledger.reconcile(spark)
    assert balance.balanced, str(balance)
    assert balance.too_late_for_silver > 0
    commits = arrivals(late, SILVER, ["delivery_id", "delivery_timestamp"])
    for table in gold.GOLD:
        line, minutes = checkpoint(late, table)[-1][1], TABLES[table].window_minutes
        missed = too_late(commits, minutes)
        assert balance.gold[table]["too_late"] == len(missed)
        assert balance.gold[table]["counted"] == sum(
            row["delivery_id"] not in missed
            and (int(row["delivery_timestamp"].timestamp()) // (60 * minutes) + 1) * 60_000 * minutes <= line
            for rows in commits
            for row in rows
        )


# --- replays ----------------------------------------------------------------------------------------------------------


def test_a_replayed_final_batch_doubles_nothing(spark, plain_folder, tmp_path):
    """A crash after a batch was written and before the checkpoint knew: the commit file of the last batch is missing."""
    lake = tmp_path / "lake"
    shutil.copytree(plain_folder, lake)
    replayed = [BRONZE, SILVER, QUARANTINE, "gold_delivery_summary_realtime", "gold_overall_progress"]
    runtime.open_lake(spark, lake)
    before = helpers.tables(spark, STREAMED)
    for table in replayed:
        newest = max((lake / "_checkpoints" / table / "commits").glob("[0-9]*"), key=lambda path: int(path.name))
        newest.unlink()
        shutil.rmtree(lake / "_checkpoints" / table / "commits" / f".{newest.name}.crc", ignore_errors=True)
        said = len(list(newest.parent.glob("[0-9]*")))
        query = start(spark, table)
        streams.drain(query)
        ran = [step["batch"] for step in streams.progress(query)]
        assert int(newest.name) in ran and len(list(newest.parent.glob("[0-9]*"))) > said, "the batch ran again"
    assert helpers.tables(spark, STREAMED) == before
    assert ledger.reconcile(spark).balanced


def start(spark, table):
    return pipeline.start_table(spark, table, files_per_batch=pipeline.FILES_PER_BATCH if table == BRONZE else 1)


@pytest.mark.parametrize("table", ["gold_delivery_summary_realtime", "gold_top_cities"])
def test_a_merged_batch_merged_again_changes_nothing(spark, lake, table):
    runtime.create_table(spark, table)
    merge = streams.merge_into(spark, table)
    rows = [message(1), message(2, city=None), message(3, seconds=3600)]
    first = gold.GOLD[table](silver.conform(helpers.bronze_rows(spark, rows)))
    merge(first, 0)
    once = helpers.counted(runtime.read(spark, table))
    assert sum(once.values()) == first.count()
    merge(first, 0)
    assert helpers.counted(runtime.read(spark, table)) == once

    more = gold.GOLD[table](silver.conform(helpers.bronze_rows(spark, [*rows, message(4), message(5, city=None)])))
    merge(more, 1)
    helpers.assert_same(runtime.read(spark, table), more)


def test_merges_that_share_a_session_do_not_meet(spark, lake):
    """On Databricks the streams of a run share one session, and another schema may be the current one by then."""
    names = ["gold_delivery_by_region", "gold_delivery_by_gift_type"]
    merges, rows = {}, silver.conform(helpers.bronze_rows(spark, [message(1), message(2, gift_type="Books")]))
    for table in names:
        runtime.create_table(spark, table)
        merges[table] = streams.merge_into(spark, table)
    spark.sql("CREATE SCHEMA elsewhere")
    try:
        spark.catalog.setCurrentDatabase("elsewhere")
        for table in names:
            merges[table](gold.GOLD[table](rows), 0)
        views = [f"{table}_updates" for table in names if spark.catalog.tableExists(f"{table}_updates")]
    finally:
        spark.catalog.setCurrentDatabase("default")
        spark.sql("DROP SCHEMA elsewhere CASCADE")
    assert len(views) == 2, "each has its own"
    assert [runtime.read(spark, table).num_rows for table in names] == [1, 2]


# --- bad input --------------------------------------------------------------------------------------------------------


def test_no_row_however_absurd_ends_a_stream(spark, lake):
    """Every stream up to gold takes them and goes on; each row is in silver or, for exactly its reasons, in quarantine."""
    rows = nonsense.messages()
    expected = [(each["delivery_id"], each["timestamp"], tuple(each["_broken"])) for each in rows]
    helpers.land_messages(
        spark,
        [message(i) for i in range(5)],
        rows,
        [message(9000 + i) for i in range(5)],
    )
    pipeline.run(spark, files_per_batch=1)
    held = runtime.read(spark, QUARANTINE, ["delivery_id", "timestamp", "failed_rules"]).to_pylist()
    key = repr
    assert sorted(((r["delivery_id"], r["timestamp"], tuple(r["failed_rules"])) for r in held), key=key) == sorted(
        (each for each in expected if each[2]), key=key
    )
    arrived = runtime.read(spark, SILVER, ["delivery_id"])["delivery_id"].to_pylist()
    ordinary = [f"T-{base + i:05d}" for base in (0, 9000) for i in range(5)]
    assert sorted(arrived) == sorted(ordinary + [each[0] for each in expected if not each[2]])
    for table in gold.GOLD:
        helpers.assert_same(
            runtime.read(spark, table),
            closed(gold.GOLD[table](spark.table(SILVER)), checkpoint(lake, table)[-1][1]),
        )
        assert runtime.read(spark, table).num_rows > 0


def test_a_timestamp_far_in_the_future_makes_nothing_too_late(spark, lake):
    """Three hours, a night, eight thousand years: in quarantine, for this reason alone; the watermark is the others'.

    What becomes of the others without the rule's range is in lesson 03.
    """
    times = ("2026-12-24T18:00:00Z", "2026-12-25T10:30:00Z", "9999-12-31T23:59:59Z")
    ahead = [message(90 + place, timestamp=time, _broken=["valid_timestamp"]) for place, time in enumerate(times)]
    commits = [[message(10 * batch + i) for i in range(4)] for batch in range(3)]
    helpers.land_messages(spark, commits[0] + ahead, *commits[1:])
    streams.drain(pipeline.start_bronze(spark, files_per_batch=1))
    streams.drain(*[pipeline.start_table(spark, name) for name in (SILVER, QUARANTINE)])
    streams.drain(pipeline.start_table(spark, "gold_overall_progress"))
    balance = ledger.reconcile(spark, upto="silver")
    assert balance.balanced, str(balance)
    assert (balance.silver, balance.too_late_for_silver, balance.quarantined) == (12, 0, 3)
    held = runtime.read(spark, QUARANTINE, ["delivery_id", "failed_rules"]).to_pylist()
    assert {row["delivery_id"] for row in held} == {"T-00090", "T-00091", "T-00092"}
    assert all(row["failed_rules"] == ["valid_timestamp"] for row in held)


# --- checkpoints that do not fit, tables that are not there -----------------------------------------------------------


@pytest.fixture(scope="module")
def small_folder(spark, tmp_path_factory):
    """A lake with ten events in silver and by_region's stream run over them."""
    folder = tmp_path_factory.mktemp("small") / "lake"
    runtime.open_lake(spark, folder)
    helpers.land_messages(spark, [message(i) for i in range(10)])
    streams.drain(pipeline.start_bronze(spark))
    streams.drain(pipeline.start_silver(spark))
    streams.drain(pipeline.start_table(spark, "gold_delivery_by_region"))
    return folder


@pytest.fixture
def small(spark, small_folder, tmp_path):
    """A copy of small_folder, open."""
    lake = tmp_path / "lake"
    shutil.copytree(small_folder, lake)
    runtime.open_lake(spark, lake)
    return lake


def by(rows, *keys, **aggregates):
    """by_region, planned otherwise."""
    return (
        rows.withWatermark("delivery_timestamp", "5 minutes")
        .groupBy(F.window("delivery_timestamp", "5 minutes"), *keys)
        .agg(F.count("*").alias("total_deliveries"), *[value.alias(name) for name, value in aggregates.items()])
        .select(F.col("window.start").alias("window_start"), "total_deliveries")
    )


OTHER_PLANS = {
    "other keys": lambda spark: by(streams.source(spark, SILVER), "region", "country"),
    "fewer keys": lambda spark: by(streams.source(spark, SILVER)),
    "other aggregates": lambda spark: by(
        streams.source(spark, SILVER), "region", x=F.max("city"), y=F.sum("num_gifts")
    ),
    "no state": lambda spark: streams.source(spark, SILVER).select("region"),
    "two sources": lambda spark: by(streams.source(spark, SILVER).unionAll(streams.source(spark, SILVER)), "region"),
    "another source": lambda spark: by(
        streams.source(spark, BRONZE).withColumn("delivery_timestamp", F.expr("try_to_timestamp(timestamp)")), "region"
    ),
}


@pytest.mark.parametrize("plan", OTHER_PLANS)
def test_a_checkpoint_of_another_plan_is_one_line(spark, small, plan):
    before = runtime.read(spark, "gold_delivery_by_region")
    if plan != "another source":  # a stream with nothing to read does not look at its state
        pipeline.write(spark, silver.conform(helpers.bronze_rows(spark, [message(50)])), SILVER)
    with pytest.raises(SleighError) as caught:
        streams.drain(streams.start(OTHER_PLANS[plan](spark), "gold_delivery_by_region"))
    folder = small / "_checkpoints" / "gold_delivery_by_region"
    assert str(caught.value) == (
        f"the checkpoint of gold_delivery_by_region was written by another query: delete {folder} and the table's folder "
        "in the lake, then run again"
    )
    assert runtime.read(spark, "gold_delivery_by_region").equals(before)


def test_a_source_that_was_made_anew_is_one_line(spark, small):
    shutil.rmtree(small / SILVER)
    runtime.open_lake(spark, small)
    pipeline.write(spark, silver.clean_batch(helpers.bronze_rows(spark, [message()])), SILVER)
    with pytest.raises(SleighError, match="was written by another query"):
        streams.drain(pipeline.start_table(spark, "gold_delivery_by_region"))


UPSTREAM = {
    f"DELETE FROM {BRONZE} WHERE num_gifts = 2": "were changed or deleted",
    f"UPDATE {BRONZE} SET city = 'x' WHERE delivery_id = 'T-00001'": "were changed or deleted",
    f"RESTORE TABLE {BRONZE} TO VERSION AS OF 0": "were changed or deleted",
}


@pytest.mark.parametrize("change", UPSTREAM)
def test_a_source_that_was_changed_is_one_line(spark, small, change):
    spark.sql(change)
    pipeline.write(spark, helpers.bronze_rows(spark, [message(50)]), BRONZE)
    with pytest.raises(SleighError) as caught:
        streams.drain(pipeline.start_silver(spark))
    assert str(caught.value) == (
        f"rows of {BRONZE} {UPSTREAM[change]}, and {SILVER} is made of what is appended there: delete "
        f"{small}/_checkpoints/{SILVER} and the table's folder in the lake, to fill it anew"
    )


def test_a_source_whose_file_is_missing_or_torn_is_one_line(spark, small):
    (file,) = (small / BRONZE).glob("*.parquet")
    for folder in (small / QUARANTINE, small / "_checkpoints" / QUARANTINE):
        shutil.rmtree(folder, ignore_errors=True)
    file.write_bytes(file.read_bytes()[:100])
    said = f"^the stream of {QUARANTINE} cannot read {file.name} of {BRONZE}: bring it back, then run the same command"
    with pytest.raises(SleighError, match=said):
        streams.drain(pipeline.start_quarantine(spark))
    file.unlink()
    with pytest.raises(SleighError, match=said):
        streams.drain(pipeline.start_quarantine(spark))


def test_damaged_state_is_one_line(spark, small):
    pipeline.write(spark, helpers.bronze_rows(spark, [message(50)]), BRONZE)
    state = small / "_checkpoints" / SILVER / "state"
    file = max((state / "0" / "0").glob("*.delta"))
    file.write_bytes(file.read_bytes()[:20])
    said = f"^the state in the checkpoint of {SILVER} is damaged: bring {state.parent} back, or delete"
    with pytest.raises(SleighError, match=said):
        streams.drain(pipeline.start_silver(spark))
    shutil.rmtree(state)
    with pytest.raises(SleighError, match=said):
        streams.drain(pipeline.start_silver(spark))


def test_a_damaged_log_is_one_line(spark, small):
    newest = max((small / BRONZE / "_delta_log").glob("*.json"))
    newest.write_text(newest.read_text()[:50])
    with pytest.raises(SleighError, match=f"^the log of {BRONZE} is damaged.*: bring .*_delta_log"):
        pipeline.start_bronze(spark)


def test_a_full_disk_is_one_line(plain):
    error = RuntimeError("[STREAM_FAILED] Query terminated with exception: [TASK_WRITE_FAILED]")
    error._stackTrace = "at x\nCaused by: java.io.IOException: No space left on device"
    said = str(checkpoints.explained(error, SILVER))
    assert said == "the disk is full: free some of it, then run the same command again"


@pytest.mark.parametrize("forgotten", [True, False])
def test_a_table_whose_files_are_gone_is_not_made_anew(spark, small, forgotten):
    """Its checkpoint knows what it had: an empty table in its place would lack all of that, and nobody would say so."""
    (small / SILVER).rename(small / "_scratch")
    if forgotten:
        runtime.open_lake(spark, small)
    with pytest.raises(SleighError, match=f"^{SILVER} is gone, .* bring it back|^the files of {SILVER} are gone"):
        pipeline.start_silver(spark)
    assert not (small / SILVER).exists()
    (small / "_scratch").rename(small / SILVER)
    runtime.open_lake(spark, small)
    streams.drain(pipeline.start_silver(spark))


def newest(folder):
    return max(folder.glob("[0-9]*"), key=lambda path: int(path.name))


def cut(path):
    path.write_text(path.read_text()[:-3])


LOSSES = {
    "all": (shutil.rmtree, r"has rows, and the checkpoint of the stream that wrote them is gone"),
    "offsets": (lambda folder: shutil.rmtree(folder / "offsets"), r"is damaged \(there is no offsets/N\)"),
    "offsets and state": (
        lambda folder: [shutil.rmtree(folder / name, ignore_errors=True) for name in ("offsets", "state")],
        r"is damaged \(there is no offsets/N\)",
    ),
    "the last plan": (lambda folder: newest(folder / "offsets").unlink(), r"is damaged \(there is no offsets/N\)"),
    "metadata": (lambda folder: (folder / "metadata").unlink(), r"is damaged \(metadata cannot be read\)"),
    "half of metadata": (lambda folder: cut(folder / "metadata"), r"is damaged \(metadata cannot be read\)"),
    "half of a plan": (lambda folder: cut(newest(folder / "offsets")), r"is damaged \(offsets/N cannot be read\)"),
    "all of a plan": (lambda folder: newest(folder / "offsets").write_text(""), r"is damaged \(offsets/N is cut off\)"),
    "half of an end": (lambda folder: cut(newest(folder / "commits")), r"is damaged \(commits/N cannot be read\)"),
}
"""What a checkpoint may lose -> how, what is said of it."""


@pytest.mark.parametrize("table", [BRONZE, SILVER, "gold_delivery_by_region"])
def test_a_checkpoint_that_has_lost_a_part_is_refused(spark, small, tmp_path, table):
    """Spark goes on: it writes the rows once more, or takes new rows for those that the table has, and says nothing."""
    folder, before = small / "_checkpoints" / table, DeltaTable(str(small / table)).version()
    shutil.copytree(folder, tmp_path / "whole")
    last = newest(folder / "commits").name
    for loss, (spoil, said) in LOSSES.items():
        if (table, loss) == ("gold_delivery_by_region", "all"):
            continue  # it has no rows yet, its window is open: beginning anew is right
        spoil(folder)
        with pytest.raises(SleighError) as caught:
            pipeline.start_table(spark, table)
        assert re.fullmatch(
            rf"(the checkpoint of )?{table} {said.replace('/N', f'/{last}')}: bring {folder} back, or delete it and the "
            "table's folder in the lake, to fill it anew",
            str(caught.value),
        ), loss
        assert DeltaTable(str(small / table)).version() == before
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tmp_path / "whole", folder)
    streams.drain(pipeline.start_table(spark, table))


def test_what_a_refused_checkpoint_advises_helps(spark, small):
    before = helpers.counted(runtime.read(spark, SILVER))
    shutil.rmtree(small / "_checkpoints" / SILVER / "offsets")
    for folder in (small / "_checkpoints" / SILVER, small / SILVER):
        shutil.rmtree(folder)
    runtime.open_lake(spark, small)
    streams.drain(pipeline.start_silver(spark))
    assert helpers.counted(runtime.read(spark, SILVER)) == before


@pytest.mark.parametrize("sink", ["spark", "delta-rs"])
def test_a_checkpoint_from_an_older_backup_is_refused(spark, small, tmp_path, sink):
    """The next micro-batch would have a number that the table has, and be passed over with all its rows."""
    folder = small / "_checkpoints" / BRONZE
    shutil.copytree(folder, tmp_path / "backup")
    helpers._write(small / LANDING, pa.Table.from_pylist([message(50)], helpers.LANDING_SCHEMA), 2)
    streams.drain(pipeline.start_bronze(spark, sink=sink))
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "backup", folder)
    with pytest.raises(
        SleighError, match=f"^the checkpoint of {BRONZE} is older than the table: bring {folder} back, or"
    ):
        pipeline.start_bronze(spark, sink=sink)


def test_a_damaged_note_of_the_mode_is_refused(spark, small):
    note = small / "_checkpoints" / "gold_delivery_by_region" / "sleigh-mode"
    for text in ("", "fin"):
        note.write_text(text)
        with pytest.raises(SleighError, match=f"^{note} is damaged: write final or live into it"):
            pipeline.start_table(spark, "gold_delivery_by_region")


@pytest.mark.parametrize("left", ["state", "offsets/.0.5f1c0de.tmp"])
def test_a_stream_killed_before_its_first_micro_batch_was_planned_starts_again(spark, small, left):
    """What the kill leaves is state without offsets, or half a plan. Spark refuses that for good; there is nothing in it."""
    table = "gold_delivery_by_region"
    folder, before = small / "_checkpoints" / table, helpers.counted(runtime.read(spark, table))
    for name in {"offsets", "commits", "state"} - {left}:
        shutil.rmtree(folder / name)
    (folder / "metadata").unlink()
    if left != "state":
        (folder / "offsets").mkdir()
        (folder / left).touch()
    shutil.rmtree(small / table)
    runtime.open_lake(spark, small)
    rows = gold.GOLD[table](streams.source(spark, SILVER)).writeStream.format("noop").trigger(availableNow=True)
    with pytest.raises(Exception, match="STATE_STORE_CHECKPOINT_LOCATION_NOT_EMPTY"):
        rows.option("checkpointLocation", str(folder)).start().awaitTermination()
    streams.drain(pipeline.start_table(spark, table))
    assert helpers.counted(runtime.read(spark, table)) == before


# --- where a new stream begins -----------------------------------------------------------------------------------------


def began_at_first_commit(lake, table):
    """Whether the stream's first micro-batch was planned from commits, not from the table as it was then."""
    offset = (lake / "_checkpoints" / table / "offsets" / "0").read_text().splitlines()[2]
    return not json.loads(offset)["isStartingVersion"]


def ids(spark):
    return sorted(runtime.read(spark, BRONZE, ["delivery_id"])["delivery_id"].to_pylist())


def test_a_stream_begins_at_the_first_commit_of_a_table_that_was_only_appended_to(spark, lake):
    helpers.land_messages(spark, [message(0), message(1)], [message(2)])
    assert streams.only_appended_to(LANDING)
    streams.drain(pipeline.start_bronze(spark, files_per_batch=1))
    assert began_at_first_commit(lake, BRONZE)
    assert ids(spark) == ["T-00000", "T-00001", "T-00002"]


def test_of_a_changed_table_a_new_stream_takes_what_is_left(spark, lake):
    helpers.land_messages(spark, [message(0), message(1)], [message(2)])
    spark.sql(f"DELETE FROM {LANDING} WHERE delivery_id = 'T-00000'")
    assert not streams.only_appended_to(LANDING)
    streams.drain(pipeline.start_bronze(spark, files_per_batch=1))
    assert not began_at_first_commit(lake, BRONZE)
    assert ids(spark) == ["T-00001", "T-00002"]


def test_a_log_that_has_lost_its_first_commit_is_not_read_from_its_beginning(spark, lake):
    helpers.land_messages(spark, [message(0)], [message(1)])
    (lake / LANDING / "_delta_log" / f"{0:020}.json").unlink()
    assert not streams.only_appended_to(LANDING)


@pytest.mark.parametrize("begin", [pipeline.start_bronze, pipeline.start_silver, pipeline.start_quarantine])
def test_a_missing_source_names_the_call(spark, lake, begin):
    with pytest.raises(SleighError, match=r"^there is no table \w+ in this lake yet: .* \(lesson \d\d\) makes it$"):
        begin(spark)


def test_progress_tells_what_each_micro_batch_did(spark, lake):
    helpers.land_messages(spark, [message(i) for i in range(6)], [message(600 + i) for i in range(4)])
    streams.drain(pipeline.start_bronze(spark, files_per_batch=1))
    query = pipeline.start_silver(spark)
    streams.drain(query)
    steps = streams.progress(query)
    assert [step["rows"] for step in steps if step["rows"]] == [6, 4]
    assert steps[-1]["state_rows"] == 10 and steps[-1]["dropped"] == 0
    assert steps[-1]["watermark"].startswith("2026-12-24T11:10:03")
    assert all(step["seconds"] > 0 for step in steps)


def test_a_stopped_stream_goes_on_where_it_was(spark, lake):
    helpers.land_messages(spark, [message(i) for i in range(6)])
    query = pipeline.start_bronze(spark, trigger=1)
    query.processAllAvailable()
    streams.stop(query)
    assert not query.isActive and runtime.read(spark, BRONZE).num_rows == 6
    helpers._write(lake / LANDING, pa.Table.from_pylist([message(7)], helpers.LANDING_SCHEMA), 2)
    streams.drain(pipeline.start_bronze(spark))
    ids = runtime.read(spark, BRONZE, ["delivery_id"])["delivery_id"].to_pylist()
    assert sorted(ids) == [f"T-{i:05d}" for i in (0, 1, 2, 3, 4, 5, 7)]
