"""How often averages of averages name the wrong order (lesson 06). Prints a table, writes results/averages.json.

For many seeds, every pair of gift types in every quarter of the night's first hour is compared twice: by the averages of
their windows of five minutes, rounded as the gold table stores them, and by all their deliveries. `pairs` counts the
comparisons, `turned_by_rate` and `turned_by_seconds` those that come out the other way round, and `paradoxes` the seeds
with a quarter in which one type has the higher success rate in each of the three windows and the lower one over all.
"""

import json
import sys
from itertools import combinations
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "lib"))

RATES = [(12, 1000), (60, 1000), (600, 200)]  # messages a minute, and how many seeds, from 0
LANDED, HOUR, LENGTH, WINDOWS = 75, 60, 5, 3  # minutes: of arrival, looked at, of a window; windows in a quarter


def windows(seed, rate):
    """One night's gold: {gift type: (deliveries, delivered, seconds)}, each an array [quarter, window] of sums."""
    from sleigh.domain import NIGHT_START
    from sleigh.simulator.night import night

    made = night(LANDED, rate=rate, seed=seed)
    began = np.datetime64(NIGHT_START.replace(tzinfo=None), "us")
    minute = (made.truth["event_time"].to_numpy() - began) / np.timedelta64(1, "m")
    rows = (np.asarray(made.truth["kind"]) == "clean") & (minute >= 0) & (minute < HOUR)
    window = (minute[rows] // LENGTH).astype(int)
    gifts, status, seconds = (
        np.asarray(made.events[name])[rows] for name in ("gift_type", "status", "delivery_time_seconds")
    )

    def sums(gift, weights):
        own = gifts == gift
        added = np.bincount(window[own], weights=weights[own], minlength=HOUR // LENGTH)
        return added.reshape(-1, WINDOWS)

    ones = np.ones(len(gifts))
    delivered, seconds = (status == "delivered").astype(float), seconds.astype(float)
    return {gift: tuple(sums(gift, weights) for weights in (ones, delivered, seconds)) for gift in np.unique(gifts)}


def compare(night):
    """Of one night: pairs, turned by rate, turned by seconds, and whether it has a paradox (0 or 1)."""
    found = np.zeros(4, int)
    for one, other in combinations(night.values(), 2):
        for quarter in range(HOUR // LENGTH // WINDOWS):
            (n, good, spent), (m, well, took) = ([part[quarter] for part in side] for side in (one, other))
            if not (n.any() and m.any()):
                continue
            by_rate = good.sum() / n.sum() - well.sum() / m.sum()
            by_seconds = spent.sum() / n.sum() - took.sum() / m.sum()
            found[0] += 1
            found[1] += (averaged(100 * good, n, 2) - averaged(100 * well, m, 2)) * by_rate < 0
            found[2] += (averaged(spent, n, 3) - averaged(took, m, 3)) * by_seconds < 0
            if n.all() and m.all():
                lead = np.sign(good / n - well / m)
                found[3] |= abs(lead.sum()) == WINDOWS and lead[0] * by_rate < 0
    return found


def averaged(sums, counts, digits):
    """The average of the windows' own averages. A window without a delivery is no row, so it has no vote."""
    there = counts > 0
    return np.round(sums[there] / counts[there], digits).mean()


def main():
    names = ("pairs", "turned_by_rate", "turned_by_seconds", "paradoxes")
    rows = []
    for rate, seeds in RATES:
        found = sum(compare(windows(seed, rate)) for seed in range(seeds))
        row = {"rate": rate, "seeds": seeds} | dict(zip(names, map(int, found), strict=True))
        row |= {f"percent_{name}": round(100 * row[name] / row["pairs"], 1) for name in names[1:3]}
        rows.append(row)
    print("".join(f"{name:>27}" for name in rows[0]))
    for row in rows:
        print("".join(f"{value:>27,}" for value in row.values()))
    path = Path(__file__).parent / "results" / "averages.json"
    path.write_text(json.dumps({"averages": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
