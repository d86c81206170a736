"""Answers how much of a log is about a person, and how an erasure stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from audit.erasure.models import AuditErasure
from audit.log.models import AuditFacet


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Sealed entries by what a person is in them."""

    acted: int
    targeted: int


def counted(*, person: str, ids: Iterable[UUID]) -> Counted:
    """How many entries of the open organization a person acted in or was acted on."""
    return Counted(
        acted=AuditFacet.objects.filter(actor=person).count(),
        targeted=AuditFacet.objects.filter(target_id__in=list(ids)).count(),
    )


def erasure(*, public_id: UUID) -> AuditErasure | None:
    """One erasure of the open organization."""
    return AuditErasure.objects.filter(public_id=public_id).first()
