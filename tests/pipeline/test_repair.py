"""Repair and replay: a mended row reaches silver once, whenever the replay dies."""

import shutil

import helpers
import pytest
from helpers import message
from pyspark.sql import functions as F
from sleigh import ledger, pipeline, runtime
from sleigh.errors import SleighError
from sleigh.pipeline import repair, streams
from sleigh.tables import QUARANTINE, SILVER


@pytest.fixture(scope="module")
def broken_folder(spark, tmp_path_factory):
    """A lake with four broken rows in quarantine: two of one delivery (sent twice), one mendable, one hopeless."""
    folder = tmp_path_factory.mktemp("broken") / "lake"
    runtime.open_lake(spark, folder)
    lost_gifts = message(1, num_gifts=None, _broken=["positive_gifts"])
    helpers.land_messages(
        spark,
        [
            message(0),
            lost_gifts,
            dict(lost_gifts),
            message(2, num_gifts=-1, _broken=["positive_gifts"]),
            message(3, num_gifts=None, status=None, _broken=["positive_gifts", "valid_status"]),
        ],
    )
    streams_to_silver(spark)
    assert quarantined(spark) == ["T-00001", "T-00001", "T-00002", "T-00003"]
    return folder


@pytest.fixture
def broken(spark, broken_folder, tmp_path):
    """A copy of broken_folder, open."""
    lake = tmp_path / "lake"
    shutil.copytree(broken_folder, lake)
    runtime.open_lake(spark, lake)
    return lake


def streams_to_silver(spark):
    streams.drain(pipeline.start_bronze(spark, sink="delta-rs"))
    streams.drain(*[pipeline.start_table(spark, table.name, sink="delta-rs") for table in (SILVER, QUARANTINE)])


def ids(spark, table):
    return sorted(runtime.read(spark, table, ["delivery_id"])["delivery_id"].to_pylist())


def quarantined(spark):
    return ids(spark, QUARANTINE.name)


def one_gift(rows):
    return rows.withColumn("num_gifts", F.lit(1))


def test_a_repaired_row_reaches_silver_exactly_once(spark, broken):
    assert repair.replay(spark, one_gift) == 3
    assert ids(spark, SILVER.name) == ["T-00000", "T-00001", "T-00002"]
    assert quarantined(spark) == ["T-00003"], "a row that is still broken stays"
    balance = ledger.reconcile(spark, upto="silver")
    assert balance.balanced, str(balance)

    assert repair.replay(spark, one_gift) == 0, "a second call finds nothing to do"
    assert ids(spark, SILVER.name) == ["T-00000", "T-00001", "T-00002"]
    repaired = next(row for row in runtime.read(spark, SILVER.name).to_pylist() if row["delivery_id"] == "T-00002")
    assert repaired["num_gifts"] == 1 and repaired["is_delivered"] == 1 and repaired["weather_impact_factor"] == 0.85

    streams_to_silver(spark)  # the quarantine's and silver's streams go on as if nothing had happened
    assert ids(spark, SILVER.name) == ["T-00000", "T-00001", "T-00002"]
    assert quarantined(spark) == ["T-00003"]


class Died(Exception):
    pass


def test_a_replay_that_dies_between_its_two_merges(spark, broken, monkeypatch):
    real = type(spark).sql
    merges = []

    def dies(self, text, *rest, **more):
        if text.startswith("MERGE"):
            merges.append(text)
            if len(merges) == 2:
                raise Died
        return real(self, text, *rest, **more)

    with monkeypatch.context() as patched:
        patched.setattr(type(spark), "sql", dies)
        with pytest.raises(Died):
            repair.replay(spark, one_gift)
    assert ids(spark, SILVER.name) == ["T-00000", "T-00001", "T-00002"]
    assert quarantined(spark) == ["T-00001", "T-00001", "T-00002", "T-00003"], "it died before the second MERGE"

    assert repair.replay(spark, one_gift) == 3
    assert ids(spark, SILVER.name) == ["T-00000", "T-00001", "T-00002"]
    assert quarantined(spark) == ["T-00003"]
    balance = ledger.reconcile(spark, upto="silver")
    assert balance.balanced, str(balance)


def test_a_repaired_id_is_another_delivery(spark, broken):
    """The repair may even mend the id; the row is then compared with silver under its new one."""
    assert repair.replay(spark, lambda rows: one_gift(rows).withColumn("delivery_id", F.lit("T-00000"))) == 3
    assert ids(spark, SILVER.name) == ["T-00000"], "silver has that delivery already"


def test_a_repair_that_mends_nothing(spark, broken):
    assert repair.replay(spark, lambda rows: rows) == 0
    assert len(quarantined(spark)) == 4


def test_replay_needs_a_quarantine(spark, lake):
    with pytest.raises(SleighError, match="no table quarantine_santa_deliveries in this lake yet"):
        repair.replay(spark, lambda rows: rows)
