"""Answers which sweep of a workspace was stopped, and what it would have taken."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from kit.permissions import Permission
from kit.refusals import Refused
from retention.holds import authority
from retention.sweeps.breaker.models import SweepStop
from retention.sweeps.models import Sweep
from retention.sweeps.storage import rows
from workspaces.access.holders import holders_of
from workspaces.members.models import User
from workspaces.tenancy.selectors import WorkspaceRef

_UNTOLD = """
select s.id, s.workspace_id, w.organization_id
from retention_sweepstop s join workspaces_workspace w on w.id = s.workspace_id
where s.told_at is null order by s.id limit 100
"""
# Goes into the condition of who is swept by the clock: a workspace `w` whose sweep was
# stopped waits for a person. Once a day it is looked at anew, for what a hold or a
# longer policy may have changed, and its owners hear of it again. Where the first of
# two people agreed, the second has a day, whatever policy takes force meanwhile.
WAITS_FOR_A_PERSON = """exists (
    select from retention_sweepstop x
    where x.workspace_id = w.id and x.ended_at is null
      and greatest(x.stopped_at, x.agreed_at)
          > %(at)s::timestamptz - interval '1 day'
      and (x.agreed_at > %(at)s::timestamptz - interval '1 day' or not exists (
        select from retention_policy p
        where p.workspace_id = w.id and p.in_force_at > x.stopped_at
          and p.in_force_at <= %(at)s)))"""
_DAY = timedelta(days=1)


class StopIsGone(Refused):
    """The workspace has no such stop."""

    status = 404


def open_stop() -> SweepStop | None:
    """The stop of the open workspace that waits for a person, if any."""
    return SweepStop.objects.filter(ended_at__isnull=True).first()


def one(*, stop: UUID) -> SweepStop:
    """The stop of the open workspace with that public id."""
    found = SweepStop.objects.filter(public_id=stop).first()
    if found is None:
        raise StopIsGone(_("This workspace has no such stop."))
    return found


def sweep_of(*, stop: SweepStop) -> Sweep:
    """The sweep that was stopped."""
    return Sweep.objects.get(pk=stop.sweep_id)


def first_word_counts(
    *, stop: SweepStop, workspace: WorkspaceRef, at: datetime
) -> bool:
    """Whether the first of two agreed within a day, and may still start sweeps."""
    is_fresh = stop.agreed_at is not None and stop.agreed_at > at - _DAY
    return is_fresh and authority.still_holds(
        person=stop.agreed_by, permission=Permission.SWEEPS_RUN, workspace=workspace
    )


def others_who_may(*, workspace: WorkspaceRef, person: str) -> list[User]:
    """Everybody else who may start sweeps."""
    found = holders_of(permission=Permission.SWEEPS_RUN, workspace=workspace)
    return [one for one in found if str(one.public_id) != person]


def untold() -> list[tuple[int, int, int]]:
    """Stops whose owners were not told: id, workspace and organization of each."""
    return [(row[0], row[1], row[2]) for row in rows(_UNTOLD)]
