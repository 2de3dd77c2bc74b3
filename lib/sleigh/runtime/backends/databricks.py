"""Databricks: the cluster's session, and a lake that is a schema with a volume for the checkpoints."""

import re
from pathlib import Path
from types import MappingProxyType

from ...errors import SleighError
from .. import lakes
from . import local

MARK = "sleigh.lake"
"""The property of a schema that open_lake has made; its value says for whom."""

VOLUMES = Path("/Volumes")
"""Where a session and this process find the catalog's volumes: https://docs.databricks.com/aws/en/volumes/paths"""


class Backend(local.Backend):
    sinks = ("spark",)  # the catalog owns the files
    has_files = False
    spark_commits_all = True
    own_machine = False
    draws_bundles = False

    # It is on there, and would put commits of its own among those that lessons count, and files together that a stream
    # takes one by one. Of a MERGE, UPDATE or DELETE it cannot be switched off:
    # https://docs.databricks.com/aws/en/delta/tune-file-size
    table_properties = MappingProxyType({"delta.autoOptimize.autoCompact": "false"})

    # Of a cluster of one's own some of it would be allowed; lessons run everywhere, so they take serverless compute's word.
    refuses = MappingProxyType(
        {
            "checkpoints elsewhere": "a stream's checkpoint must lie in a volume",
            "data sources": "serverless compute takes tables and files only",
            "state reader": "serverless compute does not let anybody read a stream's state",
            "settings": "serverless compute takes only six settings, and this is none of them",
            "table folders": "the catalog keeps the folders of its tables closed",
            "timed triggers": "serverless compute runs a stream until it has caught up, and then ends it",
        }
    )

    def running(self):
        from pyspark.sql import SparkSession

        spark = SparkSession.builder.getOrCreate()
        catalog = _widget(spark, "catalog")
        if catalog:
            spark.sql(f"USE CATALOG `{catalog}`")
        spark.conf.set("spark.sql.session.timeZone", "UTC")  # a workspace or its user may have another
        return spark

    def has_delta(self, spark):
        return True

    def stop(self):
        """Nothing: the session is the cluster's."""

    def is_running(self):
        return True

    def leave(self, reason):
        print(reason)
        try:
            from pyspark.dbutils import DBUtils
        except ImportError:
            raise SleighError(reason) from None
        # "Run all" ends here, and a job counts it as success:
        # https://docs.databricks.com/aws/en/notebooks/notebook-workflows
        DBUtils(self.running()).notebook.exit(reason)

    def lake_path(self, spark, folder):
        return VOLUMES / spark.catalog.currentCatalog() / _schema(spark, folder) / "lake"

    def open_lake(self, spark, folder):
        schema = _schema(spark, folder)
        spark.sql(f"CREATE SCHEMA IF NOT EXISTS `{schema}` WITH DBPROPERTIES ('{MARK}' = {_literal(_user(spark))})")
        spark.sql(f"USE SCHEMA `{schema}`")
        spark.sql("CREATE VOLUME IF NOT EXISTS lake")

    def remove_lake(self, folder):
        """Drop the schema, see lakes.remove_lake. Raises SleighError unless it bears our mark, for this very user."""
        spark = self.running()
        schema = _schema(spark, folder)
        if not spark.catalog.databaseExists(schema):
            return
        marked, user = _mark(spark, schema), _user(spark)
        if marked != user:
            whose = f"is a lake of {marked}" if marked else "was not made by this course"
            raise SleighError(
                f"the schema {schema} {whose}: not dropped; choose another prefix with the widget `schema`, "
                "or drop it yourself"
            )
        spark.sql(f"DROP SCHEMA `{schema}` CASCADE")

    def create_table(self, spark, lake, table):
        spark.sql(lakes.definition(table))

    def read(self, spark, lake, name, columns):
        rows = spark.table(name)
        return (rows.select(*columns) if columns else rows).toArrow()

    def scan(self, spark, lake, name, columns):
        return self.read(spark, lake, name, columns)


def _schema(spark, folder):
    """The schema of the lake at `folder`: the widget `schema`, by default santa and the user, and the folder's name.

    Without the user all who share a catalog would share a lesson's lake, and each would drop the others'.
    """
    name = f"{_widget(spark, 'schema') or f'santa_{_user(spark)}'}_{Path(folder).name}"
    return re.sub(r"\W+", "_", name.lower())


def _user(spark):
    return spark.sql("SELECT current_user()").first()[0]


def _literal(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _mark(spark, schema):
    """For whom open_lake has made `schema`, or None if it has not: ((sleigh.lake,ada), ...) among its properties."""
    rows = spark.sql(f"DESCRIBE SCHEMA EXTENDED `{schema}`").collect()
    properties = next((value for name, value in rows if name == "Properties"), "") or ""
    found = re.search(rf"\({re.escape(MARK)},\s*([^)]+)\)", properties)
    return found[1] if found else None


def _widget(spark, name):
    """Value of a notebook's widget on Databricks, or None if the notebook has no such widget."""
    try:
        from pyspark.dbutils import DBUtils

        return DBUtils(spark).widgets.get(name)
    except Exception:
        return None
