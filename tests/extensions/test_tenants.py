"""Many tenants: each gets its rows, once, whatever comes, whoever floods and whose rule fails.

test_together.py kills it, with the others.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta

import helpers
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql.pandas.types import to_arrow_schema
from sleigh import extensions, landing, ledger, pipeline, runtime
from sleigh.errors import SleighError
from sleigh.extensions import tenants
from sleigh.extensions.tenants import fan_out, registry
from sleigh.pipeline import bronze, expectations, silver, streams
from sleigh.simulator import world
from sleigh.tables import BRONZE, QUARANTINE, SILVER, TENANT_DELIVERIES, TENANTS

NIGHT = {"start_minute": 600, "minutes": 10, "rate": 60, "faults": "flood=0.5,late=0", "every": 600}
TEN = datetime(2026, 12, 24, 20, tzinfo=UTC)
SCHEMA = to_arrow_schema(SILVER.columns, timezone="UTC")
OURS = [TENANT_DELIVERIES.name, TENANTS.name]


def bring(spark, *commits):
    """Append crafted rows to silver, a commit for each list of (delivery_id, region) or (delivery_id, region, num_gifts)."""
    runtime.create_table(spark, SILVER.name)
    path = str(runtime.lake() / SILVER.name)
    for commit in commits:
        rows = [
            {
                "delivery_id": row[0],
                "region": row[1],
                "num_gifts": row[2] if len(row) > 2 else 2,
                "delivery_time_seconds": 40,
                "delivery_timestamp": TEN + timedelta(seconds=int(row[0].strip("abcdefghijklmnopqrstuvwxyz") or 0)),
            }
            for row in commit
        ]
        write_deltalake(path, pa.Table.from_pylist(rows, SCHEMA), mode="append")


def run(spark, capacity=fan_out.CAPACITY, sink="delta-rs"):
    streams.drain(tenants.stream(capacity).start(spark, sink=sink))


def found(spark, *names):
    """{delivery_id: the values of these columns, one or a tuple}"""
    rows = runtime.read(spark, TENANT_DELIVERIES.name, ["delivery_id", *names]).to_pylist()
    assert len({row["delivery_id"] for row in rows}) == len(rows), "a delivery is there twice"
    return {row["delivery_id"]: tuple(row[name] for name in names) if names[1:] else row[names[0]] for row in rows}


def group(name, region, count):
    return [(f"{name}{number}", region) for number in range(count)]


# --- fair shares ----------------------------------------------------------------------------------------------------------


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 60), max_size=8), st.integers(0, 200))
def test_shares_are_max_min_fair(wanted, capacity):
    shares = tenants.fair(wanted, capacity)
    assert shares.keys() == wanted.keys() and sum(shares.values()) == min(capacity, sum(wanted.values()))
    assert all(0 <= shares[name] <= wanted[name] for name in wanted)
    short = [shares[name] for name in wanted if shares[name] < wanted[name]]
    # Whoever is left wanting has as much as anybody, but for one row that does not divide.
    assert all(max(shares.values()) <= share + len(wanted) for share in short)
    equal = capacity // max(1, len(wanted))
    assert all(shares[name] == wanted[name] for name in wanted if wanted[name] <= equal)


def test_who_wants_little_is_served_in_full():
    assert tenants.fair({"a": 9, "b": 30, "c": 500}, 120) == {"a": 9, "b": 30, "c": 81}
    assert tenants.fair({"a": 100, "b": 100, "c": 100}, 100) == {"a": 33, "b": 33, "c": 34}
    assert tenants.fair({}, 100) == {}


# --- a flooded night ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def flooded(spark, tmp_path_factory):
    """A lake with silver of ten minutes in which Europe floods, in three commits."""
    folder = tmp_path_factory.mktemp("flooded") / "lake"
    runtime.open_lake(spark, folder)
    landing.generate(spark, **NIGHT)
    pipeline.write(spark, bronze.ingest(spark.table(landing.TABLE)), BRONZE.name)
    pipeline.write(spark, expectations.quarantine(spark.table(BRONZE.name)), QUARANTINE.name)
    rows = silver.clean_batch(spark.table(BRONZE.name)).toArrow().sort_by("delivery_timestamp")
    runtime.create_table(spark, SILVER.name)
    third = -(-len(rows) // 3)
    for first in range(0, len(rows), third):
        write_deltalake(str(folder / SILVER.name), rows.slice(first, third), mode="append")
    return folder


@pytest.fixture(scope="module")
def done(spark, flooded, tmp_path_factory):
    """The same with tenants, 400 rows delivered a micro-batch at most; some of them wait."""
    folder = helpers.without(flooded, tmp_path_factory.mktemp("done") / "lake", ["nothing"])
    runtime.open_lake(spark, folder)
    tenants.prepare(spark)
    run(spark, capacity=400)
    return folder


@pytest.fixture
def mine(spark, done, tmp_path):
    """A copy of it, open."""
    return helpers.opened(spark, helpers.without(done, tmp_path / "lake", ["nothing"]))


def test_only_the_one_that_floods_waits_and_the_ledger_knows_where_every_row_is(spark, mine):
    audit = tenants.audit(spark)
    assert audit.balanced and audit.counts["waiting"] > 50, audit.wrong[:5]
    assert audit.line.startswith(f"silver {audit.counts['silver']:,} = delivered ")
    waits = {name: counts["waiting"] for name, counts in audit.counts["tenants"].items() if counts["waiting"]}
    assert waits.keys() == {"Europe"}
    assert tenants.deliver_waiting(spark, 200) > 1 and tenants.deliver_waiting(spark) == 0
    rows = found(spark, "tenant", "came_in", "delivered_in")
    late = Counter(tenant for tenant, came, delivered in rows.values() if delivered > came)
    assert late.keys() == {"Europe"}
    done = Counter(delivered for _, _, delivered in rows.values())
    assert max(done.values()) <= 400, "the capacity of a micro-batch"
    balance = extensions.audit(spark, ["tenants"], ledger.reconcile(spark, upto="silver"))
    assert balance.balanced and balance.extensions[0].counts["delivered"] == balance.silver == len(rows)


@pytest.mark.parametrize("sink", streams.SINKS)
def test_a_micro_batch_that_is_run_again_changes_nothing_whoever_has_come_or_gone_since(spark, lake, sink):
    """As if the process had died between the table's commit and the checkpoint's."""
    registry.begin(spark, ["Asia", "Europe"])
    bring(spark, group("e", "Europe", 9) + group("a", "Asia", 1), group("f", "Europe", 3) + group("x", "Africa", 2))
    run(spark, capacity=4, sink=sink)
    before = found(spark, "state", "came_in", "delivered_in")
    first, second = ({name for name, row in before.items() if row[2] == number} for number in (0, 1))
    assert first == {"a0", "e0", "e1", "e2"} and second == {"e3", "e4", "e5", "e6"}, "oldest first, whenever it came"
    assert Counter(state for state, _, _ in before.values()) == {"delivered": 8, "waiting": 5, "unknown": 2}
    tenants.onboard(spark, "Africa")  # the same rows would now be planned in another way
    (lake / "_checkpoints" / TENANT_DELIVERIES.name / "commits" / "1").unlink()
    run(spark, capacity=4, sink=sink)
    after = found(spark, "state", "came_in", "delivered_in")
    assert after.keys() == before.keys() and tenants.audit(spark).balanced
    assert all(after[name] == row for name, row in before.items() if row[0] == "delivered")
    tenants.deliver_waiting(spark)
    assert set(found(spark, "state").values()) == {"delivered"}


# --- who is a tenant ------------------------------------------------------------------------------------------------------


def test_a_lake_begins_with_every_region_on_board(spark, lake):
    assert list(registry.FIRST) == world.regions()
    tenants.prepare(spark)
    spark.sql("DELETE FROM tenants WHERE tenant = 'Asia'")
    tenants.prepare(spark)
    assert set(tenants.statuses(spark)) == {*registry.FIRST} - {"Asia"}, "what is there is kept"


def test_who_has_no_tenant_is_kept_apart_in_one_place_and_stops_nothing(spark, lake):
    registry.begin(spark, ["Asia"])
    strange = [None, "", "asia", "Atlantis", "O'Higgins/..%20", "🎅"]
    bring(spark, [(f"x{place}", name) for place, name in enumerate(strange)] + group("a", "Asia", 2))
    run(spark)
    rows = found(spark, "tenant", "state")
    assert Counter(rows.values()) == {("Asia", "delivered"): 2, (None, "unknown"): len(strange)}
    folders = {path.parent for path in (lake / TENANT_DELIVERIES.name).rglob("*.parquet")}
    assert len(folders) == 2, "not a folder for each name that somebody sends"
    audit = tenants.audit(spark)
    assert (
        audit.balanced and audit.counts["unknown"] == len(strange) and audit.counts["tenants"]["NULL"]["unknown"] == 1
    )


def test_a_new_tenant_gets_its_past_and_no_file_of_the_others_is_touched(spark, lake):
    registry.begin(spark, ["Africa", "Europe"])
    bring(spark, group("a", "Asia", 5) + group("f", "Africa", 3), [*group("e", "Europe", 4), ("x", "Atlantis")])
    run(spark)

    def files():
        log = DeltaTable(str(lake / TENANT_DELIVERIES.name))
        return {path for path in log.file_uris() if "tenant=Africa" in path or "tenant=Europe" in path}

    before = files()
    tenants.onboard(spark, "Asia", rule="num_gifts * 2")
    bring(spark, group("n", "Asia", 2))
    run(spark, capacity=4)  # the past is older, and has its turn first
    rows = found(spark, "tenant", "state", "own_measure")
    assert Counter(row for row in rows.values() if row[0] == "Asia") == {
        ("Asia", "delivered", 4.0): 4,
        ("Asia", "waiting", None): 3,
    }
    assert rows["n0"][1] == rows["n1"][1] == "waiting"
    tenants.deliver_waiting(spark)
    assert files() == before and len(before) == 2
    assert Counter(found(spark, "state").values()) == {"delivered": 14, "unknown": 1}
    assert tenants.audit(spark).balanced


REFUSED = {
    r"^a tenant needs a name, the region of its deliveries, not '  '$": lambda spark: tenants.onboard(spark, "  "),
    r"^a tenant needs a name, .* not None$": lambda spark: tenants.onboard(spark, None),
    r"^Asia is a tenant already \(on board\)$": lambda spark: tenants.onboard(spark, "Asia"),
    r"^the rule 'no_column / 2' is no SQL over the columns of silver": lambda spark: tenants.onboard(
        spark, "Africa", rule="no_column / 2"
    ),
    r"^the rule 'count\(\*\)' is no SQL": lambda spark: tenants.change(spark, "Asia", rule="count(*)"),
    r"^the rule 'num_gifts \+' is no SQL": lambda spark: tenants.change(spark, "Asia", rule="num_gifts +"),
    r"^there is no tenant 'Atlantis'; onboard takes one on board$": lambda spark: tenants.change(spark, "Atlantis"),
    r"^there is no tenant 'Atlantis' to off-board$": lambda spark: tenants.offboard(spark, "Atlantis"),
}


@pytest.fixture(scope="module")
def small(spark, tmp_path_factory):
    """A lake with one tenant and no rows."""
    folder = tmp_path_factory.mktemp("small") / "lake"
    runtime.open_lake(spark, folder)
    registry.begin(spark, ["Asia"])
    return folder


@pytest.mark.parametrize("said", REFUSED)
def test_what_cannot_be_is_one_line(spark, small, said):
    helpers.opened(spark, small)
    with pytest.raises(SleighError, match=said) as caught:
        REFUSED[said](spark)
    assert "\n" not in str(caught.value) and tenants.statuses(spark) == {"Asia": "on board"}


def test_the_view_shows_a_reader_its_own_rows_that_are_delivered(spark, mine):
    assert spark.table("my_deliveries").count() == 0, "nobody is a reader yet"
    me = spark.sql("SELECT current_user()").first()[0]
    tenants.change(spark, "Europe", reader=me)
    tenants.change(spark, "Africa", reader="somebody else")
    rows = spark.table("my_deliveries")
    delivered = tenants.audit(spark).counts["tenants"]["Europe"]["delivered"]
    assert [tuple(row) for row in rows.groupBy("region").count().collect()] == [("Europe", delivered)]
    assert rows.columns == [*SILVER.columns.names, "own_measure"]


# --- one of them fails ----------------------------------------------------------------------------------------------------


def test_a_rule_that_fails_takes_nobody_with_it(spark, lake):
    registry.begin(spark, ["Africa", "Asia", "Europe"])
    tenants.change(spark, "Africa", rule="12 / (num_gifts - 1)")
    healthy, sick = [("a1", "Africa", 3), ("e2", "Europe"), ("s3", "Asia")], [("a4", "Africa", 1), ("a5", "Africa", 3)]
    bring(spark, healthy, [*sick, ("e6", "Europe")], [("a7", "Africa", 3), ("s8", "Asia")])
    run(spark)
    assert tenants.statuses(spark) == {"Africa": "suspended", "Asia": "on board", "Europe": "on board"}
    why = {row["tenant"]: row["why"] for row in runtime.read(spark, TENANTS.name).to_pylist()}
    assert "DIVIDE_BY_ZERO" in why["Africa"] and "\n" not in why["Africa"] and why["Asia"] is None
    states = found(spark, "state")
    assert {name for name, state in states.items() if state == "failed"} == {"a4", "a5", "a7"}
    audit = tenants.audit(spark)
    assert audit.balanced and audit.counts["failed"] == 3 and audit.counts["delivered"] == 5
    tenants.change(spark, "Africa", rule="12 / nullif(num_gifts - 1, 0)")
    bring(spark, [("a9", "Africa", 2)])
    run(spark)
    measures = found(spark, "own_measure")
    assert [measures[name] for name in ("a1", "a4", "a5", "a7", "a9", "e2")] == [6, None, 6, 6, 12, 20]
    assert tenants.audit(spark).counts["delivered"] == 9
    tenants.change(spark, "Asia", rule="12 / (num_gifts - 1)")
    bring(spark, [("s10", "Asia", 1), ("a11", "Africa", 3)])
    run(spark, sink="spark")
    assert tenants.statuses(spark) == {"Africa": "on board", "Asia": "suspended", "Europe": "on board"}
    assert found(spark, "state")["s10"] == "failed" and found(spark, "own_measure")["a11"] == 6


def test_what_is_no_tenants_fault_is_raised_and_suspends_nobody(spark, lake, monkeypatch):
    registry.begin(spark, ["Asia"])
    bring(spark, group("a", "Asia", 2))

    def full(sink, names):
        def commit(made, batch_id, first):
            raise OSError("No space left on device")

        return commit

    monkeypatch.setattr(fan_out, "_commit", full)
    with pytest.raises(SleighError, match=r"^the disk is full"):
        run(spark)
    assert tenants.statuses(spark) == {"Asia": "on board"}


# --- one of them leaves ---------------------------------------------------------------------------------------------------


def test_who_leaves_is_gone_from_every_file_and_the_others_go_on(spark, mine):
    before = tenants.audit(spark).counts["tenants"]
    version = DeltaTable(str(mine / TENANT_DELIVERIES.name)).version()
    left = {row["table"]: row for row in tenants.offboard(spark, "Europe")}
    assert (left[TENANT_DELIVERIES.name]["rows"], left[TENANT_DELIVERIES.name]["on_disk"]) == (0, 0)
    assert left[TENANT_DELIVERIES.name]["in_log"] > 0, "the log still tells of the files that are gone"
    assert left[SILVER.name]["rows"] == before["Europe"]["silver"] and left[QUARANTINE.name]["on_disk"] > 0
    with pytest.raises(Exception, match="FILE_NOT_EXIST"):
        spark.sql(f"SELECT * FROM {TENANT_DELIVERIES.name} VERSION AS OF {version} WHERE tenant = 'Europe'").collect()
    audit = tenants.audit(spark)
    assert audit.balanced and audit.counts["off-boarded"] == before["Europe"]["silver"]
    assert audit.counts["tenants"]["Africa"] == before["Africa"]
    bring(spark, [("late1", "Europe"), ("late2", "Africa")])
    run(spark)
    assert "late1" not in found(spark, "state") and found(spark, "state")["late2"] == "delivered"
    assert {row["table"]: row["on_disk"] for row in tenants.remains(spark, "Europe")}[TENANT_DELIVERIES.name] == 0
    with pytest.raises(SleighError, match=r"^Europe was off-boarded and its rows are deleted"):
        tenants.onboard(spark, "Europe")
    # And from everything upstream, which does not stop the stream.
    left = tenants.offboard(spark, "Europe", tenants.EVERYWHERE)
    assert [row["table"] for row in left] == [table.name for table in tenants.EVERYWHERE]
    assert {(row["rows"], row["on_disk"]) for row in left} == {(0, 0)}
    bring(spark, [("new1", "Asia")])
    run(spark)
    audit = tenants.audit(spark)
    assert audit.balanced and found(spark, "state")["new1"] == "delivered" and audit.counts["off-boarded"] == 0


def test_nobody_leaves_while_a_stream_runs(spark, mine):
    query = tenants.stream().start(spark, sink="delta-rs", trigger=60)
    try:
        with pytest.raises(SleighError, match=r"^1 streams run: stop them before a tenant is off-boarded$"):
            tenants.offboard(spark, "Europe")
    finally:
        streams.stop(query)
    assert tenants.statuses(spark)["Europe"] == "on board"


# --- the audit ------------------------------------------------------------------------------------------------------------


def test_the_audit_names_what_is_wrong(spark, mine):
    table = DeltaTable(str(mine / TENANT_DELIVERIES.name))
    rows = table.to_pyarrow_table().filter(pa.compute.field("tenant") == "Africa").sort_by("delivery_id")
    gone, doubled, stolen, early, strange = rows["delivery_id"].to_pylist()[:5]
    table.delete(f"delivery_id = '{gone}'")
    table.update({"tenant": "'Asia'"}, predicate=f"delivery_id = '{stolen}'")
    table.update({"delivered_in": "-1"}, predicate=f"delivery_id = '{early}'")
    table.update({"state": "'failed'", "delivered_in": "NULL"}, predicate=f"delivery_id = '{strange}'")
    nobody = rows.slice(6, 1).set_column(0, rows.schema.field(0), pa.array(["SD-7-9"]))
    write_deltalake(table, pa.concat_tables([rows.slice(1, 1), nobody]), mode="append")
    audit = tenants.audit(spark)
    came = dict(zip(rows["delivery_id"].to_pylist(), rows["came_in"].to_pylist(), strict=True))
    assert not audit.balanced and "≠" in audit.line and came[early] > -1
    assert list(audit.wrong) == sorted(
        [
            f"{gone} of Africa is not there",
            f"{doubled} is there 2 times",
            f"{stolen} of Africa is given to Asia",
            f"{early} is delivered, and delivered in -1",
            f"{strange} is failed, and Africa is on board",
            "SD-7-9 is not in silver",
        ]
    )


def test_a_lake_without_tenants_says_who_makes_them(spark, flooded):
    helpers.opened(spark, flooded)
    with pytest.raises(SleighError, match=r"^there is no table tenant_deliveries in this lake yet: .*\(lesson 19\)"):
        tenants.audit(spark)
