"""The doctor: is everything there that the course needs? One line a check; a failure says what to type."""

import os
import shutil
import sys
from importlib import metadata
from pathlib import Path

import psutil

from .. import runtime
from ..errors import SleighError, first_line
from . import install, profile

NEEDS_PYTHON = (3, 11)
NEEDS = {"pyspark": "4.2.0", "delta-spark": install.DELTA, "pandas": "2."}
MEMORY_GB = 2
DISK_GB = 2


def doctor(lake=None, round_trip=True, tell=print):
    """Run all checks, tell one line each, and return whether all passed. Never raises.

    lake: the folder whose disk is looked at, build/lake by default. round_trip: write and read one row of Delta, which
    starts Spark (about 10 s); it is left out when an earlier check makes it hopeless. tell: what is called with each line.
    On Databricks Java, Spark, Delta, memory and disk are the cluster's, and only Python and Spark are looked at.
    """
    lake = Path(lake) if lake else profile.ROOT / "build" / "lake"
    checks = [_python]
    if runtime.where() != "databricks":
        checks += [_java, *[_package(name) for name in NEEDS], _jars, _memory]
        checks += [lambda: _disk(lake), lambda: _writable(lake)]
    passed = [_report(check, tell) for check in checks]
    if not all(passed):
        return False
    return _report(_round_trip, tell) if round_trip else True


def _report(check, tell):
    try:
        passed, said = True, f"ok    {check()}"
    except SleighError as problem:
        passed, said = False, f"FAIL  {problem}"
    except Exception as problem:  # the doctor names what it does not know, too
        passed, said = False, f"FAIL  {type(problem).__name__}: {first_line(problem)}"
    tell(said)
    return passed


def _python():
    version = ".".join(map(str, sys.version_info[:2]))
    if sys.version_info < NEEDS_PYTHON:
        raise SleighError(f"Python {version} is too old: use 3.11 or later, then `make run`")
    return f"Python {version}"


def _java():
    runtime.require_java()
    return f"Java {runtime.java_version()}"


def _package(name):
    def check():
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            raise SleighError(f"{name} is not installed: `make run` installs it") from None
        if not version.startswith(NEEDS[name]):
            raise SleighError(
                f"{name} {version} does not fit, the course needs {NEEDS[name]}: rm -rf .venv && make run"
            )
        return f"{name} {version}"

    return check


def _jars():
    if not install.has_jars():
        install.fetch_jars()
    slower = "no class archive of this Java (sessions start slower; `python -m sleigh setup` makes it)"
    archive = "class archive" if install.has_archive() else slower
    return f"{len(profile.jars())} Delta jars, {archive}"


def _memory():
    total = _memory_limit() / 2**30
    if total < MEMORY_GB:
        raise SleighError(
            f"only {total:.1f} GB of memory: the course needs {MEMORY_GB} GB; close programs or use a larger machine"
        )
    return f"memory {total:.1f} GB"


def _memory_limit():
    limit = Path("/sys/fs/cgroup/memory.max")  # a container (Binder) has less than its machine
    total = psutil.virtual_memory().total
    try:
        return min(total, int(limit.read_text()))
    except (OSError, ValueError):
        return total


def _disk(lake):
    folder = next(parent for parent in [lake.resolve(), *lake.resolve().parents] if parent.exists())
    free = shutil.disk_usage(folder).free / 2**30
    if free < DISK_GB:
        raise SleighError(
            f"only {free:.1f} GB free where {lake} lies: free {DISK_GB} GB, or choose another folder with --lake"
        )
    return f"disk {free:.0f} GB free"


def _writable(lake):
    folder = next(parent for parent in [lake.resolve(), *lake.resolve().parents] if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise SleighError(f"cannot write to {folder}: choose another folder with --lake, or change its permissions")
    probe = folder / ".sleigh-doctor"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SleighError(f"cannot write to {folder} ({error.strerror}): choose another folder with --lake") from None
    return "the lake's folder can be written"


def _round_trip():
    import tempfile

    spark = runtime.session()
    if runtime.where() == "databricks":
        return f"Spark {spark.version}"
    with tempfile.TemporaryDirectory() as folder:
        spark.range(1).write.format("delta").save(folder)
        count = spark.read.format("delta").load(folder).count()
    if count != 1:
        raise SleighError(f"wrote one row to Delta and read {count}: rm -rf .spark && make run")
    return f"Spark {spark.version} wrote one row to Delta and read it back"
