"""Let a tenant go: delete what there is of it, and look for it where a deleted row can still be.

DELETE makes a version without the rows. The files that hold them stay, for those who read an older version, until VACUUM
deletes the files, and the log goes on to tell of them (paths, least and greatest values) until it is cleaned, after
delta.logRetentionDuration. So what is left is not what the newest version says.
"""

import json

from ... import runtime
from ...errors import SleighError
from ...pipeline import streams
from ...tables import BRONZE, LANDING, QUARANTINE, SILVER, TENANT_DELIVERIES
from .registry import leave

OURS = (TENANT_DELIVERIES,)

EVERYWHERE = (LANDING, BRONZE, QUARANTINE, SILVER, TENANT_DELIVERIES)
"""All tables that hold rows of a tenant, upstream first. The gold tables hold counts."""

NO_RETENTION = {
    "spark.databricks.delta.retentionDurationCheck.enabled": (
        "false",
        "VACUUM keeps a week of deleted files unless it is told otherwise, and the tenant's rows are in them",
    ),
}


def offboard(spark, tenant, tables=OURS):
    """Off-board a tenant and delete its rows from `tables`, time travel to them included. Returns what is left, see remains.

    No stream may run: VACUUM would take files that it is about to write. It takes every old version of these tables, of
    other tenants, too. After OURS everything goes on. After EVERYWHERE the streams of bronze, silver, quarantine and gold
    refuse their sources, whose rows were deleted, until they are started with Delta's option skipChangeCommits, and the
    ledger names the rows as lost. Nothing is deleted of the truth that the simulator keeps, nor of other copies.
    Raises SleighError if there is no such tenant, or streams run.
    """
    if spark.streams.active:
        raise SleighError(f"{len(spark.streams.active)} streams run: stop them before a tenant is off-boarded")
    leave(spark, tenant)  # first: from here on the stream keeps nothing more of it, whatever happens next
    quoted = tenant.replace("\\", "\\\\").replace("'", "\\'")
    with streams.settings(spark, NO_RETENTION):
        for table in tables:
            name = streams.full_name(spark, table.name)
            spark.sql(f"DELETE FROM {name} WHERE region = '{quoted}'")
            spark.sql(f"VACUUM {name} RETAIN 0 HOURS")
    return remains(spark, tenant)


def remains(spark, tenant):
    """Where rows of a tenant are, a dict for each table of EVERYWHERE that the lake has.

    table; rows: in its newest version; on_disk: in all parquet files of its folder, whether a version has them or not;
    in_log: entries of its log that name the tenant, as the value of a partition or as a file's least or greatest region.
    The last two are None where tables are no folders of this machine.
    """
    found = []
    for table in EVERYWHERE:
        if runtime.has_table(spark, table.name):
            rows = runtime.read(spark, table.name, ["region"])["region"].to_pylist().count(tenant)
            found.append({"table": table.name, "rows": rows, "on_disk": None, "in_log": None})
            if runtime.backend().has_files:
                found[-1] |= _files(runtime.lake() / table.name, tenant)
    return found


def _files(folder, tenant):
    import pyarrow.parquet as pq

    on_disk = 0
    for file in folder.rglob("*.parquet"):
        if "_delta_log" not in file.parts:
            # One file as it is, whatever its folder is called: pyarrow would read columns from the path.
            with file.open("rb") as opened:
                on_disk += pq.read_table(opened, columns=["region"])["region"].to_pylist().count(tenant)
    entries = [
        json.loads(line)
        for log in sorted((folder / "_delta_log").glob("[0-9]*.json"))
        for line in log.read_bytes().splitlines()  # bytes: see delta_log.actions
    ]
    return {"on_disk": on_disk, "in_log": sum(_names(entry, tenant) for entry in entries)}


def _names(entry, tenant):
    """Whether an entry of a Delta log, an add or a remove, names the tenant."""
    file = entry.get("add") or entry.get("remove") or {}
    stats = json.loads(file.get("stats") or "{}")
    ends = [stats.get(end, {}).get("region") for end in ("minValues", "maxValues")]
    return tenant in [(file.get("partitionValues") or {}).get("tenant"), *ends]
