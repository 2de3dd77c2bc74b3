"""Exercises of lesson 01, the generator."""

import uuid
from collections import Counter
from functools import cache

from ...simulator.night import night
from ..answers import function, number, optional, record, whole_number
from ..compare import small_case
from ..exercises import Wrong, exercise

_A_MINUTE = 600  # messages


@exercise(
    "01.1",
    takes=record(rows=whole_number, versions=whole_number),
    hints=[
        "The minutes asked for are 840 to 849. Which of them does the table have already?",
        "The last txn says that the producer has delivered up to the end of minute 844.",
        "What is left are minutes 845 to 849: 600 messages each, one commit each.",
    ],
)
def check_01_1(answer):
    rows, versions = answer["rows"], answer["versions"]
    if rows == 10 * _A_MINUTE:
        raise Wrong("6,000 would land the minutes 840 to 844 a second time. What does the last txn say?")
    if rows == 0:
        raise Wrong("batches are passed over one by one, not the call as a whole. Which minutes has the table not got?")
    if rows != 5 * _A_MINUTE:
        raise Wrong(f"{rows:,} rows? Of the minutes 840 to 849, count those that are new, at 600 messages each.")
    if versions == 10:
        raise Wrong("the rows are right. A batch that is passed over makes no commit, not even an empty one.")
    if versions == 1:
        raise Wrong("the rows are right. every=60 makes one commit for each minute, not one for the call.")
    if versions != 5:
        raise Wrong(f"the rows are right. {versions} versions? Each minute that is new is one commit.")
    return "minutes 840 to 844 are passed over, 845 to 849 land: 3,000 rows in 5 commits."


_BATCHES = ["AB", "C", "DA"]  # versions 1 to 3 of the table; 0 is empty
_ASKED = {
    "A": (1, "a delivery that came with version 1, and once more with 3"),
    "D": (3, "a delivery that came with the newest version, 3"),
    "Z": (None, "a delivery that never came"),
}


@exercise(
    "01.2",
    takes=function("table", "delivery_id", gives=optional(whole_number), slow=True),
    hints=[
        "f\"SELECT count(*) FROM {table} VERSION AS OF 5 WHERE delivery_id = '{delivery_id}'\" looks into one version.",
        "DESCRIBE HISTORY has the versions there are. Nothing is ever deleted here, so a row is in all versions from its "
        "arrival on: try them from the oldest, or halve the range.",
        "for version in range(newest + 1): if the count is not 0, return version; after the loop return None.",
    ],
)
def check_01_2(answer):
    """A function (table, delivery_id) -> first version of the table that has the delivery, None if there is none."""
    table = _table()
    for delivery_id, (first, what) in _ASKED.items():
        small_case(what, first, answer(table, delivery_id))
    return "the version that brought it, whichever of its copies came first. It works for any table that only grows."


def _table():
    """Name of the exercise's table. Made once in a session, unless the lesson's lake has been made anew since."""
    from ... import runtime

    spark = runtime.session()
    if _made and spark.catalog.tableExists(_made[-1]):
        return _made[-1]
    name = f"exercise_01_2_{uuid.uuid4().hex[:8]}"  # another kernel may have one, too
    spark.sql(f"CREATE TABLE {name} (delivery_id STRING) USING delta")
    for batch in _BATCHES:
        rows = spark.createDataFrame([(delivery_id,) for delivery_id in batch], "delivery_id string").coalesce(1)
        rows.write.format("delta").mode("append").saveAsTable(name)
    _made.append(name)
    return name


_made = []


@exercise(
    "01.3",
    takes=record(**{"Toys": number, "Sports Equipment": number}),
    hints=[
        "The query of section 2 groups by weather_condition; group by gift_type instead.",
        "The denominator is all messages with that gift type, whatever their status.",
    ],
)
def check_01_3(answer):
    counts, gifts = _delays(), tuple(answer)
    of_gift = {gift: sum(n for (other, _), n in counts.items() if other == gift) for gift in gifts}
    delayed = {gift: counts[gift, "delayed"] for gift in gifts}
    all_delayed = sum(n for (_, status), n in counts.items() if status == "delayed")
    all_messages = sum(counts.values())

    def is_it(numbers, close=0.051):
        return all(abs(answer[gift] - numbers[gift]) <= close for gift in gifts)

    right = {gift: 100 * delayed[gift] / of_gift[gift] for gift in gifts}
    if is_it(right):
        return "6.9 % of the toys (30 kg a piece) and 2.8 % of the sports equipment (3 kg): heavy gifts are late more often."
    if is_it({gift: share / 100 for gift, share in right.items()}, 0.00051):
        raise Wrong("these are fractions; a percentage is a hundred times that.")
    if is_it(delayed):
        raise Wrong("these are numbers of messages; divide by all messages with that gift type.")
    if is_it({gifts[0]: right[gifts[1]], gifts[1]: right[gifts[0]]}):
        raise Wrong("the two are swapped. Toys are the heavy ones.")
    if is_it({gift: 100 * delayed[gift] / all_delayed for gift in gifts}):
        raise Wrong("these are the shares of all delayed messages. The question is what part of the toys is delayed.")
    if is_it({gift: 100 * delayed[gift] / all_messages for gift in gifts}):
        raise Wrong("these are the shares of all messages. Divide by those with that gift type.")
    if is_it({gift: 100 * delayed[gift] / (delayed[gift] + counts[gift, "delivered"]) for gift in gifts}):
        raise Wrong("divide by all messages of that gift type; those en_route are messages, too.")
    wrong = next(gift for gift in gifts if abs(answer[gift] - right[gift]) > 0.051)
    raise Wrong(
        f"{wrong}: {answer[wrong]} is not it. Of the {of_gift[wrong]:,} messages with {wrong}, what percentage is delayed?"
    )


@cache
def _delays():
    """{(gift_type, status): messages} of the whole night at rate 60."""
    events = night(1500, rate=60).events
    return Counter(zip(events["gift_type"].to_pylist(), events["status"].to_pylist(), strict=True))
