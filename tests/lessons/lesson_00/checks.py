"""Answers to the exercises of lesson 00."""

SUMMARY = "gold_delivery_summary_realtime"

CASES = {
    "00.1": {
        "right": [{"counted": 4 * 600.0, "silver": 10 * 600}],
        "wrong": {
            "nothing is quarantined": {"silver": 5830, "counted": 2400},
            "would be 10 minutes": {"silver": 6000, "counted": 6000},
            "would be 5 minutes": {"silver": 6000, "counted": 3000},
            "still on their way": {"silver": 6000, "counted": 2397},
            "no whole number": {"silver": 6000, "counted": 2500},
        },
    },
    "00.2": {
        "right": [16.0],
        "wrong": {
            "a tenth of a second short": 15,
            "not its beginning": 14,
            "only 10:00 to 10:03": 10,
            "counted twice": 20,
            "Find the first event": 17,
        },
    },
    "00.3": {
        "right": [[f"{SUMMARY}:", "silver:"]],
        "wrong": {
            "gold has one more": {"silver"},
            "which table lacks a row": {SUMMARY},
            "no final window yet": {"silver", SUMMARY, "gold_top_cities"},
            "Only silver was touched": {"silver", "bronze_santa_deliveries"},
            "read the word": set(),
        },
    },
}
