"""Where the course runs, its Spark session, and the lake that is open.

A lake is a set of Delta tables that are called by name. Locally it is one folder: `<lake>/<table>` is the table and
`<lake>/_checkpoints/<table>` the checkpoint of the stream that writes it. On Databricks it is a schema with a volume.
"""

import fcntl
import os
import re
import shutil
import socket
from pathlib import Path

from ..errors import SleighError
from ..tables import TABLES
from . import jvm
from .java import java_version, require_java  # noqa: F401
from .jvm import launch_jvm  # noqa: F401

_open_lake = None  # Path of the folder (local, Connect) or of the volume (Databricks); the last one opened
_claims = {}  # Path of a folder -> the file whose lock keeps other processes off it


def where():
    """'local', 'connect', 'databricks' or 'binder' (which is local with less memory)."""
    if "DATABRICKS_RUNTIME_VERSION" in os.environ:
        return "databricks"
    if os.environ.get("SLEIGH_RUNTIME") == "connect":
        return "connect"
    return "binder" if "BINDER_SERVICE_HOST" in os.environ else "local"


def session(lake=None):
    """The Spark session of this process, started if need be, with the lake at folder `lake` open.

    Raises SleighError if there is no suitable Java or the Delta jars cannot be had.
    """
    spark = _databricks_session() if where() == "databricks" else _running() or _start()
    if lake is not None:
        open_lake(spark, lake)
    return spark


def stop():
    """Stop the session and its JVM, so that the next session() starts afresh (with other settings, say)."""
    from pyspark import SparkContext

    global _open_lake
    spark = _running()
    if spark is not None:
        spark.stop()
    if SparkContext._gateway is not None:
        jvm.let_go(SparkContext._gateway)
        SparkContext._gateway = SparkContext._jvm = None
    _open_lake = None


def is_running():
    """Whether the JVM that this process has started is still there; True where it is another's."""
    from pyspark import SparkContext

    process = getattr(SparkContext._gateway, "proc", None)
    return process is None or process.poll() is None


def _running():
    if where() == "connect":
        from pyspark.sql.connect.session import SparkSession

        return SparkSession.getActiveSession() or SparkSession._get_default_session()
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    # Not getActiveSession(), which knows only of the thread that it is called in.
    return SparkSession.builder.getOrCreate() if SparkContext._active_spark_context else None


def _start():
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if SparkContext._gateway is not None:  # somebody has called spark.stop(): what is left would not take our settings
        require_java()  # before anything is stopped
        stop()
    gateway = jvm.attach() if where() != "connect" else None
    SparkContext._ensure_initialized(gateway=gateway or jvm.launch_jvm()[0])
    return _connect() if where() == "connect" else SparkSession.builder.getOrCreate()


def _connect():
    """A Connect server in the JVM just launched, and a client of it.

    What SparkSession.builder.remote("local[2]") does, but on a free port: that one is always 15002, so that a second
    notebook could not start.
    """
    from pyspark.sql.connect.session import SparkSession

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ |= {"SPARK_LOCAL_REMOTE": "1", "SPARK_CONNECT_MODE_ENABLED": "1"}
    SparkSession._start_connect_server("local[2]", {"spark.connect.grpc.binding.port": str(port)})
    return SparkSession.builder.remote(f"sc://localhost:{port}").getOrCreate()


def _databricks_session():
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    catalog = _widget(spark, "catalog")
    if catalog:
        spark.sql(f"USE CATALOG `{catalog}`")
    return spark


def _widget(spark, name):
    """Value of a notebook's widget on Databricks, or None if the notebook has no such widget."""
    try:
        from pyspark.dbutils import DBUtils

        return DBUtils(spark).widgets.get(name)
    except Exception:
        return None


def _schema(folder):
    """The schema that a lake's folder is on Databricks: the widget `schema` (default santa) and the folder's name."""
    prefix = _widget(session(), "schema") or "santa"
    return re.sub(r"\W+", "_", f"{prefix}_{Path(folder).name}")


def open_lake(spark, folder):
    """Make `folder` the lake: tables and checkpoints live below it, and the tables already there get their names.

    On Databricks the last part of `folder` names a schema; checkpoints go to its volume `lake`. The notebook's widgets
    `catalog` and `schema`, where there are any, say in which catalog and with which prefix.
    Raises SleighError if the folder cannot be written, or while streams run on another lake: tables go by name.
    """
    global _open_lake
    if where() == "databricks":
        schema = _schema(folder)
        spark.sql(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        spark.sql(f"USE SCHEMA {schema}")
        spark.sql("CREATE VOLUME IF NOT EXISTS lake")
        catalog = spark.catalog.currentCatalog()
        _open_lake = Path(f"/Volumes/{catalog}/{schema}/lake")
        return
    if _open_lake not in (None, Path(folder).resolve()) and spark.streams.active:
        raise SleighError(f"streams still run on the lake {_open_lake}: stop them before you open another")
    _open_lake = _writable(folder)
    for name in TABLES:
        spark.sql(f"DROP TABLE IF EXISTS {name}")  # forgets the last lake's table; its files stay
        if (_open_lake / name / "_delta_log").exists():
            _register(spark, name)


def _writable(folder):
    path = Path(folder).resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SleighError(
            f"cannot write to the lake's folder {folder} ({error.strerror}): choose another with --lake"
        ) from None
    return path


def claim(folder):
    """Keep other processes from running streams on the lake at `folder`, until release() or the end of this process.

    Two that share checkpoints stop each other's streams. Starts no Spark. Returns whether the claim is new.
    Raises SleighError if another process has the lake (one line with its number), or if the folder cannot be written.
    """
    path = _writable(folder)
    if path in _claims:
        return False
    (path / "_live").mkdir(exist_ok=True)
    note = (path / "_live" / "claim").open("a+")
    try:
        fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        note.seek(0)
        other = f"process {note.read()}".strip()
        note.close()
        raise SleighError(
            f"{other} runs the streams of the lake {folder}: stop it first, or choose another with --lake"
        ) from None
    note.truncate(0)
    note.write(str(os.getpid()))
    note.flush()
    _claims[path] = note
    return True


def release(folder):
    """Let other processes run streams on the lake at `folder` again. Does nothing to one that was not claimed."""
    note = _claims.pop(Path(folder).resolve(), None)
    if note is not None:
        note.close()


def lake():
    """Folder of the open lake. Raises SleighError if none is open."""
    if _open_lake is None:
        raise SleighError("no lake is open: call runtime.session(folder) first")
    return _open_lake


def remove_lake(folder):
    """Delete the lake at `folder` if it is one (holds nothing but known tables, checkpoints and the truth)."""
    if where() == "databricks":
        session().sql(f"DROP SCHEMA IF EXISTS {_schema(folder)} CASCADE")
        return
    folder = Path(folder)
    if folder.exists():
        known = {*TABLES, "_checkpoints", "_truth", "_live", "_scratch", ".writable", ".DS_Store"}
        strange = {path.name for path in folder.iterdir()} - known
        if strange:
            raise SleighError(f"{folder} is not a lake (it holds {min(strange)}): not deleted")
        release(folder)
        shutil.rmtree(folder)


def checkpoint(name):
    """Where the stream that writes table `name` keeps its checkpoint."""
    return str(lake() / "_checkpoints" / name)


def has_table(spark, name):
    """Whether the open lake has table `name`. Raises SleighError if it had, and the files have gone since."""
    try:
        return spark.catalog.tableExists(name)
    except Exception as error:
        if "DELTA_PATH_DOES_NOT_EXIST" not in str(error):
            raise
        raise SleighError(f"the files of {name} are gone from {lake()}: bring them back, then run again") from None


def require_table(spark, name):
    """Raise SleighError, naming the call and the lesson that make it, unless the open lake has table `name`."""
    if not has_table(spark, name):
        how = f"{TABLES[name].made_by} makes it" if name in TABLES else f"there are {', '.join(TABLES)}"
        raise SleighError(f"there is no table {name} in this lake yet: {how}")


def create_table(spark, name):
    """Make the empty table `name` as tables.py has it, comments and partitions included, unless it is there."""
    if has_table(spark, name):
        return
    if where() == "databricks":
        columns = ", ".join(
            f"{f.name} {f.dataType.simpleString()} COMMENT '{f.metadata['comment'].replace(chr(39), '')}'"
            for f in TABLES[name].columns
        )
        parts = TABLES[name].partitioned_by
        partitions = f"PARTITIONED BY ({', '.join(parts)})" if parts else ""
        spark.sql(f"CREATE TABLE IF NOT EXISTS {name} ({columns}) USING delta {partitions}")
        return
    create_files(lake() / name, name)
    _register(spark, name)


def create_files(path, name):
    """The empty Delta table at `path`, written by delta-rs: 10 ms, where Spark's CREATE TABLE takes a second."""
    from deltalake import DeltaTable, Schema

    DeltaTable.create(
        str(path),
        schema=Schema.from_json(TABLES[name].columns.json()),
        partition_by=list(TABLES[name].partitioned_by) or None,
        mode="ignore",
    )


def _register(spark, name):
    spark.sql(f"CREATE TABLE IF NOT EXISTS {name} USING delta LOCATION '{_quoted(lake() / name)}'")


def _quoted(path):
    return str(path).replace("\\", "\\\\").replace("'", "\\'")


def read(spark, name, columns=None):
    """Table `name` as a pyarrow Table, the newest version.

    Locally delta-rs reads it: 0.04 s, where Spark needs a second to rebuild the table's state after each commit.
    """
    require_table(spark, name)
    if where() == "databricks":
        rows = spark.table(name)
        return (rows.select(*columns) if columns else rows).toArrow()
    from deltalake import DeltaTable

    return DeltaTable(str(lake() / name)).to_pyarrow_table(columns=columns)
