"""The world that Santa flies over: cities, gifts and midnights."""

from functools import cache

import pyarrow as pa
from pyarrow import csv

from ..paths import DATA

GIFT_WEIGHT_KG = {
    "Toys": 30.0,
    "Books": 15.0,
    "Electronics": 20.0,
    "Clothing": 15.0,
    "Games": 12.0,
    "Art Supplies": 5.0,
    "Sports Equipment": 3.0,
}
"""Mean weight of a gift by type, kg. Invented, like the next two."""

GIFT_SECONDS = {
    "Toys": 45.0,
    "Books": 30.0,
    "Electronics": 60.0,
    "Clothing": 35.0,
    "Games": 40.0,
    "Art Supplies": 35.0,
    "Sports Equipment": 50.0,
}
"""Mean seconds that a stop takes by gift type, when nothing delays it."""

GIFT_SHARE = {
    "Toys": 0.28,
    "Books": 0.18,
    "Electronics": 0.16,
    "Clothing": 0.14,
    "Games": 0.12,
    "Art Supplies": 0.06,
    "Sports Equipment": 0.06,
}
"""How often each gift type is asked for; sums to 1."""


@cache
def cities():
    """The cities, by local midnight from east to west, as a pyarrow table.

    Columns: city, country, region string; latitude, longitude double (degrees); population int64; timezone string
    (IANA); utc_offset_minutes int64 (at midnight of 25 December 2026); geonameid int64. Read from data/cities.csv;
    the source is GeoNames, see data/README.md.
    """
    types = {"latitude": pa.float64(), "longitude": pa.float64()}
    return csv.read_csv(DATA / "cities.csv", convert_options=csv.ConvertOptions(column_types=types))


def regions():
    """The names of the course's regions, sorted."""
    return sorted(set(cities()["region"].to_pylist()))


def midnights():
    """Each city's local midnight in minutes after NIGHT_START: an int64 array in the order of cities(), 0 to 1500."""
    return 14 * 60 - cities()["utc_offset_minutes"].to_numpy()
