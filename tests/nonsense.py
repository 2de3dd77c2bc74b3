"""Messages that no sane sender sends: absurd values in each field, and which rules they break."""

from helpers import message
from sleigh.pipeline import expectations
from sleigh.tables import EVENT

NULLS_BREAK = {
    "delivery_id": "valid_delivery_id",
    "timestamp": "valid_timestamp",
    "status": "valid_status",
    "latitude": "valid_coordinates",
    "longitude": "valid_coordinates",
    "num_gifts": "positive_gifts",
}
"""Fields that must not be NULL; the other ten may be."""

ODD_BUT_VALID = [
    "2026-12-25T06:00:00+18:00",
    "2026-12-24T12:00:00.123456789Z",
]

ABSURD = {
    "latitude": [float("nan"), float("inf"), 1e308, -90.0],
    "longitude": [float("nan"), -1e308, 180.0],
    "num_gifts": [2**31 - 1, -(2**31), 0],
    "delivery_time_seconds": [0, None, 2**31 - 1, -(2**31)],
    "distance_from_previous_km": [float("nan"), float("inf"), float("-inf"), 1e308, -1e308, 5e-324],
    "reindeer_speed_kmh": [float("nan"), 1e308, 1e15],
    "magic_level": [float("-inf"), -0.0, 1e14],
    "weather_condition": ["Hail", "", "\u0000\u0007\u001b[31m", "snowy"],
    "city": ["", "\u2028", "\u0000", "a\nb\tc", "Ω" * 5000, "'; DROP TABLE silver_santa_deliveries; --"],
    "region": ["", "\u202e"],
    "gift_type": ["", "\ud7ff", "🎁"],
    "timezone": ["", "Mars/Olympus_Mons"],
    "status": ["", "\u0000", "delivered\u0000"],
    "delivery_id": ["", "  ", "\t\n\u0000", "\u00a0", "\u200b\ufeff", "D" * 10_000],
    "timestamp": [
        *("2026", "", "25:61 o'clock", "12:00:00", "294247-01-10T04:00:54.775Z", "-290308-12-21T19:59:06Z", "\u0000"),
        *("0001-01-01T00:00:00Z", "1582-10-10T00:00:00Z", "2026-12-24T12:00:00+18:00", "2027-01-01T00:00:00Z"),
        *("2026-12-25T12:00:00Z", "2026-12-25T10:30:00Z", "9999-12-31T23:59:59Z"),
        *ODD_BUT_VALID,
    ],
}


def messages():
    """Each field with NULL and with each absurd value, and rows where everything is wrong, and what breaks in each."""
    breaking = {
        "latitude": {"nan", "inf", "1e+308"},
        "longitude": {"nan", "-1e+308"},
        "num_gifts": {"-2147483648", "0"},
        "status": {"", "\u0000", "delivered\u0000"},
        "delivery_id": {"", "  ", "\t\n\u0000", "\u00a0", "\u200b\ufeff"},
        "timestamp": {*ABSURD["timestamp"]} - {*ODD_BUT_VALID},
    }
    rows = []
    for field, rule in {name: NULLS_BREAK.get(name) for name in EVENT.names}.items():
        rows.append(message(100 + len(rows)) | {field: None, "_broken": [rule] if rule else []})
    for field, values in ABSURD.items():
        for value in values:
            broken = [NULLS_BREAK[field]] if str(value) in breaking.get(field, ()) else []
            rows.append(message(100 + len(rows)) | {field: value, "_broken": broken})
    rows.append(dict.fromkeys(EVENT.names) | {"_broken": list(expectations.RULES)})
    rows.append(message(99, num_gifts=0, status="lost", _broken=["valid_status", "positive_gifts"]))
    return rows
