"""Watches the promise: alarms at day 20, overdue items on record, owners told once."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from audit.recording import Outcome, Target, record
from kit import scoping
from kit.actor import Actor
from kit.formatting import absolute, grouped
from kit.one_by_one import one_by_one
from retention.places import place
from retention.promise import selectors
from retention.promise.models import PromiseStanding
from retention.promise.rules import Stage
from retention.promise.selectors import Standing
from workspaces.members import selectors as members
from workspaces.notices import services as notices
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef, workspace_by_slug

WATCH = Actor.system("promise-watch")


def watch_all(*, at: datetime) -> int:
    """Looks at every workspace; returns how many are not within their promise."""
    with scoping.operator():
        slugs = list(Workspace.objects.order_by("id").values_list("slug", flat=True))
    return one_by_one(
        slugs, lambda slug: _is_overdue(slug, at=at), what="promise of", is_whole=True
    )


def _is_overdue(slug: str, *, at: datetime) -> bool:
    return watch(workspace=workspace_by_slug(slug=slug), at=at) is Stage.OVERDUE


def watch(*, workspace: WorkspaceRef, at: datetime) -> Stage:
    """Keeps what one workspace stands at, records and mails each stage once.

    Overdue items are recorded once a day, with their number, however many there are.
    """
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        found = selectors.standing(workspace=workspace, at=at)
        row = PromiseStanding.objects.select_for_update().first()
        if row is None:
            row = PromiseStanding(workspace_id=workspace.id, stage=Stage.KEPT)
            row.stage_since = at
        was = Stage(row.stage)
        if found.stage is not was:
            row.stage, row.stage_since = found.stage, at
        _measure(row, found, at=at)
        if found.stage is Stage.OVERDUE and row.reported_on != at.date():
            _record(workspace, found, action="retention.promise.overdue", at=at)
            row.reported_on = at.date()
        if found.stage is Stage.ALARM and was is Stage.KEPT:
            _record(workspace, found, action="retention.promise.alarmed", at=at)
        if _is_worse(found.stage, was):
            _tell(workspace, found, at=at)
        row.save()
    return found.stage


def _is_worse(now: Stage, was: Stage) -> bool:
    order = list(Stage)
    return order.index(now) > order.index(was)


def _measure(row: PromiseStanding, found: Standing, *, at: datetime) -> None:
    row.measured_at = at
    row.waiting_n = max(found.waiting, found.overdue)
    row.overdue_n = found.overdue
    row.oldest_at = found.oldest_at


def _record(
    workspace: WorkspaceRef, found: Standing, *, action: str, at: datetime
) -> None:
    record(
        actor=WATCH,
        action=action,
        target=Target(kind="workspace", id=workspace.public_id),
        organization_id=workspace.organization.id,
        workspace=workspace.public_id,
        at=at,
        outcome=Outcome.ERROR if found.overdue else Outcome.SUCCESS,
        counts={"waiting": found.waiting, "overdue": found.overdue},
    )


def _tell(workspace: WorkspaceRef, found: Standing, *, at: datetime) -> None:
    subject = _("%(name)s: deleted data has waited 20 days for its purge")
    if found.stage is Stage.OVERDUE:
        subject = _("%(name)s: the 30-day promise is broken")
    text = _(
        "%(waiting)s objects of “%(name)s” are deleted or expired and still stored,"
        " %(overdue)s of them past their day. The oldest must be gone by %(due)s.\n\n"
        "See what waits and why: %(page)s\n"
    ) % {
        "name": workspace.name,
        "waiting": grouped(found.waiting),
        "overdue": grouped(found.overdue),
        "due": absolute(found.due_at or at),
        "page": settings.CUSTOS_BASE_URL + place(workspace, "retention:promise"),
    }
    for owner in members.organization_owners():
        notices.put(
            organization_id=workspace.organization.id,
            kind="promise",
            email=owner.email,
            subject=(subject % {"name": workspace.name})[:200],
            text=text,
            at=at,
        )
