"""What is wrong with a stop, told from the stop before and the one after: plain Python, the same in a test and in a stream.

A message says where the sleigh is and how far it has flown from the stop before. Positions and distances must agree, hop by
hop. A stop that is missing (in quarantine, too late) breaks one hop; a stop in a wrong place breaks two, the one that leads
there and the one that leads away.
"""

from functools import cache
from typing import NamedTuple

from pyarrow import csv

from ...domain import great_circle_km
from ...paths import DATA

KINDS = ("jump", "loop", "standstill")
UNJUDGED = ("no position", "unknown city")

HOP_KM = 50
"""Reported and computed distance may differ so far: the earth is no sphere, which is 0.5 % of ten thousand kilometres."""

CITY_KM = 50
"""A stop lies no farther from its city's centre. The widest cities reach that far; the simulator's reach 6 km."""

STILL_KM = 0.01
"""A sleigh that has moved less than that has not moved."""


class Stop(NamedTuple):
    """A stop, its fields in the order by which stops are sorted. event_us: event time in µs since 1970."""

    event_us: int
    delivery_id: str
    city: str
    latitude: float
    longitude: float
    reported_km: float


@cache
def centres():
    """{city: (latitude, longitude)} of data/cities.csv, degrees; names are unique there."""
    table = csv.read_csv(DATA / "cities.csv").select(["city", "latitude", "longitude"])
    return {row["city"]: (row["latitude"], row["longitude"]) for row in table.to_pylist()}


def examine(before, stop, after, centres):
    """The columns of tables.ROUTE_HOPS but for the times, of a Stop between two others; each of those may be None."""
    computed = distance(before, stop)
    gap_in, gap_out = gap(before, stop), gap(stop, after)
    city = distance(stop, Stop(0, "", stop.city, *centres[stop.city], 0.0)) if stop.city in centres else None
    return {
        "delivery_id": stop.delivery_id,
        "city": stop.city,
        "latitude": stop.latitude,
        "longitude": stop.longitude,
        "previous_id": before.delivery_id if before else None,
        "reported_km": stop.reported_km,
        "computed_km": computed,
        "gap_in_km": gap_in,
        "gap_out_km": gap_out,
        "city_km": city,
        "kind": _kind(stop, computed, gap_in, gap_out, city),
    }


def distance(one, other):
    """Great-circle distance of two stops, km to the metre; None if there is not a position each."""
    if not (_has_position(one) and _has_position(other)):
        return None
    return round(float(great_circle_km(one.latitude, one.longitude, other.latitude, other.longitude)), 3)


def gap(one, other):
    """How far the distance that `other` reports is from that of the positions, km; None where one of them is not known."""
    computed = distance(one, other)
    return None if computed is None or other.reported_km is None else round(abs(other.reported_km - computed), 3)


def _has_position(stop):
    # NaN is in no range. Poles and the antimeridian are places like others.
    return (
        stop is not None
        and None not in (stop.latitude, stop.longitude)
        and -90 <= stop.latitude <= 90
        and -180 <= stop.longitude <= 180
    )


def _kind(stop, computed, gap_in, gap_out, city):
    if not _has_position(stop):
        return "no position"
    if city is None:
        return "unknown city"
    if computed is not None and stop.reported_km is not None and max(computed, stop.reported_km) < STILL_KM:
        return "standstill"
    if city > CITY_KM:
        return "jump"
    if gap_in is not None and gap_out is not None and min(gap_in, gap_out) > HOP_KM:
        return "loop"
    return None
