"""Each hour sign-in forgets what it no longer needs, and nothing else."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session

from kit import scoping
from tests.cast import NOON
from workspaces.signin import tasks
from workspaces.signin.models import SamlConnection, SpentAssertion
from workspaces.signin.services import clearing
from workspaces.tenancy.selectors import OrganizationRef

HOUR = timedelta(hours=1)


def spend(ref: OrganizationRef, name: bytes, *, expires_in: timedelta) -> None:
    with scoping.organization(organization_id=ref.id):
        SpentAssertion.objects.create(
            organization_id=ref.id,
            connection_id=SamlConnection.objects.get().pk,
            id_hash=name,
            expires_at=NOON + expires_in,
        )


def spent(ref: OrganizationRef) -> set[bytes]:
    with scoping.organization(organization_id=ref.id):
        return {bytes(row.id_hash) for row in SpentAssertion.objects.all()}


def session(key: str, *, expires_in: timedelta) -> None:
    Session.objects.create(
        session_key=key, session_data="", expire_date=NOON + expires_in
    )


@pytest.mark.usefixtures("clock")
def test_what_has_expired_goes_and_the_rest_stays(connected: OrganizationRef) -> None:
    spend(connected, b"old", expires_in=-HOUR)
    spend(connected, b"new", expires_in=HOUR)
    session("old", expires_in=-HOUR)
    session("new", expires_in=HOUR)

    tasks.clear_expired(from_a_later_version=True)

    assert spent(connected) == {b"new"}
    assert set(Session.objects.values_list("pk", flat=True)) == {"new"}


def test_one_call_clears_a_bounded_number(
    connected: OrganizationRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearing, "BATCH", 2)
    monkeypatch.setattr(clearing, "MOST_BATCHES", 2)
    for number in range(5):
        session(f"session-{number}", expires_in=-HOUR)

    first = clearing.clear_expired(at=NOON)
    second = clearing.clear_expired(at=NOON)

    assert (first, second) == (4, 1)


def test_beat_rings_for_it() -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["clear-expired"]

    assert entry["task"] == tasks.clear_expired.name
