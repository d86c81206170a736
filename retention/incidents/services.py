"""Opens incidents, tells the owners at each stage once, and closes what is over."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from audit.recording import Outcome, Target, record
from kit import scoping
from kit.actor import Actor
from kit.formatting import absolute
from kit.one_by_one import one_by_one
from retention.incidents import rules, selectors, showing
from retention.incidents.models import Incident, IncidentKind
from retention.places import place
from workspaces.members import selectors as members
from workspaces.notices import services as notices
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

_LONGEST_SUBJECT = 200


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found wrong in one workspace: of which subject, and how many."""

    kind: IncidentKind
    subject: str
    n: int = 1


def sync(
    *,
    actor: Actor,
    kind: IncidentKind,
    found: Mapping[tuple[int, str], int],
    using: str,
    at: datetime,
) -> None:
    """Makes the incidents of one kind what was found: by (workspace, subject)."""
    lasting = selectors.lasting_everywhere(kind=kind, using=using)
    known = selectors.workspaces(
        ids={workspace for workspace, _subject in lasting | set(found)}, using=using
    )
    one_by_one(
        found,
        lambda one: report(
            actor=actor,
            workspace=known[one[0]],
            found=Found(kind=kind, subject=one[1], n=found[one]),
            at=at,
        ),
        what=f"incident {kind}",
        is_whole=True,
    )
    one_by_one(
        lasting - set(found),
        lambda one: resolve(
            actor=actor,
            workspace=known[one[0]],
            found=Found(kind=kind, subject=one[1]),
            at=at,
        ),
        what=f"end of incident {kind}",
        is_whole=True,
    )


def report(
    *, actor: Actor, workspace: WorkspaceRef, found: Found, at: datetime
) -> None:
    """Opens an incident, or notes that it lasts; the owners hear of each stage once."""
    with _scope(workspace):
        # Two workers who find the same at once take turns.
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
        known = _lasting(found)
        if known is None:
            known = _opened(workspace, found, at=at)
            _record(actor, workspace, known, "opened", at=at)
            _tell_owners(workspace, known, at=at)
            return
        stage = rules.stage_after(at - known.opened_at)
        is_worse = stage > known.stage
        known.found_n, known.seen_at = found.n, max(at, known.seen_at)
        known.stage = max(stage, known.stage)
        known.save(update_fields=["found_n", "seen_at", "stage"])
        if is_worse:
            _record(actor, workspace, known, "lasted", at=at)
            _tell_owners(workspace, known, at=at)


def resolve(
    *, actor: Actor, workspace: WorkspaceRef, found: Found, at: datetime
) -> bool:
    """Closes an incident that is over; whether there was one."""
    with _scope(workspace):
        Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
        known = _lasting(found)
        if known is None:
            return False
        known.resolved_at = at
        known.save(update_fields=["resolved_at"])
        _record(actor, workspace, known, "resolved", at=at)
        return True


def _lasting(found: Found) -> Incident | None:
    return Incident.objects.filter(
        kind=found.kind, subject=found.subject, resolved_at__isnull=True
    ).first()


def _opened(workspace: WorkspaceRef, found: Found, *, at: datetime) -> Incident:
    return Incident.objects.create(
        workspace_id=workspace.id,
        kind=found.kind,
        subject=found.subject,
        found_n=found.n,
        stage=rules.Stage.NEW,
        opened_at=at,
        seen_at=at,
    )


def _record(
    actor: Actor, workspace: WorkspaceRef, known: Incident, verb: str, *, at: datetime
) -> None:
    record(
        actor=actor,
        action=f"retention.incident.{verb}",
        target=Target(kind="incident", id=known.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        outcome=Outcome.SUCCESS if verb == "resolved" else Outcome.ERROR,
        counts={"found": known.found_n, "stage": known.stage},
        details={"kind": known.kind, "subject": known.subject},
    )


def _tell_owners(workspace: WorkspaceRef, known: Incident, *, at: datetime) -> None:
    text = _(
        "%(what)s\n\n"
        "Workspace: %(workspace)s\n"
        "Since: %(since)s\n\n"
        "%(advice)s\n\n"
        "See how it stands: %(page)s\n"
    ) % {
        "what": showing.sentence(known),
        "workspace": workspace.name,
        "since": absolute(known.opened_at),
        "advice": showing.advice(known),
        "page": settings.CUSTOS_BASE_URL + place(workspace, "retention:sweeps"),
    }
    subject = _("%s: deleting does not go as it must") % workspace.name
    for owner in members.organization_owners():
        notices.put(
            organization_id=workspace.organization.id,
            kind="retention.incident",
            email=owner.email,
            subject=subject[:_LONGEST_SUBJECT],
            text=text,
            at=at,
        )


def _scope(workspace: WorkspaceRef) -> AbstractContextManager[object]:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )
