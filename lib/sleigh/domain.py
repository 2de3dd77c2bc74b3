"""The facts that the simulator, the pipeline and the dashboard share: when the night is, and what a message may say."""

from datetime import UTC, datetime

NIGHT_START = datetime(2026, 12, 24, 10, tzinfo=UTC)
"""Midnight in Kiritimati, the first place where it is 25 December."""

NIGHT_MINUTES = 1500
"""25 hours later it is midnight in Pago Pago, the last one."""

WEATHER_IMPACT = {"Clear": 1.0, "Cloudy": 0.95, "Foggy": 0.85, "Snowy": 0.75}
"""What is left of the sleigh's speed in each weather: silver's weather_impact_factor."""

STATUSES = ("en_route", "delivered", "delayed")
