"""Spark Connect: the same pipeline makes the same tables. MERGE in foreachBatch is tried there by test_standin.py."""

import json

import helpers
import pytest
from deltalake import DeltaTable


@pytest.fixture(scope="module")
def final(tmp_path_factory):
    """(lake, the ledger that the run printed)"""
    lake = tmp_path_factory.mktemp("connect") / "final"
    done = helpers.command(*helpers.arguments(helpers.PLAIN, lake), "--json", SLEIGH_RUNTIME="connect")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "Traceback" not in done.stderr
    return lake, json.loads(done.stdout.splitlines()[-1])


def tables(lake, names):
    return {name: helpers.counted(DeltaTable(str(lake / name)).to_pyarrow_table()) for name in names}


def test_final_mode(plain_folder, final):
    lake, said = final
    assert said["balanced"] and said["generated"] == 2400
    mine = tables(lake, helpers.PIPELINE)
    for table, rows in tables(plain_folder, helpers.PIPELINE).items():
        assert mine[table] == rows, table
