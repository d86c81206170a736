"""Stores mail that is due, and sends it a while later, as often as it takes.

A notice is sent inside the transaction that locks its row: if the worker dies after
the mail server took it, the person may get it twice, never not at all.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection

from kit import mail, scoping
from kit.one_by_one import one_by_one
from workspaces.members import addresses
from workspaces.notices.models import Notice

MOST_TRIES = 10
_FIRST_WAIT = timedelta(minutes=1)


def put(
    *,
    organization_id: int,
    kind: str,
    email: str,
    subject: str,
    text: str,
    at: datetime,
    due_at: datetime | None = None,
) -> Notice:
    """Store a message in the transaction of what it tells about."""
    with scoping.organization(organization_id=organization_id):
        return Notice.objects.create(
            organization_id=organization_id,
            kind=kind,
            email=addresses.fold(email),
            subject=subject,
            text=text,
            created_at=at,
            due_at=due_at or at,
        )


def put_all(
    *,
    organization_id: int,
    kind: str,
    emails: Iterable[str],
    subject: str,
    text: str,
    at: datetime,
) -> int:
    """Store one message to each of many, a thousand rows at a time; how many."""
    stored = 0
    waiting = iter(emails)
    with scoping.organization(organization_id=organization_id):
        while batch := list(islice(waiting, 1_000)):
            Notice.objects.bulk_create(
                Notice(
                    organization_id=organization_id,
                    kind=kind,
                    email=addresses.fold(email),
                    subject=subject,
                    text=text,
                    created_at=at,
                    due_at=at,
                )
                for email in batch
            )
            stored += len(batch)
    return stored


def send_due(*, at: datetime, limit: int = 100) -> int:
    """Send what is due, each in a transaction of its own; returns how many went."""
    with connection.cursor() as cursor:
        cursor.execute("select * from custos_due_notices(%s, %s)", [at, limit])
        waiting = cursor.fetchall()
    return one_by_one(waiting, lambda one: _send(*one, at=at), what="notice")


def _send(pk: int, organization_id: int, *, at: datetime) -> int:
    with scoping.organization(organization_id=organization_id):
        notice = (
            Notice.objects.filter(
                pk=pk, due_at__lte=at, sent_at__isnull=True, given_up_at__isnull=True
            )
            .select_for_update(skip_locked=True)
            .first()
        )
        if notice is None:
            return 0
        try:
            mail.send(to=notice.email, subject=notice.subject, text=notice.text)
        # No mail server, or one that refused for now; or a message that cannot be
        # written, which must not keep those behind it waiting.
        except (OSError, ValueError):
            _wait(notice, at)
            return 0
        notice.sent_at = at
        notice.save(update_fields=["sent_at"])
        return 1


def _wait(notice: Notice, at: datetime) -> None:
    notice.tries += 1
    if notice.tries >= MOST_TRIES:
        notice.given_up_at = at
    else:
        notice.due_at = at + _FIRST_WAIT * 2 ** (notice.tries - 1)
    notice.save(update_fields=["tries", "given_up_at", "due_at"])
