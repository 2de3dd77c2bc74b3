"""Answers to the exercises of lesson 19."""

import uuid

from pyspark.sql import functions as F

# 19.1: the fan-out


def others(rows, tenants):
    return [row for row in rows if row["region"] not in tenants]


def fan_out(rows, batch_id, tenants, append):
    for tenant in tenants:
        append(tenant, [row for row in rows if row["region"] == tenant], "fan-out", batch_id)
    append("unknown", others(rows, tenants), "fan-out", batch_id)


def only_what_came(rows, batch_id, tenants, append):
    """An application of its own for each table, and no call for a tenant without rows."""
    groups = {}
    for row in rows:
        groups.setdefault(row["region"] if row["region"] in tenants else "unknown", []).append(row)
    for table in sorted(groups):
        append(table, groups[table], f"fan-out of {table}", batch_id)


def counted_through(rows, batch_id, tenants, append):
    """A number for each call; it grows for each table, and is the same when the micro-batch is run again."""
    for place, table in enumerate([*tenants, "unknown"]):
        mine = others(rows, tenants) if table == "unknown" else [row for row in rows if row["region"] == table]
        append(table, mine, app="fan-out", version=10 * batch_id + place)


def one_version(rows, batch_id, tenants, append):
    fan_out(rows, 0, tenants, append)


def new_app_each_time(rows, batch_id, tenants, append):
    fan_out(rows, batch_id, tenants, lambda table, mine, app, version: append(table, mine, uuid.uuid4().hex, version))


def in_order_of_appearance(rows, batch_id, tenants, append):
    seen = dict.fromkeys(row["region"] if row["region"] in tenants else "unknown" for row in rows)
    for place, table in enumerate(seen):
        mine = others(rows, tenants) if table == "unknown" else [row for row in rows if row["region"] == table]
        append(table, mine, f"call {place}", batch_id)


def row_by_row(rows, batch_id, tenants, append):
    for row in rows:
        append(row["region"] if row["region"] in tenants else "unknown", [row], "fan-out", batch_id)


def without_unknown(rows, batch_id, tenants, append):
    for tenant in tenants:
        append(tenant, [row for row in rows if row["region"] == tenant], "fan-out", batch_id)


def table_of_any_name(rows, batch_id, tenants, append):
    for region in sorted({row["region"] for row in rows}, key=str):
        append(region, [row for row in rows if row["region"] == region], "fan-out", batch_id)


def null_forgotten(rows, batch_id, tenants, append):
    without_unknown(rows, batch_id, tenants, append)
    append("unknown", [row for row in rows if row["region"] and row["region"] not in tenants], "fan-out", batch_id)


def nothing_written(rows, batch_id, tenants, append):
    return len(rows)


# 19.2: the past of one tenant


def anti_join(silver, deliveries, tenant, version):
    past = silver.where((F.col("region") == tenant) & (F.col("version") < version))
    return past.join(deliveries, "delivery_id", "left_anti")


def not_exists(silver, deliveries, tenant, version):
    silver.createOrReplaceTempView("silver_of_19_2")
    deliveries.createOrReplaceTempView("deliveries_of_19_2")
    return silver.sparkSession.sql(f"""
        SELECT * FROM silver_of_19_2 s WHERE region = '{tenant}' AND version < {version}
        AND NOT EXISTS (SELECT 1 FROM deliveries_of_19_2 d WHERE d.delivery_id = s.delivery_id)""")


def in_python(silver, deliveries, tenant, version):
    there = {row.delivery_id for row in deliveries.collect()}
    rows = [row for row in silver.collect() if row.region == tenant and row.version < version]
    return [row for row in rows if row.delivery_id not in there]


def not_in(silver, deliveries, tenant, version):
    silver.createOrReplaceTempView("silver_of_19_2")
    deliveries.createOrReplaceTempView("deliveries_of_19_2")
    return silver.sparkSession.sql(f"""
        SELECT * FROM silver_of_19_2 WHERE region = '{tenant}' AND version < {version}
        AND delivery_id NOT IN (SELECT delivery_id FROM deliveries_of_19_2)""")


def all_of_the_past(silver, deliveries, tenant, version):
    return silver.where((F.col("region") == tenant) & (F.col("version") < version))


def one_version_too_many(silver, deliveries, tenant, version):
    return anti_join(silver, deliveries, tenant, version + 1)


def everybody(silver, deliveries, tenant, version):
    return silver.where(F.col("version") < version).join(deliveries, "delivery_id", "left_anti")


def by_the_end_of_the_name(silver, deliveries, tenant, version):
    past = silver.where(F.col("region").endswith(tenant) & (F.col("version") < version))
    return past.join(deliveries, "delivery_id", "left_anti")


def up_to_now(silver, deliveries, tenant, version):
    return silver.where(F.col("region") == tenant)


ALL = {"streams": 48000, "fan_out": 48000, "commits": 10, "flooded": 6}

CASES = {
    "19.1": {
        "right": [fan_out, only_what_came, counted_through],
        "wrong": [
            ("other rows of the second and third micro-batch are missing", one_version),
            ("killed after append number 1 had written: a1 is in Africa 2 times", new_app_each_time),
            ("killed", in_order_of_appearance),
            ("without a crash: a3 is missing from Africa", row_by_row),
            ("without a crash: x1 is missing from unknown", without_unknown),
            ("without a crash: x1 is missing from unknown", null_forgotten),
            ("without a crash: x1 is missing from unknown", table_of_any_name),
            ("there is not a row in any table", nothing_written),
            (
                "your function raised",
                lambda rows, batch_id, tenants, append: append("Asia", rows, "app", str(batch_id)),
            ),
        ],
    },
    "19.2": {
        "right": [anti_join, not_exists, in_python],
        "wrong": [
            ("NOT IN is true of nothing", not_in),
            ("E2 is in `deliveries` already", all_of_the_past),
            ("E4 came with version 7", one_version_too_many),
            ("S1 belongs to Eastern Europe", by_the_end_of_the_name),
            ("the past of Europe: 5 rows and not 3: N1 should not be there", everybody),
            ("the past of Europe: 6 rows and not 3", up_to_now),
        ],
    },
    "19.3": {
        "right": [ALL],
        "wrong": [
            ("streams: each of the eight", ALL | {"streams": 6000}),
            ("streams: 750?", ALL | {"streams": 750}),
            ("fan_out: one stream, and eight writes", ALL | {"fan_out": 6000}),
            ("How many actions", ALL | {"fan_out": 12000}),
            ("with a table for each tenant", ALL | {"commits": 80}),
            ("commits: 8?", ALL | {"commits": 8}),
            ("flooded: 500 of 100 are five", ALL | {"flooded": 5}),
            ("flooded: 7?", ALL | {"flooded": 7}),
        ],
    },
}
