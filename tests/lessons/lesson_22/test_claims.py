"""What the exam says of its night, and what it predicts from the simulator's truth, on tables that really come of it.

The solution predicts the same by code that shares nothing with night.py, and has the ledger of all tables.
"""

import pytest
from deltalake import DeltaTable
from sleigh import landing, pipeline, runtime
from sleigh.domain import NIGHT_START_MS
from sleigh.lessons.lesson_22 import missing, night
from sleigh.pipeline import checkpoints, gold
from sleigh.pipeline.stages import STAGES, STREAMS
from sleigh.tables import BRONZE, LANDING, SILVER, SUMMARY, TOP_CITIES

STAGES_OF_IT = {"bronze": STAGES["bronze"], "silver": [STREAMS[SILVER.name]], "gold": [STREAMS[SUMMARY.name]]}


@pytest.fixture(scope="module")
def exam(spark, tmp_path_factory):
    """The lake of the exam, with silver and the summary."""
    folder = tmp_path_factory.mktemp("exam") / "lake"
    runtime.open_lake(spark, folder)
    landing.generate(spark, every=night.EVERY, **night.NIGHT)
    pipeline.run(spark, stages=STAGES_OF_IT, files_per_batch=night.FILES, sink="delta-rs")
    return folder


@pytest.fixture
def opened(spark, exam):
    if not runtime.is_open(exam):
        runtime.open_lake(spark, exam)
    return exam


def versions(table):
    """Each version of a table of the open lake but the empty one, as (its rows, the micro-batch that made it)."""
    path = str(runtime.lake() / table.name)
    stream = checkpoints.stream_id(runtime.checkpoint(table.name))
    for version in range(1, DeltaTable(path).version() + 1):
        delta = DeltaTable(path, version=version)
        yield delta.to_pyarrow_table(), delta.transaction_version(stream)


def test_the_night_comes_in_commits_and_micro_batches_as_the_text_says(spark, opened):
    assert DeltaTable(str(opened / LANDING.name)).version() == 24
    took_in = runtime.read(spark, BRONZE.name, ["ingestion_timestamp"])["ingestion_timestamp"]
    assert [each["counts"].as_py() for each in took_in.value_counts()] == [900] * 4


def test_silver_is_every_delivery_and_none_was_too_late_for_it(spark, opened):
    found = runtime.read(spark, SILVER.name, ["delivery_id"])["delivery_id"].to_pylist()
    assert sorted(found) == sorted(night.silver()["delivery_id"])


def test_the_summary_loses_and_keeps_what_was_predicted(spark, opened):
    counted = sum(runtime.read(spark, SUMMARY.name, [SUMMARY.counted])[SUMMARY.counted].to_pylist())
    assert counted == len(night.silver()["event"]) - night.lost() - night.waiting()
    assert checkpoints.watermark(SUMMARY.name) == NIGHT_START_MS + round(60_000 * night.watermarks()[-1])


def test_the_window_is_there_when_it_was_predicted(spark, opened):
    def first(table, column):
        for rows, batch in versions(table):
            if any((time.hour, time.minute) == (0, night.WINDOW - night.MIDNIGHT) for time in rows[column].to_pylist()):
                return batch

    assert night.first_seen() == {
        "update": first(SILVER, "delivery_timestamp"),
        "append": first(SUMMARY, "window_start"),
    }


def test_landing_has_the_files_that_were_predicted(spark, opened):
    assert len(DeltaTable(str(opened / LANDING.name)).file_uris()) == night.files()["by_arrival"]


def test_a_table_that_is_wrong_or_not_there_does_not_balance(spark, opened, capsys):
    def one_gift_more(silver):
        rows = gold.top_cities(silver)
        return rows.withColumn("total_gifts", rows.total_gifts + 1)

    missing.build(spark, TOP_CITIES, one_gift_more)
    assert capsys.readouterr().out == "gold_top_cities: 85 rows\n"
    assert missing.right(spark) == {SILVER.name: True, TOP_CITIES.name: False}
    assert not missing.balanced(spark)
    assert capsys.readouterr().out.startswith("not balanced: there is no quarantine_santa_deliveries, no gold_")
    missing.build(spark, TOP_CITIES, lambda silver: 1 / 0)
    missing.build(spark, TOP_CITIES, ...)
    assert capsys.readouterr().out.splitlines() == [
        "gold_top_cities: your stream raised ZeroDivisionError: division by zero",
        "gold_top_cities: not attempted yet",
    ]
    assert not runtime.has_table(spark, TOP_CITIES.name)


@pytest.mark.parametrize("right", [True, False])
def test_the_ledger_balances_only_with_the_right_rows(spark, plain, monkeypatch, capsys, right):
    monkeypatch.setattr(missing, "right", lambda spark: {SILVER.name: True, TOP_CITIES.name: right})
    assert missing.balanced(spark) == right
    lines = capsys.readouterr().out.splitlines()
    wrong = ["WRONG    the missing tables: gold_top_cities: not the rows of this night", "NOT BALANCED"]
    assert lines[-2:] == wrong or right
    assert lines[-1] == "balanced: every event is accounted for" or not right
