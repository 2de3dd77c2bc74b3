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


def test_a_part_of_the_map_has_the_land_that_reaches_into_it_and_no_other(monkeypatch):
    near, far, across = [[0, 0], [5, 5], [5, 0]], [[40, 0], [45, 5], [45, 0]], [[-50, -50], [60, 60], [60, -50]]
    monkeypatch.setattr(land, "land", lambda: [near, far, across])
    assert land.shape(x_range=[5, 20], y_range=[-9, 9])["path"] == "M0,0L5,5L5,0ZM-50,-50L60,60L60,-50Z"
    assert land.shape()["path"].count("Z") == 3, "the whole map unless told otherwise"
