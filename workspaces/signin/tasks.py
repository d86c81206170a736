"""Doorbells of sign-in: a lost ring only makes its work late."""

from celery import shared_task

from kit import clock
from kit.doorbell import ring_on_commit
from workspaces.signin.services import (
    clearing,
    expiries,
    refreshing,
    secrets_by_mail,
)


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


@shared_task(name="workspaces.tasks.read_metadata", time_limit=300)
def read_metadata(**_: object) -> None:
    """Read the metadata of identity providers that is due."""
    refreshing.read_due(at=clock.now())


@shared_task(name="workspaces.tasks.warn_of_expiries", time_limit=300)
def warn_of_expiries(**_: object) -> None:
    """Tell owners of certificates that end soon."""
    expiries.warn_due(at=clock.now())
