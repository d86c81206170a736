"""Beat rings here each second; the sequencer seals what is below the horizon."""

import logging
from typing import Any

from celery import shared_task

from audit.log import sequencer
from audit.log.selectors import Level, stall
from kit import clock

logger = logging.getLogger(__name__)
_LEVELS = {Level.WARNING: logging.WARNING, Level.ALARM: logging.ERROR}


@shared_task(name="audit.tasks.seal", time_limit=55)
def seal(**_: Any) -> None:
    """Seals, and says who holds back what has been waiting for too long."""
    sequencer.run(at=clock.now())
    waiting = stall(at=clock.now())
    if waiting is not None:
        logger.log(_LEVELS[waiting.level], "%s", waiting)
