"""Answers to the exercises of lesson 01."""

from collections import namedtuple
from decimal import Decimal

from sleigh import runtime
from sleigh.lessons.lesson_01.checks import _delays as counts
from sleigh.simulator.night import night

TOYS, SPORTS = "Toys", "Sports Equipment"


def of_the_night():
    """Percentage of delayed messages by gift type, over the night at rate 60, without SQL."""
    events = night(1500, rate=60).events.select(["gift_type", "status"]).to_pandas()
    return events.status.eq("delayed").groupby(events.gift_type).mean()[[TOYS, SPORTS]] * 100


def share(of, by):
    """{gift: percentage of its delayed messages in by(gift)}, one decimal."""
    return {gift: round(100 * of(gift) / by(gift), 1) for gift in (TOYS, SPORTS)}


def delayed(gift):
    return counts()[gift, "delayed"]


def total(gift=None, status=None):
    return sum(n for key, n in counts().items() if gift in (None, key[0]) and status in (None, key[1]))


def there(table, delivery_id, version):
    rows = runtime.session().sql(f"SELECT delivery_id FROM {table} VERSION AS OF {version}")
    return rows.where(f"delivery_id = '{delivery_id}'").count()


def newest(table):
    return runtime.session().sql(f"DESCRIBE HISTORY {table}").first().version


def upwards(table, delivery_id):
    return next((version for version in range(newest(table) + 1) if there(table, delivery_id, version)), None)


def by_reader(table, delivery_id):
    """With the DataFrame reader, and the number as text made a number again by numpy."""
    for version in range(newest(table) + 1):
        rows = runtime.session().read.option("versionAsOf", version).table(table).toPandas()
        if (rows["delivery_id"] == delivery_id).any():
            return rows.index.min() + version
    return None


def downwards(table, delivery_id):
    version = newest(table)
    if not there(table, delivery_id, version):
        return None
    while there(table, delivery_id, version - 1):
        version -= 1
    return version


def by_halves_of_history(table, delivery_id):
    versions = sorted(row.version for row in runtime.session().sql(f"DESCRIBE HISTORY {table}").collect())
    found = None
    while versions:
        middle = versions[len(versions) // 2]
        if there(table, delivery_id, middle):
            found, versions = middle, versions[: len(versions) // 2]
        else:
            versions = versions[len(versions) // 2 + 1 :]
    return found


def halves_without_a_look(table, delivery_id):
    low, high = 0, newest(table)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if there(table, delivery_id, middle) else (middle, high)
    return high


def batch_from_zero(table, delivery_id):
    found = upwards(table, delivery_id)
    return found and found - 1


def last_version_only(table, delivery_id):
    return newest(table) if there(table, delivery_id, newest(table)) else None


def last_copy(table, delivery_id):
    """The last version in which the number of its rows grew."""
    versions = range(1, newest(table) + 1)
    grew = [v for v in versions if there(table, delivery_id, v) > there(table, delivery_id, v - 1)]
    return grew[-1] if grew else None


def zero_for_never(table, delivery_id):
    return upwards(table, delivery_id) or 0


def newest_is_left_out(table, delivery_id):
    return next((version for version in range(newest(table)) if there(table, delivery_id, version)), None)


def every_version(table, delivery_id):
    return [version for version in range(newest(table) + 1) if there(table, delivery_id, version)]


def a_wrong_column(table, delivery_id):
    return runtime.session().sql(f"SELECT min(version) AS v FROM {table} WHERE delivery_id = '{delivery_id}'").first().v


CASES = {
    "01.1": {
        "right": [
            {"versions": 849 - 844, "rows": 5 * 600.0},
            namedtuple("Added", "rows versions")(3000, 5),
            {"rows": Decimal(3000), "versions": len(range(845, 850))},
            {"ROWS": 3000, "VERSIONS": 5},
        ],
        "wrong": {
            "a second time": {"rows": 6000, "versions": 10},
            "not the call as a whole": {"rows": 0, "versions": 0},
            "the rows are right. A batch that is passed over makes no commit": {"rows": 3000, "versions": 10},
            "not one for the call": {"rows": 3000, "versions": 1},
            "600 rows? Of the minutes": {"rows": 600, "versions": 1},
            "2,400 rows? Of the minutes": {"rows": 2400, "versions": 4},
            "3,100 rows? Of the minutes": {"rows": 3100, "versions": 5},
            "Each minute that is new is one commit": {"rows": 3000, "versions": 6},
            "is a dict": 3000,
        },
    },
    "01.2": {
        "right": [upwards, by_reader, downwards, by_halves_of_history],
        "wrong": [
            ("a delivery that never came: expected None", halves_without_a_look),
            ("came with version 1, and once more with 3: expected", batch_from_zero),
            ("came with version 1, and once more with 3: expected", last_version_only),
            ("came with version 1, and once more with 3: expected", last_copy),
            ("a delivery that never came: expected None, got 0", zero_for_never),
            ("the newest version, 3: expected", newest_is_left_out),
            ("what your function returns: [", every_version),
            ("your function raised AnalysisException: [UNRESOLVED_COLUMN", a_wrong_column),
            ("the newest version, 3: expected", lambda table, delivery_id: 1),
            ("is called with (table, delivery_id)", lambda delivery_id: 8),
            ("hand over the function itself", 8),
        ],
    },
    "01.3": {
        "right": [
            of_the_night().round(1).to_dict(),
            of_the_night(),
            {TOYS: Decimal("6.9"), SPORTS: Decimal("2.8")},
            {TOYS: 6.85, SPORTS: 2.76},
        ],
        "wrong": {
            "fractions": {TOYS: 0.0685, SPORTS: 0.0276},
            "numbers of messages": {TOYS: delayed(TOYS), SPORTS: delayed(SPORTS)},
            "swapped": {TOYS: 2.8, SPORTS: 6.9},
            "shares of all delayed": share(delayed, lambda gift: total(status="delayed")),
            "shares of all messages": share(delayed, lambda gift: total()),
            "those en_route": share(delayed, lambda gift: delayed(gift) + counts()[gift, "delivered"]),
            "Sports Equipment: 5 is not it": {TOYS: 6.9, SPORTS: 5.0},
            "Toys: 7 is not it": {TOYS: 7, SPORTS: 3},
            "Toys: 0.05 is not it": {TOYS: 0.05, SPORTS: 0.03},
            "'6.9 %' is text": {TOYS: "6.9 %", SPORTS: "2.8 %"},
            "is a dict": 6.9,
        },
    },
}
