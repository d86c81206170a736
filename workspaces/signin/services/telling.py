"""Writes to the owners of an organization, as mail that is due."""

from datetime import datetime

from django.conf import settings

from kit import scoping
from workspaces.notices import services as notices
from workspaces.signin import selectors

_SUBJECT_MAX = 200


def owners(
    *, organization_id: int, kind: str, subject: str, text: str, at: datetime
) -> int:
    """One message to each owner of the organization; how many."""
    with scoping.organization(organization_id=organization_id):
        people = selectors.all_owners()
        for person in people:
            notices.put(
                organization_id=organization_id,
                kind=kind,
                email=person.email,
                subject=subject[:_SUBJECT_MAX],
                text=text,
                at=at,
            )
        return len(people)


def absolute(path: str) -> str:
    """The address of a page as mail needs it."""
    return f"{settings.CUSTOS_BASE_URL}{path}"
