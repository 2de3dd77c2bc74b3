"""The tables of lesson 20: what the weather service has said, and the weather of each delivery."""

from .table import Table, columns

LANDING_WEATHER = Table(
    name="landing_weather",
    lesson="20",
    call="weather_join.catch_up(lake)",
    columns=columns("""
        city string where it was observed
        valid_from timestamp when it was observed; it holds until the next observation of the city
        condition string Clear, Cloudy, Foggy or Snowy
        issued_at timestamp when the service said so; the newest of a city and valid_from holds
    """),
)

SILVER_WEATHER = Table(
    name="silver_weather",
    lesson="20",
    call='pipeline.run(spark, stages=extensions.stages(["weather_join"]))',
    key=("delivery_id",),
    properties={"delta.enableChangeDataFeed": "true"},
    columns=columns("""
        delivery_id string unique id of the delivery
        delivery_timestamp timestamp event time of the delivery
        city string name of the city
        condition string the weather there and then, as the service has it by now; NULL if it has none
        valid_from timestamp when that was observed
        issued_at timestamp when the service said so
        reason string why there is no condition: no observation, or service down
    """),
)
