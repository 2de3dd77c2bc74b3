"""The session: one a process, started anew where it was stopped, and never another's."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from sleigh import runtime
from sleigh.errors import SleighError
from sleigh.runtime import profile
from sleigh.runtime.backends import local


def test_one_session_a_process(spark):
    assert runtime.session() is spark
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
    assert spark.conf.get("spark.sql.shuffle.partitions") == profile.LAPTOP["spark.sql.shuffle.partitions"][0]


def test_another_thread_has_the_same_session(spark):
    with ThreadPoolExecutor() as threads:
        assert threads.submit(runtime.session).result() is spark


def test_a_session_that_was_stopped_by_hand_is_started_anew():
    """In a process of its own: no second JVM beside the first, and the profile is in force again."""
    script = """
import os
import re
from sleigh import runtime
runtime.session().stop()
spark = runtime.session()
print(spark.conf.get("spark.sql.shuffle.partitions"), len(os.popen(f"pgrep -P {os.getpid()} java").read().split()))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(profile.ROOT / "lib")},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == [profile.settings()["spark.sql.shuffle.partitions"], "1"], done.stderr


def test_a_session_without_delta_is_not_taken_for_ours(spark, monkeypatch):
    monkeypatch.setattr(local.Backend, "has_delta", lambda *_: False)
    with pytest.raises(SleighError, match=r"^a Spark session without Delta runs in this process.*spark.stop\(\)"):
        runtime.session()
    monkeypatch.undo()
    assert local.Backend().has_delta(spark)


HOSTILE = """
import os
import sys
from pyspark.sql import SparkSession
SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
from sleigh import runtime
try:
    runtime.session()
except Exception as problem:
    print(type(problem).__name__)
SparkSession.active().stop()
os.environ |= {"SPARK_REMOTE": "sc://elsewhere:15002", "SPARK_CONNECT_MODE_ENABLED": "1", "SPARK_HOME": "/opt/spark"}
os.environ |= {"PYSPARK_GATEWAY_PORT": "9", "PYSPARK_GATEWAY_SECRET": "x", "JAVA_TOOL_OPTIONS": "-XX:+UseG1GC"}
os.environ |= {"HADOOP_CONF_DIR": sys.argv[1], "LC_ALL": "fa_IR.UTF-8"}
spark = runtime.session(sys.argv[2])
runtime.create_table(spark, "silver_santa_deliveries")
print(spark.table("silver_santa_deliveries").count(), runtime.lake().name)
print(spark._jvm.java.lang.System.getProperty("user.language"))
"""


def test_what_others_have_set_up_is_not_in_our_way(tmp_path):
    """Another project's Spark, Hadoop and Java, a locale with digits of its own, and a session without Delta."""
    hadoop = tmp_path / "hadoop"
    hadoop.mkdir()
    (hadoop / "core-site.xml").write_text(
        "<configuration><property><name>fs.defaultFS</name><value>hdfs://elsewhere:9000</value></property></configuration>"
    )
    done = subprocess.run(
        [sys.executable, "-c", HOSTILE, str(hadoop), str(tmp_path / "Sänta")],
        env=os.environ | {"PYTHONPATH": str(profile.ROOT / "lib")},
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == ["SleighError", "0 Sänta", "en"], done.stderr
