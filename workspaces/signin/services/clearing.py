"""Clears what sign-in no longer needs: sessions, rows of them, spent assertions.

Short transactions, and more of them a call than strangers can cause rows until the next
one; what remains is found by that one.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet

from kit import scoping
from workspaces.signin.models import (
    MailedSecret,
    SignInAttempt,
    SignInSession,
    SpentAssertion,
)
from workspaces.signin.services import attempts
from workspaces.tenancy.models import Organization

BATCH = 1_000
MOST_BATCHES = 100
SESSIONS_KEPT = timedelta(days=90)


def clear_expired(*, at: datetime) -> int:
    """Removes expired sessions, and assertions nobody could use again; how many.

    The rows of sessions stay for a while after their end, for the pages that show them.
    """
    past = at - SESSIONS_KEPT
    cleared = _cleared(Session.objects.filter(expire_date__lt=at))
    cleared += _cleared(MailedSecret.objects.filter(expires_at__lt=at))
    for organization_id in _organizations():
        with scoping.organization(organization_id=organization_id):
            cleared += _cleared(SpentAssertion.objects.filter(expires_at__lt=at))
            cleared += _cleared(
                SignInSession.objects.filter(
                    Q(ended_at__lt=past) | Q(expires_at__lt=past)
                )
            )
            kept = SignInAttempt.objects.exclude(sealed_message=None)
            kept.filter(at__lt=at - attempts.ANSWERS_STAY).update(sealed_message=None)
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
