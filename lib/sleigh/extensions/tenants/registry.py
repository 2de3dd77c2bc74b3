"""Who is a tenant: the table tenants, a row for each, and the view in which each of them sees its own rows.

A tenant is on board, suspended (its rule has failed: its rows are kept, and nobody else's wait for it), or off-boarded (its
rows are deleted, and what still comes of it is kept nowhere).
"""

from pyspark.sql import functions as F

from ... import runtime
from ...errors import SleighError, first_line
from ...pipeline import streams
from ...tables import SILVER, TENANT_DELIVERIES, TENANTS

ON_BOARD, SUSPENDED, OFF_BOARDED = "on board", "suspended", "off-boarded"

FIRST = (
    *("Africa", "Asia", "Australia and New Zealand", "Europe"),
    *("Middle East", "North America", "Pacific Islands", "South America"),
)
"""The tenants that a lake begins with."""

RULE = "delivery_time_seconds / num_gifts"
"""The measure of a tenant that asks for no other: seconds for each gift."""

VIEW = "my_deliveries"


def begin(spark, names=FIRST):
    """Make the tables of the extension, with the tenants `names` on board, and its view, in the open lake.

    A lake that has tenants keeps those that it has.
    """
    runtime.create_table(spark, TENANT_DELIVERIES.name)
    runtime.create_table(spark, TENANTS.name)
    if not runtime.read(spark, TENANTS.name, ["tenant"]).num_rows:
        put(spark, _name(spark), [_row(name) for name in names])
    create_view(spark)


def create_view(spark):
    """The view my_deliveries: the delivered rows of those tenants whose reader is the user who asks."""
    columns = ", ".join(f"d.{name}" for name in (*SILVER.columns.names, "own_measure"))
    spark.sql(f"""
        CREATE OR REPLACE VIEW {VIEW} AS
        SELECT {columns} FROM {TENANT_DELIVERIES.name} d LEFT SEMI JOIN {TENANTS.name} t
            ON d.tenant = t.tenant AND t.reader = current_user() AND t.status <> '{OFF_BOARDED}'
        WHERE d.state = 'delivered'""")


def onboard(spark, tenant, *, rule=RULE, reader=None):
    """Take a tenant on board. Its past is there: the stream, or deliver_waiting, brings its rows that were unknown.

    Raises SleighError for a name that is none, for a tenant that is there or was off-boarded (its past is deleted), and for
    a rule that is no SQL over silver's columns.
    """
    if not isinstance(tenant, str) or not tenant.strip():
        raise SleighError(f"a tenant needs a name, the region of its deliveries, not {tenant!r}")
    status = statuses(spark).get(tenant)
    if status == OFF_BOARDED:
        raise SleighError(f"{tenant} was off-boarded and its rows are deleted: it cannot come back with its past")
    if status:
        raise SleighError(f"{tenant} is a tenant already ({status})")
    require_rule(spark, rule)
    put(spark, _name(spark), [_row(tenant, rule=rule, reader=reader)])


def change(spark, tenant, *, rule=None, reader=None):
    """Give a tenant another rule or reader; one that was suspended is on board again, and its rows have their turn.

    Raises SleighError if there is no such tenant, or for a rule as onboard does.
    """
    known = {row["tenant"]: row for row in runtime.read(spark, TENANTS.name).to_pylist()}
    if tenant not in known or known[tenant]["status"] == OFF_BOARDED:
        raise SleighError(f"there is no tenant {tenant!r}; onboard takes one on board")
    if rule is not None:
        require_rule(spark, rule)
    now = {"rule": known[tenant]["rule"] if rule is None else rule, "reader": reader or known[tenant]["reader"]}
    put(spark, _name(spark), [_row(tenant, **now)])


def statuses(spark):
    """{tenant: its status} of the open lake."""
    rows = runtime.read(spark, TENANTS.name, ["tenant", "status"]).to_pylist()
    return {row["tenant"]: row["status"] for row in rows}


def require_rule(spark, rule):
    """Raise SleighError unless `rule` is SQL over the columns of silver that can be a double."""
    try:
        empty = spark.createDataFrame([], SILVER.columns)
        empty.select("delivery_id", F.expr(rule).cast("double")).schema  # noqa: B018  on Connect it is looked at only now
    except Exception as error:
        raise SleighError(f"the rule {rule!r} is no SQL over the columns of silver: {first_line(error)}") from None


def leave(spark, tenant):
    """Note that a tenant is off-boarded. Raises SleighError if there is none of this name."""
    if tenant not in statuses(spark):
        raise SleighError(f"there is no tenant {tenant!r} to off-board")
    put(spark, _name(spark), [_row(tenant, status=OFF_BOARDED, rule=None)])


def put(session, table, rows):
    """Write rows of tables.TENANTS, dicts, over those of the same tenants, or beside them. table: its full name."""
    # Not UPDATE: Delta 4.4 leaves the parameters of such a statement unbound, and a name is whatever somebody has typed.
    values = [tuple(row[name] for name in TENANTS.columns.names) for row in rows]
    session.createDataFrame(values, TENANTS.columns).createOrReplaceTempView("tenants_to_put")
    session.sql(
        f"MERGE INTO {table} t USING tenants_to_put s ON t.tenant = s.tenant "
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )


def _row(tenant, *, status=ON_BOARD, reader=None, rule=RULE):
    return {"tenant": tenant, "status": status, "reader": reader, "rule": rule, "why": None}


def _name(spark):
    return streams.full_name(spark, TENANTS.name)
