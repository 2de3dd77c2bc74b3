"""The place Binder: what it sets reaches the JVM, and the reader's own words win."""

import os
import re
from pathlib import Path

import pyspark.java_gateway
import pytest
from sleigh.runtime import jvm, place, profile
from sleigh.runtime.backends import binder, local

LOGGED = "extraJavaOptions"
"""What names, among others, the folder that the settings were written to."""


class Launched(Exception):
    """Instead of a JVM. Its argument is what Spark would have read: the settings, by name."""


@pytest.fixture
def settings(monkeypatch, tmp_path):
    """A function that gives the settings with which a session starts here, as in `where`."""

    def launch_gateway(popen_kwargs):
        (conf,) = re.findall(r"--properties-file (\S+)", os.environ["PYSPARK_SUBMIT_ARGS"])
        raise Launched(dict(line.split(" ", 1) for line in Path(conf).read_text().splitlines()))

    def started(where, long=False):
        monkeypatch.setenv("SLEIGH_RUNTIME", where)
        with pytest.raises(Launched) as launched:
            place.backend().gateway(long)
        return launched.value.args[0]

    for name in ("DATABRICKS_RUNTIME_VERSION", "SLEIGH_HEAP", "SLEIGH_JAVA_OPTIONS", "SLEIGH_SPARK_CONF", jvm.PORT):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(jvm, "_warm", {})
    monkeypatch.setattr(profile, "SPARK_DIR", tmp_path)
    monkeypatch.setattr(profile, "CONF_DIR", tmp_path / "conf")
    monkeypatch.setattr(pyspark.java_gateway, "launch_gateway", launch_gateway)
    before = dict(os.environ)
    yield started
    os.environ.clear()  # whoever launches a JVM changes more of them than monkeypatch knows of
    os.environ.update(before)


@pytest.mark.parametrize("long", [False, True])
def test_every_setting_reaches_the_jvm_and_differs_from_the_laptops(settings, long):
    here, laptop = settings("binder", long), settings("local", long)
    ours = {name: value for name, value in here.items() if laptop.get(name) != value and not name.endswith(LOGGED)}
    assert ours == {name: value for name, (value, _) in binder.Backend.settings.items()}
    assert set(laptop) <= set(here)


def test_each_has_its_reason_and_the_laptop_has_none():
    assert all(len(reason) > 10 for _, reason in binder.Backend.settings.values())
    assert not local.Backend.settings


def test_a_heap_that_the_reader_wants_is_the_readers(settings, monkeypatch):
    monkeypatch.setenv("SLEIGH_HEAP", "700m")
    assert settings("binder")["spark.driver.memory"] == "700m"
    assert settings("binder")["spark.master"] == "local[1]"
