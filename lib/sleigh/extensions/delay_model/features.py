"""What may be asked of a delivery before it has happened."""

AT_DEPARTURE = ("weather_condition", "gift_type", "region", "country", "city", "timezone")
"""The columns of silver that are known when the sleigh sets out for a stop, and are names. A model may use these alone.

Known, too, but measures: delivery_hour, latitude, longitude, num_gifts, distance_from_previous_km. Known on arrival:
reindeer_speed_kmh, magic_level. All that the stop itself brings about gives the answer away: status and its three flags,
delivery_time_seconds, adjusted_delivery_time_seconds, and effective_speed_kmh, which is made of it.
"""

FEATURES = ("weather_condition", "gift_type")
"""Those by which the model predicts unless it is told otherwise. Lesson 14 shows what the others add: nothing."""

TARGET = "is_delayed"
