"""The map's cut goes through no land, and no city's dot is cut off."""

import pytest
from sleigh.serve import land
from sleigh.simulator.world import cities


def test_all_land_lies_between_the_edges():
    across = [x for ring in land.land() for x, _ in ring]
    assert min(across) > land.WEST and max(across) < land.WEST + 360


def test_every_city_is_on_the_map_away_from_its_edges():
    low, high = land.X_AXIS["range"]
    south, north = land.Y_AXIS["range"]
    for city in cities().to_pylist():
        x = land.x(city["longitude"])
        assert low + 8 < x < high - 8 and south < city["latitude"] < north, city["city"]
        assert (x - city["longitude"]) % 360 == pytest.approx(0), city["city"]


def test_the_first_hour_s_cities_that_lie_on_both_sides_of_the_date_line_are_side_by_side():
    by_name = {city["city"]: land.x(city["longitude"]) for city in cities().to_pylist()}
    assert 0 < by_name["Apia"] - by_name["Suva"] < 12
