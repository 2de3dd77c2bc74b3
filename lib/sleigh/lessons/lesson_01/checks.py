"""Exercises of lesson 01, the generator."""

from ..answers import number, record, whole_number
from ..exercises import Wrong, exercise


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
    if not isinstance(answer, dict) or set(answer) != {"rows", "versions"}:
        raise Wrong('the answer is a dict with the keys "rows" and "versions"')
    rows, versions = answer["rows"], answer["versions"]
    if rows == 6000:
        raise Wrong("6,000 would land the minutes 840 to 844 a second time. What does the last txn say?")
    if rows == 0:
        raise Wrong("batches are passed over one by one, not the call as a whole: minutes 845 to 849 are new.")
    if rows != 3000:
        raise Wrong(f"{rows} rows? Count the minutes that are new, at 600 messages each.")
    if versions == 10:
        raise Wrong("a batch that is passed over makes no commit, not even an empty one.")
    if versions == 1:
        raise Wrong("every=60 makes one commit for each minute, not one for the call.")
    if versions != 5:
        raise Wrong(f"{versions} versions? One commit a new minute.")
    return "minutes 840 to 844 are passed over, 845 to 849 land: 3,000 rows in 5 commits."


@exercise(
    "01.2",
    takes=whole_number,
    hints=[
        "SELECT count(*) FROM landing_santa_deliveries VERSION AS OF 5 WHERE delivery_id = 'SD-24-0004580'",
        "Try versions one by one, or halve the range: it is in all versions from its arrival on.",
        "The id is also the number of the message, and 600 of them make a batch; but version 0 is the empty table.",
    ],
)
def check_01_2(answer):
    if answer == 2:
        raise Wrong("version 2 has the messages that arrived in minute 10:01. This one happened then, and came later.")
    if answer == 7:
        raise Wrong("you counted the batches from 0, or forgot that version 0 is the empty table.")
    if answer == 10:
        raise Wrong("it is in version 10, as in every version since it came. Which is the first?")
    if answer != 8:
        raise Wrong(f"is it in version {answer}, and not in the one before?")
    return "version 8, the batch of 10:07: happened at 10:01:05, arrived at 10:07:38."


@exercise(
    "01.3",
    takes=record(**{"Toys": number, "Sports Equipment": number}),
    hints=[
        "The query of section 2 groups by weather_condition; group by gift_type instead.",
        "The denominator is all messages with that gift type, whatever their status.",
    ],
)
def check_01_3(answer):
    if not isinstance(answer, dict) or set(answer) != {"Toys", "Sports Equipment"}:
        raise Wrong('the answer is a dict with the keys "Toys" and "Sports Equipment"')
    toys, sports = answer["Toys"], answer["Sports Equipment"]
    if 0 < toys < 0.2 and 0 < sports < 0.2:
        raise Wrong("these are fractions; a percentage is a hundred times that.")
    if toys > 100 or sports > 100:
        raise Wrong("these are numbers of messages; divide by all messages with that gift type.")
    if abs(toys - 2.8) <= 0.06 and abs(sports - 6.9) <= 0.06:
        raise Wrong("the two are swapped. Toys are the heavy ones.")
    if abs(toys - 38.7) <= 0.06:
        raise Wrong("that is the share of all delayed messages. The question is what part of the toys is delayed.")
    if abs(toys - 8.1) <= 0.06:
        raise Wrong("divide by all messages of that gift type; those en_route are messages, too.")
    if abs(toys - 6.9) > 0.06 or abs(sports - 2.8) > 0.06:
        raise Wrong("not these figures: delayed messages of a gift type, over all messages of that gift type.")
    return "6.9 % of the toys (30 kg a piece) and 2.8 % of the sports equipment (3 kg): heavy gifts are delayed more often."
