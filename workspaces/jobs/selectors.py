"""Which jobs a person may see: their own, and the workspace's for who governs it."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.http import keyset
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.jobs.models import OPEN_STATES, Job

_ORDER: keyset.Order = (("created_at", "desc"), ("id", "desc"))


class UnknownJob(Refused):
    """There is no such job for this person."""

    status = 404


def visible_to(*, actor: Actor) -> QuerySet[Job]:
    """The jobs the actor asked for here; all of the workspace if they see policies."""
    mine = Q(requested_by=actor.id)
    if actor.workspace_id is None:
        return Job.objects.filter(mine)
    # One organization's rows are in one scope: the workspace must be asked for.
    here = Job.objects.filter(workspace_id=actor.workspace_id)
    return here if actor.may(Permission.POLICIES_VIEW) else here.filter(mine)


def page(*, actor: Actor, after: str | None = None) -> keyset.Page[Job]:
    """One page of jobs, newest first."""
    # Arguments may hold a long sealed list, which no list of jobs shows.
    found = visible_to(actor=actor).defer("arguments")
    return keyset.page(found, order=_ORDER, after=after)


def one(*, actor: Actor, job: UUID) -> Job:
    """The job, if the actor may see it."""
    found = visible_to(actor=actor).filter(public_id=job).first()
    if found is None:
        raise UnknownJob(_("There is no such job."))
    return found


def running_count(*, actor: Actor) -> int:
    """How many jobs of the actor wait or run."""
    return visible_to(actor=actor).filter(state__in=OPEN_STATES).count()
