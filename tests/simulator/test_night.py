"""The night: the same bytes every time, however it is cut; the stated rates; the stated patterns."""

import hashlib
import re
from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sleigh import tables as tables
from sleigh.domain import NIGHT_START
from sleigh.simulator import world
from sleigh.simulator.faults import BREAKABLE, DEFAULT_FAULTS, parse_faults
from sleigh.simulator.night import batches, check_arguments, night

HOUR = night(60)


def frame(slice_):
    """Events and truth side by side, the truth's id as true_id."""
    truth = slice_.truth.to_pandas().rename(columns={"delivery_id": "true_id"})
    return pd.concat([slice_.events.to_pandas(), truth], axis=1)


def same(slice_, *parts):
    return all(
        getattr(slice_, table).equals(pa.concat_tables([getattr(part, table) for part in parts]))
        for table in ("events", "truth")
    )


def within(count, n, rate):
    """Whether `count` of `n` is what a rate can give, but for one time in a million."""
    return stats.binomtest(int(count), int(n), rate).pvalue > 1e-6


# --- the same every time


def test_digest():
    """If this fails, every committed output of the course has to be made again."""
    slice_ = night(2, start_minute=100, rate=300, faults="broken=0.2,duplicates=0.1,late=0.2")
    first = slice_.truth.select(slice_.truth.schema.names[:7])  # what came later is behind these, and has its own tests
    truth = pa.table(
        [column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column for column in first],
        names=first.schema.names,
    )
    text = repr([slice_.events.to_pylist(), truth.to_pylist()])
    assert (
        hashlib.sha256(text.encode()).hexdigest() == "556b5ba1626dc90b85c6bfa15fdc8835a95ffe2664aede5c2f24c62e9fcc5a3d"
    )


def test_same_arguments_same_night_other_seed_another():
    assert same(night(3), night(3))
    assert not night(3, seed=25).events["latitude"].equals(night(3).events["latitude"])


def test_two_hours_are_an_hour_and_an_hour():
    assert same(night(120), HOUR, night(60, start_minute=60))


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(
    start=st.integers(0, 300) | st.integers(1300, 1460),
    lengths=st.lists(st.integers(1, 20), min_size=2, max_size=2),
    rate=st.integers(1, 90),
    faults=st.sampled_from(
        ["default", "none", "late=0.5", "broken=0.5,duplicates=0.5,late=0.5", "anomalies=0.5,late=0.5"]
    ),
)
def test_a_cut_changes_nothing(start, lengths, rate, faults):
    first, second = lengths
    arguments = {"rate": rate, "seed": rate, "faults": faults}
    whole = night(first + second, start_minute=start, **arguments)
    parts = [night(first, start_minute=start, **arguments), night(second, start_minute=start + first, **arguments)]
    assert same(whole, *parts)


def test_a_minute_is_the_same_in_the_whole_night():
    arguments = {"rate": 20, "faults": "late=0.3,duplicates=0.2"}
    whole = night(1500, **arguments)
    for minute in (0, 1, 95, 700, 1499):
        one = night(1, start_minute=minute, **arguments)
        assert one.events.equals(whole.events.slice(20 * minute, 20))
        assert one.truth.equals(whole.truth.slice(20 * minute, 20))


# --- arrival, types, ids


def test_exact_rate_and_order_of_arrival():
    truth = HOUR.truth.to_pandas()
    assert len(truth) == 36_000 and (truth.seq == range(36_000)).all()
    assert (truth.arrival_time == NIGHT_START + pd.to_timedelta(truth.seq * 100, unit="ms")).all()


def test_batches_have_50_rows_and_global_numbers():
    found = list(batches(night(2, start_minute=7)))
    assert [number for number, _, _ in found] == list(range(84, 108))
    assert all(len(events) == len(truth) == 50 for _, events, truth in found)


def test_batches_are_slices_of_the_night_and_none_is_empty():
    slice_ = night(3, rate=7)
    found = list(batches(slice_, 2.5))
    assert same(slice_, *[type(slice_)(events, truth) for _, events, truth in found])
    assert all(len(events) for _, events, _ in found) and len(found) == 21 < 3 * 24
    first, later = slice_.events["num_gifts"].chunk(0), found[-1][1]["num_gifts"].chunk(0)
    assert first.buffers()[1].address == later.buffers()[1].address
    with pytest.raises(ValueError, match="seconds must be"):
        list(batches(slice_, 0))


def test_columns_and_types_are_the_schemas():
    types = {"string": pa.string(), "int": pa.int32(), "double": pa.float64()}
    expected = [(field.name, types[field.dataType.simpleString()]) for field in tables.EVENT.fields]
    assert list(zip(HOUR.events.schema.names, HOUR.events.schema.types, strict=True)) == expected
    moment = pa.timestamp("us", "UTC")
    expected = {"seq": pa.int64(), "delivery_id": pa.string(), "event_time": moment, "arrival_time": moment}
    expected |= {"kind": pa.string(), "broken_rules": pa.list_(pa.string()), "late_seconds": pa.float64()}
    expected |= {"delay_probability": pa.float64()}
    assert dict(zip(HOUR.truth.schema.names, HOUR.truth.schema.types, strict=True)) == expected


@pytest.mark.parametrize("rate", [600, 7_001])
def test_ids_sort_like_the_messages_of_the_whole_night(rate):
    slices = [night(1, start_minute=minute, rate=rate, faults="none") for minute in (0, 9, 1499)]
    ids = [one for slice_ in slices for one in slice_.events["delivery_id"].to_pylist()]
    assert ids == sorted(set(ids))


# --- faults


def test_no_faults():
    rows = frame(night(60, faults="none"))
    assert (rows.kind == "clean").all() and (rows.late_seconds == 0).all() and (rows.delivery_id == rows.true_id).all()
    assert rows.broken_rules.map(len).sum() == 0
    assert rows.timestamp.is_monotonic_increasing


@pytest.mark.parametrize("start", [0, 60, 800])
@pytest.mark.parametrize("faults", ["default", "broken=0.2,duplicates=0.1,late=0.25"])
def test_rates(start, faults):
    rows, rates = frame(night(60, start_minute=start, faults=faults)), parse_faults(faults)
    assert within((rows.kind == "broken").sum(), len(rows), rates["broken"])
    assert within((rows.kind == "duplicate").sum(), len(rows), rates["duplicates"])
    own = rows[rows.kind != "duplicate"]
    late = own.late_seconds[own.late_seconds > 0]
    assert within(len(late), len(own), rates["late"])
    assert late.max() <= 5400
    if start >= 90:  # before that, some would lie before the night
        assert late.min() >= 10
        for low, high, share in ((10, 300, 0.80), (300, 3600, 0.17), (3600, 5401, 0.03)):
            assert within(late.between(low, high, inclusive="left").sum(), len(late), share)


def test_lateness_holds_from_the_first_minute_and_never_reaches_before_the_night():
    rows = frame(night(1, rate=30_000, faults="late=0.4,broken=0,duplicates=0"))
    assert within((rows.late_seconds > 0).sum(), len(rows), 0.4)
    assert rows.event_time.min() >= NIGHT_START
    assert (rows.late_seconds == (rows.arrival_time - rows.event_time).dt.total_seconds()).all()


def test_the_timestamp_sent_is_the_event_time():
    rows = frame(HOUR)
    rows = rows[rows.broken_rules.map(lambda rules: "valid_timestamp" not in rules)]
    assert rows.timestamp.str.fullmatch(r"2026-12-24T\d\d:\d\d:\d\d\.\d\d\dZ").all()
    assert (pd.to_datetime(rows.timestamp, format="ISO8601").dt.as_unit("us") == rows.event_time).all()


def broken_fields(row):
    """For each rule that a row of events breaks, the broken values: written here anew, shares nothing with the library."""
    found = {}
    if not row["delivery_id"]:
        found["valid_delivery_id"] = row["delivery_id"]
    if not re.fullmatch(r"2026-12-2[45]T.*Z", row["timestamp"] or ""):
        found["valid_timestamp"] = row["timestamp"]
    if row["status"] not in ("en_route", "delivered", "delayed"):
        found["valid_status"] = row["status"]
    bad = [v for v, limit in ((row["latitude"], 90), (row["longitude"], 180)) if v is None or abs(v) > limit]
    if bad:
        found["valid_coordinates"] = bad[0]
    if row["num_gifts"] is None or row["num_gifts"] < 1:
        found["positive_gifts"] = row["num_gifts"]
    return found


def test_the_truth_about_broken_rows_and_every_rule_by_null_and_by_value():
    nulls, values, several = set(), set(), set()
    for event, truth in zip(HOUR.events.to_pylist(), HOUR.truth.to_pylist(), strict=True):
        found = broken_fields(event)
        assert sorted(found) == truth["broken_rules"], event
        assert (truth["kind"] == "broken") == bool(found)
        several.add(len(found))
        for rule, value in found.items():
            (nulls if value is None else values).add(rule)
    assert nulls == values == set(BREAKABLE) and tuple(sorted(BREAKABLE)) == BREAKABLE
    assert several == {0, 1, 2, 3, 4, 5}


def test_both_coordinates_may_be_missing_or_one_or_one_may_be_off():
    rows = frame(HOUR)
    rows = rows[rows.broken_rules.map(lambda rules: "valid_coordinates" in rules)]
    forms = set(zip(rows.latitude.isna(), rows.longitude.isna(), strict=True))
    assert forms == {(True, True), (True, False), (False, True), (False, False)}


def test_no_broken_timestamp_is_a_time_for_duckdb():
    texts = set(HOUR.events["timestamp"].to_pylist()) - {None}
    bad = [text for text in texts if not text.startswith("2026-12-24T")]
    assert len(bad) >= 3
    for text in bad:
        assert duckdb.execute("SELECT try_cast($1 AS TIMESTAMP), try_cast($1 AS TIMESTAMPTZ)", [text]).fetchone() == (
            None,
            None,
        )


@pytest.mark.parametrize(("start", "rate"), [(0, 600), (60, 600), (200, 3)])
def test_a_duplicate_is_an_exact_copy_of_a_clean_message_of_the_last_four_minutes(start, rate):
    lead = min(start, 4)
    arguments = {"rate": rate, "faults": "duplicates=0.1,broken=0.1,late=0.1"}
    slice_ = night(60 + lead, start_minute=start - lead, **arguments)
    events, truth = slice_.events.to_pylist(), slice_.truth.to_pylist()
    original = {t["delivery_id"]: i for i, t in enumerate(truth) if t["kind"] == "clean"}
    copies = [i for i, t in enumerate(truth) if t["kind"] == "duplicate" and t["seq"] >= start * rate]
    assert copies
    for i in copies:
        source = original[truth[i]["delivery_id"]]
        assert events[source] == events[i] and truth[source]["event_time"] == truth[i]["event_time"]
        gap = truth[i]["arrival_time"] - truth[source]["arrival_time"]
        assert timedelta(0) < gap <= timedelta(minutes=4)
    ids = [t["delivery_id"] for t in truth if t["kind"] != "duplicate"]
    assert len(ids) == len(set(ids))


# --- the route


def angle_km(lat1, lon1, lat2, lon2):
    """Distance by the angle between two vectors: another formula than the library's."""
    lat1, lon1, lat2, lon2 = map(np.radians, (lat1, lon1, lat2, lon2))
    a, b = (
        np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
        for lat, lon in ((lat1, lon1), (lat2, lon2))
    )
    return 6371.0088 * np.arctan2(np.linalg.norm(np.cross(a, b, axis=0), axis=0), (a * b).sum(axis=0))


@pytest.mark.parametrize("faults", ["none", "default", "late=0.4"])
def test_distances_are_between_consecutive_stops_in_event_time_however_it_was_cut(faults):
    rows = frame(night(300, rate=120, faults=faults))
    alone = frame(night(20, start_minute=110, rate=120, faults=faults))
    rows = rows[rows.kind != "duplicate"].sort_values(["event_time", "seq"], ignore_index=True)
    expected = angle_km(rows.latitude.shift(), rows.longitude.shift(), rows.latitude, rows.longitude)
    expected[0] = 0.0  # the first stop of the night
    known = rows.broken_rules.map(lambda rules: "valid_coordinates" not in rules)
    known &= known.shift(fill_value=True)
    # The last 90 minutes lack the late stops that arrive after them.
    known &= rows.event_time < NIGHT_START + timedelta(minutes=210)
    assert known.sum() > 20_000
    assert np.abs(rows.distance_from_previous_km - expected)[known].max() < 0.0006  # 3 decimals

    whole = pd.Series(np.asarray(expected)[known], rows.seq[known])
    alone = alone[alone.kind != "duplicate"].set_index("seq").distance_from_previous_km
    common = alone.index.intersection(whole.index)
    assert len(common) > 2000 and np.abs(alone[common] - whole[common]).max() < 0.0006


def test_santa_moves_west_with_midnight():
    rows = frame(night(1500, rate=60, faults="none"))
    minute = (rows.event_time - NIGHT_START).dt.total_seconds() / 60
    midnight = rows.city.map(dict(zip(world.cities()["city"].to_pylist(), world.midnights(), strict=True)))
    assert (minute - midnight).abs().max() <= 120
    assert set(rows.city) == set(world.cities()["city"].to_pylist())
    mean = minute.groupby(rows.timezone).mean()
    assert mean.idxmin() == "Pacific/Kiritimati" and mean.idxmax() in ("Pacific/Pago_Pago", "Pacific/Niue")
    by_midnight = minute.groupby(midnight).mean()
    assert by_midnight.is_monotonic_increasing
    assert rows.groupby(minute.astype(int)).city.nunique().min() >= 3


def test_stops_lie_round_the_city():
    rows = frame(night(60, start_minute=700, faults="none"))
    centre = world.cities().to_pandas().set_index("city").loc[rows.city]
    off = angle_km(rows.latitude.values, rows.longitude.values, centre.latitude.values, centre.longitude.values)
    assert off.max() < 5.7 and np.median(off) > 1


# --- patterns that can be found again


@pytest.fixture(scope="module")
def clean_hour():
    rows = frame(HOUR)
    return rows[rows.kind == "clean"]


def test_statuses():
    rows = frame(night(1500, rate=100, faults="none"))
    share = rows.status.value_counts(normalize=True)
    assert abs(share.en_route - 0.15) < 0.005 and abs(share.delivered - 0.80) < 0.005
    assert abs(share.delayed - 0.05) < 0.003


def test_delays_come_as_often_as_the_truth_says():
    """For each weather and gift of a whole night, and for each hour of it: a count that this probability can give."""
    rows = frame(night(1500, rate=100, faults="none"))
    late = rows.status == "delayed"
    kinds = rows.groupby(["weather_condition", "gift_type"]).delay_probability
    assert len(kinds) == 28 and (kinds.nunique() == 1).all()
    for (weather, gift), group in kinds:
        assert within(late[group.index].sum(), len(group), group.iloc[0]), (weather, gift)
    for hour, group in rows.groupby(rows.event_time.dt.floor("h")).delay_probability:
        spread = np.sqrt((group * (1 - group)).sum())
        assert abs(late[group.index].sum() - group.sum()) < 5 * spread, hour


def test_every_message_has_its_probability_and_a_copy_that_of_its_original():
    rows = frame(night(60, rate=100, faults="broken=0.3,duplicates=0.3,late=0.3"))
    assert rows.delay_probability.between(0.01, 0.2).all()
    assert (rows[rows.kind != "broken"].groupby("true_id").delay_probability.nunique() == 1).all()


def chi_square(one, other):
    return stats.chi2_contingency(pd.crosstab(one, other)).pvalue


def test_delay_depends_on_the_weather(clean_hour):
    late = clean_hour.status == "delayed"
    assert chi_square(clean_hour.weather_condition, late) < 0.001
    rate = late.groupby(clean_hour.weather_condition).mean()
    assert rate["Clear"] < rate["Foggy"] < rate["Snowy"]


def test_delay_depends_on_the_weight(clean_hour):
    late = clean_hour.status == "delayed"
    weight = clean_hour.gift_type.map(world.GIFT_WEIGHT_KG)
    assert chi_square(weight, late) < 0.001
    assert late[weight == 30].mean() > 1.5 * late[weight <= 5].mean()


def test_volume_follows_population(clean_hour):
    """Cities with the same midnight: the counts are not even, but as the cube roots of the populations."""
    cities = world.cities().to_pandas()
    zone = cities[cities.utc_offset_minutes == 13 * 60].set_index("city")
    counts = clean_hour.city.value_counts()[zone.index]
    assert stats.chisquare(counts).pvalue < 0.001
    share = np.cbrt(zone.population) / np.cbrt(zone.population).sum()
    assert stats.chisquare(counts, share * counts.sum()).pvalue > 0.001


def test_a_delay_takes_one_and_a_half_to_three_times_as_long():
    rows = frame(night(300, rate=200, faults="none"))
    ratio = rows.delivery_time_seconds / rows.gift_type.map(world.GIFT_SECONDS)
    on_time, delayed = ratio[rows.status != "delayed"], ratio[rows.status == "delayed"]
    means = on_time.groupby(rows.gift_type).mean()
    assert means.between(0.98, 1.02).all(), means
    assert 2.2 < delayed.mean() < 2.3 and delayed.max() < 1.4 * 3 + 0.03
    assert rows.delivery_time_seconds.min() >= 1


def test_weather_is_a_slow_process_of_each_city():
    rows = frame(night(1500, rate=100, faults="late=0.3"))
    rows = rows[rows.kind == "clean"]
    step = (rows.event_time - NIGHT_START) // timedelta(minutes=15)
    cell = rows.groupby(["city", step]).weather_condition
    assert (cell.nunique() == 1).all()
    weather = cell.first().unstack()
    changes = (weather != weather.shift(axis=1)) & weather.notna() & weather.shift(axis=1).notna()
    pairs = (weather.notna() & weather.shift(axis=1).notna()).sum().sum()
    assert 0.05 < changes.sum().sum() / pairs < 0.20
    latitude = world.cities().to_pandas().set_index("city").latitude
    snowy = rows[rows.weather_condition == "Snowy"].city.map(latitude)
    assert snowy.min() > 20 and len(set(rows.weather_condition)) == 4


def test_magic_falls_during_a_leg_and_recovers(clean_hour):
    minute = (clean_hour.event_time - NIGHT_START) // timedelta(minutes=3) % 10
    mean = clean_hour.magic_level[clean_hour.weather_condition == "Clear"].groupby(minute).mean()
    assert (np.diff(mean[:8]) < -3).all() and (np.diff(mean[7:]) > 3).all()
    assert clean_hour.magic_level.between(0, 100).all()


def test_speed_depends_on_weather_and_magic(clean_hour):
    speed = clean_hour.reindeer_speed_kmh
    assert speed.groupby(clean_hour.weather_condition).mean()["Snowy"] < 0.85 * speed.mean()
    clear = clean_hour[clean_hour.weather_condition == "Clear"]
    assert stats.pearsonr(clear.reindeer_speed_kmh, clear.magic_level).statistic > 0.3


# --- arguments


def test_parse_faults():
    assert parse_faults() == parse_faults("default") == DEFAULT_FAULTS
    assert parse_faults("none") == {"broken": 0, "duplicates": 0, "late": 0}
    assert parse_faults("broken=0.05, late=0") == {"broken": 0.05, "duplicates": 0.01, "late": 0}
    assert parse_faults({"late": 0.5}) == {"broken": 0.02, "duplicates": 0.01, "late": 0.5}
    parse_faults()["late"] = 1
    assert DEFAULT_FAULTS["late"] == 0.03


@pytest.mark.parametrize(
    "faults",
    ["", "all", "late", "late=", "late=x", "late=nan", "late=-0.1", "late=0.51", "lost=0.1", "late=0,", {"x": 0}],
)
def test_bad_faults(faults):
    with pytest.raises(ValueError, match=r"\Afaults[^\n]*\Z"):
        parse_faults(faults)


@pytest.mark.parametrize(
    "arguments",
    [
        {"minutes": 0},
        {"minutes": 1501},
        {"minutes": 1.5},
        {"minutes": True},
        {"start_minute": -1},
        {"start_minute": 1441},
        {"rate": 0},
        {"rate": 1_000_001},
        {"rate": "600"},
        {"seed": -1},
        {"faults": "late=2"},
    ],
)
def test_bad_arguments(arguments):
    with pytest.raises(ValueError, match=r"\A[^\n]+\Z") as caught:
        night(**arguments)
    assert next(iter(arguments)) in str(caught.value)


def test_the_last_minute_of_the_night_is_allowed_and_the_next_is_not():
    truth = night(1, start_minute=1499, rate=2).truth
    assert truth["arrival_time"].to_pylist()[-1] == datetime(2026, 12, 25, 10, 59, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match="1500"):
        check_arguments(2, 1499, 600, "default")
