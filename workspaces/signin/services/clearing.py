"""Clears what sign-in no longer needs: sessions that ended, spent assertions.

A few short transactions a call; what remains is found by the next one.
"""

from datetime import datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from kit import scoping
from workspaces.signin.models import SpentAssertion
from workspaces.tenancy.models import Organization

BATCH = 1_000
MOST_BATCHES = 20


def clear_expired(*, at: datetime) -> int:
    """Removes expired sessions, and assertions nobody could use again; how many."""
    cleared = _cleared(Session.objects.filter(expire_date__lt=at))
    for organization_id in _organizations():
        with scoping.organization(organization_id=organization_id):
            cleared += _cleared(SpentAssertion.objects.filter(expires_at__lt=at))
    return cleared


def _organizations() -> list[int]:
    with scoping.operator():
        return list(Organization.objects.order_by("pk").values_list("pk", flat=True))


def _cleared(rows: QuerySet[Any]) -> int:
    cleared = 0
    for _batch in range(MOST_BATCHES):
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        cleared += rows.filter(pk__in=keys).delete()[0] if keys else 0
        if len(keys) < BATCH:
            break
    return cleared
