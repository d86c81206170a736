"""Beat rings here each minute; the witness sees the heads that it has not seen."""

from typing import Any

from celery import shared_task

from audit.witnesses import services
from kit import clock

_BATCHES = 20


@shared_task(name="audit.tasks.ask_witness", time_limit=120)
def ask_witness(**_: Any) -> None:
    """Has what waits cosigned, and hands the anchors what the witness signed."""
    services.ask_due(clock=clock.now)
    for _batch in range(_BATCHES):
        if not services.cover():
            break
