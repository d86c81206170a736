"""Owners are told before a certificate ends, once per threshold."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from kit import scoping
from tests import cast
from workspaces.notices.models import Notice
from workspaces.signin import tasks
from workspaces.signin.models import IdpCertificate, SamlConnection, SpKey
from workspaces.signin.services import expiries
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db


def ends(organization: OrganizationRef) -> datetime:
    """When the provider's certificate ends; ours is given ten years more."""
    with scoping.organization(organization_id=organization.id):
        found = IdpCertificate.objects.get().not_after
        SpKey.objects.update(not_after=found + timedelta(days=3650))
        return found


def mails(organization: OrganizationRef, kind: str) -> list[Notice]:
    with scoping.organization(organization_id=organization.id):
        return list(Notice.objects.filter(kind=kind).order_by("id"))


def test_each_threshold_is_told_once(connected: OrganizationRef) -> None:
    end = ends(connected)

    told = [
        expiries.warn_due(at=end - timedelta(days=days))
        for days in (61, 60, 59, 30, 29, 14, 8, 7, 2, 1, 0, -3)
    ]

    assert told == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0]
    assert len(mails(connected, "certificate-ends")) == 5


def test_a_late_worker_tells_only_the_nearest(connected: OrganizationRef) -> None:
    end = ends(connected)

    assert expiries.warn_due(at=end - timedelta(days=6)) == 1
    (mail,) = mails(connected, "certificate-ends")
    assert mail.email == "mara.lindqvist@halden.example"
    assert "/o/halden-instruments/sign-in/" in mail.text


def test_our_own_key_is_told_too(connected: OrganizationRef) -> None:
    end = ends(connected)
    with scoping.organization(organization_id=connected.id):
        SpKey.objects.update(not_after=end - timedelta(days=300))

    expiries.warn_due(at=end - timedelta(days=310))
    expiries.warn_due(at=end - timedelta(days=310))

    assert len(mails(connected, "key-ends")) == 1


def test_what_nobody_uses_is_not_told(connected: OrganizationRef) -> None:
    end = ends(connected)
    with scoping.organization(organization_id=connected.id):
        SamlConnection.objects.update(state="inactive")

    assert expiries.warn_due(at=end - timedelta(days=1)) == 0


def test_beat_rings_for_it(connected: OrganizationRef, settings: object) -> None:
    tasks.warn_of_expiries()

    names = {one["task"] for one in settings.CELERY_BEAT_SCHEDULE.values()}  # type: ignore[attr-defined]
    assert {"workspaces.tasks.warn_of_expiries", "workspaces.tasks.read_metadata"} <= (
        names
    )


def test_pages_of_the_organization_say_so(
    connected: OrganizationRef,
    halden: WorkspaceRef,
    clock: Callable[[datetime], None],
) -> None:
    clock(ends(connected) - timedelta(days=20))
    mara = cast.owner(halden).client()

    page = mara.get("/o/halden-instruments/outbox/").content.decode()
    elsewhere = mara.get("/w/halden-engineering/members/").content.decode()

    assert "A certificate of idp.example ends on" in page
    assert "ends on" not in elsewhere


def test_pages_of_the_organization_are_quiet_otherwise(
    connected: OrganizationRef, halden: WorkspaceRef
) -> None:
    page = cast.owner(halden).client().get("/o/halden-instruments/outbox/")

    assert "ends on" not in page.content.decode()
