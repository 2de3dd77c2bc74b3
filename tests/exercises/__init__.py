"""Answers to try on each exercise: lesson_NN.py beside this file holds those of lesson NN.

    CASES = {
        "03.1": {
            "solution": 12,
            "other": with_spark(lambda spark: spark.range(12).count()),
            "wrong": {"count a row once": 15, "NULL": 9},
        },
    }

`solution` is the answer of solutions/, `other` a different right one, `wrong` maps a fragment of the message that names
the mistake to the answer that makes it, at least two. A value is the answer itself, a function too; one that needs Spark
is wrapped in with_spark() and made when the test runs.
"""

from typing import NamedTuple


class with_spark(NamedTuple):
    """An answer made by `make(spark)` when the test runs."""

    make: object
