"""Asks for a job, and asks a running one to stop."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.refusals import Refused
from workspaces.jobs import selectors
from workspaces.jobs.models import OPEN_STATES, Job, JobState
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef


class JobIsOver(Refused):
    """The job ended already."""


def enqueue(
    *,
    actor: Actor,
    kind: str,
    title: str,
    organization: OrganizationRef,
    workspace: WorkspaceRef | None = None,
    arguments: Mapping[str, Any] | None = None,
    at: datetime,
) -> Job:
    """Store a job for the next free worker; the edge rings the bell on commit."""
    with scoping.organization(organization_id=organization.id):
        job = Job.objects.create(
            organization_id=organization.id,
            workspace_id=workspace.id if workspace else None,
            kind=kind,
            title=title,
            arguments=dict(arguments or {}),
            requested_by=actor.id,
            created_at=at,
        )
        here = workspace.public_id if workspace else None
        record(actor, "workspaces.job.requested", job, workspace=here, at=at)
        return job


def cancel(
    *,
    actor: Actor,
    organization: OrganizationRef,
    job: UUID,
    at: datetime,
) -> Job:
    """Stop a job: at once if it waits, after its current step if it runs."""
    with scoping.organization(organization_id=organization.id):
        row = selectors.visible_to(actor=actor).filter(public_id=job)
        found = row.select_related("workspace").select_for_update(of=("self",)).first()
        if found is None:
            raise selectors.UnknownJob(_("There is no such job."))
        if found.state not in OPEN_STATES:
            raise JobIsOver(_("“%s” is over already.") % found.title)
        if found.cancel_requested_at is not None:
            return found
        found.cancel_requested_at = at
        if found.state == JobState.QUEUED:
            found.state, found.ended_at = JobState.CANCELED, at
        found.save(update_fields=["cancel_requested_at", "state", "ended_at"])
        here = found.workspace.public_id if found.workspace else None
        record(actor, "workspaces.job.canceled", found, workspace=here, at=at)
        return found


def record(
    actor: Actor, action: str, job: Job, *, workspace: UUID | None, at: datetime
) -> None:
    """Records what was done to a job, by its kind."""
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="job", id=job.public_id),
        organization_id=job.organization_id,
        workspace=workspace,
        at=at,
        details={"kind": job.kind},
    )
