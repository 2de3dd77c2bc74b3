"""Alerts: a region is late. From gold to whoever must know, each alert once, also after a crash of any part.

rule.py says when there is an alert, outbox.py is the stream that writes down what is to be told, sender.py and receiver.py
are the two processes that tell it and take it, processes.py runs them, reconcile.py proves that all of it agrees.
"""

from ...tables import ALERTS
from .outbox import RULE, AlertStream, alert_id, changes, windows_of
from .processes import beside
from .rule import Alert, Rule, Window, alerts, lower_bound, verdict

__all__ = [
    "RULE",
    "STAGES",
    "TRIGGERS",
    "Alert",
    "AlertStream",
    "Rule",
    "Window",
    "alert_id",
    "alerts",
    "audit",
    "beside",
    "changes",
    "lower_bound",
    "prepare",
    "verdict",
    "windows_of",
]

STAGES = {"alerts": [AlertStream()]}

TRIGGERS = {ALERTS.name: 2}


def prepare(spark):
    """Nothing: gold_delivery_by_region is all that the stream needs."""


def audit(spark):
    """The line of the ledger, see reconcile.py."""
    from .reconcile import reconcile  # it knows the ledger, and so the simulator; what a team takes does not

    return reconcile(spark)
