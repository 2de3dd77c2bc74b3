"""Whatever the night, its faults, how it is cut into micro-batches and how long gold waits: the sums come out.

Four examples a run, the same each time. SLEIGH_EXAMPLES=30 tries thirty others.
"""

import os
import shutil
from dataclasses import replace

import helpers
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sleigh import landing, ledger, pipeline, runtime, tables
from sleigh.pipeline import checkpoints, gold, streams
from sleigh.tables import TABLES

EXAMPLES = os.environ.get("SLEIGH_EXAMPLES")

share = st.floats(0, 0.5).map(lambda rate: round(rate, 2))
nights = st.fixed_dictionaries(
    {
        "minutes": st.integers(4, 30),
        "start_minute": st.integers(0, 1000),
        "rate": st.integers(6, 60),
        "seed": st.integers(0, 2**31),
        "faults": st.fixed_dictionaries({"broken": share, "duplicates": share, "late": share}),
        "every": st.sampled_from([30, 60, 100, 300, 3600]),
    }
)
delays = st.sampled_from([0, 1, 5, 20])  # minutes


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@settings(
    max_examples=int(EXAMPLES or 4),
    derandomize=EXAMPLES is None,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # shrinking would stream for an hour; the arguments are printed anyway
    suppress_health_check=list(HealthCheck),
)
@given(night=nights, batches=st.integers(1, 4), delay=delays)
def test_every_event_is_accounted_for_and_live_is_final_and_the_open_windows(
    spark, tmp_path_factory, night, batches, delay
):
    folder = tmp_path_factory.mktemp("night")
    final, live = folder / "final", folder / "live"
    with pytest.MonkeyPatch.context() as patch:
        for name, table in vars(tables).items():
            if isinstance(table, tables.Table) and table.window_minutes:
                patched = replace(table, watermark_minutes=delay)
                patch.setattr(gold, name, patched)
                patch.setitem(TABLES, table.name, patched)
        runtime.open_lake(spark, final)
        landing.generate(spark, **night)
        commits = len(list((final / "landing_santa_deliveries" / "_delta_log").glob("*.json"))) - 1
        pipeline.run(spark, files_per_batch=-(-commits // batches))
        balance = ledger.reconcile(spark)
        assert balance.balanced, str(balance)
        closed, finals = {}, {}
        for table in gold.GOLD:
            closed[table], finals[table] = checkpoints.watermark(table), runtime.read(spark, table)

        shutil.copytree(final, live, ignore=shutil.ignore_patterns("gold_*"))
        runtime.open_lake(spark, live)
        streams.drain(*[pipeline.start_gold_table(spark, table, mode="live") for table in gold.GOLD])
        for table in gold.GOLD:
            rows = runtime.read(spark, table)
            ends = rows["window_end"].cast(pa.int64()).to_numpy() // 1000
            helpers.assert_same(rows.filter(pa.array(ends <= closed[table])), finals[table])
            waiting = rows.filter(pa.array(ends > closed[table]))[TABLES[table].counted]
            assert sum(waiting.to_pylist()) == balance.gold[table]["waiting"], table
        shutil.rmtree(folder)
