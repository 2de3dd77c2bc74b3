"""Routes as a stream: every stop on one route, as a batch plans it, whatever is late or odd; and the audit.

test_together.py kills it, with the others.
"""

import shutil
from importlib import import_module

import helpers
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable, write_deltalake
from helpers import message
from sleigh import extensions, landing, ledger, pipeline, runtime
from sleigh.extensions import routes
from sleigh.extensions.routes import planning
from sleigh.pipeline import bronze, silver, streams
from sleigh.pipeline.stages import Stream
from sleigh.serve import warehouse
from sleigh.tables import LANDING, ROUTE_LEGS, SILVER

NIGHT = {
    "minutes": 24,
    "start_minute": 840,
    "rate": 90,
    "seed": 7,
    "faults": "late=0.4,broken=0.05,duplicates=0.05",
    "every": 480,
}
"""Midnight in London, two regions at a time; 3 commits."""


@pytest.fixture(scope="module")
def planned_folder(spark, tmp_path_factory):
    """NIGHT in silver and on routes, a commit to a micro-batch."""
    folder = tmp_path_factory.mktemp("routes") / "lake"
    runtime.open_lake(spark, folder)
    landing.generate(spark, **NIGHT)
    streams.drain(Stream(LANDING, lambda sent: silver.clean(bronze.ingest(sent)), SILVER).start(spark))
    pipeline.run(spark, stages=extensions.stages(["routes"]))
    return folder


@pytest.fixture
def planned(spark, planned_folder):
    """The lake of planned_folder, open. Read it only."""
    return helpers.opened(spark, planned_folder)


@pytest.fixture
def copied(spark, planned_folder, tmp_path):
    """A copy of it, open."""
    return helpers.opened(spark, shutil.copytree(planned_folder, tmp_path / "lake"))


def test_the_stream_plans_what_a_batch_plans_of_the_stops_that_it_took(spark, planned):
    taken = spark.table(ROUTE_LEGS.name).select("delivery_id")
    batch = planning.legs(spark.table(SILVER.name).join(taken, "delivery_id", "left_semi"))
    found = runtime.read(spark, ROUTE_LEGS.name)
    helpers.assert_same(found, batch)
    assert len(found) > 1000 and len(pc.unique(found["route_id"])) > 20
    assert set(found["solver"].to_pylist()) >= {"2-opt and Or-opt", "as flown"}


def test_the_audit_counts_every_stop_and_the_three_lengths(spark, planned):
    (audit,) = extensions.audit(spark, ["routes"], ledger.Ledger()).extensions
    counts = audit.counts
    assert audit.balanced, audit.wrong
    assert counts["on_route"] + counts["waiting"] + counts["too_late"] == counts["silver"] > 1800
    assert counts["too_late"] > 10 and counts["waiting"] > 100
    assert counts["on_route"] == len(runtime.read(spark, ROUTE_LEGS.name))
    assert counts["at_least_km"] <= counts["planned_km"] < counts["flown_km"] / 5
    assert counts["planned_km"] < 1.3 * counts["at_least_km"]
    assert (
        f"too late {counts['too_late']:,} · routes {counts['routes']:,}: flown {counts['flown_km']:,} km" in audit.line
    )


def test_a_long_route_is_bounded_by_some_of_its_stops(spark, planned, monkeypatch):
    whole = routes.audit(spark).counts
    monkeypatch.setattr(import_module("sleigh.extensions.routes.audit"), "SAMPLE", 8)
    assert 0 < routes.audit(spark).counts["at_least_km"] < whole["at_least_km"]


def test_both_sinks_write_the_same(spark, planned_folder, tmp_path):
    expected = runtime.read(spark, ROUTE_LEGS.name) if helpers.opened(spark, planned_folder) else None
    lake = helpers.without(planned_folder, tmp_path / "lake", [ROUTE_LEGS.name])
    helpers.opened(spark, lake)
    pipeline.run(spark, stages=extensions.stages(["routes"]), sink="delta-rs", mode="live")
    helpers.assert_same(runtime.read(spark, ROUTE_LEGS.name), expected)
    assert routes.audit(spark).balanced


def change(folder, table, keep):
    """Write `table` of the lake at `folder` anew, as keep(rows) has it."""
    path = str(folder / table.name)
    write_deltalake(path, keep(DeltaTable(path).to_pyarrow_table()), mode="overwrite")


def put(rows, place, name, value):
    """`rows` with `value` in the column `name` of the row at `place`."""
    column = rows[name].to_pylist()
    column[place] = value
    return rows.set_column(rows.schema.get_field_index(name), name, pa.array(column, rows.schema.field(name).type))


def test_the_audit_names_what_is_wrong(spark, copied):
    legs = runtime.read(spark, ROUTE_LEGS.name).sort_by([("route_id", "ascending"), ("planned_position", "ascending")])
    on_time = {row["delivery_id"] for row in landing.truth().to_pylist() if row["late_seconds"] == 0}
    names = sorted(set(legs["route_id"].to_pylist()), key=lambda name: -legs["route_id"].to_pylist().count(name))[:5]
    first = [legs["route_id"].index(name).as_py() for name in names]
    last = [first[place] + legs["route_id"].to_pylist().count(name) - 1 for place, name in enumerate(names)]
    ids = legs["delivery_id"].to_pylist()
    gone = next(place for place in range(last[0], first[0], -1) if ids[place] in on_time)

    legs = put(legs, last[1], "planned_position", 999)
    legs = put(legs, last[2], "planned_km", legs["planned_km"][last[2]].as_py() + 0.5)
    legs = put(legs, last[3], "region", "Atlantis")
    doubled = legs.slice(last[4], 1)
    stranger = put(put(doubled, 0, "delivery_id", "SD-7-9"), 0, "route_id", "nowhere")
    kept = pa.concat_tables([legs.slice(0, gone), legs.slice(gone + 1), doubled, stranger])
    change(copied, ROUTE_LEGS, lambda _: kept)
    found = routes.audit(spark)
    assert not found.balanced
    for line in [
        f"{ids[gone]} is on no route",
        f"{ids[last[4]]} is on routes 2 times",
        f"{ids[last[3]]} is on a route of another window or region",
        f"{names[1]} skips a place or has one twice",
        f"{names[2]} is not as long as it says",
        "SD-7-9 is on a route and not in silver",
    ]:
        assert line in found.wrong
    change(copied, ROUTE_LEGS, lambda _: put(legs, first[0], "flown_km", -1e6))
    assert f"{names[0]} is longer than what was flown" in routes.audit(spark).wrong


def test_no_row_stops_the_stream_and_a_restart_goes_on_with_its_state(spark, lake):
    """Each run is a stream of its own: the stops of the open window come from the state of the run before."""
    odd = [
        message(0),
        message(1, latitude=None),
        message(2, longitude=float("nan")),
        message(3, region=None),
        message(4, region=""),
        message(5, latitude=90.0, longitude=-180.0),
        message(6, region='O\'Higgins "x" 🎄'),
    ]
    for commit in (odd, [message(7, 30), message(900)], [message(8, 20)]):
        pipeline.write(spark, silver.conform(helpers.bronze_rows(spark, commit)).coalesce(1), SILVER.name)
        streams.drain(routes.STAGES["routes"][0].start(spark))
    found = {row["delivery_id"]: row for row in runtime.read(spark, ROUTE_LEGS.name).to_pylist()}
    assert sorted(found) == [f"T-{number:05d}" for number in range(8)], "the one after it is late, the one before waits"
    by_route = {}
    for name, row in found.items():
        by_route.setdefault(row["route_id"], []).append(name[-1])
    by_route = {route: sorted(names) for route, names in by_route.items()}
    noon = "2026-12-24 12:00"
    assert by_route == {
        f"{noon} Oceania": ["0", "1", "2", "5", "7"],
        noon: ["3"],
        f"{noon} ": ["4"],
        f'{noon} O\'Higgins "x" 🎄': ["6"],
    }
    assert found["T-00001"]["planned_km"] is None and found["T-00002"]["flown_km"] is None
    assert [found[f"T-0000{number}"]["planned_position"] for number in (0, 7, 5, 1, 2)] == [1, 2, 3, 4, 5]


def test_both_engines_answer_the_dashboards_query_alike(spark, planned):
    house = warehouse.Warehouse(planned)
    house.refresh(missing="empty")
    helpers.assert_same(house.ask("routes"), warehouse.ask_spark(spark, "routes"))
