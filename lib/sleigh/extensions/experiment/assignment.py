"""Assignment: which arm a unit is in, as a Spark expression. It is a function of the unit's name, so nothing is looked up or
remembered, a replayed micro-batch gives the same arms, and so does any other program that can compute an MD5.
"""

from pyspark.sql import functions as F

from ...domain import BUCKETS, ROUTING_SALT, ROUTINGS
from ...errors import SleighError

UNDEFINED = "undefined"
"""The arm of a unit that no arm has: it is NULL, or its bucket is beyond those that the arms share. It is counted, too."""


def bucket(salt, unit):
    """The Column: the bucket of the unit in column `unit`, see domain.bucket; NULL for NULL."""
    digits = F.substring(F.md5(F.concat(F.lit(f"{salt}:"), F.col(unit))), 1, 8)
    return F.conv(digits, 16, 10).cast("bigint") % BUCKETS


def arm(salt=ROUTING_SALT, unit="delivery_id", arms=ROUTINGS):
    """The Column: the arm of the unit in column `unit`, never NULL.

    salt: another experiment, another salt, or the two have the same deliveries in the same arms. unit: what is assigned as
    a whole, a delivery or, say, a city. arms: {name: buckets}, of domain.BUCKETS; what they leave is UNDEFINED.
    Raises SleighError if they share more than there are.
    """
    if sum(arms.values()) > BUCKETS or min(arms.values(), default=0) < 1 or UNDEFINED in arms:
        raise SleighError(f"arms must be names, each with some of {BUCKETS:,} buckets and none undefined, not {arms}")
    number, upto, named = bucket(salt, unit), 0, F
    for name, buckets in arms.items():
        upto += buckets
        named = named.when(number < upto, F.lit(name))
    return named.otherwise(F.lit(UNDEFINED))
