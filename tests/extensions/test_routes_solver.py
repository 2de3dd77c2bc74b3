"""Short ways and the bound: by hand, against every order there is where there are few, and pinned for the 117 cities."""

import itertools

import numpy as np
import pytest
from sleigh.domain import great_circle_km
from sleigh.errors import SleighError
from sleigh.extensions.routes import bound, graph, many, planning, solver
from sleigh.simulator.world import cities, midnights

TOUR = 146_309_923
"""The shortest tour of the 117 cities that is known, metres. Another solver, OR-Tools, came within 2 km of it."""

BOUND = 145_709_799


@pytest.fixture(scope="module")
def world():
    """The distances of the 117 cities, in the order of data/cities.csv."""
    return solver.metres(cities()["latitude"], cities()["longitude"])


def places(seed, count):
    """Latitudes and longitudes of so many stops; some of them are at one place."""
    draw = np.random.Generator(np.random.PCG64(seed)).random((2, count))
    latitude, longitude = 160 * draw[0] - 80, 360 * draw[1] - 180
    if seed % 3 == 0 and count > 3:
        latitude[1], longitude[1] = latitude[0], longitude[0]
    return latitude, longitude


def every_order(stops):
    return [[0, *rest] for rest in itertools.permutations(range(1, stops))]


# --- by hand --------------------------------------------------------------------------------------------------------------


def test_distances_are_whole_metres_and_the_same_both_ways(world):
    assert world.dtype == np.int64 and (world == world.T).all() and not world.diagonal().any()
    one, other = (cities().slice(place, 1).to_pylist()[0] for place in (3, 80))
    km = great_circle_km(one["latitude"], one["longitude"], other["latitude"], other["longitude"])
    assert abs(world[3, 80] - 1000 * km) <= 0.5


LINE = abs(np.subtract.outer(np.array([0, 40, 10, 30, 20]), np.array([0, 40, 10, 30, 20])))


def test_a_tour_comes_home_and_a_path_does_not():
    assert solver.length(LINE, [0, 2, 4, 3, 1]) == 80 and solver.length(LINE, [0, 2, 4, 3, 1], closed=False) == 40
    assert solver.path(LINE) == [0, 2, 4, 3, 1] == solver.nearest_neighbour(LINE)
    assert solver.path(LINE, 4, 0)[0] == 4 and solver.path(LINE, 4, 0)[-1] == 0
    assert solver.length(LINE, solver.path(LINE, 4, 0), closed=False) == 60
    assert solver.length(LINE, solver.path(LINE, 4), closed=False) == 60


def test_a_stop_is_inserted_where_it_adds_least_and_never_where_the_sleigh_has_been():
    assert solver.insert(LINE, [0, 2, 3, 1], 4) == [0, 2, 4, 3, 1]
    assert solver.insert(LINE, [0, 2, 3, 1], 4, flown=2) == [0, 2, 3, 4, 1]
    with pytest.raises(ValueError, match="empty"):
        solver.insert(LINE, [0, 2], 4, flown=1)


@pytest.mark.parametrize("stops", [1, 2, 3, 4])
def test_a_few_stops_are_a_tour_as_well(stops):
    metres = LINE[:stops, :stops]
    assert sorted(solver.tour(metres, kicks=5)) == sorted(solver.path(metres)) == list(range(stops))
    assert bound.held_karp(metres, 80) <= solver.length(metres, solver.tour(metres))


# --- against every order --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("stops", [5, 8])
def test_the_bound_is_below_the_best_order_and_the_search_finds_it(seed, stops):
    metres = solver.metres(*places(seed, stops))
    best = min(solver.length(metres, order) for order in every_order(stops))
    shortest = min(solver.length(metres, order, closed=False) for order in every_order(stops))
    found, path = solver.tour(metres, kicks=30), solver.path(metres, kicks=30)
    assert found[0] == path[0] == 0 and sorted(found) == sorted(path) == list(range(stops))
    assert solver.length(metres, found) == best and solver.length(metres, path, closed=False) == shortest
    assert 0.95 * best <= bound.held_karp(metres, best) <= best
    gated = bound.held_karp(solver.with_gate(metres), shortest + solver.gate(metres)) - solver.gate(metres)
    assert bound.tree(metres) <= shortest and gated <= shortest
    assert bound.tree(metres) <= bound.one_tree(metres)[0] <= best


@pytest.mark.parametrize("seed", range(4))
def test_a_local_search_makes_nothing_longer_and_leaves_no_crossing_among_near_stops(seed):
    metres = solver.metres(*places(seed, 60))
    begun = np.random.Generator(np.random.PCG64(seed)).permutation(60).tolist()
    order = solver.improve(metres, begun)
    assert sorted(order) == list(range(60)) and solver.length(metres, order) < solver.length(metres, begun) / 2
    near = metres.argsort(axis=1, kind="stable")[:, 1 : solver.NEAR]
    both = {(one, other) for one in range(60) for other in near[one] if one in near[other]}
    for one, other in itertools.combinations(range(60), 2):
        a, b, c, d = order[one], order[(one + 1) % 60], order[other], order[(other + 1) % 60]
        if len({a, b, c, d}) == 4 and (a, c) in both and (b, d) in both:
            assert metres[a, b] + metres[c, d] <= metres[a, c] + metres[b, d]


# --- the 117 cities -------------------------------------------------------------------------------------------------------


def test_the_lengths_of_the_cities_are_pinned_and_the_gap_is_below_half_a_percent(world):
    nearest = solver.nearest_neighbour(world)
    improved = solver.improve(world, nearest)
    tour = solver.tour(world)
    lengths = [solver.length(world, order) for order in (nearest, improved, tour)]
    assert lengths == [181_722_824, 149_344_175, TOUR]
    least = bound.held_karp(world, TOUR)
    assert least == BOUND and 1.0042 * least > TOUR
    assert bound.tree(world) == 128_350_162


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_kicks_give_the_same_tour_and_more_of_them_none_that_is_longer(world, seed):
    order = solver.improve(world, solver.nearest_neighbour(world))
    few = solver.iterated(world, order, 30, seed)
    assert few == solver.iterated(world, order, 30, seed)
    assert TOUR <= solver.length(world, solver.iterated(world, order, 100, seed)) <= solver.length(world, few)


def test_at_midnight_everywhere_the_path_is_the_shortest_there_is(world):
    """Each step in time counts as a million km, so the shortest path takes each of them once, and none back."""
    hour = np.unique(midnights(), return_inverse=True)[1]
    timed = world + 10**9 * abs(hour[:, None] - hour)  # the 36 midnights of the night
    path = solver.path(timed, kicks=1000)
    assert (np.diff(hour[path]) >= 0).all()
    found = solver.length(timed, path, closed=False)
    assert solver.length(world, path, closed=False) == found - 10**9 * 35 == 243_013_822
    assert bound.held_karp(solver.with_gate(timed), found + solver.gate(timed)) - solver.gate(timed) == found


# --- many stops -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 9, 400])
def test_the_walk_is_that_of_the_nearest_neighbour(count):
    """Not of cities: whole metres in space and along the sphere may name another one of two that are equally near."""
    latitude, longitude = places(1, count)
    assert many.walk(latitude, longitude) == solver.nearest_neighbour(solver.metres(latitude, longitude))


def test_a_walk_through_crowded_cities_visits_each_stop_once():
    draw = np.random.Generator(np.random.PCG64(5)).random((3, 5000))
    city = (12 * draw[0]).astype(int)
    latitude, longitude = np.round(40 + city + draw[1] / 1000, 3), np.round(2 * city + draw[2] / 1000, 3)
    order = many.walk(latitude, longitude, 7)
    assert order[0] == 7 and sorted(order) == list(range(5000))
    assert many.steps(latitude, longitude, order).sum() < many.steps(latitude, longitude, range(5000)).sum() / 100


@pytest.mark.parametrize("count", [100, 300, 600])
def test_a_searched_path_through_crowded_cities_is_shorter_than_the_walk_that_it_begins_with(count):
    """A city has more stops than NEAR, so the search cannot mend a bad order of cities: it must begin with a good one."""
    draw = np.random.Generator(np.random.PCG64(count)).random((3, count))
    city = (12 * draw[0]).astype(int)
    latitude, longitude = 40 + 7 * np.sin(city) + draw[1] / 10, 10 + 15 * np.cos(3 * city) + draw[2] / 10
    metres = solver.metres(latitude, longitude)
    walked, searched = solver.nearest_neighbour(metres), solver.path(metres)
    lengths = [solver.length(metres, order, closed=False) for order in (searched, walked)]
    assert bound.tree(metres) <= lengths[0] <= lengths[1] and sorted(searched) == list(range(count))


# --- a route --------------------------------------------------------------------------------------------------------------


def test_a_plan_begins_where_the_sleigh_is_and_is_never_longer_than_what_was_flown():
    for seed in range(20):
        latitude, longitude = places(seed, 2 + seed)
        flown, planned, order, how = planning.plan(latitude, longitude)
        assert order[0] == 0 and sorted(order) == list(range(2 + seed))
        assert flown[0] == planned[0] == 0 and planned.sum() <= flown.sum()
        assert how == ("as flown" if planned.sum() == flown.sum() else "2-opt and Or-opt")
        assert planned[order] * 1000 == pytest.approx(many.steps(latitude, longitude, order))


def test_a_stop_without_a_position_is_on_the_route_and_has_no_leg():
    flown, planned, order, _ = planning.plan([np.nan, 1, 3, 91, 2.9], [2, 2, 2, 2, 2])
    assert order.tolist() == [1, 4, 2, 0, 3] or order.tolist() == [1, 2, 4, 0, 3]
    assert np.isnan(flown[[0, 3]]).all() and np.isnan(planned[[0, 3]]).all()
    assert flown[1] == 0 and flown[4] == pytest.approx(11.12, abs=0.01)
    nowhere = planning.plan([np.nan], [2])
    assert np.isnan(nowhere[0]).all() and nowhere[2].tolist() == [0] and nowhere[3] == "as flown"


def test_a_route_of_many_stops_is_walked(monkeypatch):
    monkeypatch.setattr(planning, "MOST", 50)
    latitude, longitude = places(2, 51)
    *_, order, how = planning.plan(latitude, longitude)
    assert how == "nearest neighbour" and order.tolist() == many.walk(latitude, longitude)


# --- the graph ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def names():
    return cities()["city"].to_pylist()


def test_the_parts_of_the_world_by_reach(world, names):
    found = graph.parts(graph.within(names, world, 2000))
    assert [len(part) for part in found] == [68, 28, 6, 5, 3, 3, 1, 1, 1, 1]
    assert sorted(name for part in found for name in part) == sorted(names)
    reach = graph.reach_needed(names, world)
    graph.require_connected(graph.within(names, world, reach))
    assert len(graph.parts(graph.within(names, world, reach - 1))) == 2


def test_a_graph_of_two_parts_and_a_way_that_is_not_there_are_one_line(world, names):
    apart = graph.within(names, world, 2000)
    with pytest.raises(
        SleighError, match=r"^no route visits all stops: they fall into 10 parts \(68, 28, 6, 5, 3, \.\.\."
    ) as told:
        graph.require_connected(apart)
    assert "\n" not in str(told.value)
    with pytest.raises(SleighError, match=r"^nothing leads from London to Sydney: allow longer legs$"):
        graph.way(apart, "London", "Sydney")
    with pytest.raises(SleighError, match=r"^there is no stop 'Atlantis' in this graph$"):
        graph.way(apart, "London", "Atlantis")


def test_the_shortest_way_is_no_longer_than_the_reach_each_leg(world, names):
    metres, way = graph.way(graph.within(names, world, 3000), "London", "Sydney")
    places_of = [names.index(name) for name in way]
    legs = [int(world[one, other]) for one, other in itertools.pairwise(places_of)]
    assert (way[0], way[-1]) == ("London", "Sydney") and sum(legs) == metres == 18_132_183 and max(legs) <= 3_000_000
    assert graph.reach_needed(["a"], world[:1, :1]) == 0 and graph.parts(graph.within([], world[:0, :0], 1)) == []
