"""A Spark cluster: one of a master and a worker on this machine, and what is told where there is none."""

import json
import os
import re
import socket
import subprocess
import sys
import time

import cluster as clusters
import helpers
import pytest
from deltalake import DeltaTable
from sleigh import live, runtime
from sleigh.errors import SleighError
from sleigh.pipeline import streams
from sleigh.runtime import cluster_profile, place, profile, reached
from sleigh.tables import LANDING, SILVER

NIGHT = ["--minutes", "10", "--rate", "60", "--batch-seconds", "600", "--json"]
"""One commit of landing, so one micro-batch of each stream."""

SMALL = [
    *("spark.sql.shuffle.partitions 2", "spark.databricks.delta.snapshotPartitions 1"),
    *("spark.sql.codegen.wholeStage false", "spark.sql.codegen.factoryMode NO_CODEGEN"),
    f"spark.executor.extraJavaOptions -XX:+UseSerialGC -Xss4m {profile.QUICK}",
]
"""For 600 events: what the laptop profile saves on small micro-batches."""


def sleigh(folder, variables):
    return subprocess.Popen(
        [sys.executable, "-m", "sleigh", "run", *NIGHT, "--lake", str(folder)],
        env=os.environ | {"PYTHONPATH": str(helpers.ROOT / "lib")} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_only_worker_is_killed_in_silver_and_another_one_takes_over(tmp_path):
    lake = tmp_path / "lake"
    with clusters.running(tmp_path / "cluster", more=SMALL) as cluster:
        driver, victim = sleigh(lake, cluster.variables), cluster.workers[0]
        try:
            watcher = clusters.in_the_middle(lake, driver, "offsets/0", lambda: clusters.kill(victim))
            watcher.join(240)
            had = clusters.executors(cluster, victim)
            clusters.add_worker(cluster)
            out, err = driver.communicate(timeout=300)
        finally:
            driver.kill()
            driver.wait()
        assert driver.returncode == 0, out[-2000:] + err[-4000:]
        secret = re.search(r"secret (\w+)", cluster.settings.read_text())[1]
        assert not [file for file in profile.SPARK_DIR.glob("conf*/*") if secret in file.read_text()]
        assert watcher.acted and had == 1 and clusters.executors(cluster, cluster.workers[1]) >= 1
    said = json.loads(out.splitlines()[-1])
    assert said["balanced"] and said["generated"] == said["bronze"] == 600 and said["silver"] > 500
    # Spark has made each table and each commit.
    for name in (LANDING.name, SILVER.name):
        engines = {entry.get("engineInfo", "") for entry in DeltaTable(str(lake / name)).history()}
        assert engines and all(engine.startswith("Apache-Spark/") for engine in engines), (name, engines)
    # One micro-batch has one file, whatever the number of partitions; the state has them all.
    assert len(DeltaTable(str(lake / SILVER.name)).file_uris()) == 1
    state = lake / runtime.CHECKPOINTS / SILVER.name / "state" / "0"
    assert {"0", "1"} <= {part.name for part in state.iterdir()}
    assert all(process.poll() is not None for process in [cluster.master, *cluster.workers])


def test_every_setting_has_a_reason_and_none_is_the_laptop_s(tmp_path):
    assert all(len(reason) > 30 for _, reason in cluster_profile.CLUSTER.values())
    chosen = cluster_profile.settings("spark://10.0.0.1:7077", "10.0.0.9")
    for name, (value, _) in profile.LAPTOP.items():
        assert chosen.get(name) != value or name in cluster_profile.CLUSTER, name
    # What of ALWAYS differs: where Spark is, and where the driver is found.
    other = {name for name, (value, _) in profile.ALWAYS.items() if chosen[name] != value}
    assert other == {"spark.master", "spark.driver.host", "spark.driver.bindAddress"}
    assert chosen["spark.jars"].count(".jar") == len(profile.jars())
    # The reader's own file wins.
    own = "spark.sql.shuffle.partitions 64\nspark.authenticate.secret x\n"
    path = profile.write_conf(tmp_path, None, chosen, own)
    lines = [line for line in path.read_text().splitlines() if line.startswith("spark.sql.shuffle.partitions")]
    assert lines == ["spark.sql.shuffle.partitions 8", "spark.sql.shuffle.partitions 64"]


@pytest.mark.parametrize(
    "master, word",
    [
        ("spark://nohost", "is no cluster: write spark://HOST:7077, or sc://HOST:15002"),
        ("spark://localhost:99999", "is no cluster"),
        ("spark://localhost:7077/path", "is no cluster"),
        ("yarn", "is no cluster"),
        ("local[4]", "is no cluster"),
        ("sc://localhost/;token=hush", "is no cluster"),
        (
            "spark://localhost:9",
            "nobody answers at SLEIGH_MASTER=spark://localhost:9 (Connection refused): is it started",
        ),
        ("sc://localhost:9/;token=hush", "nobody answers at SLEIGH_MASTER=sc://localhost:9 (Connection refused)"),
    ],
)
def test_a_cluster_that_is_not_there_is_one_line_at_once(monkeypatch, master, word):
    monkeypatch.delenv("SLEIGH_RUNTIME", raising=False)
    monkeypatch.setenv(reached.MASTER, master)
    begun = time.monotonic()
    with pytest.raises(SleighError) as raised:
        # What each does before it starts or touches anything.
        reached.own_address(os.environ[reached.MASTER], "sc" if place.where() == "client" else "spark")
    assert word in str(raised.value) and "\n" not in str(raised.value) and "hush" not in str(raised.value)
    assert time.monotonic() - begun < 2 * reached.TIMEOUT + 5


def test_the_master_that_answers_is_found_behind_one_that_does_not():
    with socket.create_server(("127.0.0.1", 0)) as there:
        url = f"spark://localhost:9,127.0.0.1:{there.getsockname()[1]}"
        assert reached.own_address(url, "spark") == "127.0.0.1"


def test_the_run_itself_says_so_in_one_line(tmp_path):
    driver = sleigh(tmp_path / "lake", {reached.MASTER: "sc://localhost:9/;token=hush"})
    out, err = driver.communicate(timeout=60)
    assert driver.returncode == 2 and not out
    assert err.splitlines()[-1].startswith("sleigh: nobody answers at SLEIGH_MASTER=sc://localhost:9 (")
    assert "Traceback" not in err and "hush" not in err


def test_what_answers_and_is_no_connect_server_is_one_line(monkeypatch):
    from sleigh.runtime.backends import client

    monkeypatch.setattr(client, "READY_SECONDS", 0.5)
    monkeypatch.setattr(client.environment, "become_driver", lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as there:
        monkeypatch.setenv(reached.MASTER, f"sc://127.0.0.1:{there.getsockname()[1]}/;token=hush")
        with pytest.raises(
            SleighError, match=r"^sc://127.0.0.1:\d+ answers, but not as a Spark Connect server"
        ) as raised:
            client.Backend().start()
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize("master", ["spark://10.0.0.1:7077", "sc://10.0.0.1:15002"])
def test_delta_rs_commits_nothing_there(monkeypatch, master):
    monkeypatch.delenv("SLEIGH_RUNTIME", raising=False)
    monkeypatch.setenv(reached.MASTER, master)
    with pytest.raises(
        SleighError, match=r'^sink="delta-rs" writes on this machine only: use sink="spark" on .* clusters'
    ):
        streams.require_sink("delta-rs")
    streams.require_sink("spark")
    with pytest.raises(SleighError, match=r"^live mode lands the night by delta-rs, and Spark commits all here"):
        live.check()


def test_a_file_of_settings_that_is_not_there_is_one_line(monkeypatch):
    from sleigh.runtime.backends import cluster

    with pytest.raises(SleighError, match=r"^SLEIGH_CLUSTER_CONF=/no/such cannot be read: No such file"):
        cluster._text("/no/such")


def test_executors_of_another_version_are_one_line(spark, monkeypatch):
    import pyspark
    from sleigh.runtime.backends import cluster

    monkeypatch.setenv(reached.MASTER, "spark://10.0.0.1:7077")
    cluster.require_version(spark)
    monkeypatch.setattr(pyspark, "__version__", "4.1.1")
    with pytest.raises(
        SleighError, match=r"^the workers of spark://10.0.0.1:7077 are Spark [\d.]+, this driver 4.1.1: they must be"
    ):
        cluster.require_version(spark)
    with pytest.raises(SleighError, match=r"^the workers of spark://10.0.0.1:7077 cannot do what .* Spark 4.1.1\? "):
        cluster.require_version(None)
