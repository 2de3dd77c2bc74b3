"""Set-up's part for Spark, where it can be tested without fetching anything."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest
from sleigh.errors import SleighError
from sleigh.runtime import install, profile


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


def test_needed_jars_leave_out_what_pyspark_ships():
    fetched = ["io.delta_delta-spark_4.2_2.13-4.4.0.jar", "org.slf4j_slf4j-api-2.0.13.jar", "org.antlr_x-1.0.jar"]
    assert install.needed(fetched, ["slf4j-api-2.0.17.jar"]) == [
        "io.delta_delta-spark_4.2_2.13-4.4.0.jar",
        "org.antlr_x-1.0.jar",
    ]


def test_the_class_path_holds_no_library_twice():
    import pyspark

    shipped = {install._artifact(jar.name) for jar in (Path(pyspark.__file__).parent / "jars").glob("*.jar")}
    ours = {install._artifact(Path(jar).name).split("_", 1)[1] for jar in profile.jars()}
    assert ours and not ours & shipped


def test_an_archive_of_other_files_is_none(tmp_path, monkeypatch):
    """The JVM would refuse it without a word, and every session start in twice the time."""
    jar, key, archive = tmp_path / "a.jar", tmp_path / "classes.key", tmp_path / "classes.jsa"
    jar.write_bytes(b"classes")
    archive.touch()
    for name, value in {"jars": lambda: [str(jar)], "ARCHIVE": archive, "_KEY": key}.items():
        monkeypatch.setattr(install, name, value)
    key.write_text(install._key())
    assert install.has_archive()
    os.utime(jar, (0, 0))  # the same bytes, unpacked anew
    assert not install.has_archive()
