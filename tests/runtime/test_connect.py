"""Spark Connect, the stand-in for Databricks serverless: the same pipeline, in both modes, makes the same tables."""

import json

import helpers
from deltalake import DeltaTable
from sleigh.pipeline import gold
from sleigh.tables import TABLES


def run(lake, *more):
    done = helpers.command(*helpers.arguments(helpers.PLAIN, lake), "--json", *more, SLEIGH_RUNTIME="connect")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def tables(lake, names):
    return {name: helpers.counted(DeltaTable(str(lake / name)).to_pyarrow_table()) for name in names}


def test_final_mode(plain_folder, tmp_path):
    said = run(tmp_path / "lake")
    assert said["balanced"] and said["generated"] == 2400
    mine = tables(tmp_path / "lake", TABLES)
    for table, rows in tables(plain_folder, TABLES).items():
        assert mine[table] == rows, table


def test_live_mode(live_folder, tmp_path):
    """MERGE runs in a worker of foreachBatch there, where neither this process's memory nor DeltaTable is."""
    said = run(tmp_path / "lake", "--mode", "live")
    assert said["balanced"] and all(entry["waiting"] == 0 for entry in said["gold"].values())
    mine = tables(tmp_path / "lake", gold.GOLD)
    for table, rows in tables(live_folder, gold.GOLD).items():
        assert mine[table] == rows, table
