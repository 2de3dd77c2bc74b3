"""The warehouse: the dashboard's 14 queries and the two engines that run them.

The SQL files in queries/ run unchanged on Spark SQL (and so on Databricks SQL) and on DuckDB. DuckDB keeps the lake's
tables in memory and at each refresh reads only the files that were committed since the last one; delta-rs says which, so
there is no JVM. A live lake gets a file or two a second, and a query over hundreds of small files takes a second itself
(bench/warehouse.py compares the ways).

'Now' in a query is the newest event time in silver, not the wall clock, so a night can be played again.
"""

import datetime as dt
import re
from pathlib import Path

from .. import runtime
from ..errors import SleighError
from ..pipeline import checkpoints
from ..pipeline.gold import GOLD
from ..tables import SILVER, TABLES

QUERIES = {path.stem: path for path in sorted((Path(__file__).parent / "queries").glob("*.sql"))}
"""Name -> file, in the order of their numbers."""

READS = (SILVER.name, *GOLD)
"""The tables that the queries read."""

EXTENSIONS = {path.stem: path for path in sorted((Path(__file__).parent / "queries" / "extensions").glob("*.sql"))}
"""Name -> file of the queries that are asked only where the lake has the tables that they read. The first line, a comment,
is the title under which the rows are shown; the names of the columns are the heads of the table."""

_TRIES = 5  # a VACUUM may delete a file between the look at the log and the read
_NEWEST = re.compile(r"(?<=\(SELECT max\()(\w+)\) FROM (\w+)(?=\))")  # a query's 'now', or its latest window


def sql(name):
    """Text of query `name`, for example '01_overall_progress'. Raises SleighError if there is none."""
    known = QUERIES | EXTENSIONS
    if name not in known:
        raise SleighError(f"there is no query {name!r}; there are {', '.join(known)}")
    return known[name].read_text()


def title(name):
    """What is written over the rows of query `name`, one of EXTENSIONS."""
    return sql(name).partition("\n")[0].removeprefix("--").strip()


def reads(name):
    """The tables that query `name` reads."""
    return {table for table in TABLES if re.search(rf"\b{table}\b", sql(name))}


def ask_spark(spark, name):
    """The rows of query `name` by Spark SQL over the open lake, as a pyarrow Table."""
    return spark.sql(sql(name)).toArrow()


class Warehouse:
    """A lake as DuckDB sees it: between two refreshes one and the same version of each table, whatever is committed."""

    def __init__(self, folder=None, tables=READS):
        """`folder`: the lake; the open one if not given. Nothing is read before the first refresh."""
        import duckdb

        self.folder = Path(folder) if folder else runtime.lake()
        self.tables = tables
        self._log = {}  # table -> DeltaTable
        self._files = {}  # table -> the files that are in memory
        self._begun = {}  # table -> its first commit's file, which tells it from another table made in the same place
        self.watermarks = {}  # gold table -> its stream's watermark at the last refresh, ms since 1970
        self.extensions = ()  # those of EXTENSIONS whose tables were all there at the last refresh
        self._region = None
        self._db = duckdb.connect()
        self._db.execute("SET TimeZone = 'UTC'")

    def refresh(self, *, region=None, final=False, missing="error"):
        """Take the newest version of each table. Returns {table: version}, None for a table that is not there.

        region: the queries see only this region's rows, in the tables that have a region; 'now' and the latest window
        stay those of all regions. final: only the windows that the watermark has closed, in gold. missing: 'error' raises
        SleighError, naming what makes the table, where one is not there yet; 'empty' takes it as empty.
        """
        versions = {}
        for name in self.tables:
            versions[name] = self._take(name)
            if versions[name] is None and missing == "error":
                raise SleighError(f"there is no table {name} in this lake yet: {TABLES[name].made_by} makes it")
        self.extensions = tuple(filter(self._load_extension, EXTENSIONS))
        self.view(region=region, final=final)
        return versions

    def view(self, *, region=None, final=False):
        """Change what the queries see of the versions of the last refresh; `region` and `final` as there."""
        self._region = region
        for name in {*self.tables, *self._extra()}:
            self._show(name, region, final)

    def ask(self, name):
        """The rows of query `name` in the versions of the last refresh (made here if none was), as a pyarrow Table."""
        if not self._files:
            self.refresh()
        text = sql(name)
        if self._region is not None:
            text = _NEWEST.sub(r"\1) FROM everywhere_\2", text)
        return self._db.sql(text).to_arrow_table()

    def ask_all(self, **how):
        """{query: rows} of all 14 from one refresh; `how` as in refresh()."""
        self.refresh(**how)
        return {name: self.ask(name) for name in QUERIES}

    def ask_extensions(self):
        """{query: rows} of those of EXTENSIONS whose tables are there."""
        return {name: self.ask(name) for name in self.extensions}

    def select(self, text):
        """The rows of any other SQL over the same tables, as a pyarrow Table."""
        return self._db.sql(text).to_arrow_table()

    def one(self, text):
        """The first row of any other SQL, as a tuple."""
        return self._db.sql(text).fetchall()[0]

    def _extra(self):
        """The tables that only the queries of extensions read."""
        return {table for name in self.extensions for table in reads(name)} - {*self.tables}

    def _load_extension(self, query):
        """Take the newest version of the tables that the query reads; whether all of them are there."""
        extra = sorted(reads(query) - {*self.tables})
        return all((self.folder / name / "_delta_log").exists() and self._take(name) is not None for name in extra)

    def _take(self, name):
        """Bring the table up to its newest version and return that, None if it is not there."""
        if _has_windows(name):  # before the rows are read: what the watermark closes is in them
            self.watermarks[name] = checkpoints.watermark(name, self.folder)
        return self._load(name)

    def _load(self, name):
        seen = None
        for _ in range(_TRIES):
            try:
                return self._load_once(name)
            except FileNotFoundError:
                version, files = self._log[name].version(), map(self._path(name), self._log[name].file_uris())
                missing = [file for file in files if not Path(file).exists()]
                if missing and version == seen:  # nobody has replaced it
                    raise SleighError(
                        f"{name} lacks a file that its log names, {min(missing)}: bring it back, or delete the table and "
                        "its checkpoint in the lake, to fill it anew"
                    ) from None
                seen = version
                self._forget(name)
        raise SleighError(
            f"the files of {name} are deleted faster than they can be read: VACUUM with a longer retention"
        )

    def _load_once(self, name):
        import pyarrow.dataset as ds

        table = self._open(name)
        if table is None:
            self._forget(name)
        if name not in self._files:
            self._db.register("rows", _schema(name).empty_table())
            self._db.execute(f"CREATE OR REPLACE TABLE all_{name} AS SELECT * FROM rows")
            self._files[name] = set()
        if table is None:
            return None
        files = set(map(self._path(name), table.file_uris()))
        if self._files[name] - files:  # MERGE or OPTIMIZE has replaced some
            new, begin = files, f"TRUNCATE all_{name};"
        else:
            new, begin = files - self._files[name], ""
        if new or begin:
            # One after the other in the order of their names, so that the same files always give the same rows.
            rows = ds.dataset(sorted(new), schema=_schema(name), format="parquet").to_table() if new else None
            self._db.register("rows", rows if new else _schema(name).empty_table())
            try:
                self._db.execute(f"BEGIN; {begin} INSERT INTO all_{name} SELECT * FROM rows; COMMIT")
            except BaseException:  # out of memory, an interrupt: the connection must go on, and this table begins anew
                self._db.rollback()
                self._forget(name)
                raise
            self._files[name] = files
        return table.version()

    def _path(self, name):
        # By their names: the URIs write a blank in the lake's path in another way. None of these tables has partitions.
        return lambda uri: str(self.folder / name / Path(uri).name)

    def _open(self, name):
        """The newest version of the table by delta-rs, or None."""
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        if not (self.folder / name / "_delta_log").exists():  # a table once opened would be taken for unchanged
            return None
        begun = _identity(self.folder / name)
        if self._begun.setdefault(name, begun) != begun:  # deleted, and made once more
            self._forget(name)
            self._begun[name] = begun
        try:
            if name in self._log:
                self._log[name].update_incremental()
            else:
                self._log[name] = DeltaTable(str(self.folder / name))
        except TableNotFoundError:
            return None
        table = self._log[name]
        if "deletionVectors" in (table.protocol().reader_features or ()):
            raise SleighError(
                f"{name} has deletion vectors, which only Spark reads here: run the queries with ask_spark"
            )
        return table

    def _forget(self, name):
        for known in (self._log, self._files, self._begun):
            known.pop(name, None)

    def _show(self, name, region, final):
        """Give the rows that the queries may see the table's name."""
        columns, closed, here = TABLES[name].columns.names, "true", "true"
        if final and _has_windows(name):
            closed = f"window_end <= TIMESTAMPTZ '{_instant(self.watermarks[name])}'"
        if region is not None and "region" in columns:
            here = "region = '" + region.replace("'", "''") + "'"
        self._db.execute(f"CREATE OR REPLACE VIEW everywhere_{name} AS SELECT * FROM all_{name} WHERE {closed}")
        self._db.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM everywhere_{name} WHERE {here}")


def _has_windows(name):
    return TABLES[name].window_minutes is not None


def _identity(path):
    try:
        first = (path / "_delta_log" / f"{0:020}.json").stat()
        return first.st_ino, first.st_mtime_ns
    except FileNotFoundError:  # the log has been cleaned up
        return None


def _instant(ms):
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=ms)).isoformat()


def _schema(name):
    """The table's columns as pyarrow types, as tables has them."""
    import pyarrow as pa
    from deltalake import Schema

    return pa.schema(Schema.from_json(TABLES[name].columns.json()).to_arrow())
