"""Where Santa is at each time of the night. Times are ms after NIGHT_START."""

from functools import cache

import numpy as np

from ..domain import NIGHT_MINUTES
from .world import cities, midnights

BAND_MINUTES = 120
"""A city is visited from two hours before its local midnight to two hours after, most of all at midnight."""

CLOUD_DEGREES = 0.05
"""Stops lie within this angle (5.6 km) of the city's centre, densest in the middle."""


@cache
def city_shares():
    """The cumulated share of each city in each minute of the night: NIGHT_MINUTES x cities, the last column 1.

    A city's weight is the cube root of its population times cos² of its distance in time from local midnight: 1 at
    midnight, 0 at BAND_MINUTES before and after. With the population itself Shanghai would have 14,000 stops for one in
    London Village (Kiribati), and the night's first hour would be Auckland alone.
    """
    lag = np.abs(np.arange(NIGHT_MINUTES)[:, None] + 0.5 - midnights())
    shape = np.where(lag < BAND_MINUTES, np.cos(np.pi / 2 * lag / BAND_MINUTES) ** 2, 0)
    cumulated = np.cumsum(shape * np.cbrt(cities()["population"].to_numpy()), axis=1)
    # Rounded, because the last bits of a cosine are not the same on every machine.
    return np.round(cumulated / cumulated[:, -1:], 9)


def places(event, city_draw, radius_draw, angle_draw):
    """City (index), latitude and longitude (degrees, 5 decimals) of stops at the times `event`, for uniform draws."""
    shares = city_shares()
    minute = event // 60_000
    # One search for all: with the row of minute m moved up by m, the whole table is one rising sequence.
    rising = (shares + np.arange(NIGHT_MINUTES)[:, None]).ravel()
    city = np.searchsorted(rising, minute + city_draw, side="right") - minute * shares.shape[1]
    return city, *positions(city, radius_draw, angle_draw)


def positions(city, radius_draw, angle_draw):
    """Latitude and longitude (degrees, 5 decimals) of stops in the cities `city` (indices), for uniform draws."""
    latitude, longitude = cities()["latitude"].to_numpy()[city], cities()["longitude"].to_numpy()[city]
    radius, angle = CLOUD_DEGREES * radius_draw, 2 * np.pi * angle_draw
    east = radius * np.cos(angle) / np.cos(np.radians(latitude))  # meridians draw together towards the poles
    return np.round(latitude + radius * np.sin(angle), 5), np.round(longitude + east, 5)
