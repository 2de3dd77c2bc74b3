"""The tables of lesson 19: who is a tenant, and what each of them gets."""

from .medallion import SILVER
from .table import Table, columns

_CALL = 'pipeline.run(spark, stages=extensions.stages(["tenants"]))'

TENANTS = Table(
    name="tenants",
    lesson="19",
    call='extensions.prepare(spark, ["tenants"])',
    key=("tenant",),
    columns=columns("""
        tenant string name of the tenant: the region whose deliveries are its own
        status string on board, suspended (its rule fails) or off-boarded
        reader string user who sees its rows in the view my_deliveries; NULL for nobody
        rule string SQL over the columns of silver that gives its own measure, a double
        why string what its rule fails with, where it is suspended
    """),
)

TENANT_DELIVERIES = Table(
    name="tenant_deliveries",
    lesson="19",
    call=_CALL,
    key=("delivery_id",),
    partitioned_by=("tenant", "state"),
    columns=columns(
        """
        own_measure double what the tenant's own rule makes of the row; NULL until it is delivered
        came_in bigint the micro-batch with which the row came
        delivered_in bigint the micro-batch that delivered it to the tenant; NULL until then
        tenant string the tenant that it belongs to; NULL if there is none for its region
        state string delivered, waiting (for its turn), failed (its tenant is suspended) or unknown (no tenant)
        """,
        after=SILVER.columns,
    ),
)
