"""Every table of the lake: the one place where a table, a column, a key or the length of a window is named.

A `Table` says all that code must know of it; what reads and writes tables (runtime, pipeline, ledger, dashboard) asks it.
table.py says what a Table is; medallion.py and gold.py have those of the pipeline, in the order in which the data flows;
each extension has a module of its own behind them.
Times are UTC. Percentages run from 0 to 100 and are rounded to 2 decimals, means and sums of measurements to 3; see
pipeline/gold.py for why they come out the same on every run.
"""

# In the order in which the tables come to be; whatever Table a module has is one of the lake's.
from .table import Table

from .medallion import *  # noqa: F403  isort: skip
from .gold import *  # noqa: F403  isort: skip
from .delay_model import *  # noqa: F403  isort: skip
from .alerts import *  # noqa: F403  isort: skip
from .route_anomalies import *  # noqa: F403  isort: skip
from .status_history import *  # noqa: F403  isort: skip
from .tenants import *  # noqa: F403  isort: skip
from .experiment import *  # noqa: F403  isort: skip
from .weather_join import *  # noqa: F403  isort: skip
from .routes import *  # noqa: F403  isort: skip

TABLES = {value.name: value for value in list(globals().values()) if isinstance(value, Table)}
"""Every table by its name, in the order in which they come to be."""

WALL_CLOCK = (
    *("ingestion_timestamp", "ingestion_date", "quarantined_at", "calculated_at"),
    *("scored_at", "written_at", "examined_at", "detected_at", "committed_at"),
)
"""Columns that differ from run to run by nature; proofs and shown tables leave them out."""
