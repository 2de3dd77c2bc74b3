"""Floods: what simulator/flood.py says of them, and the radio's own messages are as in the night without them."""

from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sleigh.domain import NIGHT_MINUTES, NIGHT_START, great_circle_km
from sleigh.simulator import flood, world
from sleigh.simulator.faults import DEFAULT_FAULTS, parse_faults
from sleigh.simulator.night import batches, night

FAULTS = "late=0.2,broken=0.1,duplicates=0.1"
NIGHT = {"start_minute": 595, "rate": 60}
FLOODED = night(20, **NIGHT, faults=f"{FAULTS},flood=0.5")


def frame(slice_):
    truth = slice_.truth.to_pandas().rename(columns={"delivery_id": "true_id"})
    rows = pd.concat([slice_.events.to_pandas(), truth], axis=1)
    minute = (rows.arrival_time - pd.Timestamp(NIGHT_START)).dt.total_seconds() // 60
    return rows.assign(minute=minute.astype(int))


def of_radio(slice_):
    mine = pc.invert(slice_.truth["helper"])
    return slice_.events.filter(mine).combine_chunks(), slice_.truth.filter(mine).combine_chunks()


@pytest.mark.parametrize("more", ["", ",anomalies=0.05"])
def test_the_radio_sends_what_it_sends_without_a_flood(more):
    events, truth = of_radio(night(20, **NIGHT, faults=f"{FAULTS}{more},flood=0.5"))
    calm = night(20, **NIGHT, faults=FAULTS + more)
    assert events.equals(calm.events.combine_chunks())
    assert truth["seq"].to_pylist() == [flood.SEQ_STEP * seq for seq in calm.truth["seq"].to_pylist()]
    assert truth.drop_columns(["seq", "helper"]).equals(calm.truth.drop_columns(["seq"]).combine_chunks())


@pytest.mark.parametrize("cut", [1, 6, 7, 13])
def test_slices_fit_together(cut):
    first = night(cut, **NIGHT, faults=f"{FAULTS},flood=0.5")
    second = night(20 - cut, start_minute=595 + cut, rate=60, faults=f"{FAULTS},flood=0.5")
    for table in ("events", "truth"):
        assert pa.concat_tables([getattr(first, table), getattr(second, table)]).equals(getattr(FLOODED, table))


def test_helpers_send_for_each_stop_on_time_of_their_region_while_it_floods():
    rows = frame(FLOODED)
    (here,) = [each for each in flood.schedule(24, 0.5) if 595 <= each["first"] < 615]
    helpers, radio = rows[rows.helper], rows[~rows.helper]
    assert set(helpers.region) == {here["region"]} and set(helpers.minute) == set(range(here["first"], here["last"]))
    on_time = (radio.kind != "duplicate") & (radio.late_seconds == 0) & (radio.region == here["region"])
    stops = radio[on_time & radio.minute.between(here["first"], here["last"] - 1)]
    assert len(stops) > 10 and len(helpers) == len(stops) * (here["factor"] - 1)
    assert Counter(helpers.true_id.str[:-3]) == dict.fromkeys(stops.true_id, here["factor"] - 1)
    cities = stops.set_index("true_id").city
    assert (helpers.city.to_numpy() == cities[helpers.true_id.str[:-3]].to_numpy()).all()


def test_they_are_whole_and_come_before_the_next_message_in_order_of_seq():
    rows = frame(FLOODED)
    helpers = rows[rows.helper]
    assert set(helpers.kind) == {"clean"} and (helpers.delivery_id == helpers.true_id).all()
    assert helpers.delivery_id.is_unique and not set(helpers.delivery_id) & set(rows[~rows.helper].true_id)
    assert rows.arrival_time.is_monotonic_increasing and rows.seq.is_monotonic_increasing and rows.seq.is_unique
    assert ((helpers.late_seconds >= 0) & (helpers.late_seconds < 1)).all()
    assert helpers.broken_rules.map(len).eq(0).all() and helpers.num_gifts.between(1, 8).all()
    centre = world.cities().to_pandas().set_index("city").loc[helpers.city]
    km = great_circle_km(helpers.latitude.values, helpers.longitude.values, centre.latitude, centre.longitude)
    assert np.max(km) < 5.7 and 0 < helpers.distance_from_previous_km.mean() < 11.4


def test_the_schedule_is_what_it_says():
    all_of_them, half = flood.schedule(24, 1.0), flood.schedule(24, 0.5)
    assert len(all_of_them) == NIGHT_MINUTES // flood.BLOCK_MINUTES and len(half) < 40
    assert [each for each in all_of_them if each in half] == half, "a lower rate has some of a higher rate's floods"
    for block, each in enumerate(all_of_them):
        assert each["first"] // 30 == (each["last"] - 1) // 30 == block
        assert flood.LENGTHS[0] <= each["last"] - each["first"] <= flood.LENGTHS[1]
        assert flood.FACTORS[0] <= each["factor"] <= flood.FACTORS[1] <= flood.SEQ_STEP
    assert {each["region"] for seed in range(9) for each in flood.schedule(seed, 1.0)} == set(world.regions())


def test_batches_take_all_of_it():
    parts = [events for _, events, _ in batches(FLOODED, 60)]
    assert pa.concat_tables(parts).equals(FLOODED.events) and len(parts) == 20
    assert max(map(len, parts)) > 3 * 60


def test_they_are_there_on_request_alone():
    assert parse_faults("flood=0.5") == DEFAULT_FAULTS | {"flood": 0.5}
    assert parse_faults("flood=0") == DEFAULT_FAULTS and "flood" not in parse_faults("none")
    assert "helper" not in night(1).truth.schema.names and "helper" in night(1, faults="flood=0.1").truth.schema.names
    with pytest.raises(ValueError, match=r"^faults: the rate of flood must be a number from 0 to 0.5, not '50'$"):
        parse_faults("flood=50")
