"""What runtime.install.archive_classes runs in a process of its own: a session that loads what every session loads.

Bronze alone, compiled quickly: the classes of the whole pipeline make the archive a little larger, no run any faster, and
set-up's longest step two and a half times as long.
"""

import tempfile

from .. import runtime
from ..domain import NIGHT_START
from ..tables import LANDING
from . import stages

_DELIVERY = {
    "delivery_id": "concat('D', id)",
    "timestamp": f"date_format(TIMESTAMP '{NIGHT_START:%Y-%m-%d %H:%M:%S}' + make_interval(0, 0, 0, 0, 0, id), "
    "\"yyyy-MM-dd'T'HH:mm:ss'Z'\")",
    "status": "element_at(array('delivered', 'delayed', 'lost'), 1 + CAST(id % 3 AS INT))",
    "weather_condition": "'Clear'",
}
"""Columns of landing by the number of a row; the others are 1, in the column's type."""


def warm_up():
    """A few rows through a stream into bronze, so that the archive holds the classes of it."""
    with tempfile.TemporaryDirectory() as folder:
        spark = runtime.session(folder)
        runtime.create_table(spark, LANDING.name)
        rows = spark.range(0, 3600, 60, numPartitions=1).selectExpr(*map(_column, LANDING.columns))
        rows.write.format("delta").mode("append").saveAsTable(LANDING.name)
        stages.run(spark, stages={"bronze": stages.STAGES["bronze"]})
        runtime.stop()


def _column(field):
    value = _DELIVERY.get(field.name, "1" if field.name != "ingestion_date" else f"DATE '{NIGHT_START:%Y-%m-%d}'")
    return f"CAST({value} AS {field.dataType.simpleString()}) AS {field.name}"


if __name__ == "__main__":
    warm_up()
