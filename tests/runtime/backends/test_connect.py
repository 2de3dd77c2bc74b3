"""Spark Connect, the stand-in for Databricks serverless: the same pipeline, in both modes, makes the same tables."""

import json
import os
import subprocess
import sys

import helpers
import pytest
from deltalake import DeltaTable
from sleigh.pipeline import gold

BOTH = """
import shutil, sys
from pathlib import Path
from sleigh.__main__ import main
from sleigh.pipeline.gold import GOLD

final, live, words = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
assert main([*words, "--lake", str(final)]) == 0
shutil.copytree(final, live)
for table in GOLD:
    shutil.rmtree(live / table)
    shutil.rmtree(live / "_checkpoints" / table)
assert main([*words, "--lake", str(live), "--mode", "live"]) == 0
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """({mode: lake}, {mode: the ledger that the run printed}): one process, so one server, runs both modes."""
    folder = tmp_path_factory.mktemp("connect")
    lakes = {mode: folder / mode for mode in ("final", "live")}
    words = helpers.arguments(helpers.PLAIN, "")[: -len(("--lake", ""))]
    done = subprocess.run(
        [sys.executable, "-c", BOTH, *map(str, lakes.values()), *words, "--json"],
        env=os.environ | {"PYTHONPATH": str(helpers.ROOT / "lib"), "SLEIGH_RUNTIME": "connect"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "Traceback" not in done.stderr
    said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return lakes, dict(zip(lakes, said, strict=True))


def tables(lake, names):
    return {name: helpers.counted(DeltaTable(str(lake / name)).to_pyarrow_table()) for name in names}


def test_final_mode(plain_folder, both):
    lakes, said = both
    assert said["final"]["balanced"] and said["final"]["generated"] == 2400
    mine = tables(lakes["final"], helpers.PIPELINE)
    for table, rows in tables(plain_folder, helpers.PIPELINE).items():
        assert mine[table] == rows, table


def test_live_mode(live_folder, both):
    """MERGE runs in a worker of foreachBatch there, where neither this process's memory nor DeltaTable is."""
    lakes, said = both
    assert said["live"]["balanced"] and all(entry["waiting"] == 0 for entry in said["live"]["gold"].values())
    mine = tables(lakes["live"], gold.GOLD)
    for table, rows in tables(live_folder, gold.GOLD).items():
        assert mine[table] == rows, table
