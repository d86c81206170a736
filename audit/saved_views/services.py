"""Saves and deletes views of the log; both are recorded."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording
from audit.log.leaf import Json
from audit.log.selectors import Log
from audit.query.rules import Query
from audit.recording import Target
from audit.saved_views import selectors
from audit.saved_views.models import AuditSavedView
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused

LONGEST_NAME = 60


class NameCannotBe(Refused):
    """A view needs a name of its own, of at most 60 characters."""

    status: ClassVar[int] = 400


class TooManyViews(Refused):
    """Nobody finds their view among more than a hundred."""


class NoSuchView(Refused):
    """There is no such view here, or it is somebody else's."""

    status: ClassVar[int] = 404


class ViewIsNotYours(Refused):
    """A shared view goes by its owner, or by whoever answers for the log."""

    status: ClassVar[int] = 403


def save(
    *,
    actor: Actor,
    log: Log,
    workspace: UUID | None,
    name: str,
    query: Query,
    is_shared: bool,
    at: datetime,
) -> AuditSavedView:
    """Keeps a query under a name, for oneself or for all who read the log."""
    actor.require(Permission.AUDIT_VIEW)
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise NameCannotBe(
            _("Give the view a name of at most %d characters.") % LONGEST_NAME
        )
    if selectors.visible_to(actor, workspace=workspace).count() >= selectors.MOST:
        raise TooManyViews(
            _("There are %d views already. Delete one first.") % selectors.MOST
        )
    with transaction.atomic():
        view = _stored(
            AuditSavedView(
                organization_id=log.organization_id,
                workspace=workspace,
                owner=UUID(actor.id),
                name=name,
                query=query.text,
                is_shared=is_shared,
                created_at=at,
            )
        )
        _record("audit.view.saved", actor=actor, log=log, view=view, at=at)
    return view


def delete(
    *, actor: Actor, log: Log, workspace: UUID | None, view: UUID, at: datetime
) -> None:
    """Deletes a view; the entries that it showed stay."""
    actor.require(Permission.AUDIT_VIEW)
    with transaction.atomic():
        seen = selectors.visible_to(actor, workspace=workspace)
        row = seen.filter(public_id=view).first()
        if row is None:
            raise NoSuchView(_("There is no such view."))
        if not selectors.may_delete(actor, row):
            raise ViewIsNotYours(_("This shared view is somebody else's."))
        gone, _kinds = AuditSavedView.objects.filter(pk=row.pk).delete()
        if not gone:
            raise NoSuchView(_("There is no such view."))
        _record("audit.view.deleted", actor=actor, log=log, view=row, at=at)


def _stored(view: AuditSavedView) -> AuditSavedView:
    try:
        with transaction.atomic():
            view.save(force_insert=True)
    except IntegrityError as error:
        if "audit_saved_view_name_is_free" not in str(error):
            raise
        raise NameCannotBe(
            _("You have a view of this name already. Choose another one.")
        ) from None
    return view


def _record(
    action: str, *, actor: Actor, log: Log, view: AuditSavedView, at: datetime
) -> None:
    kept: dict[str, Json] = {
        "name": view.name,
        "query": view.query,
        "is_shared": view.is_shared,
    }
    is_new = action.endswith("saved")
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="audit_view", id=view.public_id),
        organization_id=log.organization_id,
        workspace=view.workspace,
        at=at,
        changes={name: (None, v) if is_new else (v, None) for name, v in kept.items()},
        details={"name": view.name},
    )
