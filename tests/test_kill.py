"""SIGKILL in the middle of everything: what was killed is run again, and nothing is lost and nothing doubled.

Three kills here; `make soak` kills hundreds of runs, at every stage.
"""

import shutil
from collections import Counter

import helpers
import trials
from sleigh import landing, ledger, pipeline, runtime
from sleigh.pipeline import gold
from sleigh.tables import TABLES


def more_minutes(night):
    return night | {"start_minute": night.get("start_minute", 0) + night["minutes"], "minutes": 10}


def test_killed_at_random_points_every_table_is_as_if_undisturbed(spark, plain_folder, tmp_path):
    """Nothing in this night is late, so no table depends on where the watermark stood when a micro-batch was cut.

    The ten minutes after it bring the watermark of both lakes to the same end, see the next test.
    """
    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    died = trials.killed(helpers.PLAIN, killed, ["silver", "gold"], seed=20261224)
    assert None not in died, "one run ended before it was killed"
    shutil.copytree(plain_folder, undisturbed)
    found = []
    for folder in (undisturbed, killed):
        helpers.opened(spark, folder)
        landing.generate(spark, **more_minutes(helpers.PLAIN))
        pipeline.run(spark)
        balance = ledger.reconcile(spark)
        assert balance.balanced, str(balance)
        found.append(helpers.tables(spark, helpers.PIPELINE))
    for table, rows in found[0].items():
        assert found[1][table] == rows, f"{table}: {difference(found[1][table], rows)}"


def test_killed_at_a_random_point_no_late_event_is_lost_that_was_not_lost_anyway(spark, late_folder, tmp_path):
    """Late events too. A kill can save some of them, and never costs one.

    Killed between Delta's commit and the stream's own, a micro-batch is replayed and Delta skips it. So nobody reads its
    rows again, the watermark stays where it was, and the next micro-batch finds fewer of its events late.
    """
    lake = tmp_path / "lake"
    died = trials.killed(helpers.LATE, lake, ["gold"], seed=7)
    assert None not in died, "the run ended before it was killed"
    balances, tables = [], []
    for folder in (late_folder, lake):
        helpers.opened(spark, folder)
        balances.append(ledger.reconcile(spark))
        tables.append(helpers.tables(spark, helpers.PIPELINE))
    assert balances[1].balanced, str(balances[1])
    before_any_watermark = ("landing_santa_deliveries", "bronze_santa_deliveries", "quarantine_santa_deliveries")
    for table in before_any_watermark:
        assert tables[1][table] == tables[0][table], f"{table}: {difference(tables[1][table], tables[0][table])}"
    assert not tables[0]["silver_santa_deliveries"] - tables[1]["silver_santa_deliveries"]
    for table in gold.GOLD:
        keys = TABLES[table].key
        rows = runtime.read(spark, table).select(keys)
        assert rows.num_rows == rows.group_by(keys).aggregate([]).num_rows, f"{table}: a window twice"
        kept = [balance.gold[table]["counted"] + balance.gold[table]["waiting"] for balance in balances]
        assert kept[1] >= kept[0], table


def difference(one: Counter, other: Counter):
    return f"{sum((one - other).values())} rows too many, {sum((other - one).values())} missing"
