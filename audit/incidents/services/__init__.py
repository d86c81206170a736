"""What is done about incidents: finding, paging, handling, setting."""

from audit.incidents.services.calling import call_due
from audit.incidents.services.detecting import detect, detect_due
from audit.incidents.services.handling import (
    acknowledge,
    assign,
    note,
    reopen,
    resolve,
)
from audit.incidents.services.noticing import give_notice
from audit.incidents.services.paging import page_due
from audit.incidents.services.refusing import open_refused
from audit.incidents.services.rota import remove_webhook, set_rota, set_webhook
from audit.incidents.services.settings import change_rule

__all__ = [
    "acknowledge",
    "assign",
    "call_due",
    "change_rule",
    "detect",
    "detect_due",
    "give_notice",
    "note",
    "open_refused",
    "page_due",
    "remove_webhook",
    "reopen",
    "resolve",
    "set_rota",
    "set_webhook",
]
