"""Repair: mend what stands in quarantine and send it on, each row once."""

from pyspark.sql import functions as F

from .. import runtime
from ..tables import BRONZE, QUARANTINE, SILVER
from . import silver
from .expectations import RULES, valid
from .streams import full_name


def replay(spark, repair, rules=RULES):
    """Mend quarantined rows and send those that now pass every rule to silver, each exactly once.

    `repair` is a function DataFrame -> DataFrame over the quarantine's bronze columns; it may change values, not drop
    the column `_row`. Silver gets a row only if it does not have its delivery_id yet; only then do the rows of this id
    leave the quarantine, so a replay that dies half-way is finished by calling it again. Rows to which `repair` gives one
    id count as copies of one delivery, as everywhere: invent no ids. Both steps are SQL MERGE: the insert-only one leaves
    silver readable as a stream, and time travel keeps the quarantine's past.

    Returns the number of rows that left the quarantine. Raises SleighError if the lake has none.
    """
    runtime.require_table(spark, QUARANTINE.name)
    held = spark.table(QUARANTINE.name)
    row_hash = F.xxhash64(*[F.col(name) for name in held.columns])
    passing = valid(repair(held.select(*BRONZE.columns.names, row_hash.alias("_row"))), rules)
    mended, mended_silver = f"{QUARANTINE.name}_mended", f"{SILVER.name}_mended"
    passing.createOrReplaceTempView(mended)
    silver.conform(passing).dropDuplicates([*SILVER.key]).createOrReplaceTempView(mended_silver)
    before = held.count()
    spark.sql(
        f"MERGE INTO {full_name(spark, SILVER.name)} s USING {mended_silver} m ON s.delivery_id = m.delivery_id "
        "WHEN NOT MATCHED THEN INSERT *"
    )
    spark.sql(
        f"MERGE INTO {full_name(spark, QUARANTINE.name)} q USING (SELECT DISTINCT _row FROM {mended}) m "
        f"ON xxhash64({', '.join(f'q.{name}' for name in held.columns)}) = m._row WHEN MATCHED THEN DELETE"
    )
    return before - spark.table(QUARANTINE.name).count()
