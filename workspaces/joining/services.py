"""Asks to join, approves, refuses; both sides are told by mail.

Whoever asks is signed in to the organization with an address in a domain that it has
proven: outsiders are invited instead.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.joining import selectors
from workspaces.joining.models import JoinRequest, JoinState
from workspaces.members import services as members
from workspaces.members.models import (
    Membership,
    MembershipStatus,
    MemberSource,
    User,
)
from workspaces.notices import services as notices
from workspaces.roles.matrix import Role
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef, workspace_in_scope

_MOST_TOLD = 20


class NothingToJoin(Refused):
    """No workspace that this person may ask to join."""

    status = 404


class CannotAsk(Refused):
    """Who is in already, or waits for an answer, asks no more."""


class IsDecided(Refused):
    """Somebody has answered it."""


class RefusalNeedsReason(Refused):
    """Whoever is refused is told why."""

    status = 422


def ask(
    *, actor: Actor, organization_id: int, place: UUID, user: User, at: datetime
) -> JoinRequest:
    """Ask to join a workspace of the organization that one is signed in to."""
    with scoping.organization(organization_id=organization_id):
        doors = selectors.doors(user=user, organization_id=organization_id)
        door = next((d for d in doors if d.workspace.public_id == place), None)
        if door is None:
            raise NothingToJoin(_("There is no such workspace to join."))
        if door.is_member:
            raise CannotAsk(_("You are in %s already.") % door.workspace.name)
        workspace = workspace_in_scope(workspace_id=door.workspace.pk)
        with _open(workspace):
            row = _store(workspace, user, at)
            _record(actor, "workspaces.join-request.made", row, workspace, at)
            _tell_admins(row, workspace, at)
            return row


def approve(
    *, actor: Actor, workspace: WorkspaceRef, asking: UUID, at: datetime
) -> JoinRequest:
    """Let the person in as member, where a seat is free."""
    actor.require(Permission.MEMBERS_MANAGE)
    with _open(workspace):
        row = _locked(asking)
        members.let_in(
            actor=actor,
            workspace=workspace,
            person=row.user,
            role=Role.MEMBER,
            source=MemberSource.REQUEST,
            at=at,
        )
        _decide(row, JoinState.APPROVED, actor, at)
        _record(actor, "workspaces.join-request.approved", row, workspace, at)
        _tell(
            row,
            workspace,
            subject=_("You are in %s now") % workspace.name,
            text=_("Your request was approved: sign in and %s is there.")
            % workspace.name,
            at=at,
        )
        return row


def refuse(
    *, actor: Actor, workspace: WorkspaceRef, asking: UUID, reason: str, at: datetime
) -> JoinRequest:
    """Say no, with the reason that the person is told."""
    actor.require(Permission.MEMBERS_MANAGE)
    if not reason:
        raise RefusalNeedsReason(
            _("Give a reason: the person is told. Nothing changed.")
        )
    with _open(workspace):
        row = _locked(asking)
        _decide(row, JoinState.REFUSED, actor, at, reason=reason)
        _record(
            actor,
            "workspaces.join-request.refused",
            row,
            workspace,
            at,
            reason=reason,
        )
        _tell(
            row,
            workspace,
            subject=_("Your request to join %s") % workspace.name,
            text=_("It was not approved. The reason given: %s") % reason,
            at=at,
        )
        return row


def switch(
    *, actor: Actor, workspace: WorkspaceRef, takes_requests: bool, at: datetime
) -> None:
    """Let people of the organization ask to join, or no longer."""
    actor.require(Permission.WORKSPACE_MANAGE)
    with _open(workspace):
        row = Workspace.objects.select_for_update(no_key=True).get(pk=workspace.id)
        before = row.takes_join_requests
        if before == takes_requests:
            return
        row.takes_join_requests = takes_requests
        row.save(update_fields=["takes_join_requests"])
        recording.record(
            actor=actor,
            action="workspaces.join-requests.switched",
            target=Target(kind="workspace", id=workspace.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            changes={"takes_join_requests": (before, takes_requests)},
        )


def _store(workspace: WorkspaceRef, user: User, at: datetime) -> JoinRequest:
    try:
        with transaction.atomic():
            return JoinRequest.objects.create(
                workspace_id=workspace.id,
                user=user,
                email=user.email,
                name=user.name,
                created_at=at,
            )
    except IntegrityError:
        raise CannotAsk(
            _("You have asked already; the answer comes by mail.")
        ) from None


def _locked(asking: UUID) -> JoinRequest:
    mine = JoinRequest.objects.select_for_update().filter(public_id=asking)
    row = mine.first() or selectors.one(asking=asking)
    if row.state != JoinState.PENDING:
        raise IsDecided(_("The request of %s was answered before.") % row.email)
    return row


def _decide(
    row: JoinRequest, state: JoinState, actor: Actor, at: datetime, *, reason: str = ""
) -> None:
    row.state, row.reason = state, reason
    row.decided_at, row.decided_by = at, actor.id
    row.save(update_fields=["state", "reason", "decided_at", "decided_by"])


def _tell_admins(row: JoinRequest, workspace: WorkspaceRef, at: datetime) -> None:
    who = Membership.objects.filter(
        role__in=[Role.OWNER, Role.ADMIN], status=MembershipStatus.ACTIVE
    )
    text = _("%(who)s (%(email)s) asks to join %(workspace)s: see its join requests.")
    said = {
        "who": row.name or row.email,
        "email": row.email,
        "workspace": workspace.name,
    }
    subject = _("A request to join %s") % workspace.name
    first = who.order_by("id").values_list("email", flat=True)[:_MOST_TOLD]
    _mail(first, workspace, subject=subject, text=text % said, at=at)


def _tell(
    row: JoinRequest, workspace: WorkspaceRef, *, subject: str, text: str, at: datetime
) -> None:
    _mail([row.user.email], workspace, subject=subject, text=text, at=at)


def _mail(
    who: Iterable[str],
    workspace: WorkspaceRef,
    *,
    subject: str,
    text: str,
    at: datetime,
) -> None:
    for email in who:
        notices.put(
            organization_id=workspace.organization.id,
            kind="join-request",
            email=email,
            subject=subject,
            text=text,
            at=at,
        )


def _record(
    actor: Actor,
    action: str,
    row: JoinRequest,
    workspace: WorkspaceRef,
    at: datetime,
    **what: Any,
) -> None:
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="join-request", id=row.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        details={"email": row.email},
        **what,
    )


def _open(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )
