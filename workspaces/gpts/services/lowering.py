"""Brings GPTs down to the ceilings of their owners, as a job that can be watched.

Each GPT is one transaction that looks again: what was shared less meanwhile, or whose
owner may share further again, stays as it is. Run twice, it finds nothing to do.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit.actor import Actor
from kit.formatting import grouped
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.gpts import authority, rules, selectors
from workspaces.gpts.models import Gpt
from workspaces.gpts.services import governing, making, publishing, reviewing
from workspaces.jobs import services as jobs
from workspaces.jobs.models import Job
from workspaces.jobs.runners import Outcome, Run
from workspaces.tenancy.selectors import WorkspaceRef

KIND = "gpts.downgrade"


class NothingAbove(Refused):
    """No GPT is shared further than its owner may."""


def ask(*, actor: Actor, workspace: WorkspaceRef, at: datetime) -> Job:
    """Queue the job for what stands above a ceiling now."""
    actor.require(Permission.GPTS_MANAGE)
    with authority.scope(workspace):
        if next(selectors.above(), None) is None:
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
        waiting = [one.gpt.public_id for one in selectors.above()]
    done = 0
    for number, public_id in enumerate(waiting, start=1):
        with authority.scope(workspace):
            row = selectors.live().filter(public_id=public_id).first()
            if row is not None:
                done += lower(actor=actor, workspace=workspace, gpt=row, at=now())
        tell(number, len(waiting))
    return done


def lower(*, actor: Actor, workspace: WorkspaceRef, gpt: Gpt, at: datetime) -> int:
    """Lower one GPT to its owner's ceiling; 1 where it stood above."""
    row = making.locked(gpt.public_id)
    found = selectors.ceilings_of(owner_ids=[row.owner_id])
    down = rules.lowered(
        visibility=row.visibility,
        recipients=row.recipient_count,
        ceiling=rules.ceiling_of(
            feature=found.get(row.owner_id, "none"),
            allows_public=selectors.allows_public(),
        ),
    )
    if down is None:
        return 0
    reviewing.drop_waiting(actor=actor, workspace=workspace, gpt=row, at=at)
    if down.loses_recipients:
        governing.strip(actor=actor, workspace=workspace, gpt=row, at=at)
    publishing.move(
        actor=actor,
        workspace=workspace,
        gpt=row,
        to=down.visibility,
        action="workspaces.gpt.downgraded",
        at=at,
    )
    return 1


def run(run: Run) -> Outcome:
    """The runner of the job: what it changes is recorded as the part's own act."""

    def tell(done: int, total: int) -> None:
        run.progress(done=done, total=total)

    done = lower_all(
        actor=Actor.system("gpts"),
        workspace=_workspace_of(run),
        tell=tell,
        now=run.now,
    )
    message = ngettext("%s GPT was lowered.", "%s GPTs were lowered.", done)
    return Outcome(message=message % grouped(done))


def _workspace_of(run: Any) -> WorkspaceRef:
    return authority.workspace_of(
        organization_id=run.organization_id, workspace_id=run.workspace_id or 0
    )
