"""Wrong places: each kind is what simulator/anomalies.py says of it, and all else is as in the night without them."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sleigh.domain import NIGHT_START, great_circle_km
from sleigh.simulator import world
from sleigh.simulator.faults import DEFAULT_FAULTS, parse_faults
from sleigh.simulator.night import night

NIGHT = {"minutes": 330, "rate": 60}
SETTLED = NIGHT_START + timedelta(minutes=240)  # of the last 90 minutes, late stops are still to come
PLACE = ["city", "country", "region", "timezone", "latitude", "longitude"]
FOLLOWS = [  # from the place
    *["weather_condition", "status", "delivery_time_seconds", "reindeer_speed_kmh", "magic_level"],
    "delay_probability",
]


def frame(faults):
    """Messages with their truth by seq; position is that in event order of the stops, the duplicates left out."""
    slice_ = night(**NIGHT, faults=faults)
    truth = slice_.truth.drop_columns(["delivery_id", "broken_rules"]).to_pandas()
    rows = pd.concat([slice_.events.to_pandas(), truth], axis=1)
    return rows[rows.kind != "duplicate"].sort_values(["event_time", "seq"], ignore_index=True)


@pytest.fixture(scope="module", params=["late=0.03,broken=0", "late=0.4,broken=0.2,duplicates=0.2"])
def pair(request):
    """The night with anomalies and without, row by row the same messages."""
    wrong, right = frame(f"{request.param},anomalies=0.03"), frame(request.param)
    assert (wrong.seq == right.seq).all()
    whole = (right.kind == "clean") if "broken" in request.param else right.kind.notna()
    return wrong, right, whole


def km(one, other):
    return great_circle_km(one.latitude.values, one.longitude.values, other.latitude.values, other.longitude.values)


def runs(mask):
    """(first, length) of each run of true values."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(int)))
    return list(zip(edges[::2], edges[1::2] - edges[::2], strict=True))


def test_all_other_rows_and_fields_are_as_in_the_night_without(pair):
    wrong, right, _ = pair
    same = wrong.anomaly == ""
    pd.testing.assert_frame_equal(wrong[same].drop(columns="anomaly"), right[same])
    untouched = [name for name in right.columns if name not in (*PLACE, *FOLLOWS, "distance_from_previous_km")]
    pd.testing.assert_frame_equal(wrong[untouched], right[untouched])


def test_a_jump_is_far_from_its_own_city_and_nothing_else(pair):
    wrong, right, whole = pair
    jump = whole & (wrong.anomaly == "jump")
    assert jump.sum() > 50
    changed = ["latitude", "longitude", "anomaly"]
    pd.testing.assert_frame_equal(wrong[jump].drop(columns=changed), right[jump].drop(columns=changed[:2]))
    away = km(wrong[jump], right[jump])
    assert away.min() > 99.9 and away.max() < 10_000.1 and 700 < np.median(away) < 1500
    assert wrong[jump].latitude.abs().max() <= 90 and wrong[jump].longitude.between(-180, 180).all()


def test_a_loop_is_in_a_city_of_two_to_twelve_stops_before_and_only_the_distance_is_that_of_the_way(pair):
    wrong, right, whole = pair
    loop = np.flatnonzero(whole & (wrong.anomaly == "loop") & (wrong.event_time < SETTLED))
    assert len(loop) > 50
    back = []
    for place in loop[loop >= 12]:
        earlier = [steps for steps in range(2, 13) if right.city[place - steps] == wrong.city[place]]
        assert earlier, f"{wrong.city[place]} is none of the cities before"
        back.append(earlier[0])
    assert {2, 3, 4} < set(back) and max(back) > 8
    centre = world.cities().to_pandas().set_index("city").loc[wrong.city[loop]]
    assert km(wrong.loc[loop], centre).max() < 5.7
    assert km(wrong.loc[loop], right.loc[loop]).min() >= 500
    assert (wrong.distance_from_previous_km[loop] == right.distance_from_previous_km[loop]).all()


def test_a_standstill_is_three_to_five_stops_at_the_place_of_the_one_before(pair):
    wrong, right, whole = pair
    found = runs((wrong.anomaly == "standstill").to_numpy())
    found = [(first, length) for first, length in found if wrong.event_time[first + length - 1] < SETTLED]
    assert {length for _, length in found} == {3, 4, 5}
    for first, length in found:
        run = slice(first, first + length - 1)  # .loc takes its end in
        rows = wrong.loc[run][whole.loc[run]]
        assert (rows.latitude == wrong.latitude[first - 1]).all() and wrong.anomaly[first - 1] == ""
        assert (rows.longitude == wrong.longitude[first - 1]).all()
        assert (rows.distance_from_previous_km == 0).all()
        assert (rows.city == right.loc[rows.index].city).all()


def test_a_third_of_the_rate_begins_each_kind():
    rows = frame("late=0.03,broken=0,duplicates=0,anomalies=0.03")
    rows = rows[rows.event_time < SETTLED]
    begun = {"jump": (rows.anomaly == "jump").sum(), "standstill": len(runs((rows.anomaly == "standstill").to_numpy()))}
    for kind, count in begun.items():
        assert stats.binomtest(int(count), len(rows), 0.01).pvalue > 1e-4, kind
    # Some of the loops would lie too near, and are none.
    assert 0.6 < (rows.anomaly == "loop").sum() / (0.01 * len(rows)) < 1


def test_a_duplicate_repeats_what_its_original_said():
    slice_ = night(**NIGHT, faults="anomalies=0.1,duplicates=0.2")
    rows = pd.concat([slice_.events.to_pandas(), slice_.truth.to_pandas()[["kind", "anomaly"]]], axis=1)
    originals = rows[rows.kind == "clean"].set_index("delivery_id")
    copies = rows[(rows.kind == "duplicate") & rows.delivery_id.isin(originals.index)]
    assert (copies.anomaly != "").sum() > 100
    expected = originals.loc[copies.delivery_id].reset_index().drop(columns="kind")
    pd.testing.assert_frame_equal(copies.drop(columns="kind").reset_index(drop=True), expected)


def test_the_first_stops_of_the_night_have_no_place_to_go_back_to():
    slice_ = night(2, rate=30, faults="late=0,broken=0,duplicates=0,anomalies=0.5")
    rows = slice_.truth.to_pandas()
    assert rows.anomaly[0] in ("", "jump")
    assert slice_.events["distance_from_previous_km"][0].as_py() == 0


def test_they_are_there_on_request_alone():
    assert parse_faults("anomalies=0.006") == DEFAULT_FAULTS | {"anomalies": 0.006}
    assert parse_faults("anomalies=0") == DEFAULT_FAULTS and "anomalies" not in parse_faults("none")
    assert "anomaly" not in night(1).truth.schema.names
    with pytest.raises(ValueError, match=r"^faults: the rate of anomalies must be a number from 0 to 0.5, not '2'$"):
        parse_faults("anomalies=2")
