"""Answers to the exercises of lesson 01."""

from sleigh.simulator.night import night


def delay_rates():
    """Percentage of delayed messages by gift type, over the night at rate 60, without SQL."""
    events = night(1500, rate=60).events.select(["gift_type", "status"]).to_pandas()
    return (events.status.eq("delayed").groupby(events.gift_type).mean() * 100).round(1).to_dict()


def _two(of):
    return {"Toys": of["Toys"], "Sports Equipment": of["Sports Equipment"]}


CASES = {
    "01.1": {
        "right": [{"versions": 849 - 844, "rows": 5 * 600.0}],
        "wrong": {
            "a second time": {"rows": 6000, "versions": 10},
            "not the call as a whole": {"rows": 0, "versions": 0},
            "passed over makes no commit": {"rows": 3000, "versions": 10},
            "not one for the call": {"rows": 3000, "versions": 1},
            "Count the minutes": {"rows": 600, "versions": 1},
            "One commit a new minute": {"rows": 3000, "versions": 6},
        },
    },
    "01.2": {
        "right": [1 + 4580 // 600],
        "wrong": {
            "happened then, and came later": 2,
            "counted the batches from 0": 7,
            "Which is the first": 10,
            "not in the one before": 9,
        },
    },
    "01.3": {
        "right": [_two(delay_rates())],
        "wrong": {
            "fractions": {"Toys": 0.0685, "Sports Equipment": 0.0276},
            "numbers of messages": {"Toys": 1736, "Sports Equipment": 147},
            "swapped": {"Toys": 2.8, "Sports Equipment": 6.9},
            "share of all delayed": {"Toys": 38.7, "Sports Equipment": 3.3},
            "those en_route": {"Toys": 8.1, "Sports Equipment": 3.2},
            "not these figures": {"Toys": 5.0, "Sports Equipment": 5.0},
        },
    },
}
