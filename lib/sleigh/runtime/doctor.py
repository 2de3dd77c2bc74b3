"""The doctor: is everything there that the course needs? One line a check; a failure says what to type."""

import contextlib
import os
import shutil
import sys
from contextlib import contextmanager
from functools import partial
from importlib import metadata
from pathlib import Path

import psutil
import pyarrow as pa

from .. import java, needs
from ..errors import SleighError, first_line
from ..tables import BRONZE
from . import claims, folders, install, jars, jvm, lakes, profile, sessions
from .place import backend

NEEDS = {"pyspark": "4.2.0", "delta-spark": jars.DELTA, "pandas": "2."}
MEMORY_GB = 2
DISK_GB = 2


def doctor(lake=None, round_trip=True, tell=print):
    """Run all checks, tell one line each, and return whether all passed. Never raises.

    lake: the folder that is to hold the lake, build/lake by default; what the doctor writes there it takes away again.
    round_trip: have delta-rs and Spark write one row each there and read both, which starts Spark (about 10 s); it is left
    out when an earlier check makes it hopeless. tell: what is called with each line.
    On Databricks Java, Spark, Delta, memory and disk are the cluster's, and only Python and Spark are looked at.
    """
    lake = profile.ROOT / "build" / "lake" if lake is None else lake
    checks, last = [_python], _spark
    if backend().own_machine:
        checks += [_java, *[_package(name) for name in NEEDS], _jars, _memory]
        checks += [partial(_disk, lake), partial(_folder, lake)]
        last = partial(_round_trip, lake)
    passed = [_report(check, tell) for check in checks]
    if not all(passed):
        return False
    return _report(last, tell) if round_trip else True


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
    needs.require_python()
    return f"Python {sys.version_info.major}.{sys.version_info.minor}"


def _java():
    java.require_java()
    return f"Java {java.java_version()}"


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
    jars.fetch_jars()
    slower = "no class archive of this Java (sessions start slower; `python -m sleigh setup` makes it)"
    archive = "class archive" if install.has_archive() else slower
    return f"{len(profile.jars())} Delta jars, {archive}"


def _memory():
    total = _memory_limit() / 2**30
    if total < MEMORY_GB:
        raise SleighError(
            f"only {total:.1f} GB of memory: the course needs {MEMORY_GB} GB; close programs or use a larger machine"
        )
    return f"memory {total:.1f} GB, {jvm.require_files()} open files"


def _memory_limit():
    limit = Path("/sys/fs/cgroup/memory.max")  # a container (Binder) has less than its machine
    total = psutil.virtual_memory().total
    try:
        return min(total, int(limit.read_text()))
    except (OSError, ValueError):
        return total


def _disk(lake):
    folder = _nearest(lake)
    free = shutil.disk_usage(folder).free / 2**30
    if free < DISK_GB:
        raise SleighError(
            f"only {free:.1f} GB free where {lake} lies: free {DISK_GB} GB, or choose another folder with --lake"
        )
    return f"disk {free:.0f} GB free"


def _nearest(lake):
    """The lake's folder, or the one above it that is there."""
    path = Path(lake).resolve()
    return next(parent for parent in [path, *path.parents] if parent.exists())


def _folder(lake):
    folder = _nearest(folders.resolved(lake))
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise SleighError(f"cannot write to {folder}: choose another folder with --lake, or change its permissions")
    probe = folder / f".sleigh-doctor-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SleighError(f"cannot write to {folder} ({error.strerror}): choose another folder with --lake") from None
    with _visited(lake) as own:
        claims.locked(own / "lock", lake).close()
    return "the lake's folder can be written, and has locks and hard links"


def _spark():
    return f"Spark {sessions.session().version}"


def _round_trip(lake):
    from deltalake import DeltaTable, write_deltalake

    with _visited(lake) as folder:
        path = str(folder / BRONZE.name)
        lakes.create_files(path, BRONZE.name)
        row = {"delivery_id": "doctor"}
        columns = pa.schema(DeltaTable(path).schema().to_arrow())
        write_deltalake(path, pa.Table.from_pylist([row], schema=columns), mode="append")
        spark = sessions.session()
        spark.createDataFrame([row], "delivery_id string").write.format("delta").mode("append").save(path)
        counts = spark.read.format("delta").load(path).count(), DeltaTable(path).to_pyarrow_table().num_rows
    if counts != (2, 2):
        raise SleighError(f"wrote two rows to a Delta table and read {min(counts)}: rm -rf .spark && make run")
    return f"Spark {spark.version} and delta-rs wrote one row each to a Delta table and read both"


@contextmanager
def _visited(lake):
    """A fresh folder in the lake's, as long as the block runs; afterwards nothing is there that was not there before."""
    lake = folders.resolved(lake)
    own = lake / folders.SCRATCH / f"doctor-{os.getpid()}"
    made = [folder for folder in (own.parent, lake, *lake.parents) if not folder.exists()]
    try:
        folders.require_usable(lake)
        own.mkdir(parents=True)
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)
        for folder in made:
            with contextlib.suppress(OSError):  # never made, or somebody else has put something there
                folder.rmdir()
