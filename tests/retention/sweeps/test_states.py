"""No state of work is forgotten: each has a row with its limit, or a stated reason.

The test walks whatever has choices in retention and audit. A new choice fails here
until somebody says what alarms when a thing stays in it.
"""

from django.apps import apps

from audit.limbo import states as of_logs
from retention.sweeps import limbo as of_deleting

WHAT_IT_IS = {
    *("act", "cadence", "busy_pace", "clock", "dates_of", "form", "kind", "lane"),
    *("part", "plan_written", "scope_kind", "trigger"),
}
"""Fields that say what a thing is, or how it goes: nothing stands in one."""

FINAL = "final"
PEOPLE = "people decide; it stands on their pages until then"
SHOWN = "a standing alarm itself: pages, mail and metrics say it until it is over"
PROBED = "a probe of `doctor` of its own says it"
BY_ITS_SWEEP = "its sweeps have rows"
SETTING = "a setting; how far a stream is has incidents of its own"
REASONS = {FINAL, PEOPLE, SHOWN, PROBED, BY_ITS_SWEEP, SETTING}

_CLOSING = "closing that nobody goes on with"
_ERASURE = "erasure that nobody goes on with"
_LOG_ERASURE = "erasure from the log that nobody goes on with"
_WITHOUT_AN_END = "purge without an end"

STANDS = {
    "Closing.state": {
        "grace": _CLOSING,
        "emptying": _CLOSING,
        "destroying": _CLOSING,
        "closed": FINAL,
        "undone": FINAL,
    },
    "Erasure.state": {
        "hiding": _ERASURE,
        "purging": _ERASURE,
        "held": _ERASURE,
        "done": FINAL,
        "withdrawn": FINAL,
    },
    "ReleaseRequest.state": {
        "waiting": PEOPLE,
        "confirmed": FINAL,
        "withdrawn": FINAL,
    },
    "MatterExport.outcome": {"done": FINAL, "stopped": FINAL, "failed": FINAL},
    "PolicyDraft.state": {
        "draft": PEOPLE,
        "awaiting": PEOPLE,
        "scheduled": "draft past the day of its force",
        "in_force": FINAL,
        "cancelled": FINAL,
    },
    "PromiseStanding.stage": {"kept": FINAL, "alarm": SHOWN, "overdue": SHOWN},
    "SweepRun.state": {
        "open": BY_ITS_SWEEP,
        "planned": BY_ITS_SWEEP,
        "purging": "sweep without a worker",
        "destroying": BY_ITS_SWEEP,
        "closed": FINAL,
    },
    "Sweep.state": {
        "opened": "sweep without a plan",
        "planned": "plan without a signature",
        "sealed": _WITHOUT_AN_END,
        "purging": _WITHOUT_AN_END,
        "destroying": "keys or files not destroyed",
        "closed": FINAL,
        "stopped": FINAL,
    },
    "AuditErasure.state": {"due": _LOG_ERASURE, "held": _LOG_ERASURE, "done": FINAL},
    "AuditExport.state": {
        "queued": "export of the log that nobody began",
        "running": "export of the log whose worker is gone",
        "done": "export of the log past its days",
        "failed": FINAL,
        "expired": FINAL,
    },
    "AuditIncident.state": {"open": SHOWN, "acknowledged": SHOWN, "resolved": FINAL},
    "AuditStream.state": {"paused": SETTING, "running": SETTING},
    "AuditVerification.state": {
        "due": "verification that nobody is at",
        "done": FINAL,
    },
    **{
        f"{model}.problem": dict.fromkeys(problems, PROBED)
        for model, problems in {
            "AuditTimestamp": ("unreachable", "not_granted", "bad_answer"),
            "AuditWitness": (
                *("unreachable", "unknown_log", "unknown_key"),
                *("fork", "ahead", "bad_answer"),
            ),
        }.items()
    },
}


def choices() -> dict[str, set[str]]:
    """The states of every field of both apps that has any, by model and field."""
    return {
        f"{model.__name__}.{field.name}": {str(value) for value, _ in field.choices}
        for app in ("retention", "audit")
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        if getattr(field, "choices", None) and field.name not in WHAT_IT_IS
    }


def test_every_state_has_a_row_or_a_reason() -> None:
    assert {name: set(states) for name, states in STANDS.items()} == choices()


def test_each_row_that_is_named_exists() -> None:
    rows = {row.name for row in (*of_deleting.STATES, *of_logs.STATES)}
    named = {row for states in STANDS.values() for row in states.values()} - REASONS

    assert named <= rows


def test_what_has_no_state_of_its_own_has_a_row_too() -> None:
    # Each of these says by its times how far it is.
    asked = " ".join(row.sql for row in (*of_deleting.STATES, *of_logs.STATES))

    for table in (
        *("retention_doom", "retention_purgelist", "audit_expiry", "audit_pruning"),
        *("workspaces_job", "workspaces_import"),
    ):
        assert table in asked
