"""What runtime.install.archive_classes runs in a process of its own: a session that loads what every session loads."""

import tempfile

from .. import runtime
from ..domain import NIGHT_START
from ..tables import LANDING, SUMMARY
from . import stages, streams

_DELIVERY = {
    "delivery_id": "concat('D', id)",
    "timestamp": f"date_format(TIMESTAMP '{NIGHT_START:%Y-%m-%d %H:%M:%S}' + make_interval(0, 0, 0, 0, 0, id), "
    "\"yyyy-MM-dd'T'HH:mm:ss'Z'\")",
    "status": "element_at(array('delivered', 'delayed', 'lost'), 1 + CAST(id % 3 AS INT))",
    "weather_condition": "'Clear'",
}
"""Columns of landing by the number of a row; the others are 1, in the column's type."""


def warm_up():
    """A few rows through all tables and one MERGE, so that the archive holds the classes of it."""
    with tempfile.TemporaryDirectory() as folder:
        spark = runtime.session(folder)
        runtime.create_table(spark, LANDING.name)
        for _ in range(2):
            rows = spark.range(0, 3600, 60, numPartitions=1).selectExpr(*map(_column, LANDING.columns))
            rows.write.format("delta").mode("append").saveAsTable(LANDING.name)
        stages.run(spark, files_per_batch=1)
        streams.merge_into(spark, SUMMARY.name)(spark.table(SUMMARY.name), 0)
        spark.table(SUMMARY.name).toArrow()
        runtime.stop()


def _column(field):
    value = _DELIVERY.get(field.name, "1" if field.name != "ingestion_date" else f"DATE '{NIGHT_START:%Y-%m-%d}'")
    return f"CAST({value} AS {field.dataType.simpleString()}) AS {field.name}"


if __name__ == "__main__":
    warm_up()
