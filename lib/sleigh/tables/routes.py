"""The table of lesson 21: the stops of the night on routes, as they were flown and as they are better flown."""

from .table import Table, columns

ROUTE_LEGS = Table(
    name="route_legs",
    lesson="21",
    call='pipeline.run(spark, stages=extensions.stages(["routes"]))',
    key=("delivery_id",),
    watermark_minutes=5,
    columns=columns("""
        route_id string names the route: the start of its window, UTC, and its region
        window_start timestamp start of the window of two minutes
        region string one of the course's regions
        delivery_id string unique id of the delivery, as in silver
        delivery_timestamp timestamp event time
        latitude double degrees, north is positive
        longitude double degrees, east is positive
        flown_position int place of the stop on the route in order of event time, from 1
        flown_km double from the stop before in that order, 0 for the first; NULL where a position is missing
        planned_position int place of the stop in the planned order, from 1; both orders begin at the same stop
        planned_km double from the stop before in the planned order
        solver string what has planned the route
        calculated_at timestamp when the route was planned (wall clock)
    """),
)
