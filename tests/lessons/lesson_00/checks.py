"""Answers to the exercises of lesson 00."""

from collections import namedtuple

import numpy as np

SUMMARY = "gold_delivery_summary_realtime"
Counts = namedtuple("Counts", "silver counted")

CASES = {
    "00.1": {
        "right": [
            {"counted": 4 * 600.0, "silver": 10 * 600},
            Counts(6000, 2400),
            {"Silver": np.int32(6000), "counted ": 2400},
            {"silver": sum([600] * 10), "counted": sum([600] * 4)},
        ],
        "wrong": {
            "kept the other 170 out": {"silver": 5830, "counted": 2400},
            "kept the other 360 out": {"silver": 5640, "counted": 2400},
            "more than the 6,000 that were sent": {"silver": 6060, "counted": 2400},
            "6,000 would be 10 final minutes. After 10 minutes": {"silver": 6000, "counted": 6000},
            "3,000 would be 5 final minutes": {"silver": 6000, "counted": 3000},
            "1,800 would be 3 final minutes": {"silver": 6000, "counted": 1800},
            "broken, copied or still on their way": {"silver": 6000, "counted": 2397},
            "2,500 counted? Every minute holds 600": {"silver": 6000, "counted": 2500},
            '"counted": 2400.5 is not a whole number': {"silver": 6000, "counted": 2400.5},
            "has the keys": {"silver": 6000, "gold": 2400},
            "is a dict": 6000,
        },
    },
    "00.2": {
        "right": [16.0, np.int64(16), 15 + 1, len(range(16))],
        "wrong": {
            "newest event is of 10:14:59.9 and the watermark at 10:09:59.9": 15,
            "newest event is of 10:13:59.9": 14,
            "newest event is of 10:09:59.9 and the watermark at 10:04:59.9": 10,
            "watermark at 10:14:59.9. That is past 10:10:00.0": 20,
            "fewer minutes are enough": 17,
            "The night begins at 10:00": 0,
            "-5 minutes?": -5,
            "not a whole number": 15.5,
        },
    },
    "00.3": {
        "right": [
            [f"{SUMMARY}:", "silver:"],
            {"silver_santa_deliveries", SUMMARY},
            ("silver", SUMMARY, "silver"),
            np.array(["Silver", SUMMARY.upper()]),
        ],
        "wrong": [
            ("who has one more than silver", {"silver"}),
            ("who has one more than silver", "silver"),
            ("Which table lacks a row", [SUMMARY]),
            ("gold_top_cities has no final window", {"silver", SUMMARY, "gold_top_cities"}),
            ("gold_by_city has no final window", {"silver", "gold_by_city"}),
            ("Only silver was touched", {"silver", SUMMARY, "bronze_santa_deliveries"}),
            ("landed: the row is still there", {"landed"}),
            ("gold is not what the ledger calls a table", {"silver", "gold"}),
            ("read the word", set()),
            ("number 1: 5 is not text", [5]),
        ],
    },
}
