"""The facts that the simulator, the pipeline and the dashboard share: when the night is, what a message may say, how far
it is from one place to another, which routing serves which delivery.
"""

import hashlib
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

NIGHT_START = datetime(2026, 12, 24, 10, tzinfo=UTC)
"""Midnight in Kiritimati, the first place where it is 25 December."""

NIGHT_START_MS = int(NIGHT_START.timestamp()) * 1000
"""The same in ms since 1970."""

NIGHT_MINUTES = 1500
"""25 hours later it is midnight in Pago Pago, the last one."""

CHRISTMAS = "2026-12-25"
"""The day that begins, at each place, when the sleigh comes."""

NIGHT_END = NIGHT_START + timedelta(minutes=NIGHT_MINUTES)

WEATHER_IMPACT = {"Clear": 1.0, "Cloudy": 0.95, "Foggy": 0.85, "Snowy": 0.75}
"""What is left of the sleigh's speed in each weather: silver's weather_impact_factor."""

STATUSES = ("en_route", "delivered", "delayed")


def night_milliseconds(times):
    """How long after NIGHT_START the `times` are, a pyarrow array of timestamps: whole ms as a numpy array of int64."""
    since_1970 = times.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy()
    return since_1970 // 1000 - NIGHT_START_MS


EARTH_RADIUS_KM = 6371.0088
"""Mean radius R1 = (2a + b) / 3 of the WGS 84 ellipsoid (IUGG; Moritz, Geodetic Reference System 1980, 2000)."""


def great_circle_km(lat1, lon1, lat2, lon2):
    """Great-circle distance in km between points in degrees, for numbers or arrays.

    The haversine formula (R. W. Sinnott, Virtues of the Haversine, Sky and Telescope 68, 1984) on a sphere; the real
    ellipsoid differs by up to 0.5 %.
    """
    lat1, lon1, lat2, lon2 = map(np.radians, (lat1, lon1, lat2, lon2))
    a = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(a, 0, 1)))


BUCKETS = 10_000
"""An experiment divides its deliveries into so many parts of equal size, of which each arm gets some."""

ROUTINGS = {"A": 5_000, "B": 5_000}
"""The arms of the experiment with Santa's route, and how many buckets each serves, A those from 0 on. A is the routing that
he has always had, B the new one."""

ROUTING_SALT = "routing-2026"


def bucket(salt, unit):
    """The bucket of a unit, such as a delivery_id: 0 to BUCKETS - 1, the same for ever, and another for each salt.

    The first 8 hex digits of md5("salt:unit"), modulo BUCKETS: what Spark and DuckDB compute as well. It must be a hash that
    mixes; of a checksum (CRC) one salt's buckets follow from another's.
    """
    digest = hashlib.md5(f"{salt}:{unit}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:4], "big") % BUCKETS


def arm(salt, unit, arms):
    """The arm that serves a unit; arms: {name: buckets}. None if it is None, or no arm has its bucket."""
    if unit is None:
        return None
    number = bucket(salt, unit)
    for name, buckets in arms.items():
        number -= buckets
        if number < 0:
            return name
    return None
