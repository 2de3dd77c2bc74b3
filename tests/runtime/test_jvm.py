"""The JVM: a warm one is shared and outlives its kernels, and one that does not start says why."""

import os
import subprocess
import sys

import pytest
from sleigh.errors import SleighError
from sleigh.runtime import environment, jvm
from sleigh.runtime.profile import ROOT

KERNEL = """
import os, sys
from sleigh import runtime

spark = runtime.session(sys.argv[1])
runtime.create_table(spark, "silver_santa_deliveries")
rows = spark.readStream.table("silver_santa_deliveries")
rows.writeStream.format("noop").option("checkpointLocation", runtime.checkpoint("no")).start()
print(spark.table("silver_santa_deliveries").count(), spark.conf.get("spark.sql.shuffle.partitions"))
print([name for name in os.environ if "GATEWAY" in name])
print(spark.sparkContext._gateway.gateway_property.pool.next_id)
if "again" in sys.argv:
    runtime.stop()
    print(runtime.session(sys.argv[1]).table("silver_santa_deliveries").count())
    print(len(os.popen(f"pgrep -P {os.getpid()} java").read().split()))
"""


def kernel(variables, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", KERNEL, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "lib")} | variables,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """A JVM launched by a process of its own: this one's is that of the session."""
    script = "from sleigh import runtime; print(*runtime.launch_jvm()[1].values(), flush=True); input()"
    launcher = subprocess.Popen(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(ROOT / "lib")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    port, secret = launcher.stdout.readline().split()
    yield {jvm.PORT: port, jvm.SECRET: secret}
    launcher.communicate("\n", timeout=60)


def test_kernels_share_a_warm_jvm_one_after_the_other(warm, tmp_path):
    """The first leaves a session and a running stream behind; the second stops its own and starts another."""
    *said, numbers_from = kernel(warm, tmp_path / "first")
    assert said == ["0 1", "[]"]
    *said, others_from, count, own_jvms = kernel(warm, tmp_path / "second", "again")
    assert (said, count, own_jvms) == (["0 1", "[]"], "0", "0")
    # No foreachBatch function of the second has a number that the JVM knows from the first, and may give up at any time.
    assert abs(int(others_from) - int(numbers_from)) >= 2**32


def test_a_warm_jvm_that_has_ended_is_none(monkeypatch):
    for port in ("9", "no port", "99999999"):  # nobody listens on port 9
        monkeypatch.setattr(jvm, "_warm", {})
        monkeypatch.setenv(jvm.PORT, port)
        monkeypatch.setenv(jvm.SECRET, "x")
        assert jvm.attach() is None
        assert jvm.PORT not in os.environ


@pytest.mark.parametrize(
    "text, word",
    [
        ("Conflicting collector combinations in option list\nError: Could not create the Java Virtual Machine.\n"
         "Error: A fatal exception has occurred. Program will exit.\n", "Conflicting collector combinations in option list"),
        ("Exception in thread main: x\n\tat org.a\n\t... 7 more\n\n", "Exception in thread main: x"),
        ("", "nothing"),
    ],
)  # fmt: skip
def test_the_last_line_that_says_something(text, word):
    assert jvm._last_word(text) == word


def test_a_jvm_that_does_not_start_says_why():
    script = "from sleigh import runtime\ntry: runtime.session()\nexcept Exception as e: print(type(e).__name__, e)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(ROOT / "lib"), "SLEIGH_JAVA_OPTIONS": "-XX:+UseSerialGC -XX:+UseG1GC"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("SleighError Spark's JVM does not start; it says: "), done.stdout + done.stderr
    assert "Multiple garbage collectors selected" in done.stdout and len(done.stdout.splitlines()) == 1


OTHERS = {
    "SPARK_HOME": "/opt/spark",
    "SPARK_CONF_DIR": "/opt/spark/conf",
    "SPARK_REMOTE": "sc://elsewhere:15002",
    "SPARK_CONNECT_MODE_ENABLED": "1",
    "PYSPARK_GATEWAY_PORT": "25333",
    "PYSPARK_GATEWAY_SECRET": "x",
    "PYSPARK_SUBMIT_ARGS": "--master yarn pyspark-shell",
    "HADOOP_CONF_DIR": "/etc/hadoop",
    "SPARK_LOCAL_IP": "10.0.0.5",
    "JAVA_TOOL_OPTIONS": "-XX:+UseG1GC",
    "_JAVA_OPTIONS": "-Xmx64m",
    "JDK_JAVA_OPTIONS": "-Xmx64m",
}


def test_others_settings_do_not_reach_our_jvm(monkeypatch):
    ours = {"SLEIGH_HEAP": "2g", "SLEIGH_JAVA_OPTIONS": "-Xss8m", "JAVA_HOME": "/opt/jdk", "MY_SPARK_": "stays"}
    for name, value in {**OTHERS, **ours, "LC_ALL": "fa_IR.UTF-8"}.items():
        monkeypatch.setenv(name, value)
    variables = environment.for_java()
    assert not OTHERS.keys() & variables.keys() - environment.HERE.keys()
    assert {name: variables[name] for name in ours} == ours
    assert variables["LC_ALL"] == "C.UTF-8"
    assert "localhost" in variables["no_grpc_proxy"], "a proxy does not lead to this machine"
    assert variables["SPARK_LOCAL_IP"] == "127.0.0.1", "or the JVM asks a name server who 10.0.0.5 is, say"
    assert os.environ["LC_ALL"] == "fa_IR.UTF-8", "the reader's own programs keep the reader's locale"


def test_variables_are_changed_and_back(monkeypatch):
    monkeypatch.setenv("A", "before")
    monkeypatch.delenv("B", raising=False)
    with pytest.raises(SleighError), environment.changed({"A": "x", "B": "y"}):
        assert (os.environ["A"], os.environ["B"]) == ("x", "y")
        raise SleighError("stop")
    assert os.environ["A"] == "before" and "B" not in os.environ
