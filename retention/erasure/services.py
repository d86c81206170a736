"""Erases what a member stored: the rest now, what is held by itself after release.

A request is a row with a due time. Its work hides what is visible, a bounded number in
each transaction, then looks again every few minutes: sweeps purge what was hidden once
the undo window is over, and what a hold covers once its grace has ended. Nobody has to
remember it; the request closes when nothing of what it meant is stored any more. What
came back meanwhile (restored by hand) is hidden again until somebody withdraws it.
"""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from audit.erasure import services as log_erasure
from audit.log.selectors import log_of
from audit.recording import Target, record
from kit import ids, scoping
from kit.actor import Actor
from kit.one_by_one import one_by_one
from kit.permissions import Permission
from kit.refusals import Refused
from retention.deletions import services as deletions
from retention.erasure import selectors
from retention.erasure.models import Erasure, ErasureCount, ErasureState
from retention.holds import authority, locking
from retention.holds.services import storing
from workspaces.members.models import Membership, MembershipStatus
from workspaces.tenancy.selectors import WorkspaceRef, workspace_by_slug

WORKER = Actor.system("erasure")
AT_ONCE = 500
ROUNDS = 20
LOOK_AGAIN = timedelta(minutes=5)
_LONGEST_REASON = 1000


class ErasureIsOpen(Refused):
    """One request for a member is worked on at a time."""


class ErasureHasEnded(Refused):
    """What has ended is not withdrawn."""


class OnlyTheMemberWithdraws(Refused):
    """What a member asked for themselves, nobody else takes back."""


class MemberHasNotLeft(Refused):
    """Others erase only what somebody who left has stored."""


class ErasureReasonIsMissing(Refused):
    """Erasing what another person stored needs a reason."""


def request_own(*, actor: Actor, workspace: WorkspaceRef, at: datetime) -> Erasure:
    """A member asks to have all that they stored here erased."""
    authority.demand(actor, Permission.OWN_DATA, workspace=workspace)
    with _scope(workspace):
        member = Membership.objects.get(pk=actor.membership_id or 0)
        return _store(actor, workspace, member, reason="", at=at)


def request_of_leaver(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    reason: str,
    at: datetime,
    from_log: bool = False,
) -> Erasure:
    """An admin has erased what a member who left has stored.

    With `from_log` they leave the audit log as well, unless a hold is over them or
    they are still a member somewhere in the organization.
    """
    authority.demand(actor, Permission.MEMBERS_MANAGE, workspace=workspace)
    if from_log:
        actor.require(Permission.AUDIT_ERASE)
    reason = reason.strip()
    if not reason or len(reason) > _LONGEST_REASON:
        raise ErasureReasonIsMissing(
            _("Say why it is erased, in at most 1,000 characters.")
        )
    with _scope(workspace):
        row = Membership.objects.get(pk=member.pk)
        if row.status != MembershipStatus.REMOVED:
            raise MemberHasNotLeft(
                _("Only the member erases their own; remove the member first.")
            )
        if from_log:
            log_erasure.demand_free(
                log=log_of(organization_id=workspace.organization.id),
                person=str(row.user.public_id),
                at=at,
            )
        return _store(actor, workspace, row, reason=reason, at=at, from_log=from_log)


def withdraw(
    *, actor: Actor, workspace: WorkspaceRef, erasure: Erasure, at: datetime
) -> None:
    """Ends a request; what is hidden can still be restored in its undo window."""
    mine = erasure.membership_id == actor.membership_id
    if not mine and erasure.reason is None:
        raise OnlyTheMemberWithdraws(_("Only the member takes this request back."))
    permission = Permission.OWN_DATA if mine else Permission.MEMBERS_MANAGE
    authority.demand(actor, permission, workspace=workspace)
    with _scope(workspace):
        changed = Erasure.objects.filter(pk=erasure.pk, ended_at__isnull=True).update(
            state=ErasureState.WITHDRAWN, ended_at=at
        )
        if not changed:
            raise ErasureHasEnded(_("This request has ended already."))
        _record(actor, workspace, erasure, "withdrawn", at=at)


def work_due(*, at: datetime, limit: int = 1_000) -> int:
    """Goes on with every request that is due; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute("select * from custos_due_erasures(%s, %s)", [at, limit])
        waiting = cursor.fetchall()
    # What is late for an hour opens an incident.
    one_by_one(waiting, lambda one: _go_on(*one, at=at), what="erasure")
    return len(waiting)


def _go_on(erasure_id: int, slug: str, *, at: datetime) -> None:
    workspace = workspace_by_slug(slug=slug)
    for _round in range(ROUNDS):
        if not _work(erasure_id, workspace, at=at):
            return


def _work(erasure_id: int, workspace: WorkspaceRef, *, at: datetime) -> bool:
    """One transaction of work; whether there is more to hide."""
    with _scope(workspace):
        locking.before_changing()
        row = (
            Erasure.objects.select_for_update(skip_locked=True)
            .filter(pk=erasure_id, ended_at__isnull=True, due_at__lte=at)
            .first()
        )
        if row is None:
            return False
        hidden = deletions.erase(
            actor=WORKER,
            workspace=workspace,
            membership_id=row.membership_id,
            until=row.requested_at,
            limit=AT_ONCE,
            at=at,
        )
        for kind, number in hidden.items():
            _count(row, kind, hidden=number)
        if hidden:
            return True
        _look(row, workspace, at=at)
        return False


def _look(row: Erasure, workspace: WorkspaceRef, *, at: datetime) -> None:
    """Counts what is left, and closes the request where nothing is."""
    left = selectors.stored_of(
        membership_id=row.membership_id, until=row.requested_at, at=at
    )
    for one in left:
        _count(row, one.kind, stored=one.stored, held=one.held)
    stored = sum(one.stored for one in left)
    held = sum(one.held for one in left)
    before, row.state = row.state, _state(stored, held)
    row.due_at = at + LOOK_AGAIN
    row.ended_at = at if row.state == ErasureState.DONE else None
    row.save(update_fields=["state", "due_at", "ended_at"])
    if row.state != before and row.state in _RECORDED:
        counts = {"stored": stored, "held": held}
        _record(WORKER, workspace, row, _RECORDED[row.state], at=at, counts=counts)
    if row.state == ErasureState.DONE and row.from_log:
        _erase_from_log(row, workspace, at=at)


def _erase_from_log(row: Erasure, workspace: WorkspaceRef, *, at: datetime) -> None:
    """The entry of this erasure is among what is erased: it is recorded before."""
    log_erasure.request(
        actor=WORKER,
        log=log_of(organization_id=workspace.organization.id),
        subject=selectors.subject(
            organization_id=workspace.organization.id,
            person=row.membership.user.public_id,
        ),
        at=at,
    )


_RECORDED: dict[str, str] = {
    ErasureState.HELD: "held",
    ErasureState.DONE: "completed",
}


def _state(stored: int, held: int) -> str:
    if not stored:
        return ErasureState.DONE
    return ErasureState.HELD if held == stored else ErasureState.PURGING


def _count(row: Erasure, kind: str, *, hidden: int = 0, **seen: int) -> None:
    count, _is_new = ErasureCount.objects.get_or_create(
        workspace_id=row.workspace_id, erasure=row, kind=kind
    )
    count.hidden_n += hidden
    count.stored_n = seen.get("stored", count.stored_n)
    count.held_n = seen.get("held", count.held_n)
    count.save(update_fields=["hidden_n", "stored_n", "held_n"])


def _store(
    actor: Actor,
    workspace: WorkspaceRef,
    member: Membership,
    *,
    reason: str,
    at: datetime,
    from_log: bool = False,
) -> Erasure:
    if selectors.open_for(membership_id=member.pk) is not None:
        raise ErasureIsOpen(_("An erasure is under way already."))
    public_id = ids.new_uuid()
    row = Erasure.objects.create(
        workspace_id=workspace.id,
        public_id=public_id,
        membership=member,
        reason=storing.sealed_reason(reason, table="retention_erasure", row=public_id)
        if reason
        else None,
        state=ErasureState.HIDING,
        requested_at=at,
        requested_by=actor.id,
        due_at=at,
        from_log=from_log,
    )
    _record(actor, workspace, row, "requested", at=at, reason=reason)
    return row


def _record(
    actor: Actor,
    workspace: WorkspaceRef,
    row: Erasure,
    act: str,
    *,
    at: datetime,
    counts: dict[str, int] | None = None,
    reason: str = "",
) -> None:
    record(
        actor=actor,
        action=f"retention.erasure.{act}",
        target=Target(kind="member", id=row.membership.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        counts=counts,
        details={"erasure": str(row.public_id)},
        reason=reason,
    )


def _scope(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return storing.scope(workspace)
