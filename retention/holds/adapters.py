"""Puts legal holds on the overview, and tells the audit log what they keep in it."""

from datetime import datetime

from django.db import connections
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.expiry import guards
from audit.expiry.guards import Keeper, Kept
from kit import overview
from kit.actor import Actor
from kit.formatting import absolute, grouped
from kit.overview import Card, CardView, Place, Status, Task
from kit.permissions import Permission
from retention.holds import authority, counting, locking, requests, selectors
from retention.places import place
from workspaces.tenancy.selectors import WorkspaceRef, access_of


def register() -> None:
    """Called once, when the app is ready."""
    guards.register(Keeper(lock=_lock, look=kept_in_log))
    overview.register(
        Card(
            name="holds",
            order=30,
            place=Place.STAT,
            permission=Permission.HOLDS_VIEW,
            build=_holds,
        )
    )


def _lock(using: str) -> None:
    locking.before_purging(using=using)


def kept_in_log(organization_id: int, at: datetime, using: str) -> Kept:
    """Workspaces with a hold, and people whom one names, in all of an organization."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "select kind, id from custos_kept_in_log(%s, %s)", [organization_id, at]
        )
        rows = cursor.fetchall()
    return Kept(
        workspaces=tuple(one for kind, one in rows if kind == "workspace"),
        people=tuple(one for kind, one in rows if kind == "person"),
    )


def _holds(actor: Actor, at: datetime) -> CardView:  # noqa: ARG001
    workspace = access_of(actor=actor).workspace
    active = selectors.holds(only_active=True).count()
    kept = counting.kept()
    noun = ngettext("conversation kept", "conversations kept", kept)
    return CardView(
        status=Status.HELD if active else Status.OFF,
        sentence=_("Holds keep %s conversations.") % grouped(kept),
        template="components/stat.html",
        context={
            "name": _("Legal holds"),
            "number": grouped(kept),
            "noun": noun,
            "fact": _("from every purge, until their hold is released")
            if active
            else _("the rules alone decide what is purged"),
            "url": place(workspace, "retention:holds"),
            "status_kind": "held" if active else "off",
            "status_word": _("%s active") % grouped(active) if active else _("None"),
        },
        tasks=_releases(actor, workspace),
    )


def _releases(actor: Actor, workspace: WorkspaceRef) -> tuple[Task, ...]:
    """What somebody else asked to release, for whoever may be the second person."""
    asked = requests.waiting_on(person=actor.id)
    if not asked or not authority.may_hold(actor, workspace=workspace):
        return ()
    return tuple(
        Task(
            title=_("A release of a legal hold waits for a second person"),
            action_label=_("Confirm or turn down"),
            action_url=place(
                workspace,
                "retention:hold-release-request",
                hold=one.hold.public_id,
                asked=one.public_id,
            ),
            fact=_("Asked on %s. The hold is in force until then.")
            % absolute(one.requested_at),
            icon_name="lock-open",
            tone="wait",
        )
        for one in asked
    )
