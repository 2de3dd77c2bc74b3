"""The stream that keeps the outbox, on gold written by hand and on a whole night; and the ledger's line.

test_together.py runs it on the command line and live, and kills it.
"""

import datetime as dt
import shutil

import helpers
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from sleigh import extensions, landing, ledger, pipeline, runtime
from sleigh.errors import SleighError
from sleigh.extensions import alerts
from sleigh.extensions.alerts import AlertStream, messages, processes
from sleigh.pipeline import sinks, streams
from sleigh.serve import warehouse
from sleigh.tables import BY_REGION

GOLD, OUTBOX = BY_REGION.name, "alerts"
TEN = dt.datetime(2026, 12, 24, 10, tzinfo=dt.UTC)

NIGHT = {"minutes": 30, "start_minute": 600, "rate": 120, "seed": 17, "faults": "none"}
"""3,600 deliveries over four regions, three alerts, two of which end; nothing is late."""


def gold_rows(*windows):
    """Rows of gold: (place of the window, region, deliveries, delayed)."""
    schema = pa.schema(DeltaTable(str(runtime.lake() / GOLD)).schema().to_arrow())
    rows = []
    for place, region, n, delayed in windows:
        start = TEN + dt.timedelta(minutes=5 * place)
        counts = {"region": region, "total_deliveries": n, "delayed_deliveries": delayed, "calculated_at": TEN}
        rows.append({"window_start": start, "window_end": start + dt.timedelta(minutes=5)} | counts)
    return pa.Table.from_pylist(rows, schema)


def append(*windows):
    """A commit of gold in final mode."""
    write_deltalake(str(runtime.lake() / GOLD), gold_rows(*windows), mode="append")


def merge(*windows):
    """A commit of gold in live mode, as the stream of gold makes it."""
    sinks.merging(*BY_REGION.key)(DeltaTable(str(runtime.lake() / GOLD)), gold_rows(*windows), None)


def drain(spark, **how):
    streams.drain(AlertStream().start(spark, **how))


def outbox(spark):
    """(kind, region, place of the window, number), in the order in which they were written."""
    rows = sorted(runtime.read(spark, OUTBOX).to_pylist(), key=lambda row: (row["written_at"], row["window_start"]))
    place = [int((row["window_start"] - TEN).total_seconds() // 300) for row in rows]
    return [(row["kind"], row["region"], at, row["change"]) for row, at in zip(rows, place, strict=True)]


@pytest.fixture
def gold(spark, lake):
    runtime.create_table(spark, GOLD)
    return lake


FINAL = [(0, "Asia", 100, 4), (1, "Asia", 100, 12), (1, "Europe", 50, 9), (2, "Asia", 100, 8), (3, "Asia", 100, 4)]
TOLD = [("raised", "Asia", 1, 1), ("raised", "Europe", 1, 1), ("cleared", "Asia", 3, 2)]


def test_the_outbox_is_the_same_however_gold_was_cut_and_whoever_commits(spark, gold):
    for rows, sink in ((FINAL[:1], "delta-rs"), (FINAL[1:3], "spark"), (FINAL[3:], "delta-rs")):
        append(*rows)
        drain(spark, sink=sink)
    drain(spark, sink="spark")
    assert sorted(outbox(spark)) == sorted(TOLD)
    columns = runtime.read(spark, OUTBOX).column_names
    assert columns[:5] == ["alert_id", "change", "kind", "region", "window_start"]
    assert columns[5:] == ["rate", "n", "rule", "written_at"]


@pytest.mark.parametrize("sink", streams.SINKS)
def test_all_at_once_too_and_a_replayed_micro_batch_tells_nothing_twice(spark, gold, sink):
    append(*FINAL)
    drain(spark, sink=sink)
    assert outbox(spark) == TOLD
    commits = runtime.lake() / "_checkpoints" / OUTBOX / "commits"
    for file in [*commits.glob("0"), *commits.glob(".0.crc")]:
        file.unlink()
    drain(spark, sink=sink)
    assert outbox(spark) == TOLD and (commits / "0").exists(), "micro-batch 0 has run again"


@pytest.mark.parametrize("sink", streams.SINKS)
def test_a_late_delivery_takes_an_alert_back_in_live_mode(spark, gold, sink):
    merge((0, "Asia", 40, 6), (0, "Europe", 100, 20))
    drain(spark, sink=sink, mode="live")
    merge((0, "Asia", 80, 6))
    drain(spark, sink=sink, mode="live")
    drain(spark, sink=sink, mode="live")
    assert outbox(spark) == [("raised", "Asia", 0, 1), ("raised", "Europe", 0, 1), ("retracted", "Asia", 0, 2)]
    rows = [row for row in runtime.read(spark, OUTBOX).to_pylist() if row["region"] == "Asia"]
    assert sorted((row["change"], row["rate"], row["n"]) for row in rows) == [(1, 15.0, 40), (2, 7.5, 80)]


def test_gold_merged_by_spark_is_read_as_well(spark, gold):
    for asia in (6, 1):
        spark.createDataFrame(gold_rows((0, "Asia", 40, asia))).createOrReplaceTempView("news")
        spark.sql(
            f"MERGE INTO {GOLD} t USING news s ON t.window_start = s.window_start AND t.region = s.region "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        )
        drain(spark, sink="delta-rs", mode="live")
    assert [row[0] for row in outbox(spark)] == ["raised", "retracted"]


def test_without_gold_it_says_what_makes_it(spark, lake):
    with pytest.raises(SleighError, match=f"there is no table {GOLD} in this lake yet"):
        AlertStream().start(spark)


# A whole night


@pytest.fixture(scope="module")
def night_folder(spark, tmp_path_factory):
    """NIGHT as far as gold by region in final mode, in three micro-batches; no alerts yet."""
    folder = tmp_path_factory.mktemp("alerts") / "lake"
    runtime.open_lake(spark, folder)
    landing.generate(spark, **NIGHT, every=200)
    fill(spark, files_per_batch=3)
    return folder


def fill(spark, **how):
    """All that the rule and its ledger ask for: bronze, silver and gold by region."""
    for table in ("bronze_santa_deliveries", "silver_santa_deliveries", GOLD):
        streams.drain(pipeline.start_table(spark, table, sink="delta-rs", **how))
        how = {}


@pytest.fixture
def night(spark, night_folder, tmp_path):
    """A copy of that lake, open."""
    folder = tmp_path / "lake"
    shutil.copytree(night_folder, folder)
    runtime.open_lake(spark, folder)
    return folder


def test_a_night_that_came_in_one_go_has_the_same_alerts(spark, night, tmp_path):
    drain(spark, sink="delta-rs")
    pieces = helpers.counted(runtime.read(spark, OUTBOX))
    assert len(pieces) == 5
    runtime.open_lake(spark, tmp_path / "whole")
    landing.generate(spark, **NIGHT, every=1800)
    fill(spark)
    drain(spark, sink="delta-rs")
    assert helpers.counted(runtime.read(spark, OUTBOX)) == pieces


def balance(spark):
    return extensions.audit(spark, ["alerts"], ledger.Ledger()).extensions[0]


def test_the_ledger_balances_and_names_what_is_wrong(spark, night):
    drain(spark, sink="delta-rs")
    with processes.beside(night):
        pass
    found = balance(spark)
    assert found.balanced and found.counts == {"outbox": 5, "sent": 5, "received": 5, "alerts": 3, "by_rule": 3}
    assert found.line == "outbox 5 = sent 5 = received 5 · alerts 3 = by the rule 3"

    first, second = messages.rows(night)[:2]
    key, other = messages.key(first), messages.key(second)
    for who, what, line in [
        ("sender", f"DELETE FROM sent WHERE key = '{key}'", f"{key}: not sent"),
        ("sender", f"UPDATE sent SET status = 422 WHERE key = '{key}'", f"{key}: refused with 422"),
        ("receiver", f"DELETE FROM received WHERE key = '{key}'", f"{key}: sent, and not received"),
        ("receiver", "UPDATE received SET key = 'x-1' WHERE rowid = 1", "x-1: received, and not in the outbox"),
        ("receiver", f"UPDATE received SET body = '{{}}' WHERE key = '{key}'", f"{key}: received as something else"),
    ]:
        file = messages.folder(night) / f"{who}.sqlite"
        kept = file.read_bytes()
        with messages.notes(night, who) as db:
            db.execute(what)
        assert line in balance(spark).wrong, what
        file.write_bytes(kept)
    assert balance(spark).balanced

    delta = DeltaTable(str(night / OUTBOX))
    version = delta.version()
    for change, line in [
        (lambda: delta.delete(f"alert_id = '{first['alert_id']}'"), f"{first['alert_id']}: the rule raises it"),
        (
            lambda: delta.update({"kind": "'retracted'"}, predicate=f"alert_id = '{first['alert_id']}'"),
            "the outbox does not",
        ),
        (lambda: delta.update({"alert_id": "'0'"}, predicate=f"alert_id = '{first['alert_id']}'"), "0: it stands"),
        (lambda: delta.update({"kind": "'raised'"}, predicate="kind = 'cleared'"), "it ends at None, by the rule at"),
        (lambda: write_deltalake(delta, delta.to_pyarrow_table().slice(0, 1), mode="append"), "2 times in the outbox"),
    ]:
        change()
        assert any(line in wrong for wrong in balance(spark).wrong), line
        delta.restore(version)
    assert balance(spark).balanced and other


def test_the_rule_is_held_against_silver_and_not_only_against_gold(spark, night):
    """Gold that counts a delivery as delayed that was not: the alerts follow gold, and the ledger notices."""
    delta = DeltaTable(str(night / GOLD))
    delta.update(
        {"delayed_deliveries": "total_deliveries"}, predicate="region = 'Pacific Islands' OR total_deliveries > 100"
    )
    drain(spark, sink="delta-rs")
    with processes.beside(night):
        pass
    assert any("it stands, and the rule does not raise it" in line for line in balance(spark).wrong)


def test_the_dashboard_shows_the_alerts_that_stand(spark, night):
    drain(spark, sink="delta-rs")
    house = warehouse.Warehouse(night)
    house.refresh(missing="empty")  # the other gold tables
    rows = house.ask("alerts")
    assert "alerts" in house.extensions and warehouse.title("alerts") == "Alerts: regions that are late now"
    assert [(row["region"], f"{row['since']:%H:%M}") for row in rows.to_pylist()] == [("Asia", "20:15")]
    helpers.assert_same(warehouse.ask_spark(spark, "alerts"), rows)


def test_the_rule_of_the_pipeline_is_the_one_of_the_lesson():
    assert (alerts.RULE.on, alerts.RULE.off, alerts.RULE.least) == (10, 5, 30)
