"""What lesson 10 says of checkpoints, RESTORE and damaged files, beyond what its cells print and its runbook asserts."""

import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from sleigh import runtime
from sleigh.errors import SleighError
from sleigh.lessons.lesson_10 import victim
from sleigh.lessons.lesson_10.checks import next_step
from sleigh.lessons.prepare import own_table
from sleigh.pipeline import streams


def path(table):
    return runtime.lake() / runtime.SCRATCH / table


def checkpoint(table="taken"):
    return Path(runtime.checkpoint(table))


def arrive(*ids):
    """A commit of the source for each."""
    for name in ids:
        write_deltalake(str(path("feed")), pa.table({"delivery_id": [name]}), mode="append")


def take(spark, columns=("*",), **options):
    """Let the stream take what waits, a commit to a micro-batch. Returns the numbers of the micro-batches."""
    rows = streams.source(spark, "feed", 1, **({"startingVersion": 0} | options)).selectExpr(*columns)
    writer = rows.writeStream.format("delta").queryName("taken").option("checkpointLocation", str(checkpoint()))
    before = ended()
    streams.drain(writer.trigger(availableNow=True).toTable("taken"))
    return sorted(ended() - before)


def ended():
    return {int(file.name) for file in (checkpoint() / "commits").glob("[0-9]*")}


def taken():
    return sorted(DeltaTable(str(path("taken"))).to_pyarrow_table(columns=["delivery_id"])["delivery_id"].to_pylist())


@pytest.fixture
def three(spark, lake):
    """A source of three commits, a, b and c, and a stream that has taken them."""
    own_table(spark, "feed", "delivery_id STRING")
    own_table(spark, "taken", "delivery_id STRING")
    arrive(*"abc")
    assert take(spark) == [0, 1, 2]


def test_other_rows_under_a_number_that_the_table_has_are_skipped_too(spark, three):
    for name in ("commits", "offsets"):
        for number in ("1", "2"):
            (checkpoint() / name / number).unlink()
    spark.sql("RESTORE TABLE taken TO VERSION AS OF 1")
    arrive("d")
    rows = streams.source(spark, "feed", 3, startingVersion=0).writeStream.format("delta")
    writer = rows.option("checkpointLocation", str(checkpoint())).trigger(availableNow=True)
    writer.toTable("taken").awaitTermination()
    assert taken() == ["a"], "b, c and d in one micro-batch, number 1"


def test_what_runs_next_is_what_the_answer_to_10_1_says(spark, three):
    """The sink here skips nothing and keeps nothing, so that one sees what comes."""
    kept = shutil.copytree(checkpoint(), path("kept"))
    arrive("d")
    for offsets, commits in (([], []), ([], [2]), ([], [1, 2]), ([2], [2])):  # the numbers that are taken away
        shutil.rmtree(checkpoint())
        shutil.copytree(kept, checkpoint())
        for name, numbers in (("offsets", offsets), ("commits", commits)):
            for number in numbers:
                (checkpoint() / name / str(number)).unlink()
        left = [[int(file.name) for file in (checkpoint() / name).glob("[0-9]*")] for name in ("offsets", "commits")]
        expected, came = next_step(*left, None)[0], []
        rows = streams.source(spark, "feed", 1, startingVersion=0).writeStream.trigger(availableNow=True)
        rows = rows.option("checkpointLocation", str(checkpoint()))
        rows.foreachBatch(lambda batch, number, came=came: came.append(number)).start().awaitTermination()
        assert came == list(range(expected, 4)), (offsets, commits)


def test_a_file_that_is_cut_off_waits_until_it_is_back_and_ignored_is_lost(spark, three):
    known = set(path("feed").glob("*.parquet"))
    arrive("d")
    (file,) = set(path("feed").glob("*.parquet")) - known
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    arrive("e")
    with pytest.raises(SleighError, match=r"the stream of taken cannot read part-\S+ of feed"):
        take(spark)
    kept = path("kept")
    for name in ("taken", "checkpoint"):
        shutil.copytree(checkpoint() if name == "checkpoint" else path(name), kept / name)
    file.write_bytes(whole)
    take(spark)
    assert taken() == list("abcde")
    file.write_bytes(whole[:100])
    with streams.settings(spark, {"spark.sql.files.ignoreCorruptFiles": ("true", "")}):
        rows = streams.source(spark, "feed", 1).writeStream.format("delta").trigger(availableNow=True)
        rows.option("checkpointLocation", str(kept / "checkpoint")).start(str(kept / "taken")).awaitTermination()
    found = DeltaTable(str(kept / "taken")).to_pyarrow_table()["delivery_id"].to_pylist()
    assert sorted(found) == list("abce")


def test_a_victim_that_ends_by_itself_is_one_line(spark, lake):
    (lake / victim.STANDING).mkdir(parents=True)
    ended = subprocess.Popen([sys.executable, "-c", "pass"], start_new_session=True)
    ended.wait()
    with pytest.raises(SleighError, match="never came to at_start, planned, in_merge, written"):
        victim.wait(ended, lake)
