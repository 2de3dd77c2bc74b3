"""Answers to the exercises of lesson 09."""

DELAYS = (0, 1, 2, 5, 10, 30, 60)


def smallest_delay(lateness, percent):
    for delay in DELAYS:
        later = sum(minutes > delay for minutes in lateness)
        if 100 * later <= (100 - percent) * len(lateness) + 1e-9:
            return delay
    return None


def by_percentile(lateness, percent):
    """Sort, and look at the delivery that must still be on time."""
    needed = -(-len(lateness) * percent // 100)
    bound = sorted(lateness)[int(needed) - 1]
    return next((delay for delay in DELAYS if delay >= bound), None)


def mean(lateness, percent):
    average = sum(lateness) / len(lateness)
    return next((delay for delay in DELAYS if delay >= average), None)


def largest(lateness, percent):
    return next((delay for delay in DELAYS if delay >= max(lateness)), None)


def strictly(lateness, percent):
    needed = len(lateness) * percent / 100
    return next((delay for delay in DELAYS if sum(minutes < delay for minutes in lateness) >= needed), None)


def unsorted(lateness, percent):
    bound = lateness[int(len(lateness) * percent / 100) - 1]
    return next((delay for delay in DELAYS if delay >= bound), None)


def always_99(lateness, percent):
    return smallest_delay(lateness, 99)


def always_something(lateness, percent):
    return smallest_delay(lateness, percent) if smallest_delay(lateness, percent) is not None else 60


def a_percentile(lateness, percent):
    needed = -(-len(lateness) * percent // 100)
    return sorted(lateness)[int(needed) - 1]


def nothing(lateness, percent):
    smallest_delay(lateness, percent)


CASES = {
    "09.1": {
        "right": [next(batch for batch in range(1, 9) if 1 + 50 / 60 + 2 * (batch - 2) - 2 >= 4)],
        "wrong": {
            "more than two minutes late, and counted": 2,
            "does not work with it yet": 3,
            "the one that closes the window": 4,
            "the answer with five minutes": 6,
            "from 0 on": 9,
        },
    },
    "09.2": {
        "right": [by_percentile],
        "wrong": {
            "are later, and may be lost": mean,
            "nine in ten on time: 99 % of 100 deliveries: there is a delay": nothing,
            "longer than need be": largest,
            "exactly on the line": strictly,
            "nine in ten": unsorted,
            "half of them enough": always_99,
            "is promised": always_something,
            "none of the delays": a_percentile,
        },
    },
    "09.3": {
        "right": [("10:38", "10:38", "11:21")],
        "wrong": {
            "(a) 10:45 is north's": ["10:45:00", "11:25:00", "11:26:00"],
            "a delay of its own": ["10:43:00", "10:43:00", "11:25:00"],
            "once for each input": ["10:50:00", "10:50:00", "11:30:00"],
            "(b) that is north's line": ["10:38:00", "11:25:00", "11:25:00"],
            "never goes back": ["10:38:00", "10:00:00", "11:21:00"],
            "only north has moved": ["10:38:00", "11:30:00", "11:21:00"],
            "(c) that is north": ["10:38:00", "10:38:00", "11:25:00"],
            "not five": ["10:38:00", "10:38:00", "11:26:00"],
            "take the lower one": ["10:38:00", "10:38:00", "10:38:00"],
        },
    },
}
