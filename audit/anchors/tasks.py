"""Beat rings here each minute; what is due of this hour is anchored."""

from typing import Any

from celery import shared_task

from audit.anchors import services
from kit import clock
from kit.actor import Actor

_BATCHES = 50


@shared_task(name="audit.tasks.anchor", time_limit=55)
def anchor(**_: Any) -> None:
    """Anchors the heads that are due, and proves the anchors that are sealed."""
    for _batch in range(_BATCHES):
        if not services.anchor(actor=Actor.system("anchors"), at=clock.now()):
            break
    services.prove()
