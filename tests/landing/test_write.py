"""Landing: every message once, in order of arrival, whatever happens to the producer; and nothing of the wrong type."""

import json
from collections import Counter

import helpers
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from sleigh import landing, runtime
from sleigh.errors import SleighError
from sleigh.landing import fill, write
from sleigh.runtime.backends import cluster, databricks
from sleigh.simulator.faults import parse_faults
from sleigh.simulator.night import night
from sleigh.tables import EVENT

NIGHT = {"minutes": 12, "rate": 60, "seed": 5}
ROWS = 12 * 60


class Killed(Exception):
    pass


def state(lake):
    """(version, files) of the landing table: what a refused write must leave as it was."""
    table = DeltaTable(str(lake / landing.TABLE))
    return table.version(), sorted(path.name for path in (lake / landing.TABLE).rglob("*.parquet"))


def landed(lake):
    return DeltaTable(str(lake / landing.TABLE)).to_pyarrow_table()


def test_the_night_lands_as_it_was_sent(spark, lake):
    assert landing.generate(spark, **NIGHT, every=120) == ROWS
    messages, table = night(**NIGHT), landed(lake)
    helpers.assert_same(table.select(EVENT.names), messages.events)
    assert landing.landed_seconds() == 12 * 60
    assert DeltaTable(str(lake / landing.TABLE)).version() == 6, (
        "one commit for each two minutes, after the table's own"
    )
    assert landing.truth().equals(messages.truth)


def test_truth_that_was_kept_before_a_column_came_to_be_is_read_with_the_new(spark, lake):
    landing.generate(spark, **NIGHT)
    whole = landing.truth()
    (file,) = (lake / "_truth").glob("*.parquet")
    pq.write_table(whole.drop_columns("delay_probability"), file)
    assert landing.truth().equals(whole.drop_columns("delay_probability"))
    landing.generate(spark, **NIGHT | {"start_minute": 12, "minutes": 1})
    found = landing.truth()
    assert found["delay_probability"].null_count == len(whole) == len(found) - NIGHT["rate"]
    assert found.slice(0, len(whole)).drop_columns("delay_probability").equals(whole.drop_columns("delay_probability"))


@pytest.mark.parametrize("memory, most", [(120, 120), (30, 60)])
def test_no_more_messages_at_a_time_than_promised(spark, lake, monkeypatch, memory, most):
    """Not even where a landing batch has more: it comes in parts. One minute is the least."""
    made = []
    monkeypatch.setattr(fill, "MESSAGES_IN_MEMORY", memory)
    monkeypatch.setattr(fill, "night", lambda *words, **more: made.append(night(*words, **more)) or made[-1])
    assert landing.generate(spark, **NIGHT, every=300) == ROWS
    assert max(len(each.events) for each in made) == most
    messages = night(**NIGHT)
    helpers.assert_same(landed(lake).select(EVENT.names), messages.events)
    assert landing.truth().equals(messages.truth)


def test_commits_are_in_order_of_arrival(spark, lake):
    landing.generate(spark, **NIGHT, every=240, faults="none")
    messages = night(**NIGHT, faults="none")
    log = sorted((lake / landing.TABLE / "_delta_log").glob("*.json"))[1:]
    assert len(log) == 3
    begun = []
    for commit in log:
        files = [json.loads(line)["add"]["path"] for line in commit.read_text().splitlines() if '"add"' in line]
        assert len(files) == 1, "one file a commit"
        rows = pq.read_table(lake / landing.TABLE / files[0].replace("%20", " "))
        begun.append(rows["timestamp"].to_pylist())
    assert [text for part in begun for text in part] == messages.events["timestamp"].to_pylist()


def test_landing_again_changes_nothing(spark, lake):
    landing.generate(spark, **NIGHT)
    before = state(lake)
    assert landing.land(spark, night(**NIGHT)) == 0
    assert landing.generate(spark, **NIGHT) == 0
    assert state(lake) == before


def test_by_spark_as_on_databricks_a_batch_that_is_there_counts_for_nothing(spark, lake, monkeypatch):
    runtime.create_table(spark, landing.TABLE)
    messages = night(**NIGHT)
    rows = landing.with_ingestion_date(messages.events, messages.truth["arrival_time"])
    monkeypatch.setattr(runtime, "backend", databricks.Backend)
    arrival = messages.truth["arrival_time"]
    assert [write.append(spark, landing.TABLE, rows, arrival, 720) for _ in range(2)] == [ROWS, 0]
    helpers.assert_same(landed(lake).select(EVENT.names), messages.events)


def test_by_spark_as_on_a_cluster_the_rest_of_a_batch_lands_as_one_file(spark, lake, monkeypatch):
    runtime.create_table(spark, landing.TABLE)
    messages = night(**NIGHT)
    arrival = messages.truth["arrival_time"]
    rows = landing.with_ingestion_date(messages.events, arrival)
    monkeypatch.setattr(runtime, "backend", cluster.Backend)
    monkeypatch.setenv("SLEIGH_MASTER", "spark://127.0.0.1:7077")
    first = rows.slice(0, 240)
    assert [write.append(spark, landing.TABLE, first, arrival.slice(0, 240), 240) for _ in range(2)] == [240, 0]
    assert write.append(spark, landing.TABLE, rows, arrival, 720) == ROWS - 240
    table = DeltaTable(str(lake / landing.TABLE))
    assert (table.version(), len(table.file_uris())) == (2, 2)
    there, sent = (Counter(map(str, some.to_pylist())) for some in (landed(lake).select(EVENT.names), messages.events))
    assert there == sent


def test_killed_half_way_and_repeated(spark, lake):
    """Also with another batch length the second time: what was landed is passed over row by row."""
    calls = []

    def dies(_):
        calls.append(1)
        if len(calls) == 4:
            raise Killed

    with pytest.raises(Killed):
        landing.generate(spark, **NIGHT, every=60, on_batch=dies)
    assert landing.landed_seconds() == 240
    assert landing.generate(spark, **NIGHT, every=150) == ROWS - 240
    helpers.assert_same(landed(lake).select(EVENT.names), night(**NIGHT).events)


def test_killed_between_the_files_and_the_commit(spark, lake):
    """A data file that no commit names is no row."""
    landing.generate(spark, **NIGHT, every=360)
    log = sorted((lake / landing.TABLE / "_delta_log").glob("*.json"))
    log[-1].unlink()  # the last batch's file is there, its commit is not
    assert landing.landed_seconds() == 360
    landing.generate(spark, **NIGHT, every=360)
    helpers.assert_same(landed(lake).select(EVENT.names), night(**NIGHT).events)


def test_ingestion_date_is_the_date_of_arrival():
    messages = night(20, start_minute=14 * 60 - 10, rate=30, faults={"late": 0.5})
    rows = landing.with_ingestion_date(messages.events, messages.truth["arrival_time"])
    assert rows.column_names == [*EVENT.names, "ingestion_date"]
    days = Counter(str(day) for day in rows["ingestion_date"].to_pylist())
    assert days == {"2026-12-24": 300, "2026-12-25": 300}


def test_another_night_is_refused(spark, lake):
    landing.generate(spark, **NIGHT)
    before = state(lake)
    for other in ({"seed": 6}, {"rate": 61}, {"faults": "none"}):
        with pytest.raises(SleighError, match=r"holds another night \(--seed 5, --rate 60, --faults broken=0.02,"):
            landing.generate(spark, **NIGHT | other, start_minute=12)
    assert state(lake) == before


def test_a_slice_before_what_was_landed_is_refused(spark, lake):
    landing.generate(spark, **NIGHT, start_minute=30)
    before, told = state(lake), len(landing.truth())
    with pytest.raises(SleighError, match="has the night up to minute 42: continue with --start-minute 42"):
        landing.generate(spark, **NIGHT, start_minute=0)
    assert state(lake) == before and len(landing.truth()) == told


def test_minutes_behind_a_landing_that_was_interrupted_are_refused(spark, lake):
    """Their truth is kept: were they left out, they would count as sent and never landed."""

    def dies(_):
        if landing.landed_seconds() == 240:
            raise Killed

    with pytest.raises(Killed):
        landing.generate(spark, **NIGHT, every=60, on_batch=dies)
    before, told = state(lake), len(landing.truth())
    for start in (12, 5):
        with pytest.raises(SleighError, match="has the night up to minute 4: continue with --start-minute 4"):
            landing.generate(spark, **NIGHT, start_minute=start, every=60)
    assert state(lake) == before and len(landing.truth()) == told == 240
    landing.generate(spark, **NIGHT, start_minute=4, every=60)
    landing.generate(spark, **NIGHT, start_minute=20, every=60)  # a gap that nobody had begun to fill
    assert len(landing.truth()) == landed(lake).num_rows == 16 * 60 + 12 * 60


def test_overlapping_slices_are_told_and_landed_once(spark, lake):
    landing.generate(spark, **NIGHT)
    landing.generate(spark, **NIGHT | {"minutes": 10}, start_minute=6)
    whole = night(16, rate=60, seed=5)
    helpers.assert_same(landed(lake).select(EVENT.names), whole.events)
    assert landing.truth().equals(whole.truth)


def test_no_truth_is_one_line(spark, lake):
    with pytest.raises(SleighError, match="this lake has no truth"):
        landing.truth()


def test_the_faults_are_written_as_they_are_typed():
    assert parse_faults(landing.shown(parse_faults("broken=0.25"))) == parse_faults("broken=0.25")


def wrong_type():
    """The same messages with the number of gifts as text."""
    messages = night(**NIGHT, faults="none")
    rows = landing.with_ingestion_date(messages.events, messages.truth["arrival_time"])
    gifts = pc.binary_join_element_wise(rows["num_gifts"].cast(pa.string()), "pieces", " ")
    return rows.set_column(rows.column_names.index("num_gifts"), "num_gifts", gifts)


def test_a_wrong_type_is_refused_by_delta_rs(spark, lake):
    landing.generate(spark, **NIGHT, faults="none")
    before = state(lake)
    with pytest.raises(Exception, match=r"(?i)cast|schema|type"):
        write_deltalake(str(lake / landing.TABLE), wrong_type(), mode="append")
    assert state(lake) == before


def test_a_column_too_many_is_refused_by_delta_rs(spark, lake):
    landing.generate(spark, **NIGHT, faults="none")
    messages = night(**NIGHT, faults="none")
    rows = landing.with_ingestion_date(messages.events, messages.truth["arrival_time"])
    before = state(lake)
    with pytest.raises(Exception, match=r"(?i)schema"):
        write_deltalake(str(lake / landing.TABLE), rows.append_column("mood", rows["city"]), mode="append")
    assert state(lake) == before


def test_a_wrong_type_is_refused_by_spark(spark, lake):
    from pyspark.errors import PySparkException

    landing.generate(spark, **NIGHT, faults="none")
    before = state(lake)
    with pytest.raises(PySparkException, match=r"DELTA_FAILED_TO_MERGE_FIELDS|CAST_INVALID_INPUT|INCOMPATIBLE_DATA"):
        spark.createDataFrame(wrong_type()).write.format("delta").mode("append").saveAsTable(landing.TABLE)
    assert state(lake) == before
    assert runtime.read(spark, landing.TABLE).num_rows == ROWS
