"""The stream that gives each tenant its rows: silver -> tenant_deliveries, all tenants in one commit.

A micro-batch has three kinds of rows: new ones, those that wait for their turn, and those that were kept apart and need not
be any more. Of each tenant it delivers as many as its fair share of the capacity (shares.py), oldest first; the others
wait. What belongs to no tenant, and what a suspended one would get, is kept apart. Whether a row is delivered, waits or is
kept apart is its `state`, and all that a micro-batch changes is one commit of one table: whoever is killed when, it is there
or it is not. A table for each tenant would need as many commits, and somebody to find out after a crash which are missing.

A rule that fails takes nobody with it: the micro-batch then tries each tenant's rule alone, suspends those that fail, with
what they fail with, and begins again without them.
"""

import contextlib
import functools
import logging
from typing import NamedTuple

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from ... import runtime
from ...errors import first_line
from ...pipeline import checkpoints, sinks, streams
from ...pipeline.stages import Stream
from ...tables import SILVER, TENANT_DELIVERIES, TENANTS
from . import registry
from .registry import OFF_BOARDED, ON_BOARD, SUSPENDED
from .shares import fair

CAPACITY = 50_000
"""Rows that one micro-batch delivers, all tenants together."""

DELIVERED, WAITING, FAILED, UNKNOWN = "delivered", "waiting", "failed", "unknown"
"""What tenant_deliveries.state may be."""

MERGE = """
    MERGE INTO {target} t USING {changes} s ON t.delivery_id = s.delivery_id {among}
    WHEN MATCHED AND t.state <> 'delivered' THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *
"""
"""How rows change their state and new ones come in the same commit; what is delivered stays as it is."""

HELD = "AND t.state <> 'delivered'"
"""Among these a micro-batch looks for the rows that it changes, so that MERGE reads few files."""


class Plan(NamedTuple):
    """What a micro-batch writes. rows: of tables.TENANT_DELIVERIES. moves: whether some of them are in the table already.
    waits: whether rows will wait after it. tenants: whose rule is asked, {tenant: rule}.
    """

    rows: DataFrame
    moves: bool
    waits: bool
    tenants: dict


def stream(capacity=CAPACITY):
    """The stream, delivering `capacity` rows a micro-batch at most."""
    # Whoever erases a tenant from silver must not stop the others' deliveries: such commits are passed over.
    options = {"skipChangeCommits": "true"}
    return Stream(SILVER, rows, TENANT_DELIVERIES, options=options, write=functools.partial(write, capacity=capacity))


def rows(silver):
    """The rows of silver as they are: to whom they belong is decided in the micro-batch."""
    return silver


def plan(new, held, tenants, number, capacity=CAPACITY):
    """The Plan of micro-batch `number`.

    new: rows of silver, or None. held: rows of tenant_deliveries that are not delivered, or None where there are none.
    tenants: the rows of the table tenants, dicts.
    """
    by_status = {status: [row["tenant"] for row in tenants if row["status"] == status] for status in _STATUSES}
    pending = _pending(new, held, number, by_status)
    counts = [tuple(row) for row in pending.groupBy("tenant", "was").count().collect()]
    wanted = {}
    for tenant, _, count in counts:
        if tenant in by_status[ON_BOARD]:
            wanted[tenant] = wanted.get(tenant, 0) + count
    shares = fair(wanted, capacity)
    waits = shares != wanted
    state = F.when(F.col("tenant").isNull(), UNKNOWN).when(F.col("tenant").isin(by_status[SUSPENDED]), FAILED)
    if waits:
        in_order = Window.partitionBy("tenant").orderBy("came_in", "delivery_timestamp", "delivery_id")
        share = F.create_map(*[F.lit(part) for pair in shares.items() for part in pair])[F.col("tenant")]
        state = state.when(F.row_number().over(in_order) > share, WAITING)
    decided = pending.withColumn("state", state.otherwise(DELIVERED)).where("was <> state")
    rules = {row["tenant"]: row["rule"] for row in tenants if row["tenant"] in shares}
    measure = functools.reduce(
        lambda case, pair: case.when((F.col("state") == DELIVERED) & (F.col("tenant") == pair[0]), _rule(pair[1])),
        rules.items(),
        F.when(F.lit(False), F.lit(None).cast("double")),
    )
    written = decided.withColumn("own_measure", measure).withColumn(
        "delivered_in", F.when(F.col("state") == DELIVERED, F.lit(number).cast("bigint"))
    )
    moves = any(_moves(tenant, was, by_status) for tenant, was, _ in counts)
    return Plan(written.select(*TENANT_DELIVERIES.columns.names), moves, waits, rules)


_STATUSES = (ON_BOARD, SUSPENDED, OFF_BOARDED)


def _pending(new, held, number, by_status):
    """The rows that a micro-batch decides about: silver's columns, came_in, tenant, and what each `was`, new or a state."""
    columns = SILVER.columns.names
    parts = []
    if new is not None:
        parts.append(new.select(*columns, F.lit(number).cast("bigint").alias("came_in"), F.lit("new").alias("was")))
    if held is not None:
        parts.append(held.select(*columns, "came_in", F.col("state").alias("was")))
    pending = functools.reduce(DataFrame.unionByName, parts)
    gone = F.col("region").isin(by_status[OFF_BOARDED])
    known = F.col("region").isin(by_status[ON_BOARD] + by_status[SUSPENDED])
    return pending.where(~F.coalesce(gone, F.lit(False))).withColumn("tenant", F.when(known, F.col("region")))


def _moves(tenant, was, by_status):
    """Whether rows of `tenant` that are in the table as `was` become something else."""
    if was in ("new", UNKNOWN):
        return was == UNKNOWN and tenant is not None
    return was == WAITING or tenant in by_status[ON_BOARD]


def _rule(sql):
    return F.expr(sql).cast("double")


def write(spark, sink, capacity=CAPACITY):
    """The foreachBatch function that delivers a micro-batch of silver's rows."""
    # What it needs is found here: it may run in a worker of Spark Connect, where no lake is open.
    names = {table.name: streams.full_name(spark, table.name) for table in (TENANTS, TENANT_DELIVERIES)}
    keep, who, commit = runtime.backend().own_machine, _registry(sink, names), _commit(sink, names)
    last = {"tenants": None, "waits": True, "first": True}

    def deliver(batch, batch_id):
        new = batch.persist() if keep else batch  # it is read twice: to count, and to write
        try:
            tenants = who(batch)
            # Who waits or is kept apart is looked up only where something can have changed for them: it takes a second.
            look = last["waits"] or tenants != last["tenants"]
            held = _held(batch.sparkSession, names) if look else None
            if last["first"]:  # written before the last process died, some of its rows may wait
                new = new.join(held.select("delivery_id"), "delivery_id", "left_anti")
            made, tenants = _committed(
                functools.partial(plan, new, held, number=batch_id, capacity=capacity),
                lambda made: commit(made, batch_id, last["first"]),
                batch.sparkSession,
                names,
                tenants,
            )
            last.update(tenants=tenants, waits=made.waits, first=False)
        finally:
            if keep:
                batch.unpersist()

    return deliver


def deliver_waiting(spark, capacity=CAPACITY):
    """Deliver what waits and what need not be kept apart any more, in as many micro-batches as it takes; no stream runs.

    Returns how many. Each is a MERGE of rows that the table has, so it may be killed and called again.
    """
    names = {table.name: streams.full_name(spark, table.name) for table in (TENANTS, TENANT_DELIVERIES)}
    number = spark.sql(
        f"SELECT coalesce(max(greatest(came_in, delivered_in)), -1) FROM {names[TENANT_DELIVERIES.name]}"
    ).first()[0]
    tenants, done = _by_spark(spark, names), 0
    while True:
        number += 1
        made, tenants = _committed(
            functools.partial(plan, None, _held(spark, names), number=number, capacity=capacity),
            lambda made: _merge_by_spark(made.rows, names, HELD) if made.moves else None,
            spark,
            names,
            tenants,
        )
        if not made.moves:
            return done
        done += 1


def _committed(planned, commit, session, names, tenants):
    """Plan and commit, without the tenants whose rules fail. Returns (Plan, tenants as they are then)."""
    while True:
        try:
            with _silent():
                made = planned(tenants=tenants)
                commit(made)
            return made, tenants
        except Exception as problem:
            failing = _failing(planned, tenants)
            if not failing:  # it is something else: the disk, say
                raise problem
            suspended = {
                row["tenant"]: row | {"status": SUSPENDED, "why": failing[row["tenant"]]}
                for row in tenants
                if row["tenant"] in failing
            }
            registry.put(session, names[TENANTS.name], suspended.values())
            tenants = [suspended.get(row["tenant"], row) for row in tenants]


def _failing(planned, tenants):
    """{tenant: what its rule fails with} of those whose rule fails on the rows that it would get."""
    harmless = [row | {"rule": "NULL"} for row in tenants]
    getting = planned(tenants=harmless).rows.where(F.col("state") == DELIVERED)
    failing = {}
    for row in tenants:
        if row["status"] == ON_BOARD:
            try:
                with _silent():
                    getting.where(F.col("tenant") == row["tenant"]).agg(F.max(_rule(row["rule"]))).collect()
            except Exception as error:
                failing[row["tenant"]] = first_line(error)[:200]
    return failing


@contextlib.contextmanager
def _silent():
    """Without the page that pyspark logs of an error: what a rule fails with is told in the table tenants, in a line."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _held(session, names):
    return session.table(names[TENANT_DELIVERIES.name]).where(F.col("state") != DELIVERED)


def _by_spark(session, names):
    """The rows of the table tenants as dicts, by name."""
    return sorted(session.table(names[TENANTS.name]).toArrow().to_pylist(), key=lambda row: row["tenant"])


def _registry(sink, names):
    """The function of a micro-batch that gives the same; by delta-rs in a hundredth of a second."""
    lake = runtime.lake()

    def by_delta_rs(batch):
        from deltalake import DeltaTable

        rows = DeltaTable(str(lake / TENANTS.name)).to_pyarrow_table().to_pylist()
        return sorted(rows, key=lambda row: row["tenant"])

    return by_delta_rs if sink == "delta-rs" else lambda batch: _by_spark(batch.sparkSession, names)


def _commit(sink, names):
    """The function commit(Plan, batch_id, first) that writes a micro-batch, once.

    An append names stream and micro-batch, and Delta skips the one that it has. A MERGE may be run again: it finds the rows
    by their key. Only the first micro-batch of a process can be one that was written before, by either, so it is always a
    MERGE, and looks for its rows in the whole table.
    """
    if sink == "delta-rs":
        append = sinks.append_rows_to(TENANT_DELIVERIES.name)
        merge = {among: sinks.committing(TENANT_DELIVERIES.name, _merging(among)) for among in ("", HELD)}
    checkpoint = runtime.checkpoint(TENANT_DELIVERIES.name)

    def commit(made, batch_id, first):
        rows, among = made.rows.coalesce(1), "" if first else HELD
        if sink == "delta-rs":
            (merge[among] if first or made.moves else append)(rows.toArrow(), batch_id)
        elif first or made.moves:
            _merge_by_spark(rows, names, among)
        else:
            writer = rows.write.format("delta").mode("append").option("txnAppId", checkpoints.stream_id(checkpoint))
            writer.option("txnVersion", batch_id).saveAsTable(names[TENANT_DELIVERIES.name])

    return commit


def _merge_by_spark(rows, names, among):
    view = f"{TENANT_DELIVERIES.name}_changes"
    rows.createOrReplaceTempView(view)
    rows.sparkSession.sql(MERGE.format(target=names[TENANT_DELIVERIES.name], changes=view, among=among))


def _merging(among):
    def merge(delta, rows, named):
        same = f"t.delivery_id = s.delivery_id {among.replace('<>', '!=')}"
        found = delta.merge(rows, same, source_alias="s", target_alias="t", commit_properties=named)
        found.when_matched_update_all(predicate="t.state != 'delivered'").when_not_matched_insert_all().execute()

    return merge
