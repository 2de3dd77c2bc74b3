"""The experiment in the lake: the arm that Spark finds is the sleigh's, and each delivery is counted once.

test_together.py kills it, with the others.
"""

import shutil

import helpers
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import functions as F
from sleigh import domain, extensions, landing, ledger, pipeline, runtime
from sleigh.errors import SleighError
from sleigh.extensions import experiment
from sleigh.extensions.experiment import arms, assignment
from sleigh.pipeline import bronze, checkpoints, expectations, silver
from sleigh.serve import warehouse
from sleigh.tables import BRONZE, EXPERIMENT_ARMS, QUARANTINE, SILVER

NAMES = ["experiment"]
ARMS = EXPERIMENT_ARMS.name
TWO_ROUTINGS = {"minutes": 20, "rate": 60, "seed": 5, "faults": "late=0.1,experiment=0.5,swallowed=0.5", "every": 300}


def run(spark, **how):
    pipeline.run(spark, stages=extensions.stages(NAMES), files_per_batch=1, **how)


@pytest.fixture(scope="module")
def counted_folder(spark, late_folder, tmp_path_factory):
    """A lake of one routing, with late events and all their arms: an A/A test."""
    folder = shutil.copytree(late_folder, tmp_path_factory.mktemp("counted") / "lake")
    runtime.open_lake(spark, folder)
    run(spark)
    return folder


@pytest.fixture
def counted(spark, counted_folder):
    """The lake of counted_folder, open. Read it only."""
    return helpers.opened(spark, counted_folder)


@pytest.fixture
def mine(spark, counted_folder, tmp_path):
    """A copy of it, open."""
    return helpers.opened(spark, shutil.copytree(counted_folder, tmp_path / "lake"))


@pytest.fixture(scope="module")
def two_folder(spark, tmp_path_factory):
    """A lake of two routings, its silver made by batch, with all arms."""
    folder = tmp_path_factory.mktemp("two") / "lake"
    runtime.open_lake(spark, folder)
    landing.generate(spark, **TWO_ROUTINGS)
    pipeline.write(spark, bronze.ingest(spark.table(landing.TABLE)), BRONZE.name)
    rows = spark.table(BRONZE.name)
    pipeline.write(spark, silver.clean_batch(rows), SILVER.name)
    pipeline.write(spark, expectations.quarantine(rows), QUARANTINE.name)
    run(spark, sink="delta-rs")
    return folder


# --- the arm


def test_spark_finds_the_arms_that_python_finds(spark):
    units = ["SD-24-0000001", "", "Reykjavík", "a:b", " ", "東京", None, *map(str, range(300))]
    shares = {"A": 1_000, "B": 2_500, "C": 500}
    columns = [assignment.arm(salt, "unit", shares).alias(salt) for salt in ("bells", "", "Glocke 🔔")]
    rows = spark.createDataFrame([(unit,) for unit in units], "unit string").select("unit", *columns).collect()
    for row in rows:
        for salt in ("bells", "", "Glocke 🔔"):
            assert row[salt] == (domain.arm(salt, row.unit, shares) or "undefined"), (salt, row.unit)
    assert {row.bells for row in rows} == {"A", "B", "C", "undefined"}
    assert rows[6].unit is None and rows[6].bells == "undefined"


@pytest.mark.parametrize("shares", [{"A": 6_000, "B": 5_000}, {"A": 0, "B": 5_000}, {}, {"undefined": 5_000}])
def test_arms_that_cannot_be_are_one_line(shares):
    with pytest.raises(SleighError, match=r"^arms must be names, each with some of 10,000 buckets and none undefined"):
        assignment.arm(arms=shares)


# --- the table


def test_an_arm_that_nobody_defined_is_counted_and_stops_nothing(spark):
    messages = [
        helpers.message(number, seconds, city=city, status=status)
        for number, (seconds, city, status) in enumerate(
            [
                (0, "Suva", "delayed"),
                (299, "Suva", "delivered"),
                (300, "Suva", "delayed"),
                (10, None, "delayed"),
                (11, None, "en_route"),
            ]
        )
    ]
    rows = silver.clean_batch(helpers.bronze_rows(spark, messages))
    found = arms.by_arm(rows, assignment.arm(unit="city")).collect()
    minutes = {
        (row.window_start.minute, row.window_end.minute, row.arm): (row.deliveries, row.delayed) for row in found
    }
    here = domain.arm(domain.ROUTING_SALT, "Suva", domain.ROUTINGS)
    assert minutes == {(0, 5, here): (2, 1), (5, 10, here): (1, 1), (0, 5, "undefined"): (2, 1)}


def closed(spark):
    """The rows that the batch gives for the windows that the stream's watermark has passed."""
    passed = checkpoints.watermark(ARMS)
    batch = arms.by_arm(spark.table(SILVER.name))
    return batch.where(F.unix_millis("window_end") <= passed).drop("calculated_at").toArrow()


def streamed(spark):
    return spark.table(ARMS).drop("calculated_at").toArrow()


def test_the_stream_counts_what_the_batch_counts_less_what_is_too_late(spark, counted):
    batch, stream = closed(spark), streamed(spark)
    keys = [
        set(zip(*(rows[name].to_pylist() for name in EXPERIMENT_ARMS.key), strict=True)) for rows in (batch, stream)
    ]
    late = pc.sum(batch["deliveries"]).as_py() - pc.sum(stream["deliveries"]).as_py()
    counts = experiment.audit(spark).counts
    assert keys[0] >= keys[1] and 0 < late == counts["too_late"]


def test_in_live_mode_the_open_windows_are_there_too(spark, counted_folder, tmp_path):
    helpers.opened(spark, helpers.without(counted_folder, tmp_path / "lake", [ARMS]))
    run(spark, mode="live", sink="delta-rs")
    audit = experiment.audit(spark)
    assert audit.balanced and audit.counts["waiting"] == 0, audit.wrong
    assert audit.counts["counted"] + audit.counts["too_late"] == audit.counts["silver"]
    assert pc.sum(streamed(spark)["deliveries"]).as_py() == audit.counts["counted"]


# --- the ledger


def test_an_a_a_test_balances_and_has_its_line(spark, counted):
    balance = extensions.audit(spark, NAMES, ledger.reconcile(spark))
    (audit,) = balance.extensions
    counts = audit.counts
    assert balance.balanced, str(balance)
    assert counts["A"] + counts["B"] + counts["undefined"] == counts["silver"] == balance.silver > 500
    assert counts["counted"] + counts["too_late"] + counts["waiting"] == counts["silver"]
    assert counts["waiting"] > 0 and counts["undefined"] == 0 and 0 < counts["mismatch"] <= 1
    assert abs(counts["true"]) < 1, "both arms are the same, but for who got which weather"
    line = f"silver {counts['silver']:,} = A {counts['A']:,} + B {counts['B']:,} + undefined 0 = counted "
    assert audit.line.startswith(line) and f"points, true {counts['true']:+.2f} · mismatch p " in audit.line


def test_two_routings_balance_and_the_true_effect_stands_beside_what_was_measured(spark, two_folder):
    helpers.opened(spark, two_folder)
    balance = extensions.audit(spark, NAMES, ledger.reconcile(spark, upto="silver"))
    (audit,) = balance.extensions
    assert balance.balanced, str(balance)
    assert -4 < audit.counts["true"] < -1.5
    assert audit.counts["measured"] < audit.counts["true"], "half of the new routing's delays are in quarantine"


def test_an_arm_that_did_not_serve_is_named(spark, two_folder, tmp_path):
    lake = helpers.opened(spark, shutil.copytree(two_folder, tmp_path / "lake"))
    (part,) = (lake / "_truth").glob("*.parquet")
    truth = pq.read_table(part)
    told = runtime.read(spark, SILVER.name, ["delivery_id"])["delivery_id"][0].as_py()
    wrong = pc.if_else(
        pc.equal(truth["delivery_id"], told), pc.if_else(pc.equal(truth["arm"], "A"), "B", "A"), truth["arm"]
    )
    pq.write_table(truth.set_column(truth.schema.get_field_index("arm"), "arm", wrong), part)
    audit = experiment.audit(spark)
    assert len(audit.wrong) == 1 and audit.wrong[0].startswith(f"{told} was served by ") and not audit.balanced


def test_what_is_wrong_with_the_windows_is_named(spark, mine):
    table = DeltaTable(str(mine / ARMS))
    rows = table.to_pyarrow_table().sort_by([("window_start", "ascending"), ("arm", "ascending")])
    rows = rows.filter(pc.equal(rows["window_start"], rows["window_start"][-1]))
    start, first, other = rows["window_start"][0].as_py(), *rows["arm"].to_pylist()
    table.update({"delayed": "delayed + 1"}, predicate=f"arm = '{first}' AND window_start = '{start.isoformat()}'")
    wrong = experiment.audit(spark).wrong
    assert len(wrong) == 1 and wrong[0].startswith(f"window {start:%H:%M} {first} has ")
    write_deltalake(table, rows.slice(1, 1), mode="append")
    wrong = experiment.audit(spark).wrong
    assert f"window {start:%H:%M} {other} is there 2 times" in wrong
    assert any(f"window {start:%H:%M} {other} counts " in line for line in wrong)
    table.delete(f"window_start = '{start.isoformat()}'")
    wrong = experiment.audit(spark).wrong
    assert len(wrong) == 2 and all(f" of window {start:%H:%M} " in line for line in wrong), wrong


def test_a_lake_without_the_table_says_who_makes_it(spark, plain):
    with pytest.raises(SleighError, match=r"^there is no table experiment_arms in this lake yet: .*\(lesson 18\)"):
        experiment.audit(spark)


def test_a_lake_with_nothing_in_silver_balances(spark, lake):
    helpers.land_messages(spark, [helpers.message(delivery_id=None, _broken=["valid_delivery_id"])])
    for table in (SILVER, EXPERIMENT_ARMS):
        runtime.create_table(spark, table.name)
    audit = experiment.audit(spark)
    assert audit.balanced
    assert audit.line == "silver 0 = A 0 + B 0 + undefined 0 = counted 0 + too late 0 + waiting 0"


def test_both_engines_answer_the_dashboards_query_alike(spark, counted):
    house = warehouse.Warehouse(counted)
    house.refresh()
    answer = house.ask("experiment")
    helpers.assert_same(answer, warehouse.ask_spark(spark, "experiment"))
    assert answer["arm"].to_pylist() == ["A", "B"]
