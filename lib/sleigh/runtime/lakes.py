"""The lake that is open, and its tables.

A lake is a set of Delta tables that are called by name. Locally it is one folder: `<lake>/<table>` is the table and
`<lake>/_checkpoints/<table>` the checkpoint of the stream that writes it. On Databricks it is a schema with a volume.
"""

from pathlib import Path

from ..errors import SleighError
from ..tables import TABLES
from .folders import CHECKPOINTS
from .place import backend

_open = None  # Path of the folder (or, on Databricks, of the volume) of the last lake that was opened


def open_lake(spark, folder):
    """Make `folder` the lake: tables and checkpoints live below it, and the tables already there get their names.

    On Databricks the last part of `folder` names a schema; checkpoints go to its volume `lake`. The notebook's widgets
    `catalog` and `schema`, where there are any, say in which catalog and with which prefix.
    Raises SleighError if a lake cannot be kept there, or while streams run on another lake: tables go by name.
    """
    global _open
    path = backend().lake_path(spark, folder)
    if _open not in (None, path) and spark.streams.active:
        raise SleighError(f"streams still run on the lake {_open}: stop them before you open another")
    backend().open_lake(spark, folder)
    _open = path


def lake():
    """Folder of the open lake. Raises SleighError if none is open."""
    if _open is None:
        raise SleighError("no lake is open: call runtime.session(folder) first")
    return _open


def is_open(folder):
    """Whether the lake at `folder` of this machine is the open one."""
    return _open == Path(folder).resolve()


def forget():
    """No lake is open any more: its session has ended."""
    global _open
    _open = None


def remove_lake(folder):
    """Delete the lake at `folder`, if there is one. What this process has claimed stays claimed.

    Raises SleighError if it is not a lake (it holds something else; on Databricks, it was not made by open_lake and by
    this user), or if another process runs its streams.
    """
    backend().remove_lake(folder)


def checkpoint(name, folder=None):
    """Where the stream that writes table `name` keeps its checkpoint, in the lake at `folder`, else in the open one."""
    return str((Path(folder) if folder else lake()) / CHECKPOINTS / name)


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
    """Make the empty table `name` as tables has it, comments and partitions included, unless it is there."""
    if not has_table(spark, name):
        backend().create_table(spark, lake(), TABLES[name])


def definition(table):
    """The SQL that makes the empty `table`, one of tables.TABLES, unless it is there; a LOCATION may follow."""
    columns = ", ".join(
        f"{f.name} {f.dataType.simpleString()} COMMENT '{f.metadata['comment'].replace(chr(39), '')}'"
        for f in table.columns
    )
    parts = f"PARTITIONED BY ({', '.join(table.partitioned_by)})" if table.partitioned_by else ""
    pairs = ", ".join(
        f"'{name}' = '{value}'" for name, value in (backend().table_properties | table.properties).items()
    )
    properties = f"TBLPROPERTIES ({pairs})" if pairs else ""
    return f"CREATE TABLE IF NOT EXISTS {table.name} ({columns}) USING delta {parts} {properties}"


def create_files(path, name):
    """The empty Delta table `name` at `path`, written by delta-rs: 10 ms, where Spark's CREATE TABLE takes a second."""
    from deltalake import DeltaTable, Schema

    DeltaTable.create(
        str(path),
        schema=Schema.from_json(TABLES[name].columns.json()),
        partition_by=list(TABLES[name].partitioned_by) or None,
        configuration=TABLES[name].properties or None,
        mode="ignore",
    )


def read(spark, name, columns=None):
    """Table `name` as a pyarrow Table, the newest version.

    Locally delta-rs reads it: 0.04 s, where Spark needs a second to rebuild the table's state after each commit.
    """
    require_table(spark, name)
    return backend().read(spark, lake(), name, columns)


def scan(spark, name, columns):
    """These columns of table `name`, the newest version, as what DuckDB can read bit by bit: for tables of any size.

    A pyarrow Dataset where tables are files, else a pyarrow Table.
    """
    require_table(spark, name)
    return backend().scan(spark, lake(), name, columns)
