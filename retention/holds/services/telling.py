"""Mails those who may confirm a release that somebody asked for one.

The mail is stored in the transaction of the request. It names neither matter nor
custodian nor reason: these stand sealed, on the page of the request alone.
"""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from kit.actor import Actor
from retention.holds import authority
from retention.holds.models import ReleaseRequest
from retention.places import place
from workspaces.notices import services as notices
from workspaces.tenancy.selectors import WorkspaceRef

_LONGEST_SUBJECT = 200


def ask(
    asked: ReleaseRequest, *, actor: Actor, workspace: WorkspaceRef, at: datetime
) -> None:
    """One message to each of those who may confirm what `actor` asks for."""
    subject = _("%s: the release of a legal hold waits for a second person")
    page = place(
        workspace,
        "retention:hold-release-request",
        hold=asked.hold.public_id,
        asked=asked.public_id,
    )
    text = _(
        "%(who)s asks for a second person: a legal hold of %(workspace)s is released"
        " only when somebody else who may release holds confirms it.\n\n"
        "See what it would free, and confirm or turn down: %(page)s\n"
    ) % {
        "who": actor.label,
        "workspace": workspace.name,
        "page": settings.CUSTOS_BASE_URL + page,
    }
    for person in authority.who_may_hold(workspace=workspace):
        if person.pk != actor.user_id:
            notices.put(
                organization_id=workspace.organization.id,
                kind="retention.release-waits",
                email=person.email,
                subject=(subject % workspace.name)[:_LONGEST_SUBJECT],
                text=text,
                at=at,
            )
