"""What lesson 21 says and its cells do not print: of tours and bounds, and of rounds and edges. On counts, not seconds."""

import math

import networkx as nx
import numpy as np
import pytest
from sleigh.extensions.routes import bound, graph, solver
from sleigh.simulator.world import cities, midnights


@pytest.fixture(scope="module")
def world():
    return solver.metres(cities()["latitude"], cities()["longitude"])


def shuffled(seed, stops):
    return np.random.Generator(np.random.PCG64(seed)).permutation(stops).tolist()


def test_so_many_tours_that_their_number_has_191_digits():
    assert len(cities()) == 117 and len(str(math.factorial(116) // 2)) == 191


def test_tolls_make_all_tours_longer_by_the_same(world):
    tolls = np.random.Generator(np.random.PCG64(1)).integers(-500_000, 500_000, len(world))
    dearer = world + tolls[:, None] + tolls
    for seed in range(5):
        order = shuffled(seed, len(world))
        assert solver.length(dearer, order) - solver.length(world, order) == 2 * tolls.sum()


def test_whatever_the_tolls_are_the_tree_less_the_tolls_is_a_bound(world):
    for seed in range(20):
        tolls = np.random.Generator(np.random.PCG64(seed)).integers(-300_000, 300_000, len(world))
        found, legs = bound.one_tree(world + tolls[:, None] + tolls)
        assert found - 2 * tolls.sum() < 146_309_923 and legs.sum() == 2 * len(world)


def test_a_path_that_goes_back_in_time_pays_for_it_twice():
    hour = np.unique(midnights(), return_inverse=True)[1]
    assert hour.max() == 35 and np.bincount(hour).mean() == pytest.approx(3.25)
    late = np.arange(len(hour))
    late[[30, 60]] = late[[60, 30]]
    steps = np.diff(hour[late])
    back = int(-steps[steps < 0].sum())
    assert back > 0 and int(abs(np.diff(hour)).sum()) == 35 and int(abs(steps).sum()) == 35 + 2 * back


def test_a_name_travels_one_leg_in_a_round(world):
    """Rounds until nobody hears a smaller name, and one more: the farthest that the smallest name of a part has to go."""
    near = graph.within(cities()["city"].to_pylist(), world, 2000)
    heard, rounds = {name: name for name in near}, 0
    while True:
        now = {name: min([heard[name], *(heard[other] for other in near[name])]) for name in near}
        rounds += 1
        if now == heard:
            break
        heard = now
    farthest = max(max(nx.single_source_shortest_path_length(near, part[0]).values()) for part in graph.parts(near))
    assert rounds == farthest + 1 == 20
    assert sorted(set(heard.values())) == sorted(part[0] for part in graph.parts(near))


def inserted_and_anew(world, every):
    """km of the tour into which each `every`th city is inserted when half of it is flown, and of the rest planned anew."""
    late = list(range(5, len(world), every))
    known = [city for city in range(len(world)) if city not in late]
    plan = [known[stop] for stop in solver.tour(world[np.ix_(known, known)])]
    behind, ahead = plan[: len(plan) // 2], [*plan[len(plan) // 2 - 1 :], plan[0]]
    inserted = ahead
    for city in late:
        inserted = solver.insert(world, inserted, city)
    left = [*ahead[:-1], *late, ahead[-1]]
    anew = [left[stop] for stop in solver.path(world[np.ix_(left, left)], 0, len(left) - 1, kicks=1000)]
    return [solver.length(world, behind[:-1] + way, closed=False) / 1000 for way in (inserted, anew)]


def test_planning_anew_is_worth_little_for_a_few_late_cities_and_more_for_many(world):
    (few, anew_few), (many, anew_many) = inserted_and_anew(world, 12), inserted_and_anew(world, 6)
    assert 1 < few / anew_few < 1.01 < many / anew_many
    assert anew_few > 1.1 * 146_310, "and both are far above the tour that knew of them"


def test_what_is_inserted_leaves_the_order_of_the_others_alone(world):
    path = solver.path(world[:60, :60])
    longer = solver.insert(world, path, 80, flown=20)
    assert [stop for stop in longer if stop != 80] == path and longer.index(80) > 20


def test_forbidden_legs_that_are_only_long_are_flown_where_no_other_way_is_left(world):
    far = np.where(world > 2_000_000, 10**9, world)
    order = np.array(solver.tour(far))
    too_long = int((world[order, np.roll(order, -1)] > 2_000_000).sum())
    parts = graph.parts(graph.within(cities()["city"].to_pylist(), world, 2000))
    assert too_long >= len(parts), "a tour must leave each part"
