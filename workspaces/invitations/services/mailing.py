"""Mails invitations that wait, each in the transaction that locks its row.

Twice at worst, never not at all. The token is open only here, and gone from the
database once the mail server took it. Notices would not do: owners read them.
"""

from datetime import datetime

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from kit import mail, scoping, sealing
from kit.formatting import day
from kit.one_by_one import one_by_one
from workspaces.invitations import rules
from workspaces.invitations.models import Invitation
from workspaces.invitations.services.sending import place
from workspaces.roles.matrix import LABELS, Role
from workspaces.tenancy import selectors as tenants


def send_due(*, at: datetime, limit: int = 100) -> int:
    """Mail what waits; how many went."""
    with connection.cursor() as cursor:
        cursor.execute("select * from custos_due_invitations(%s, %s)", [at, limit])
        waiting = cursor.fetchall()
    return one_by_one(waiting, lambda one: _send(*one, at=at), what="invitation")


def _send(pk: int, workspace_id: int, organization_id: int, *, at: datetime) -> int:
    with scoping.workspace(workspace_id=workspace_id, organization_id=organization_id):
        row = (
            Invitation.objects.select_for_update(skip_locked=True)
            .filter(pk=pk, mail_due_at__lte=at)
            .first()
        )
        if row is None:
            return 0
        if row.expires_at <= at:  # it waited too long to be of use
            row.sealed_token, row.mail_due_at = None, None
            row.save(update_fields=["sealed_token", "mail_due_at"])
            return 0
        subject, text = _words(row)
        try:
            mail.send(to=row.email, subject=subject, text=text)
        except (OSError, ValueError):
            _wait(row, at)
            return 0
        row.sealed_token, row.mail_due_at, row.mailed_at = None, None, at
        row.save(update_fields=["sealed_token", "mail_due_at", "mailed_at"])
        return 1


def _wait(row: Invitation, at: datetime) -> None:
    row.mail_tries += 1
    wait = rules.wait_after(row.mail_tries)
    if wait is None:  # sending it again makes another token
        row.sealed_token, row.mail_due_at = None, None
    else:
        row.mail_due_at = at + wait
    row.save(update_fields=["mail_tries", "sealed_token", "mail_due_at"])


def _words(row: Invitation) -> tuple[str, str]:
    workspace = tenants.workspace_in_scope(workspace_id=row.workspace_id)
    token = sealing.installation_keys().unwrap(
        bytes(row.sealed_token or b""), aad=place(row)
    )
    said = {
        "workspace": workspace.name,
        "organization": workspace.organization.name,
        "role": LABELS[Role(row.role)],
        "email": row.email,
        "day": day(row.expires_at),
        "link": f"{settings.CUSTOS_BASE_URL}{reverse('workspaces:invitation')}"
        f"?t={token.decode()}",
    }
    text = _(
        "You are invited to %(workspace)s of %(organization)s, as %(role)s.\n\n"
        "    %(link)s\n\n"
        "Sign in there with %(email)s, until %(day)s; with that you are a member. "
        "The link itself lets nobody in. If you did not expect this, ignore it."
    )
    return _("Your invitation to %(workspace)s") % said, text % said
