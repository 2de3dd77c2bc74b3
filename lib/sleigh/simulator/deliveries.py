"""What happens at the stops: gifts, weather, delays, speed, magic, and how they hang together; all invented."""

import numpy as np

from ..domain import STATUSES, WEATHER_IMPACT
from .weather import weather
from .world import GIFT_SECONDS, GIFT_SHARE, GIFT_WEIGHT_KG

EN_ROUTE = 0.15
"""Share of messages that announce a delivery instead of reporting it."""

DELAY_RATE = {"Clear": 0.031, "Cloudy": 0.046, "Foggy": 0.076, "Snowy": 0.12}
"""Share of delayed deliveries by weather, for a gift of mean weight: about 5 % over the whole night."""

LEG_MS = 30 * 60_000
"""Magic falls from 100 to 55 during the first four fifths of a leg of 30 minutes, and recovers in the last."""

GIFTS_AT_MOST = np.array([0.40, 0.65, 0.80, 0.90, 0.96, 0.98, 0.99])
"""Share of stops with at most 1, 2, ... 7 gifts; the others have 8."""

# As arrays, in the order of the names that code[...] below refers to.
_IMPACT = np.array(list(WEATHER_IMPACT.values()))
_DELAY_RATE = np.array([DELAY_RATE[name] for name in WEATHER_IMPACT])
_SHARE = np.array(list(GIFT_SHARE.values()))
_SECONDS = np.array([GIFT_SECONDS[name] for name in GIFT_SHARE])
_WEIGHT = np.array([GIFT_WEIGHT_KG[name] for name in GIFT_SHARE])
# 1 for a gift of mean weight, half of that for one of 3 kg, 1.4 for 30 kg.
_BURDEN = 0.4 + 0.6 * _WEIGHT / (_WEIGHT * _SHARE).sum()
# By weather and gift. Rounded, because the last bits of a sum are not the same on every machine.
_DELAY_PROBABILITY = np.round(np.outer(_DELAY_RATE, _BURDEN), 9)


def deliveries(event, city, u, seed, saved=0.0):
    """The columns of the stops at the times `event` (ms after NIGHT_START) in the cities `city` (indices).

    u: uniform draws by name, see route.ROW_DRAWS. saved: the share of its delays that a stop is spared, for each or for all;
    what was on time without it still is, to the last digit.

    Returns a dict: gift_type, status, weather_condition as (names, index array); num_gifts, delivery_time_seconds int32;
    reindeer_speed_kmh (1 decimal), magic_level (0-100, 2 decimals). And for the truth, not for the message,
    delay_probability float64: how likely status was to become `delayed` once weather and gift were drawn. That is of all
    messages; of those that report a delivery (not en_route) 1 / (1 - EN_ROUTE) times as many are delayed.
    """
    gift = np.searchsorted(np.round(np.cumsum(_SHARE), 9)[:-1], u["gift"], side="right")
    conditions = weather(seed, event, city)
    impact = _IMPACT[conditions]

    # One draw decides: en_route takes the lower end of [0, 1), delayed the upper, and they never meet.
    probability = _DELAY_PROBABILITY[conditions, gift] * (1 - saved)
    delayed = u["status"] >= 1 - probability
    status = np.where(delayed, STATUSES.index("delayed"), STATUSES.index("delivered"))
    status[u["status"] < EN_ROUTE] = STATUSES.index("en_route")
    seconds = _SECONDS[gift] * (0.6 + 0.8 * u["seconds"]) * np.where(delayed, 1.5 + 1.5 * u["delay"], 1)

    phase = event % LEG_MS / LEG_MS
    magic = np.where(phase < 0.8, 100 - 45 * phase / 0.8, 55 + 45 * (phase - 0.8) / 0.2)
    magic = np.round(np.clip(magic - 20 * (1 - impact) - 6 * u["magic"], 0, 100), 2)
    speed = 1200 * impact * (0.75 + magic / 400) * (0.9 + 0.2 * u["speed"])
    return {
        "gift_type": (list(GIFT_SHARE), gift),
        "num_gifts": (1 + np.searchsorted(GIFTS_AT_MOST, u["gifts"], side="right")).astype(np.int32),
        "status": (list(STATUSES), status),
        "delivery_time_seconds": np.rint(seconds).astype(np.int32),
        "weather_condition": (list(WEATHER_IMPACT), conditions),
        "reindeer_speed_kmh": np.round(speed, 1),
        "magic_level": magic,
        "delay_probability": probability,
    }
