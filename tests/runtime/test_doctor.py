"""The doctor: for each thing that can be wrong exactly one FAIL line, which says what to type, and exit code 1."""

import errno
import fcntl
import importlib.metadata
import os
import resource
import shutil
from collections import namedtuple
from pathlib import Path

import psutil
import pytest
from sleigh import java, needs
from sleigh.__main__ import main
from sleigh.runtime import doctor, jars, jvm, sessions
from sleigh.runtime.backends import local

Usage = namedtuple("Usage", "total used free")


def diagnose(capsys, lake, round_trip=False):
    """(passed, the lines); never a stack trace."""
    passed = doctor.doctor(lake, round_trip=round_trip)
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return passed, out.splitlines()


def only_failure(capsys, lake):
    passed, lines = diagnose(capsys, lake)
    failed = [line for line in lines if line.startswith("FAIL")]
    assert not passed
    assert len(failed) == 1, lines
    assert all(line.startswith(("ok    ", "FAIL  ")) for line in lines)
    return failed[0]


def fake_java(folder, version):
    folder.mkdir()
    script = folder / "java"
    script.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2024-01-16' >&2\n")
    script.chmod(0o755)
    return folder


def test_all_is_well_here(spark, tmp_path, capsys):
    passed, lines = diagnose(capsys, tmp_path / "lake", round_trip=True)
    assert passed, lines
    assert lines[-1] == f"ok    Spark {spark.version} and delta-rs wrote one row each to a Delta table and read both"
    assert not list(tmp_path.iterdir()), "the doctor leaves nothing behind"


def test_on_databricks_java_and_packages_are_the_clusters(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "17.3")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.1")
    passed, lines = diagnose(capsys, tmp_path)
    assert passed and len(lines) == 1 and lines[0].startswith("ok    Python"), lines


def test_no_java(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(java, "HOMES", ())
    assert "no Java found: install a JDK 17 (" in only_failure(capsys, tmp_path)


@pytest.mark.parametrize("version, major", [("11.0.22", 11), ("1.8.0_402", 8)])
def test_an_old_java(monkeypatch, tmp_path, capsys, version, major):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{fake_java(tmp_path / 'bin', version)}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(java, "HOMES", ())
    line = only_failure(capsys, tmp_path)
    assert f"Java {major} is too old" in line and "JDK 17" in line


def test_old_java_stops_a_run_in_one_line(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", f"{fake_java(tmp_path / 'bin', '11.0.22')}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(local.Backend, "running", lambda _: None)  # as in a process that has no session yet
    assert main(["run", "--minutes", "1", "--lake", str(tmp_path / "lake")]) == 2
    assert "sleigh: Java 11 is too old for Spark 4.2" in capsys.readouterr().err


@pytest.mark.parametrize("package", ["pyspark", "delta-spark", "pandas"])
def test_a_wrong_version(monkeypatch, tmp_path, capsys, package):
    real = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "3.5.1" if name == package else real(name))
    line = only_failure(capsys, tmp_path)
    assert f"{package} 3.5.1 does not fit" in line and "make run" in line


def test_a_package_that_is_not_there(monkeypatch, tmp_path, capsys):
    real = importlib.metadata.version

    def version(name):
        if name == "delta-spark":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert "delta-spark is not installed: `make run`" in only_failure(capsys, tmp_path)


def test_missing_jars_without_network(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(jars, "SPARK_DIR", tmp_path)
    monkeypatch.setattr(jars, "JARS_DIR", tmp_path / "jars")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("NO_PROXY", "")
    line = only_failure(capsys, tmp_path)
    assert "cannot be fetched: the proxy http://127.0.0.1:9 does not answer" in line and "then `make doctor`" in line
    assert not (tmp_path / "jars").exists(), "half a set of jars would look like a whole one"


def test_unwritable_below_a_file(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    line = only_failure(capsys, tmp_path / "file" / "lake")
    assert f"cannot write to {tmp_path / 'file'}" in line and "--lake" in line


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that not even root can write to")
def test_unwritable_even_for_root(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**40, 0, 2**40))  # /proc has no space either
    line = only_failure(capsys, "/proc/lake")
    assert "cannot write to /proc" in line and "choose another folder with --lake" in line


def test_little_disk(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**40, 2**40 - 2**30, 2**30))
    line = only_failure(capsys, tmp_path / "lake")
    assert "only 1.0 GB free where" in line and "free 2 GB, or choose another folder with --lake" in line


def test_little_memory(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: namedtuple("M", "total")(2**30))
    assert "only 1.0 GB of memory: the course needs 2 GB" in only_failure(capsys, tmp_path)


def test_old_python(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(needs, "OLDEST", (3, 99))
    assert "is too old: 3.99 to 3.14 will do" in only_failure(capsys, tmp_path)


def test_what_nobody_thought_of_is_one_line_too(monkeypatch, tmp_path, capsys):
    def shaken():
        raise RuntimeError("the disk fell\noff the table")

    monkeypatch.setattr(doctor, "_memory", shaken)
    assert only_failure(capsys, tmp_path) == "FAIL  RuntimeError: the disk fell"
    monkeypatch.setattr(doctor, "_memory", lambda: _raise(KeyError()))
    assert only_failure(capsys, tmp_path) == "FAIL  KeyError: "


def _raise(error):
    raise error


def test_the_class_archive_of_another_java_is_none(monkeypatch, tmp_path, capsys):
    _, lines = diagnose(capsys, tmp_path)
    assert any(line.endswith("Delta jars, class archive") for line in lines)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    fake_java(tmp_path / "bin", "21.0.2")
    passed, lines = diagnose(capsys, tmp_path)
    assert passed and any("no class archive of this Java" in line for line in lines), lines


def test_a_failed_check_is_exit_code_1_and_starts_no_spark(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: namedtuple("M", "total")(2**30))
    monkeypatch.setattr(sessions, "session", lambda *_: pytest.fail("Spark was started"))
    assert main(["doctor", "--lake", str(tmp_path)]) == 1
    assert capsys.readouterr().err == ""


def test_a_lake_that_is_there_stays_as_it_is(spark, lake, capsys):
    before = sorted(path for path in lake.rglob("*"))
    passed, lines = diagnose(capsys, lake, round_trip=True)
    assert passed, lines
    assert sorted(path for path in lake.rglob("*")) == before


def _unsupported(*_):
    raise OSError(errno.EOPNOTSUPP, "Operation not supported")


@pytest.mark.parametrize("module, function, word", [(os, "link", "hard links"), (fcntl, "flock", "locks")])
def test_a_file_system_that_cannot_hold_a_lake(monkeypatch, tmp_path, capsys, module, function, word):
    monkeypatch.setattr(module, function, _unsupported)
    line = only_failure(capsys, tmp_path / "lake")
    assert f"has no {word} (Operation not supported)" in line and line.endswith("choose another with --lake")
    assert not list(tmp_path.iterdir())


def test_few_open_files(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 256))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    line = only_failure(capsys, tmp_path)
    assert "only 256 open files are allowed here, and Spark needs 1024: raise `ulimit -n`" in line


def test_few_open_files_are_made_more(monkeypatch):
    wanted = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: wanted.append(limits))
    assert jvm.require_files() == 1024 and wanted == [(1024, 4096)]
