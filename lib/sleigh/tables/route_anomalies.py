"""The tables of the route: every hop of the sleigh, examined, and those of its stops that cannot be right."""

from .table import Table, columns

_CALL = 'pipeline.run(spark, stages=extensions.stages(["route_anomalies"]))'

_EVIDENCE = columns("""
    delivery_id string unique id of the delivery
    delivery_timestamp timestamp event time
    city string name of the city
    latitude double degrees, north is positive
    longitude double degrees, east is positive
    previous_id string delivery before it in order of event time; NULL for the first
    reported_km double distance from the previous stop as the message has it
    computed_km double the same from the two positions; NULL if one is missing
    gap_in_km double difference between reported and computed distance, of the hop to this stop
    gap_out_km double the same of the hop from this stop to the next
    city_km double distance from the centre of its city
    kind string jump, loop or standstill; no position or unknown city where that cannot be said; NULL where all is well
""")

ROUTE_HOPS = Table(
    name="route_hops",
    lesson="15",
    call=_CALL,
    key=("delivery_id",),
    watermark_minutes=5,
    columns=columns("examined_at timestamp when the stop was examined (wall clock)", after=_EVIDENCE),
)

ROUTE_ANOMALIES = Table(
    name="route_anomalies",
    lesson="15",
    call=_CALL,
    key=("delivery_id",),
    columns=columns("detected_at timestamp when the row was written (wall clock)", after=_EVIDENCE),
)
