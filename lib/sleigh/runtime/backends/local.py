"""This machine (a laptop, CI): a classic session in this process, a lake in a folder."""

import shutil
from pathlib import Path
from types import MappingProxyType

from ...errors import SleighError, first_line
from ...java import require_java
from ...tables import TABLES
from .. import claims, folders, jvm, lakes, logs


class Backend:
    """What there is to know of a place, and to do there. The other places override what differs."""

    sinks = ("spark", "delta-rs")
    """Who may commit a stream's micro-batch."""

    has_files = True
    """Whether tables are folders of this machine, which delta-rs reads and writes."""

    spark_commits_all = False
    """Whether Spark commits to the landing and makes empty tables, too, where delta-rs does it here."""

    merges_at_once = True
    """Whether several streams with a foreachBatch function may run at once."""

    own_machine = True
    """Whether Java, Spark's packages, memory and disk are this machine's, so that they can be looked at."""

    draws_bundles = True
    """Whether the notebook draws what IPython's display() is given as plotly's data; figure.show() otherwise."""

    settings = MappingProxyType({})
    """What is set otherwise than in the laptop profile, where this process starts Spark: {name: (value, reason)}."""

    table_properties = MappingProxyType({})
    """Delta's properties that each table gets here, beside its own."""

    refuses = MappingProxyType({})
    """What lessons show and a session here does not allow: {feature: why, in words that follow "here"}. The features have
    the names that tools/refusals.py gives them."""

    def running(self):
        """The session of this process, or None."""
        from pyspark import SparkContext
        from pyspark.sql import SparkSession

        # Not getActiveSession(), which knows only of the thread that it is called in.
        return SparkSession.builder.getOrCreate() if SparkContext._active_spark_context else None

    def start(self, long=False):
        """Start a session and return it. Raises SleighError if that is impossible."""
        from pyspark import SparkContext

        if (
            SparkContext._gateway is not None
        ):  # somebody has called spark.stop(): what is left would not take our settings
            require_java()  # before anything is stopped
            self.stop()
        SparkContext._ensure_initialized(gateway=self.gateway(long))
        try:
            return self.connected()
        except SleighError:
            raise
        except Exception as error:
            said = first_line(getattr(error, "java_exception", None) or error)
            raise SleighError(
                f"Spark does not start: {said}; `python -m sleigh doctor` looks for the reason"
            ) from error

    def gateway(self, long):
        """py4j's gateway to the JVM that the session shall run in."""
        return jvm.attach() or jvm.launch_jvm(long)[0]

    def connected(self):
        """A session in the JVM that has just been launched."""
        from pyspark.sql import SparkSession

        return SparkSession.builder.getOrCreate()

    def has_delta(self, spark):
        """Whether a running session knows Delta."""
        return "Delta" in spark.conf.get("spark.sql.extensions", "")

    def stop(self):
        """Stop the session, and the JVM if this process has launched it."""
        from pyspark import SparkContext

        spark = self.running()
        if spark is not None:
            spark.stop()
        if SparkContext._gateway is not None:
            jvm.let_go(SparkContext._gateway)
            SparkContext._gateway = SparkContext._jvm = None

    def is_running(self):
        """Whether the JVM that this process has started is still there; True where it is another's."""
        from pyspark import SparkContext

        process = getattr(SparkContext._gateway, "proc", None)
        return process is None or process.poll() is None

    def leave(self, reason):
        """End the notebook that runs, for `reason`: by a SleighError, unless the place has a way of its own."""
        raise SleighError(reason)

    def lake_path(self, spark, folder):
        """Where the checkpoints of the lake at `folder` are, and here its tables too."""
        return Path(folder).resolve()

    def open_lake(self, spark, folder):
        """Give the tables of the lake at `folder` their names. Raises SleighError if a lake cannot be kept there."""
        path = folders.require_usable(folder)
        for name in TABLES:
            spark.sql(f"DROP TABLE IF EXISTS {name}")  # forgets the last lake's table; its files stay
            if (path / name / "_delta_log").exists():
                logs.require_whole(path / name)
                _register(spark, path, name)

    def remove_lake(self, folder):
        """Delete the lake at `folder`, see lakes.remove_lake."""
        path = Path(folder).resolve()
        if not path.exists():
            return
        strange = folders.strange(path, TABLES)
        if strange:
            raise SleighError(f"{folder} is not a lake (it holds {strange[0]}): not deleted")
        new = claims.claim(path)
        try:
            for entry in [*path.iterdir(), *(path / folders.LIVE).iterdir()]:
                if entry.name not in (folders.LIVE, claims.NOTE):
                    _delete(entry)
            if new:  # last, so that no other process finds a lake that is half there
                shutil.rmtree(path)
        finally:
            if new:
                claims.release(path)

    def create_table(self, spark, lake, table):
        """Make the empty `table`, one of tables.TABLES, in the lake at folder `lake`."""
        lakes.create_files(lake / table.name, table.name)
        _register(spark, lake, table.name)

    def as_one(self, rows):
        """The DataFrame `rows` so that a micro-batch of it is written as one file."""
        return rows.coalesce(1)

    def read(self, spark, lake, name, columns):
        """Table `name` of the lake at folder `lake` as a pyarrow Table, of these columns (None: of all)."""
        from deltalake import DeltaTable

        return DeltaTable(str(lake / name)).to_pyarrow_table(columns=columns)

    def scan(self, spark, lake, name, columns):
        """The same as a pyarrow Dataset, of all columns: whoever reads it takes those that it needs."""
        from deltalake import DeltaTable

        return DeltaTable(str(lake / name)).to_pyarrow_dataset()


def _delete(entry):
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink()


def _register(spark, lake, name):
    spark.sql(f"CREATE TABLE IF NOT EXISTS {name} USING delta LOCATION {literal(lake / name)}")


def literal(path):
    """A path as text in Spark's SQL."""
    return "'" + str(path).replace("\\", "\\\\").replace("'", "\\'") + "'"
