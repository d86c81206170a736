"""Reads a log in its order, each entry once, and opens incidents where rules hold.

One transaction reads the next window of sealed entries, opens what it finds and moves
the cursor. Killed before it commits, nothing has happened; killed after, nothing is
read again. Two workers cannot read one log at once: the cursor's row is theirs by turn.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from audit import recording
from audit.incidents import selectors
from audit.incidents.models import (
    Act,
    AuditIncident,
    AuditIncidentCursor,
    AuditIncidentStep,
)
from audit.incidents.rules import Kind, Rule, State
from audit.incidents.selectors import Hit
from audit.log.selectors import Log, log_of
from audit.recording import Outcome, Target
from kit import scoping
from kit.actor import Actor
from kit.ids import new_uuid
from kit.one_by_one import one_by_one

DETECTOR = Actor.system("detector")
WINDOW = 2_000
"""Entries a transaction reads."""
ROUNDS = 25
MOST_STEPS = 200
"""Entries that a timeline names; what comes on top is counted."""


def detect_due(*, at: datetime, limit: int = 1_000) -> int:
    """Reads on in every log with new entries, a bounded way; how many logs."""
    found = selectors.unread(limit=limit)
    one_by_one(found, lambda one: _read_on(one, at=at), what="log of organization")
    return len(found)


def _read_on(organization_id: int, *, at: datetime) -> None:
    for _round in range(ROUNDS):
        if not detect(organization_id=organization_id, at=at):
            break


def detect(*, organization_id: int, at: datetime) -> bool:
    """Reads the next window of one log; False where nothing was left to read."""
    with scoping.organization(organization_id=organization_id):
        cursor = turn_at(organization_id)
        if cursor is None:
            return False
        after = (cursor.epoch, cursor.index)
        end = selectors.end_of_window(
            organization_id=organization_id, after=after, entries=WINDOW
        )
        if end is None:
            return False
        log = log_of(organization_id=organization_id)
        for setting in selectors.settings():
            if setting.is_on:
                rule = setting.rule
                found = selectors.hits(
                    organization_id=organization_id, rule=rule, after=after, end=end
                )
                _tell(log, rule, found, at=at)
        cursor.epoch, cursor.index = end
        cursor.save(update_fields=["epoch", "index"])
    return True


def turn_at(organization_id: int) -> AuditIncidentCursor | None:
    """The cursor of a log, locked; None while somebody else reads that log."""
    AuditIncidentCursor.objects.bulk_create(
        [AuditIncidentCursor(organization_id=organization_id)], ignore_conflicts=True
    )
    return AuditIncidentCursor.objects.select_for_update(skip_locked=True).first()


def _tell(log: Log, rule: Rule, found: Sequence[Hit], *, at: datetime) -> None:
    by_subject: dict[str, list[Hit]] = {}
    for hit in found:
        by_subject.setdefault(hit.subject, []).append(hit)
    for subject, hits in by_subject.items():
        counts = {"found": len(hits), "index": hits[0].place[1]}
        workspace = hits[0].workspace
        row = told(log, rule.kind, subject, workspace=workspace, counts=counts, at=at)
        _name_entries(row, hits)


def told(
    log: Log,
    kind: Kind,
    subject: str,
    *,
    workspace: UUID | None,
    counts: dict[str, int],
    at: datetime,
) -> AuditIncident:
    """Adds what was found to the incident that lasts, or opens one; in a turn."""
    lasting = (
        AuditIncident.objects.select_for_update()
        .filter(kind=kind, subject=subject)
        .exclude(state=State.RESOLVED)
        .first()
    )
    if lasting is None:
        return _opened(log, kind, subject, workspace=workspace, counts=counts, at=at)
    lasting.found_n += counts["found"]
    lasting.seen_at = max(at, lasting.seen_at)
    lasting.save(update_fields=["found_n", "seen_at"])
    return lasting


def _opened(
    log: Log,
    kind: Kind,
    subject: str,
    *,
    workspace: UUID | None,
    counts: dict[str, int],
    at: datetime,
) -> AuditIncident:
    row = AuditIncident.objects.create(
        organization_id=log.organization_id,
        public_id=new_uuid(),
        kind=kind,
        subject=subject,
        workspace=workspace,
        found_n=counts["found"],
        opened_at=at,
        seen_at=at,
        page_due_at=at,
    )
    recording.record(
        actor=DETECTOR,
        action="audit.incident.opened",
        target=Target(kind="incident", id=row.public_id),
        organization_id=log.organization_id,
        workspace=row.workspace,
        at=at,
        outcome=Outcome.ERROR,
        counts=counts,
        details={"kind": row.kind},
    )
    return row


def _name_entries(row: AuditIncident, hits: Sequence[Hit]) -> None:
    named = AuditIncidentStep.objects.filter(incident_id=row.pk, act=Act.SEEN).count()
    AuditIncidentStep.objects.bulk_create(
        AuditIncidentStep(
            organization_id=row.organization_id,
            public_id=new_uuid(),
            incident_id=row.pk,
            act=Act.SEEN,
            at=hit.at,
            epoch=hit.place[0],
            index=hit.place[1],
        )
        for hit in hits[: max(0, MOST_STEPS - named)]
    )
