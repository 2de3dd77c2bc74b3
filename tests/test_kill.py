"""SIGKILL in the middle of everything: what was killed is run again, and nothing is lost and nothing doubled.

Two kills here; `make soak` kills hundreds of runs, at every stage, of nights with late events too.
"""

import shutil
from collections import Counter

import helpers
import trials
from sleigh import landing, ledger, pipeline


def more_minutes(night):
    return night | {"start_minute": night.get("start_minute", 0) + night["minutes"], "minutes": 10}


def test_killed_at_random_points_every_table_is_as_if_undisturbed(spark, plain_folder, tmp_path):
    """Nothing in this night is late, so no table depends on where the watermark stood when a micro-batch was cut.

    The ten minutes after it bring the watermark of both lakes to the same end, see trials.assert_kills_cost_nothing.
    """
    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    died = trials.killed(helpers.PLAIN, killed, ["silver", "gold"], seed=20261224)
    assert None not in died, "one run ended before it was killed"
    shutil.copytree(plain_folder, undisturbed)
    found = []
    for folder in (undisturbed, killed):
        helpers.opened(spark, folder)
        landing.generate(spark, **more_minutes(helpers.PLAIN))
        pipeline.run(spark, sink="delta-rs")
        balance = ledger.reconcile(spark)
        assert balance.balanced, str(balance)
        found.append(helpers.tables(spark, helpers.PIPELINE))
    for table, rows in found[0].items():
        assert found[1][table] == rows, f"{table}: {difference(found[1][table], rows)}"


def difference(one: Counter, other: Counter):
    return f"{sum((one - other).values())} rows too many, {sum((other - one).values())} missing"
