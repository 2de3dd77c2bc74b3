"""Bronze and quarantine, declared: what arrived, as it arrived, and of it the rows that break a rule."""

from pyspark import pipelines as dp
from sleigh.pipeline import bronze, expectations
from sleigh.pipeline.declared import definitions
from sleigh.tables import BRONZE, QUARANTINE


@dp.table(
    name=BRONZE.name, comment="the messages as they arrived, and when; the platform counts those that break a rule"
)
@definitions.expect_all(expectations.RULES)
def messages():
    return bronze.ingest(definitions.landing())


@dp.temporary_view(name="arrivals")
def bronze_as_view():
    return definitions.table(BRONZE.name)


@dp.table(name=QUARANTINE.name, comment="the rows of bronze that break a rule, each with the names of the rules")
def broken():
    return expectations.quarantine(definitions.table("arrivals"))
