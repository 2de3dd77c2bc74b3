"""The table of lesson 18: what each arm of the experiment has delivered, window by window."""

from .table import Table, columns

EXPERIMENT_ARMS = Table(
    name="experiment_arms",
    lesson="18",
    call='pipeline.run(spark, stages=extensions.stages(["experiment"]))',
    key=("window_start", "arm"),
    watermark_minutes=5,
    window_minutes=5,
    counted="deliveries",
    columns=columns("""
        window_start timestamp start of the window, inclusive
        window_end timestamp end of the window, exclusive
        arm string A: the routing as it always was, B: the new one; undefined where no arm has the delivery
        deliveries bigint events of the arm in the window, all statuses
        delayed bigint events with status delayed
        calculated_at timestamp when this row was computed (wall clock)
    """),
)
