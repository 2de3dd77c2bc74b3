"""What a micro-batch costs, by Spark's own books."""

import json
from types import SimpleNamespace

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from sleigh import runtime
from sleigh.errors import SleighError
from sleigh.lessons.prepare import own_table
from sleigh.pipeline import cost


def report(**spent):
    return SimpleNamespace(json=json.dumps({"durationMs": spent}))


def test_the_phases_and_the_rest_add_up_to_the_micro_batch():
    spent = cost.phases(report(addBatch=500, walCommit=20, getBatch=3, triggerExecution=600, somethingNew=50))
    assert list(spent) == [*cost.PHASES, "other"]
    assert spent["addBatch"] == 500 and spent["commitOffsets"] == 0 and spent["other"] == 77
    assert sum(spent.values()) == 600


def test_an_idle_trigger_has_no_phases_but_what_it_looked_for():
    assert cost.phases(report(latestOffset=5, triggerExecution=5)) == dict.fromkeys(cost.PHASES, 0) | {
        "latestOffset": 5,
        "other": 0,
    }


@pytest.fixture
def appended(spark, lake):
    """A stream that has appended two commits of 50 rows, ended."""
    for name in ("cost_source", "cost_target"):
        own_table(spark, name, "id BIGINT")
    for number in range(2):
        rows = pa.table({"id": list(range(50 * number, 50 * number + 50))})
        write_deltalake(str(lake / "_scratch" / "cost_source"), rows, mode="append")
    reader = spark.readStream.option("maxFilesPerTrigger", 1).option("startingVersion", 1).table("cost_source")
    writer = reader.writeStream.format("delta").option("checkpointLocation", runtime.checkpoint("cost_target"))
    query = writer.trigger(availableNow=True).toTable("cost_target")
    query.awaitTermination()
    return query


def test_the_jobs_of_a_stream_are_told_apart_from_those_of_the_log_and_of_others(spark, appended):
    spark.range(5).count()  # nothing of the stream's
    jobs = cost.jobs(spark, appended)
    rows = [job for job in jobs if job["what"] is None and job["written"]]
    assert [(job["tasks"], job["read"], job["written"]) for job in rows] == [(1, 50, 50)] * 2
    named = [job for job in jobs if job["what"]]
    assert [job["what"] for job in named] == [f"Compute snapshot for version: {version}" for version in range(2)]
    assert all(job["ms"] >= 0 and not job["written"] for job in named)


def test_where_spark_is_not_in_this_process_it_says_so(spark, monkeypatch):
    monkeypatch.setattr(runtime, "backend", lambda: SimpleNamespace(own_machine=False))
    with pytest.raises(SleighError, match="on this machine only"):
        cost.jobs(spark, None)
