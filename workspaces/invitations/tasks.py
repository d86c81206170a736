"""The doorbell of invitations: mails what waits; a lost ring only makes it late."""

from celery import shared_task

from kit import clock, doorbell
from workspaces.invitations import services


@shared_task(name="workspaces.tasks.mail_invitations", time_limit=300)
def mail_invitations(**_: object) -> None:
    """Mail the invitations that wait."""
    services.send_due(at=clock.now())


def ring() -> None:
    """Have the mail sent once what asks for it has committed."""
    doorbell.ring_on_commit(mail_invitations.delay)
