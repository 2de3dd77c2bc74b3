"""What the extension delay_model adds: a prediction for each delivery."""

from .table import Table, columns

PREDICTIONS = Table(
    name="delay_predictions",
    lesson="14",
    call='pipeline.run(spark, stages=extensions.stages(["delay_model"]))',
    key=("delivery_id",),
    columns=columns("""
        delivery_id string unique id of the delivery, as in silver
        delivery_timestamp timestamp event time
        region string one of the course's regions
        probability double that the delivery is delayed, 0 to 1, 6 decimals
        model_version string which model says so: the first digits of the hash of its card
        scored_at timestamp when this row was computed (wall clock)
    """),
)
