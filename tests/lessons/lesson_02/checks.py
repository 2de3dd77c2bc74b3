"""Answers to the exercises of lesson 02, right and wrong."""

import math

CASES = {
    "02.1": {
        "right": [{"remembers": 800 + 100, "plain": 800 + 200 + 100}],
        "wrong": {
            "it writes it again": {"plain": 900, "remembers": 900},
            "not the two before it": {"plain": 1700, "remembers": 900},
            "finds micro-batch 2 in its log": {"plain": 1100, "remembers": 1100},
            "a micro-batch of their own": {"plain": 1000, "remembers": 800},
            "start from the 800 rows": {"plain": 1100, "remembers": 600},
        },
    },
    "02.2": {
        "right": [lambda files, per_trigger: -(-files // per_trigger)],
        "wrong": {
            "left over need a micro-batch too": lambda files, per_trigger: files // per_trigger,
            "no micro-batch runs without files": lambda files, per_trigger: files // per_trigger + 1,
            "runs no micro-batch": lambda files, per_trigger: max(1, math.ceil(files / per_trigger)),
            "return a whole number": lambda files, per_trigger: files / per_trigger,
        },
    },
    "02.3": {
        "right": [{"landing_commit": 10, "micro_batch": 5}],
        "wrong": {
            "where its event time 10:04 would put it": {"micro_batch": 2, "landing_commit": 5},
            "the version of bronze": {"micro_batch": 6, "landing_commit": 10},
            "its minute of arrival": {"micro_batch": 5, "landing_commit": 9},
            "batchTimestampMs of the offsets files": {"micro_batch": 3, "landing_commit": 8},
        },
    },
}
