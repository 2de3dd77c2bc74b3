"""CONTRIBUTING.md, "Add a table", word for word: a sixth gold table in a copy of the library, and everything knows of it."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from sleigh.paths import ROOT

SCRIPT = """
import json, sys
from sleigh import landing, ledger, pipeline, runtime
from sleigh.live.run import TRIGGERS
from sleigh.pipeline import gold
from sleigh.serve import dashboard, warehouse
from sleigh.tables import BY_WEATHER, SILVER

spark = runtime.session(sys.argv[1])
landing.generate(spark, minutes=20, rate=60, every=300, faults="broken=0.05,duplicates=0.05,late=0")
pipeline.run(spark, mode="live", sink="delta-rs")
balance = ledger.reconcile(spark)
results = warehouse.Warehouse().ask_all()
dashboard.snapshot(results)
query = "15_by_weather"
columns = [name for name in BY_WEATHER.columns.names if name != "calculated_at"]
rows = spark.table(BY_WEATHER.name).select(columns).orderBy(*BY_WEATHER.key)
batch = gold.by_weather(spark.table(SILVER.name)).select(columns).orderBy(*BY_WEATHER.key)
print(json.dumps({
    "balanced": balance.balanced,
    "silver": balance.silver,
    "gold": balance.gold,
    "stream": str(rows.collect()),
    "batch": str(batch.collect()),
    "duckdb": str(results[query].to_pylist()),
    "spark": str(warehouse.ask_spark(spark, query).to_pylist()),
    "triggers": TRIGGERS,
    "comment": rows.schema["weather_condition"].metadata["comment"],
}))
runtime.stop()
"""


@pytest.fixture
def copy(tmp_path):
    """A copy of the library with the table that CONTRIBUTING.md adds; the jars are ours."""
    root = tmp_path / "a team's copy"
    shutil.copytree(ROOT / "lib", root / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("data", ".spark"):
        (root / name).symlink_to(ROOT / name)
    section = (ROOT / "CONTRIBUTING.md").read_text().split("## Add a table")[1].split("\n## ")[0]
    table, function, line, query = re.findall(r"```(?:python|sql)\n(.*?)```", section, re.DOTALL)
    tables, gold = root / "lib/sleigh/tables/gold.py", root / "lib/sleigh/pipeline/gold.py"
    tables.write_text(f"{tables.read_text()}\n{table}")
    replace(gold, "from ..tables import ", "from ..tables import BY_WEATHER, ")
    replace(gold, "GOLD = {\n", f"{function}\n\nGOLD = {{\n{line}")
    (root / "lib/sleigh/serve/queries/15_by_weather.sql").write_text(query)
    return root


def replace(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1, f"{path.name} has {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new))


def test_one_table_one_function_and_one_query_are_all(copy, tmp_path):
    env = {**os.environ, "PYTHONPATH": str(copy / "lib")}
    words = [sys.executable, "-c", SCRIPT, str(tmp_path / "lake")]
    done = subprocess.run(words, env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["balanced"] and said["silver"] > 1000
    assert len(said["gold"]) == 6
    assert said["gold"]["gold_delivery_by_weather"] == {"counted": said["silver"], "too_late": 0, "waiting": 0}
    assert said["stream"] == said["batch"] and said["stream"].count("Row(") >= 8
    assert said["duckdb"] == said["spark"] and said["duckdb"].count("weather_condition") >= 2
    assert len(set(said["triggers"].values())) == 9, "no two streams look at their source at the same moment"
    assert said["comment"] == "Clear, Cloudy, Foggy or Snowy"
