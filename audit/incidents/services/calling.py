"""Calls the webhook of an organization about its pages, as often as it takes.

A call is made inside the transaction that locks its row: if the worker dies after the
receiver took it, it comes twice under one id, never not at all. Mail does not wait for
it. What is acknowledged meanwhile is not called about.
"""

import json
from contextlib import suppress
from datetime import datetime

from audit import recording
from audit.incidents import rules, selectors
from audit.incidents.models import AuditIncident, AuditPageCall
from audit.incidents.places import incident_url
from audit.incidents.rules import RULES, Kind, State
from audit.incidents.services.paging import PAGER
from audit.incidents.services.rota import TABLE
from audit.incidents.storing import Box
from audit.log.details import DetailsAreGone
from audit.log.selectors import Log, log_of
from audit.recording import Outcome, Target
from kit import scoping, webhooks
from kit.one_by_one import one_by_one
from kit.outbound import Client, OutboundFailed, OutboundRefused

_OK = range(200, 300)
_CLIENT = Client(
    connect_seconds=3, read_seconds=5, total_seconds=8, largest_body=65_536
)


def call_due(*, at: datetime, limit: int = 1_000) -> int:
    """Makes the calls that are due; how many receivers took."""
    return one_by_one(
        selectors.due_calls(at=at, limit=limit),
        lambda one: _call(*one, at=at),
        what="call",
    )


def _call(call_id: int, organization_id: int, *, at: datetime) -> bool:
    with suppress(DetailsAreGone):
        return call(call_id=call_id, organization_id=organization_id, at=at)
    return False


def call(*, call_id: int, organization_id: int, at: datetime) -> bool:
    """Makes one call, unless another worker does."""
    with scoping.organization(organization_id=organization_id):
        row = (
            AuditPageCall.objects.select_for_update(skip_locked=True)
            .filter(pk=call_id, due_at__lte=at)
            .first()
        )
        if row is None:
            return False
        log = log_of(organization_id=organization_id)
        rota = selectors.rota(organization_id=organization_id)
        incident = AuditIncident.objects.get(pk=row.incident_id)
        hook = Box.of(log).open(rota.sealed, table=TABLE, row=log.uuid)
        if not hook or incident.state != State.OPEN:
            row.delete()
            return False
        try:
            _post(hook, log, incident, row, at=at)
        except (OutboundFailed, OutboundRefused):
            _wait(row, incident, at=at)
            return False
        row.delete()
    return True


def _post(
    hook: dict[str, str],
    log: Log,
    incident: AuditIncident,
    row: AuditPageCall,
    *,
    at: datetime,
) -> None:
    data = {
        "incident": str(incident.public_id),
        "kind": incident.kind,
        "severity": RULES[Kind(incident.kind)].severity.value,
        "opened_at": incident.opened_at.isoformat(),
        "step": row.step,
        "url": incident_url(log, incident),
    }
    event = {"type": "incident.paged", "timestamp": at.isoformat(), "data": data}
    body = json.dumps(event, separators=(",", ":")).encode()
    signature = webhooks.signed(
        body, message=str(row.public_id), secret=hook["secret"], at=at
    )
    headers = {"Content-Type": "application/json", **signature}
    answer = _CLIENT.post(hook["url"], body=body, headers=headers)
    if answer.status not in _OK:
        raise OutboundFailed(f"the webhook answered {answer.status}")


def _wait(row: AuditPageCall, incident: AuditIncident, *, at: datetime) -> None:
    row.tries += 1
    wait = rules.retry_after(row.tries)
    if wait is not None:
        row.due_at = at + wait
        row.save(update_fields=["tries", "due_at"])
        return
    row.delete()
    recording.record(
        actor=PAGER,
        action="audit.incident.webhook-called",
        target=Target(kind="incident", id=incident.public_id),
        organization_id=incident.organization_id,
        workspace=incident.workspace,
        at=at,
        outcome=Outcome.ERROR,
        counts={"step": row.step, "attempts": row.tries},
    )
