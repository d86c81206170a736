"""Mails the owners of an organization when a protection of its data was skipped.

The mail is stored in the transaction of the act: without it there is no act, and
nobody is told of one that was rolled back.
"""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from kit.actor import Actor
from kit.formatting import absolute
from retention.places import place
from workspaces.members import selectors as members
from workspaces.notices import services as notices
from workspaces.tenancy.selectors import WorkspaceRef

_LONGEST_SUBJECT = 200


def tell_owners(
    *,
    kind: str,
    workspace: WorkspaceRef,
    subject: str,
    what: str,
    page: str,
    actor: Actor,
    reason: str,
    at: datetime,
) -> None:
    """One message to each owner; `page` is the path where they see what is now."""
    text = _(
        "%(what)s\n\n"
        "When: %(when)s\n"
        "By: %(who)s\n"
        "Reason: %(reason)s\n\n"
        "See what holds now: %(page)s\n"
        "The audit log has the entry: %(log)s\n"
    ) % {
        "what": what,
        "when": absolute(at),
        "who": actor.label,
        "reason": reason.strip(),
        "page": f"{settings.CUSTOS_BASE_URL}{page}",
        "log": settings.CUSTOS_BASE_URL + place(workspace, "audit:workspace-entries"),
    }
    for owner in members.organization_owners():
        notices.put(
            organization_id=workspace.organization.id,
            kind=kind,
            email=owner.email,
            subject=subject[:_LONGEST_SUBJECT],
            text=text,
            at=at,
        )
