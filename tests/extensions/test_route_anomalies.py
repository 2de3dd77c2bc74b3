"""Route anomalies: the rules by hand, the processor without Spark, the stream against both, and the audit.

test_together.py kills it, with the others.
"""

import random
import shutil

import helpers
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable, write_deltalake
from helpers import message
from hops import found_by_stream, in_order
from pyspark.sql import Row
from pyspark.sql.streaming.tws_tester import TwsTester
from sleigh import extensions, landing, ledger, pipeline, runtime
from sleigh.extensions import route_anomalies
from sleigh.extensions.route_anomalies import rules
from sleigh.extensions.route_anomalies.route import Route
from sleigh.extensions.route_anomalies.rules import Stop
from sleigh.pipeline import bronze, silver, streams
from sleigh.pipeline.stages import Stream
from sleigh.tables import LANDING, ROUTE_ANOMALIES, ROUTE_HOPS, SILVER

NIGHT = {
    "minutes": 30,
    "start_minute": 90,
    "rate": 60,
    "seed": 7,
    "faults": "late=0.4,broken=0.05,anomalies=0.05",
    "every": 600,
}
MINUTE = 60_000_000  # in µs


# --- the rules, by hand ---------------------------------------------------------------------------------------------------


def stop(number, city="Suva", latitude=-18.14, longitude=178.44, km=0.0):
    return Stop(number * 1_000_000, f"T-{number:05d}", city, latitude, longitude, km)


AUCKLAND = {"city": "Auckland", "latitude": -36.85, "longitude": 174.76}
WAY = rules.distance(stop(0), stop(0, **AUCKLAND))


def kinds(*stops):
    """The kind of each stop but the last, in this order."""
    line = [None, *stops]
    return [rules.examine(*line[place : place + 3], rules.centres())["kind"] for place in range(len(stops) - 1)]


def test_a_way_there_and_back_is_in_order():
    assert 2100 < WAY < 2200
    assert kinds(stop(0), stop(1, **AUCKLAND, km=WAY), stop(2, km=WAY), stop(3, **AUCKLAND, km=WAY)) == [None] * 3


def test_a_stop_far_from_its_city_is_a_jump_whatever_its_hops_say():
    away = AUCKLAND | {"latitude": -38.0}
    assert kinds(stop(0), stop(1, **away, km=WAY), stop(2, km=WAY)) == [None, "jump"]
    assert kinds(stop(1, **away), stop(2))[0] == "jump", "the first of the night, too"


def test_a_loop_has_two_broken_hops_and_a_missing_stop_breaks_one():
    assert kinds(stop(0), stop(1, km=WAY), stop(2, km=WAY), stop(3, km=0.02)) == [None, "loop", None]
    assert kinds(stop(0), stop(1, km=WAY), stop(2, km=0.02), stop(3, km=0.02)) == [None, None, None]


def test_a_hop_is_broken_only_above_the_tolerance():
    on_the_line, above = rules.HOP_KM, rules.HOP_KM + 0.001
    assert kinds(stop(0), stop(1, km=on_the_line), stop(2, km=on_the_line)) == [None, None]
    assert kinds(stop(0), stop(1, km=above), stop(2, km=on_the_line)) == [None, None]
    assert kinds(stop(0), stop(1, km=above), stop(2, km=above)) == [None, "loop"]


def test_a_standstill_says_that_it_has_not_moved_and_has_not():
    here = stop(0)
    assert kinds(here, stop(1, city="Auckland"), stop(2)) == [None, "standstill"]
    assert kinds(here, stop(1), stop(2)) == [None, "standstill"], "even in its own city: two houses are not one place"
    assert kinds(here, stop(1, km=3.0), stop(2)) == [None, None]


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(None, 178.44), (-18.14, None), (None, None), (float("nan"), 178.44), (90.5, 0.0), (0.0, 180.5)],
)
def test_a_stop_without_a_position_says_so_and_its_neighbours_are_judged(latitude, longitude):
    nowhere = stop(1, latitude=latitude, longitude=longitude, km=WAY)
    found = rules.examine(stop(0), nowhere, stop(2), rules.centres())
    assert found["kind"] == "no position"
    assert (found["computed_km"], found["gap_in_km"], found["gap_out_km"], found["city_km"]) == (None,) * 4
    assert kinds(stop(0), nowhere, stop(2), stop(3, km=0.02)) == [None, "no position", None]


def test_an_unknown_city_and_a_missing_distance_say_so():
    assert kinds(stop(0, city="Atlantis"), stop(1, city=None), stop(2)) == ["unknown city"] * 2
    assert kinds(stop(0), stop(1, km=None), stop(2, km=WAY)) == [None, None]


def test_poles_and_the_antimeridian_are_places_like_others():
    east, west = stop(0, "Suva", -18.0, 180.0), stop(1, "Suva", -18.0, -180.0)
    assert rules.distance(east, west) == 0
    pole = stop(0, "Suva", 90.0, 0.0)
    assert rules.distance(pole, pole._replace(longitude=120.0)) == 0
    assert rules.distance(pole, pole._replace(latitude=-90.0)) == pytest.approx(20_015.115)


# --- the processor, without Spark -----------------------------------------------------------------------------------------


class Trial:
    """A Route fed with micro-batches as Spark does it; `examined` is what it has handed out, (event_us, id)."""

    def __init__(self, processor=None):
        self.tester = TwsTester(
            processor or Route(rules.centres()),
            timeMode="EventTime",
            outputMode="Append",
            eventTimeExtractor=lambda row: row.event_us // 1000,
        )
        self.examined, self.accepted, self.newest = [], [], 0

    def take(self, stops):
        late = self.tester._currentWatermarkMs * 1000
        self.accepted += [each for each in stops if each.event_us // 1000 * 1000 > late]
        self._keep(self.tester.test("the one", [Row(**each._asdict()) for each in stops]))
        self.newest = max([self.newest, *(each.event_us for each in stops)])
        watermark = (self.newest - ROUTE_HOPS.watermark_minutes * MINUTE) // 1000
        if watermark > self.tester._currentWatermarkMs:
            self._keep(self.tester.setWatermark(watermark))

    def _keep(self, rows):
        self.examined += [(row.event_us, row.delivery_id) for row in rows]

    def state(self):
        return [Stop(*each) for name in ("waiting", "last") for each in self.tester.peekListState(name, "the one")]


@pytest.mark.parametrize("seed", range(20))
def test_each_accepted_stop_is_examined_once_in_order_however_they_came(seed):
    draw = random.Random(seed)
    trial, number = Trial(), 0
    for batch in range(draw.randint(2, 12)):
        stops = []
        for _ in range(draw.randint(0, 40)):
            number += 1
            late = draw.choice([0, 0, 0, draw.randint(0, 9 * MINUTE)])
            stops.append(stop(number)._replace(event_us=(20 + batch) * MINUTE + draw.randint(0, 99) * 500 - late))
        trial.take(stops)
    passed = trial.newest - ROUTE_HOPS.watermark_minutes * MINUTE
    ready = sorted(each[:2] for each in trial.accepted if each.event_us // 1000 <= passed // 1000)
    assert trial.examined == ready[:-1], "the last waits for its successor"
    waiting = [each for each in trial.accepted if each[:2] not in set(ready)]
    assert len(trial.state()) == len(waiting) + min(2, len(ready)), "and nothing else is remembered"


def test_the_timer_is_enough_and_no_further_row_is_needed():
    trial = Trial()
    trial.take([stop(60 * minute) for minute in (10, 12, 11)])
    assert trial.examined == []
    trial.tester.setWatermark(11 * 60_000)
    trial._keep(trial.tester.setWatermark(12 * 60_000))
    assert [name for _, name in trial.examined] == ["T-00660"], "10 came with the watermark before"


# --- the stream -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def examined_folder(spark, tmp_path_factory):
    """(NIGHT in silver and along the route, a commit to a micro-batch; how many rows Spark has dropped there)."""
    folder = tmp_path_factory.mktemp("route") / "lake"
    runtime.open_lake(spark, folder)
    landing.generate(spark, **NIGHT)
    streams.drain(Stream(LANDING, lambda sent: silver.clean(bronze.ingest(sent)), SILVER).start(spark))
    queries = []
    for stage in extensions.stages(["route_anomalies"]).values():
        queries.append(stage[0].start(spark))
        streams.drain(queries[-1])
    return folder, sum(step["dropped"] for step in streams.progress(queries[0]))


@pytest.fixture
def examined(spark, examined_folder):
    """The lake of examined_folder, open. Read it only."""
    return helpers.opened(spark, examined_folder[0])


@pytest.fixture
def copied(spark, examined_folder, tmp_path):
    """A copy of it, open."""
    folder = shutil.copytree(examined_folder[0], tmp_path / "lake")
    runtime.open_lake(spark, folder)
    return folder


def test_the_stream_finds_what_the_rules_find_in_order(spark, examined):
    expected, found = in_order(spark), found_by_stream(spark)
    assert len(found) == len(expected) + 1 > 1000
    assert expected == {name: found[name] for name in expected}
    flagged = {name for name, row in found.items() if row["kind"]}
    anomalies = runtime.read(spark, ROUTE_ANOMALIES.name)
    assert sorted(flagged) == sorted(anomalies["delivery_id"].to_pylist()) and len(flagged) > 100
    assert {row["kind"] for row in found.values()} == {None, *rules.KINDS}


def test_the_times_are_those_of_silver(spark, examined):
    silver_times, hops = (
        dict(zip(*runtime.read(spark, name, ["delivery_id", "delivery_timestamp"]).to_pydict().values(), strict=True))
        for name in (SILVER.name, ROUTE_HOPS.name)
    )
    assert hops.items() <= silver_times.items()


def test_the_audit_counts_every_row_of_silver(spark, examined, examined_folder):
    audit = route_anomalies.audit(spark)
    counts = audit.counts
    assert audit.balanced and audit.name == "route_anomalies"
    assert counts["examined"] + counts["waiting"] + counts["too_late"] == counts["silver"]
    assert counts["too_late"] == examined_folder[1] > 0, "what Spark says that it has dropped"
    assert 200 < counts["waiting"] < 301
    assert counts["found"] > 9 * (counts["missed"] + counts["false"]) / 10
    assert f"found {counts['found']}, missed {counts['missed']}, false {counts['false']}" in audit.line
    truth = landing.truth().to_pylist()
    wrong = {row["delivery_id"] for row in truth if row["anomaly"]}
    flagged = set(runtime.read(spark, ROUTE_ANOMALIES.name)["delivery_id"].to_pylist())
    assert counts["found"] == len(flagged & wrong) and counts["false"] == len(flagged - wrong)


def change(folder, table, keep):
    """Write `table` of the lake at `folder` anew, as keep(rows) has it."""
    path = str(folder / table.name)
    write_deltalake(path, keep(DeltaTable(path).to_pyarrow_table()), mode="overwrite")


def without(name):
    return lambda rows: rows.filter(pc.not_equal(rows["delivery_id"], name))


def doubled(name):
    return lambda rows: pa.concat_tables([rows, rows.filter(pc.equal(rows["delivery_id"], name))])


def test_the_audit_names_what_was_examined_twice_or_never(spark, copied):
    hops = runtime.read(spark, ROUTE_HOPS.name).sort_by("delivery_timestamp")
    on_time = {row["delivery_id"] for row in landing.truth().to_pylist() if row["late_seconds"] == 0}
    fine = [row["delivery_id"] for row in hops.to_pylist() if row["kind"] is None and row["delivery_id"] in on_time]
    flagged = next(row["delivery_id"] for row in hops.to_pylist() if row["kind"])
    change(copied, ROUTE_HOPS, without(fine[100]))
    change(copied, ROUTE_HOPS, doubled(fine[200]))
    change(copied, SILVER, without(fine[300]))
    change(copied, ROUTE_ANOMALIES, without(flagged))
    audit = route_anomalies.audit(spark)
    assert audit.wrong == tuple(
        sorted(
            [
                f"{fine[100]} was never examined",
                f"{fine[200]} was examined 2 times",
                f"{fine[300]} was examined and is not in silver",
                f"{flagged} was found to be an anomaly and is not one",
            ]
        )
    )
    whole = ledger.Ledger(generated=1, landed=1)
    assert whole.balanced and not extensions.audit(spark, ["route_anomalies"], whole).balanced


def test_an_older_lake_has_no_anomalies_in_its_truth_and_none_are_found(spark, plain_folder, tmp_path):
    runtime.open_lake(spark, shutil.copytree(plain_folder, tmp_path / "lake"))
    pipeline.run(spark, stages=extensions.stages(["route_anomalies"]), sink="delta-rs")
    audit = route_anomalies.audit(spark)
    assert audit.balanced and audit.counts["found"] == audit.counts["missed"] == audit.counts["too_late"] == 0
    assert audit.counts["examined"] > 1800 and audit.counts["false"] < 20
    rows = in_order(spark)
    assert rows == {name: row for name, row in found_by_stream(spark).items() if name in rows}


def test_no_row_stops_the_stream_and_a_restart_goes_on_with_its_state(spark, lake):
    """Each run is a stream of its own: what waits for its successor comes from the state of the run before."""
    suva = {"city": "Suva", "country": "Fiji"}
    odd = [
        message(0, **suva, latitude=None),
        message(1, **suva, longitude=None, distance_from_previous_km=None),
        message(2, city="Atlantis"),
        message(3, city=None),
        message(4, latitude=90.0, longitude=0.0),
        message(5, latitude=-18.14, longitude=-180.0),
        message(6, latitude=-18.14, longitude=180.0, distance_from_previous_km=0.0),
    ]
    for commit in (odd, [message(900)], [message(1800)]):
        pipeline.write(spark, silver.conform(helpers.bronze_rows(spark, commit)), SILVER.name)
        streams.drain(route_anomalies.STAGES["route_hops"][0].start(spark))
    found = found_by_stream(spark)
    assert [found[f"T-{number:05d}"]["kind"] for number in range(7)] == [
        *["no position", "no position", "unknown city", "unknown city", "jump", "jump", "standstill"]
    ]
    assert len(found) == 7, "of the others, one waits for the watermark and one for its successor"
    assert not spark.streams.active and spark.conf.get("fs.file.impl", None) is None
