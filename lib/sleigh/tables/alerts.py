"""The table of lesson 17: what is to be told of alerts, the outbox of a process that sends it."""

from .table import Table, columns

ALERTS = Table(
    name="alerts",
    lesson="17",
    call="pipeline.run(spark, stages=extensions.stages(['alerts']))",
    key=("alert_id", "change"),
    columns=columns("""
        alert_id string names an alert: made of its region and the window that raised it
        change int numbers what is told of an alert, from 1; the newest holds
        kind string raised, cleared or retracted
        region string the region
        window_start timestamp start of the window that this change is about
        rate double percent of the window's deliveries that were delayed; NULL if there were too few to say
        n bigint deliveries of the region in the window, all statuses
        rule string the rule that found it, with its numbers
        written_at timestamp when the change was written (wall clock)
    """),
)
