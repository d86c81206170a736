"""The worker's part of a verification that a page does not wait for."""

from typing import Any
from uuid import UUID

from celery import shared_task

from audit.verification import services
from kit import clock


@shared_task(name="audit.tasks.verify", time_limit=3_600)
def verify(*, organization_id: int, verification: str, **_: Any) -> None:
    """Verifies what was requested; a lost ring is repeated by pressing Verify again."""
    services.verify_requested(
        organization_id=organization_id, public_id=UUID(verification), at=clock.now()
    )
