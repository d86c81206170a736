"""Doorbells of sign-in: a lost ring only makes clearing or a mail late."""

from celery import shared_task

from kit import clock
from kit.doorbell import ring_on_commit
from workspaces.signin.services import clearing, secrets_by_mail


@shared_task(name="workspaces.tasks.clear_expired", time_limit=300)
def clear_expired(**_: object) -> None:
    """Clear sessions, mailed secrets and spent assertions that have expired."""
    clearing.clear_expired(at=clock.now())


@shared_task(name="workspaces.tasks.mail_secrets", time_limit=300)
def mail_secrets(**_: object) -> None:
    """Send the codes that wait."""
    secrets_by_mail.send_due(at=clock.now())


def ring() -> None:
    """Let a worker send now what was just put on its way."""
    ring_on_commit(mail_secrets.delay)
