"""Which jobs a person may see: their own, and the workspace's for who governs it."""

from uuid import UUID

from django.db.models import Q

from kit.actor import Actor
from kit.http import keyset
from kit.permissions import Permission
from kit.scoping import OrganizationQuerySet
from workspaces.jobs.models import OPEN_STATES, Job

ORDER = (("created_at", "desc"), ("id", "desc"))


def visible_to(*, actor: Actor) -> OrganizationQuerySet[Job]:
    """The jobs the actor asked for, and all of the workspace if they see policies."""
    mine = Q(requested_by=actor.id)
    if actor.workspace_id is None:
        return Job.objects.filter(mine)
    if actor.may(Permission.POLICIES_VIEW):
        mine |= Q(workspace_id=actor.workspace_id)
    return Job.objects.filter(mine)


def page(*, actor: Actor, after: str | None = None) -> keyset.Page[Job]:
    """One page of jobs, newest first."""
    return keyset.page(visible_to(actor=actor), order=ORDER, after=after)


def one(*, actor: Actor, job: UUID) -> Job | None:
    """The job, if the actor may see it."""
    return visible_to(actor=actor).filter(public_id=job).first()


def running_count(*, actor: Actor) -> int:
    """How many jobs of the actor wait or run."""
    return visible_to(actor=actor).filter(state__in=OPEN_STATES).count()
