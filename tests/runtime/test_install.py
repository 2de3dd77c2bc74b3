"""Set-up's part for Spark, where it can be tested without fetching anything."""

import shlex
import subprocess

import pytest
from sleigh.errors import SleighError
from sleigh.runtime import install


def test_a_checkout_may_have_any_name(monkeypatch, tmp_path):
    """Spark's arguments are split as a shell would split them."""
    folder, asked = tmp_path / "it's Santa's, 100 %", []

    def run(words, env, **_):
        asked.extend(shlex.split(env["PYSPARK_SUBMIT_ARGS"]))
        return subprocess.CompletedProcess(words, 1, "", "no network")

    folder.mkdir()
    monkeypatch.setattr(install, "SPARK_DIR", folder)
    monkeypatch.setattr(install, "JARS_DIR", folder / "jars")
    monkeypatch.setattr(install.subprocess, "run", run)
    with pytest.raises(SleighError, match="could not be fetched: connect to the network"):
        install.fetch_jars()
    assert asked == ["--packages", install.PACKAGE, "--conf", f"spark.jars.ivy={folder}/ivy", "pyspark-shell"]
