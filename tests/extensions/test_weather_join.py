"""The weather of each delivery: right by what has landed, whatever comes when; or a reason.

test_together.py kills it, with the others.
"""

import datetime as dt
import shutil

import helpers
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from sleigh import extensions, landing, ledger, pipeline, runtime
from sleigh.errors import SleighError
from sleigh.extensions.weather_join import asof, client, collector, processes
from sleigh.pipeline import sinks
from sleigh.serve import warehouse
from sleigh.simulator.weather_reports import reports
from sleigh.tables import LANDING_WEATHER, SILVER_WEATHER

NAMES = ["weather_join"]
STAGES = extensions.stages(NAMES)
WEATHER, JOINED = LANDING_WEATHER.name, SILVER_WEATHER.name


@pytest.fixture(scope="module")
def joined_folder(spark, late_folder, tmp_path_factory):
    """A lake with late events, to which the service and the collector were run, and the stream, as `sleigh run` does."""
    folder = shutil.copytree(late_folder, tmp_path_factory.mktemp("joined") / "lake")
    runtime.open_lake(spark, folder)
    extensions.prepare(spark, NAMES)
    with extensions.beside(NAMES, folder):
        extensions.catch_up(NAMES, folder)
        pipeline.run(spark, stages=STAGES)
    return folder


@pytest.fixture
def joined(spark, joined_folder):
    """The lake of joined_folder, open. Read it only."""
    return helpers.opened(spark, joined_folder)


@pytest.fixture
def fresh(spark, late_folder, tmp_path):
    """A copy of the lake with late events, without any weather yet, open."""
    folder = helpers.opened(spark, shutil.copytree(late_folder, tmp_path / "lake"))
    extensions.prepare(spark, NAMES)
    return folder


def audit(spark):
    return extensions.load(NAMES)["weather_join"].audit(spark)


def land_weather(until):
    """Land what the service publishes before second `until` of the night, without a service."""
    lake = runtime.lake()
    since = landing.last_second(lake, WEATHER) or 0
    rows, _ = reports(helpers.LATE["seed"], since=since, until=until)
    landing.append_files(lake / WEATHER, rows, rows["issued_at"], until)


END = 60 * (helpers.LATE["start_minute"] + helpers.LATE["minutes"])


# The join


def at(minute, second=0):
    return dt.datetime(2026, 12, 24, 12, tzinfo=dt.UTC) + dt.timedelta(minutes=minute, seconds=second)


OBSERVED = [  # city, valid_from, condition, issued_at, as minutes after noon
    ("Suva", 0, "Clear", 3),
    ("Suva", 15, "Snowy", 18),
    ("Suva", 15, "Foggy", 40),  # corrected
    ("Suva", 30, "Cloudy", 35),
    ("Suva", 100, "Clear", 104),
    ("Apia", 0, None, 3),  # says nothing
    ("it's <b>", 0, "Snowy", 2),
]
DELIVERED = [  # id, city, minute -> condition or reason
    ("before", "Suva", -1, asof.NONE),
    ("at once", "Suva", 0, "Clear"),
    ("between", "Suva", 14, "Clear"),
    ("corrected", "Suva", 15, "Foggy"),
    ("the next", "Suva", 30, "Cloudy"),
    ("an hour", "Suva", 89, "Cloudy"),
    ("too old", "Suva", 90, asof.NONE),
    ("fresh again", "Suva", 100, "Clear"),
    ("not heard of yet", "Suva", 500, asof.DOWN),
    ("silent", "Apia", 10, asof.NONE),
    ("nowhere", None, 10, asof.NONE),
    ("odd", "it's <b>", 10, "Snowy"),
    ("same odd", "IT'S <B>", 10, asof.NONE),
]


def tables_of(observed):
    kinds = [pa.string(), pa.timestamp("us", "UTC"), pa.string(), pa.timestamp("us", "UTC")]
    rows = [(city, at(valid), condition, at(issued)) for city, valid, condition, issued in observed]
    columns = list(zip(*rows, strict=True)) if rows else [[]] * 4
    weather = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    ids, cities, minutes, _ = zip(*DELIVERED, strict=True)
    times = pa.array(map(at, minutes), kinds[1])
    deliveries = pa.table({"delivery_id": ids, "delivery_timestamp": times, "city": pa.array(cities, pa.string())})
    return deliveries, pa.Table.from_arrays(weather, names=client.SCHEMA.names)


def test_a_delivery_gets_the_newest_observation_that_is_not_younger_and_a_reason_else(spark, lake):
    deliveries, weather = tables_of(OBSERVED)
    found = asof.join(spark, spark.createDataFrame(deliveries), spark.createDataFrame(weather)).toArrow()
    said = {row["delivery_id"]: row["condition"] or row["reason"] for row in found.to_pylist()}
    assert said == {name: expected for name, _, _, expected in DELIVERED} and len(found) == len(DELIVERED)
    by_duckdb = sinks.select(
        asof.OBSERVED.replace("{asked}", "SELECT * FROM {asked}"), asked=deliveries, weather=weather
    )
    helpers.assert_same(by_duckdb, found)
    nothing = sinks.select(
        asof.OBSERVED.replace("{asked}", "SELECT * FROM {asked}"), asked=deliveries, weather=weather[:0]
    )
    assert set(nothing["reason"].to_pylist()) == {asof.DOWN} and len(nothing) == len(DELIVERED)


# The stream


def test_every_delivery_has_the_weather_that_has_landed_or_a_reason(spark, joined):
    found = audit(spark)
    assert found.balanced, found.wrong
    counts = found.counts
    assert counts["silver"] == counts["rows"] == counts["with_weather"] + counts["no_observation"] > 900
    assert counts["service_down"] == 0 and counts["landed"] == len(reports(helpers.LATE["seed"], until=END)[0])
    assert 60 < counts["true_percent"] < 100, "some are wrong and not corrected yet"
    balance = extensions.audit(spark, NAMES, ledger.reconcile(spark))
    assert balance.balanced and f"silver {balance.silver:,} = with weather" in str(balance)


def test_both_sinks_any_cut_and_a_replay_end_with_the_same_rows(spark, fresh, joined):
    expected = runtime.read(spark, JOINED)
    helpers.opened(spark, fresh)
    land_weather(END - 3900)  # then the service is down, for more than the hour that its last observations hold
    pipeline.run(spark, stages=STAGES, sink="delta-rs")
    found = audit(spark)
    assert found.balanced and min(found.counts["service_down"], found.counts["with_weather"]) > 100, found
    before = helpers.counted(runtime.read(spark, JOINED))
    land_weather(END)
    pipeline.run(spark, stages=STAGES, sink="spark")
    helpers.assert_same(runtime.read(spark, JOINED), expected)
    mended = before - helpers.counted(expected)
    assert mended.total() > found.counts["service_down"], "rows that had weather have a newer one"
    commits = fresh / "_checkpoints" / JOINED / "commits"
    max(commits.glob("[0-9]*"), key=lambda file: int(file.name)).unlink()
    pipeline.run(spark, stages=STAGES)
    helpers.assert_same(runtime.read(spark, JOINED), expected)


# The ledger


def test_what_is_wrong_is_named(spark, joined_folder, tmp_path):
    lake = helpers.opened(spark, shutil.copytree(joined_folder, tmp_path / "lake"))
    table = DeltaTable(str(lake / JOINED))
    rows = table.to_pyarrow_table()
    rows = rows.filter(pa.compute.is_valid(rows["condition"])).sort_by("delivery_id")
    gone, doubled, other, unreasoned = rows["delivery_id"].to_pylist()[:4]
    table.delete(f"delivery_id = '{gone}'")
    table.update({"condition": "'Hail'"}, predicate=f"delivery_id = '{other}'")
    table.update({"condition": "NULL", "valid_from": "NULL"}, predicate=f"delivery_id = '{unreasoned}'")
    nobody = rows.slice(5, 1).set_column(0, rows.schema.field(0), pa.array(["SD-7-9"]))
    write_deltalake(table, pa.concat_tables([rows.slice(1, 1), nobody]), mode="append")
    wrong = audit(spark).wrong
    assert len(wrong) == 5
    for line in (
        f"{gone} has no weather and no reason",
        f"{doubled} has 2 rows of weather",
        f"{other} has Hail of ",
        f"{unreasoned} has nothing, and what has landed says ",
        "SD-7-9 is not in silver",
    ):
        assert any(each.startswith(line) for each in wrong), line
    assert "≠" in audit(spark).line


def test_an_observation_that_was_lost_or_landed_twice_is_named(spark, joined_folder, tmp_path):
    lake = helpers.opened(spark, shutil.copytree(joined_folder, tmp_path / "lake"))
    table = DeltaTable(str(lake / WEATHER))
    rows = table.to_pyarrow_table().sort_by("issued_at")
    unused = [row for row in rows.to_pylist() if row["valid_from"].hour == 10][:2]
    (first, second) = unused
    table.delete(f"city = '{first['city']}' AND valid_from = '{first['valid_from']:%Y-%m-%dT%H:%M:%SZ}'")
    write_deltalake(table, pa.Table.from_pylist([second], rows.schema), mode="append")
    wrong = [line for line in audit(spark).wrong if line.startswith("landing")]
    assert len([line for line in wrong if line.startswith(f"landing: lacks {first['city']} ")]) >= 1
    assert len([line for line in wrong if line.startswith(f"landing: has {second['city']} ")]) == 1


def test_a_lake_without_a_night_or_without_the_tables_says_so(spark, lake, plain_folder, tmp_path):
    with pytest.raises(SleighError, match=r"^this lake does not say which night it holds"):
        audit(spark)
    helpers.opened(spark, plain_folder)
    with pytest.raises(SleighError, match=r"^there is no table landing_weather in this lake yet: .*\(lesson 20\)"):
        audit(spark)


# Beside a run, and live


def test_on_a_lake_that_is_no_folder_nothing_is_started(monkeypatch, tmp_path):
    class Elsewhere:
        has_files = False

    monkeypatch.setattr(runtime, "backend", Elsewhere)
    with processes.beside(tmp_path):
        processes.catch_up(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_service_that_does_not_start_stops_no_run(monkeypatch, fresh):
    monkeypatch.setattr(processes, "_START_SECONDS", 0.1)
    monkeypatch.setattr(collector, "PATIENCE_SECONDS", 0.1)
    processes.catch_up(fresh)
    assert landing.last_second(fresh, WEATHER) is None


def test_both_engines_answer_the_dashboards_query_alike(spark, joined):
    house = warehouse.Warehouse(joined)
    house.refresh()
    rows = house.ask("weather_join")
    helpers.assert_same(rows, warehouse.ask_spark(spark, "weather_join"))
    assert sum(rows["deliveries"].to_pylist()) == audit(spark).counts["silver"]
