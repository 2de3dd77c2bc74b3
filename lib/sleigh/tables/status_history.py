"""The tables of status changes: their landing, their quarantine, and what the extension status_history makes of them."""

from .table import Table, columns

STATUS_CHANGE = columns("""
    delivery_id string the delivery whose status changed
    sequence int number of the change in the life of the delivery, from 1
    status string en_route, delivered, delayed or returned
    changed_at string when it changed, as sent: ISO 8601, UTC
""")
"""What a status change says, as sent."""

_CALL = 'pipeline.run(spark, stages=extensions.stages(["status_history"]))'

LANDING_STATUS_CHANGES = Table(
    name="landing_status_changes",
    lesson="16",
    call='landing.generate(spark, feeds=["status_changes"])',
    columns=STATUS_CHANGE,
)

QUARANTINE_STATUS_CHANGES = Table(
    name="quarantine_status_changes",
    lesson="16",
    call=_CALL,
    columns=columns(
        """
        failed_rules array<string> names of the rules that are not true for this row
        quarantined_at timestamp when the row was set apart (wall clock)
        """,
        after=STATUS_CHANGE,
    ),
)

STATUS_CURRENT = Table(
    name="status_current",
    lesson="16",
    call=_CALL,
    key=("delivery_id",),
    properties={"delta.enableChangeDataFeed": "true"},
    columns=columns("""
        delivery_id string unique id of the delivery
        sequence int number of the newest change that is known of it
        status string en_route, delivered, delayed or returned
        changed_at timestamp when it came into this status
        previous_status string the status that this row had before; NULL if this is its first
    """),
)

STATUS_HISTORY = Table(
    name="status_history",
    lesson="16",
    call=_CALL,
    key=("delivery_id", "sequence"),
    columns=columns("""
        delivery_id string id of the delivery
        sequence int number of the change in the life of the delivery
        status string en_route, delivered, delayed or returned
        valid_from timestamp since when the delivery was in this status, inclusive
        valid_to timestamp until when, exclusive; NULL for the status it is in
        is_current boolean whether valid_to is NULL
    """),
)

STATUS_TRANSITIONS = Table(
    name="status_transitions",
    lesson="16",
    call=_CALL,
    key=("delivery_id", "sequence"),
    columns=columns("""
        delivery_id string id of the delivery
        from_status string what status_current said before; NULL if it did not have the delivery
        to_status string what it said from then on
        sequence int number of the change that it took
        changed_at timestamp when the status changed
        version bigint the version of status_current that was the first to say so
        committed_at timestamp when that version was committed (wall clock)
    """),
)
