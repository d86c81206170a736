"""What is done about incidents: finding, handling, setting."""

from audit.incidents.services.detecting import detect, detect_due
from audit.incidents.services.handling import (
    acknowledge,
    assign,
    note,
    reopen,
    resolve,
)
from audit.incidents.services.settings import change_rule

__all__ = [
    "acknowledge",
    "assign",
    "change_rule",
    "detect",
    "detect_due",
    "note",
    "reopen",
    "resolve",
]
