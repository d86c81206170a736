"""What about certificates somebody has to look after soon."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from workspaces.signin import rules
from workspaces.signin.models import CertificateState, IdpCertificate, SpKey
from workspaces.signin.selectors.connections import active_connection


@dataclass(frozen=True, kw_only=True)
class Worry:
    """A certificate of the connection in use that somebody has to look after."""

    connection: UUID
    label: str
    not_after: datetime
    is_ours: bool
    is_waiting: bool


def worries(*, at: datetime) -> list[Worry]:
    """What ends soon or waits to be confirmed, the most urgent first."""
    row = active_connection()
    if row is None:
        return []
    soon = at + timedelta(days=max(rules.WARNING_DAYS))
    theirs = IdpCertificate.objects.filter(connection_id=row.pk)
    pending = CertificateState.PENDING
    found = [
        (one.not_after, False, one.state == pending)
        for one in theirs.filter(Q(state=pending) | Q(not_after__lte=soon))
    ]
    ours = SpKey.objects.filter(connection_id=row.pk, not_after__lte=soon)
    found += [(one.not_after, True, False) for one in ours]
    return [
        Worry(
            connection=row.public_id,
            label=row.label,
            not_after=not_after,
            is_ours=is_ours,
            is_waiting=is_waiting,
        )
        for not_after, is_ours, is_waiting in sorted(found)
    ]
