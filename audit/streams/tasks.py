"""The doorbells of streams: who has something to send, and one turn of each.

Each turn is a task of its own on the queue of streams, so that a slow receiver keeps
other receivers waiting for one turn at most, and deletions not at all.
"""

from celery import shared_task

from audit.streams import selectors, services
from audit.streams.selectors import Due
from kit import clock
from kit.doorbell import ring_on_commit

_AT_ONCE = 50
_STALE = 60


@shared_task(name="audit.tasks.stream_due", time_limit=60)
def stream_due(**_: object) -> None:
    """Rings for every stream that is due; a lost ring only makes it late."""
    for due in selectors.due(at=clock.now(), limit=_AT_ONCE):
        named = {"stream": due.id, "organization": due.organization_id}
        stream_one.apply_async(kwargs=named, expires=_STALE)


@shared_task(name="audit.tasks.stream_one", time_limit=120)
def stream_one(*, stream: int, organization: int, **_: object) -> None:
    """Gives one stream its turn, unless another worker does."""
    due = Due(id=stream, organization_id=organization)
    services.deliver_one(due=due, clock=clock.now)


def ring() -> None:
    """Lets a worker begin once the change that asks for it has committed."""
    ring_on_commit(stream_due.delay)
