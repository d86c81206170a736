"""Tells the pruning of a log which entries running streams have not sent yet."""

from django.db.models import F
from django.db.models.functions import Greatest

from audit.pruning import readers
from audit.streams.models import AuditStream, State
from kit import scoping


def register() -> None:
    """Called once, when the app is ready."""
    readers.register(first_unsent)


def first_unsent(organization_id: int) -> tuple[int, int] | None:
    """The first entry that a running stream still has to send.

    One that is paused keeps nothing: started again, it tells its receiver what is
    missing.
    """
    with scoping.organization(organization_id=organization_id):
        found = (
            AuditStream.objects.filter(state=State.RUNNING)
            .order_by("cursor_epoch", "cursor_index")
            .values_list("cursor_epoch", Greatest(F("cursor_index") + 1, 0))
            .first()
        )
    return (int(found[0]), int(found[1])) if found else None
