"""Tells custodians about a hold, reminds them, and records that they acknowledge.

Telling is optional. The text stays here, sealed: the mail only leads to it. A reminder
is the due time of its row; it ends with the acknowledgement or the hold.
"""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.recording import Target, record
from kit import ids, scoping
from kit.actor import Actor
from kit.one_by_one import one_by_one
from kit.permissions import Permission
from kit.refusals import Refused
from kit.sealing import binding, seal
from retention.hold_notices import selectors
from retention.hold_notices.models import HoldNotice
from retention.holds import authority
from retention.holds.models import Hold
from retention.holds.services import storing
from workspaces.members.models import Membership
from workspaces.notices import services as mail
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.selectors import WorkspaceRef, workspace_by_slug

WORKER = Actor.system("hold-notices")
REMIND_EVERY = timedelta(days=7)
MOST_REMINDERS = 4
_LONGEST_TEXT = 5000


class NoticeIsEmpty(Refused):
    """A notice says something, in at most 5,000 characters."""


class NobodyToTell(Refused):
    """Every custodian of the hold was told, or it names none."""


class AlreadyAcknowledged(Refused):
    """A notice is acknowledged once."""


def send(
    *,
    actor: Actor,
    workspace: WorkspaceRef,
    hold: Hold,
    text: str,
    reminds: bool,
    at: datetime,
) -> int:
    """Tells the custodians who were not told yet; how many."""
    authority.demand_holds(actor, workspace=workspace)
    text = text.strip()
    if not text or len(text) > _LONGEST_TEXT:
        raise NoticeIsEmpty(_("Write the notice, in at most 5,000 characters."))
    with _scope(workspace):
        found = selectors.custodians_of(hold=hold)
        wanted = [one.member for one in found if one.notice is None]
        if not wanted:
            raise NobodyToTell(_("There is no custodian who was not told yet."))
        for member in wanted:
            _store(actor, hold, member, text, reminds=reminds, at=at)
            _mail(workspace, member, at=at)
        record(
            actor=actor,
            action="retention.hold.notified",
            target=Target(kind="hold", id=hold.public_id),
            organization_id=workspace.organization.id,
            workspace=workspace.public_id,
            at=at,
            counts={"custodians": len(wanted)},
            details={"text": text, "reminds": reminds},
        )
        return len(wanted)


def acknowledge(
    *, actor: Actor, workspace: WorkspaceRef, notice: HoldNotice, at: datetime
) -> None:
    """The custodian says that they have read it."""
    authority.demand(actor, Permission.OWN_DATA, workspace=workspace)
    with _scope(workspace):
        changed = HoldNotice.objects.filter(
            pk=notice.pk,
            membership_id=actor.membership_id or 0,
            acknowledged_at__isnull=True,
        ).update(acknowledged_at=at, due_at=None)
        if not changed:
            raise AlreadyAcknowledged(_("You acknowledged this already."))
        _record(actor, workspace, notice, "acknowledged", at=at)


def remind_due(*, at: datetime, limit: int = 1_000) -> int:
    """Reminds those who did not acknowledge yet; how many notices were due."""
    with connection.cursor() as cursor:
        cursor.execute("select * from custos_due_hold_notices(%s, %s)", [at, limit])
        waiting = cursor.fetchall()
    one_by_one(waiting, lambda one: _remind(*one, at=at), what="hold notice")
    return len(waiting)


def _remind(notice_id: int, slug: str, *, at: datetime) -> None:
    workspace = workspace_by_slug(slug=slug)
    with _scope(workspace):
        notice = (
            HoldNotice.objects.select_for_update(skip_locked=True)
            .filter(pk=notice_id, due_at__lte=at)
            .first()
        )
        if notice is None:
            return
        still = selectors.custodians_of(hold=notice.hold)
        member = next(
            (one.member for one in still if one.member.pk == notice.membership_id), None
        )
        notice.due_at = None
        if member is not None:
            notice.reminded_n += 1
            if notice.reminded_n < MOST_REMINDERS:
                notice.due_at = at + REMIND_EVERY
            _mail(workspace, member, at=at)
            _record(WORKER, workspace, notice, "reminded", at=at)
        notice.save(update_fields=["due_at", "reminded_n"])


def _store(
    actor: Actor,
    hold: Hold,
    member: Membership,
    text: str,
    *,
    reminds: bool,
    at: datetime,
) -> None:
    public_id = ids.new_uuid()
    HoldNotice.objects.create(
        workspace_id=hold.workspace_id,
        public_id=public_id,
        hold=hold,
        membership=member,
        text=seal(
            text.encode(),
            key=tenants.organization_key(),
            aad=binding(table="retention_holdnotice", row=public_id, column="text"),
        ),
        sent_at=at,
        sent_by=actor.id,
        due_at=at + REMIND_EVERY if reminds else None,
    )


def _mail(workspace: WorkspaceRef, member: Membership, *, at: datetime) -> None:
    mail.put(
        organization_id=workspace.organization.id,
        kind="retention.hold-notice",
        email=member.email,
        subject=_("A legal hold concerns what you have in %s") % workspace.name,
        text=_(
            "Somebody responsible for legal holds in %(name)s wrote you a notice."
            " Please read and acknowledge it: %(page)s\n\n"
            "What the hold covers is kept, also what you delete; nobody reads it by"
            " this.\n"
        )
        % {
            "name": workspace.name,
            "page": settings.CUSTOS_BASE_URL
            + reverse("retention:my-hold-notices")
            + f"?in={workspace.slug}",
        },
        at=at,
    )


def _record(
    actor: Actor, workspace: WorkspaceRef, notice: HoldNotice, act: str, *, at: datetime
) -> None:
    record(
        actor=actor,
        action=f"retention.hold-notice.{act}",
        target=Target(kind="hold", id=notice.hold.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        details={"notice": str(notice.public_id)},
    )


def _scope(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return storing.scope(workspace)
