"""The reference data: real places, in the right order of midnights."""

import csv
import math
from collections import Counter
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import make_cities
import numpy as np
import pytest
from sleigh import domain
from sleigh.paths import ROOT
from sleigh.simulator import world


def test_at_least_48_cities_in_7_regions_with_unique_names():
    names = world.cities()["city"].to_pylist()
    assert len(names) >= 48 and len(set(names)) == len(names)
    assert len(world.regions()) >= 7
    assert world.cities()["population"].to_numpy().min() > 0


def test_midnight_sweeps_from_kiritimati_to_pago_pago():
    zones, midnights = world.cities()["timezone"].to_pylist(), world.midnights()
    assert (np.diff(midnights) >= 0).all()
    assert midnights[0] == 0 and zones[0] == "Pacific/Kiritimati"
    assert midnights[-1] == domain.NIGHT_MINUTES and zones[-1] == "Pacific/Pago_Pago"
    in_each_hour = Counter(midnights // 60)
    assert all(in_each_hour[hour] >= 2 for hour in range(26)), in_each_hour


def test_offsets_are_those_of_the_time_zones():
    for city in world.cities().to_pylist():
        midnight = datetime(2026, 12, 25, tzinfo=ZoneInfo(city["timezone"]))
        assert midnight.utcoffset().total_seconds() == 60 * city["utc_offset_minutes"], city
    assert datetime(2026, 12, 25, tzinfo=ZoneInfo("Pacific/Kiritimati")).astimezone(UTC) == domain.NIGHT_START


def test_the_file_is_what_its_tool_makes():
    with (ROOT / "data" / "cities.csv").open(encoding="utf-8", newline="") as file:
        held = list(csv.DictReader(file))
    assert held == [{name: str(value) for name, value in row.items()} for row in make_cities.rows()]


def test_gifts_and_weather_are_the_designs():
    gifts = {name: (world.GIFT_WEIGHT_KG[name], world.GIFT_SECONDS[name]) for name in world.GIFT_SHARE}
    assert gifts == {
        "Toys": (30, 45),
        "Books": (15, 30),
        "Electronics": (20, 60),
        "Clothing": (15, 35),
        "Games": (12, 40),
        "Art Supplies": (5, 35),
        "Sports Equipment": (3, 50),
    }
    assert math.isclose(sum(world.GIFT_SHARE.values()), 1)
    assert domain.WEATHER_IMPACT == {"Clear": 1.0, "Cloudy": 0.95, "Foggy": 0.85, "Snowy": 0.75}


@pytest.mark.parametrize(
    ("start", "end", "km", "tolerance"),
    [
        ((0, 0), (90, 0), 6371.0088 * math.pi / 2, 1e-9),  # a quarter of a meridian
        ((0, 0), (0, 180), 6371.0088 * math.pi, 1e-9),  # half of the equator
        ((12.5, -7.25), (12.5, -7.25), 0, 1e-9),
        # Lyon to Paris, as the documentation of the Python package haversine 2.1 has it (a sphere, too)
        ((45.7597, 4.8422), (48.8567, 2.3508), 392.2172595594006, 1e-9),
        # Wellington to Salamanca, from the documentation of GeographicLib: on the ellipsoid, hence the tolerance
        ((-41.32, 174.81), (40.96, -5.50), 19959.679267, 0.005),
    ],
)
def test_great_circle(start, end, km, tolerance):
    assert domain.great_circle_km(*start, *end) == pytest.approx(km, rel=tolerance, abs=1e-6)
    assert domain.great_circle_km(*end, *start) == pytest.approx(km, rel=tolerance, abs=1e-6)


def test_great_circle_takes_arrays_and_survives_antipodes():
    lat, lon = np.array([0.0, 37.123, -89.9]), np.array([10.0, 77.7, 0.0])
    assert domain.great_circle_km(lat, lon, -lat, lon - 180) == pytest.approx([6371.0088 * math.pi] * 3)
