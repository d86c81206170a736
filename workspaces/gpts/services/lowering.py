"""Brings GPTs down to the ceilings of their owners, as a job that can be watched.

A hundred GPTs are one transaction, which looks again: what was shared less meanwhile,
or whose owner may share further again, stays as it is. Run twice, it finds nothing.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit import scoping
from kit.actor import Actor
from kit.formatting import grouped
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.gpts import authority, selectors
from workspaces.gpts.selectors import Above
from workspaces.gpts.services import governing, publishing, reviewing
from workspaces.jobs import services as jobs
from workspaces.jobs.models import Job
from workspaces.jobs.runners import Outcome, Run
from workspaces.tenancy import selectors as tenancy
from workspaces.tenancy.selectors import WorkspaceRef

KIND = "gpts.downgrade"
_AT_ONCE = 100


class NothingAbove(Refused):
    """No GPT is shared further than its owner may."""


def ask(*, actor: Actor, workspace: WorkspaceRef, at: datetime) -> Job:
    """Queue the job for what stands above a ceiling now."""
    actor.require(Permission.GPTS_MANAGE)
    with authority.scope(workspace):
        if next(selectors.above(workspace=workspace), None) is None:
            raise NothingAbove(_("No GPT stands above its owner's ceiling."))
        return jobs.enqueue(
            actor=actor,
            kind=KIND,
            title=_("Bring GPTs down to their owners' ceilings"),
            organization=workspace.organization,
            workspace=workspace,
            at=at,
        )


def lower_all(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    tell: Callable[[int, int], None],
    now: Callable[[], datetime],
) -> int:
    """Lower everything that stands above; `tell` hears how far it is."""
    with authority.scope(workspace):
        waiting = [one.gpt.pk for one in selectors.above(workspace=workspace)]
    done = 0
    for begin in range(0, len(waiting), _AT_ONCE):
        ids = waiting[begin : begin + _AT_ONCE]
        with authority.scope(workspace):
            done += lower(actor=actor, workspace=workspace, ids=ids, at=now())
        tell(begin + len(ids), len(waiting))
    return done


def lower(
    *, actor: Actor, workspace: WorkspaceRef, ids: Collection[int], at: datetime
) -> int:
    """Lower those of some GPTs that stand above their owner's ceiling; how many."""
    rows = selectors.live().filter(pk__in=list(ids)).order_by("id")
    found = selectors.above_among(
        gpts=list(rows.select_for_update()), workspace=workspace
    )
    waiting = selectors.waiting_among(gpts=[one.gpt for one in found])
    for one in found:
        if one.gpt.pk in waiting:
            reviewing.drop_waiting(actor=actor, workspace=workspace, gpt=one.gpt, at=at)
        _lower(one, actor, workspace, at)
    return len(found)


def _lower(one: Above, actor: Actor, workspace: WorkspaceRef, at: datetime) -> None:
    if one.lowered.loses_recipients:
        governing.strip(actor=actor, workspace=workspace, gpt=one.gpt, at=at)
    publishing.move(
        actor=actor,
        workspace=workspace,
        gpt=one.gpt,
        to=one.lowered.visibility,
        action="workspaces.gpt.downgraded",
        at=at,
    )


def run(run: Run) -> Outcome:
    """The runner of the job: what it changes is recorded as the part's own act."""

    def tell(done: int, total: int) -> None:
        run.progress(done=done, total=total)

    done = lower_all(
        actor=Actor.system("gpts"),
        workspace=_workspace_of(run.organization_id, run.workspace_id or 0),
        tell=tell,
        now=run.now,
    )
    message = ngettext("%s GPT was lowered.", "%s GPTs were lowered.", done)
    return Outcome(message=message % grouped(done))


def _workspace_of(organization_id: int, workspace_id: int) -> WorkspaceRef:
    with scoping.organization(organization_id=organization_id):
        return tenancy.workspace_in_scope(workspace_id=workspace_id)
