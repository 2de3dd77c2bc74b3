"""How far from the bound each way to plan a tour stays, and what it costs (lesson 21).

Prints two tables, writes results/routes.json.

The tours are those of the 117 cities. `gap_percent` is how much longer than the bound a tour is, `times_bound` the ratio of
its seconds to those of the bound, the fastest of several runs each: seconds are one machine's, their ratio is not. Then
paths through a growing number of stops in a dozen cities, as the stream has them, each with the shortest tree as its bound.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "lib"))

RUNS = 5
KICKS = (0, 30, 100, 300, 1000, 3000)
STOPS = (30, 100, 300, 1000, 3000, 10_000, 40_000)


def timed(function):
    """(what the function returns, seconds of the fastest of RUNS calls)."""
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        found = function()
        seconds.append(time.perf_counter() - began)
    return found, min(seconds)


def tours():
    """Rows of the first table, and the bound in km."""
    from sleigh.extensions.routes import bound, solver
    from sleigh.simulator.world import cities

    table = cities()
    metres = solver.metres(table["latitude"], table["longitude"])
    shortest = solver.length(metres, solver.tour(metres))
    least, seconds = timed(lambda: bound.held_karp(metres, shortest))
    ways = {
        "in no order": lambda: np.random.Generator(np.random.PCG64(21)).random(len(metres)).argsort(),
        "in order of longitude": lambda: table["longitude"].to_numpy().argsort(kind="stable"),
        "nearest neighbour": lambda: solver.nearest_neighbour(metres),
    }
    ways |= {f"2-opt, Or-opt, {kicks:,} kicks": lambda kicks=kicks: solver.tour(metres, kicks=kicks) for kicks in KICKS}
    rows = []
    for name, way in ways.items():
        order, taken = timed(way)
        km = solver.length(metres, order)
        row = {"way": name, "km": round(km / 1000), "gap_percent": round(100 * (km / least - 1), 2)}
        rows.append(row | {"times_bound": round(taken / seconds, 4)})
    return rows, round(least / 1000)


def paths():
    """Rows of the second table."""
    from sleigh.extensions.routes import bound, planning, solver

    rows = []
    for stops in STOPS:
        draw = np.random.Generator(np.random.PCG64(stops)).random((4, stops))
        city = (12 * draw[0]).astype(int)
        latitude = np.round(40 + 7 * np.sin(city) + draw[1] / 10, 5)
        longitude = np.round(10 + 15 * np.cos(3 * city) + draw[2] / 10, 5)
        (_, planned, _, how), seconds = timed(lambda: planning.plan(latitude, longitude))  # noqa: B023
        row = {"stops": stops, "planned_by": how, "km": round(float(planned.sum()))}
        if stops <= 3000:
            tree = bound.tree(solver.metres(latitude, longitude)) / 1000
            row["percent_above_tree"] = round(100 * (planned.sum() / tree - 1), 1)
        rows.append(row | {"stops_per_second": round(stops / seconds)})
    return rows


def main():
    found, least = tours()
    print(f"bound {least:,} km\n| tour | km | above the bound | seconds, of the bound's |\n| --- | --- | --- | --- |")
    for row in found:
        print(f"| {row['way']} | {row['km']:,} | {row['gap_percent']} % | {row['times_bound']}x |")
    many = paths()
    print("\n| stops | planned by | above the shortest tree | stops a second |\n| --- | --- | --- | --- |")
    for row in many:
        above = f"{row['percent_above_tree']} %" if "percent_above_tree" in row else ""
        print(f"| {row['stops']:,} | {row['planned_by']} | {above} | {row['stops_per_second']:,} |")
    target = Path(__file__).parent / "results" / "routes.json"
    target.write_text(json.dumps({"bound_km": least, "tours": found, "paths": many}, indent=1) + "\n")


if __name__ == "__main__":
    main()
