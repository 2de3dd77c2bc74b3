"""The weather over each city in the course of the night. Times are ms after NIGHT_START."""

from functools import cache

import numpy as np

from ..domain import NIGHT_MINUTES, WEATHER_IMPACT
from .world import cities

WEATHER_MINUTES = 15
"""A city's weather can change once in 15 minutes."""


@cache
def _weather_table(seed):
    latitude = cities()["latitude"].to_numpy()
    snow = 0.35 * np.clip((latitude - 20) / 40, 0, 1)
    # Cumulated: snow, then of the rest fog 18 %, clouds 32 %, a clear sky 50 %.
    borders = snow[:, None] + np.outer(1 - snow, [0, 0.18, 0.50])
    kinds = np.array([list(WEATHER_IMPACT).index(name) for name in ("Snowy", "Foggy", "Cloudy", "Clear")])
    # No minute of the night has this number, so the weather's stream is its own.
    stream = np.random.SeedSequence(seed, spawn_key=(NIGHT_MINUTES,))
    steps = NIGHT_MINUTES // WEATHER_MINUTES
    stays, fresh = np.random.Generator(np.random.PCG64(stream)).random((2, steps, len(latitude)))
    table = kinds[(fresh[:, :, None] >= borders).sum(axis=2)]
    for step in range(1, steps):
        table[step] = np.where(stays[step] < 0.8, table[step - 1], table[step])
    return table


def weather(seed, event, city):
    """Weather at the times `event` in the cities `city`, as an index into WEATHER_IMPACT.

    A Markov chain for each city over the whole night: every WEATHER_MINUTES the weather stays four times out of five,
    or is drawn anew. Snow falls only in the north, where it is winter: from 20 degrees on, rising to 35 % of the time
    at 60 degrees.
    """
    return _weather_table(seed)[event // (60_000 * WEATHER_MINUTES), city]
