"""Silver, declared: the rows that keep every rule, once each, typed and enriched.

Which rows are kept is said by our rules everywhere, so that silver takes exactly those that quarantine leaves.
"""

from pyspark import pipelines as dp
from sleigh.pipeline import silver
from sleigh.pipeline.declared import definitions
from sleigh.tables import SILVER


@dp.table(name=SILVER.name, comment="deliveries that keep every rule, once each")
def deliveries():
    return silver.clean(definitions.arrived())
