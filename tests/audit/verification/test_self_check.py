"""Every log is verified once a day without being asked, and pages who must know."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from audit.incidents import selectors as incidents
from audit.incidents import services as incident_services
from audit.incidents.models import AuditIncident
from audit.incidents.rules import Kind, State
from audit.log import services as logs
from audit.log.models import SITE, AuditEntry
from audit.verification import selectors, services, tasks
from audit.verification.models import AuditVerification
from kit import clock, scoping
from tests.audit.conftest import AT, Tenant

pytestmark = pytest.mark.django_db(transaction=True)
Sealing = Callable[[], int]
DAY = timedelta(days=1)


def _tamper(tenant: Tenant, *, index: int) -> None:
    """As a superuser of the database would."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("set local custos.audit_door = 'open'")
        cursor.execute(
            "update audit_entry set leaf = 'x' where id = (select entry_id from"
            " audit_facet where index = %s and organization_id = %s)",
            [index, tenant.id],
        )


def _newest(organization_id: int) -> AuditVerification | None:
    with scoping.organization(organization_id=organization_id):
        return selectors.newest()


def _ended(organization_id: int) -> AuditVerification:
    row = _newest(organization_id)
    assert row is not None
    assert row.ended_at is not None
    return row


def _acts(organization_id: int) -> list[tuple[str, str, str]]:
    """What the log says of verifications, and who did them, oldest first."""
    with scoping.organization(organization_id=organization_id):
        rows = list(AuditEntry.objects.order_by("id"))
    leaves = [json.loads(bytes(row.leaf)) for row in rows if bytes(row.leaf) != b"x"]
    return [
        (leaf["action"], leaf["outcome"], leaf["actor_kind"])
        for leaf in leaves
        if "verif" in leaf["action"]
    ]


def test_a_changed_entry_is_found_within_a_day_and_somebody_is_paged(
    halden: Tenant, brightwater: Tenant, seal: Sealing
) -> None:
    for tenant in (halden, brightwater):
        for _ in range(3):
            tenant.record()
    seal()
    _tamper(halden, index=1)

    with clock.fixed_at(AT + DAY):
        tasks.verify_due()
    seal()
    incident_services.detect_due(at=AT + DAY)

    found = _ended(halden.id)
    assert (found.finding, found.bad_epoch, found.first_bad_index) == ("edited", 1, 1)
    assert _ended(brightwater.id).is_sound
    with scoping.organization(organization_id=halden.id):
        (opened,) = AuditIncident.objects.all()
    assert (opened.kind, opened.state) == (Kind.VERIFICATION, State.OPEN)
    due = incidents.due_pages(at=AT + DAY, limit=9)
    assert due == [(opened.pk, halden.id)]


def test_it_is_recorded_as_done_by_the_system(halden: Tenant) -> None:
    services.request_stale(at=AT + DAY)
    services.work_due(clock=lambda: AT + DAY)

    assert _acts(halden.id) == [
        ("audit.verification.requested", "success", "system"),
        ("audit.log.verified", "success", "system"),
    ]


def test_the_log_of_the_installation_is_verified_too(checkpoint_folder: Any) -> None:
    logs.open_site_log(at=AT)

    assert services.request_stale(at=AT + DAY) == 1
    services.work_due(clock=lambda: AT + DAY)

    assert _ended(SITE).is_sound


def test_a_log_is_due_a_day_after_its_last_result(halden: Tenant) -> None:
    ended = AT + DAY + timedelta(hours=1)
    assert services.request_stale(at=AT + DAY - timedelta(seconds=1)) == 0
    assert services.request_stale(at=AT + DAY) == 1
    services.work_due(clock=lambda: ended)

    assert services.request_stale(at=ended + DAY - timedelta(seconds=1)) == 0
    assert services.request_stale(at=ended + DAY) == 1


def test_what_waits_is_not_asked_for_again(halden: Tenant) -> None:
    services.request_stale(at=AT + DAY)

    assert services.request_stale(at=AT + 9 * DAY) == 0
    with scoping.organization(organization_id=halden.id):
        assert AuditVerification.objects.count() == 1


def test_a_tick_asks_for_a_few_and_the_next_one_for_the_next(
    halden: Tenant, brightwater: Tenant
) -> None:
    asked = [services.request_stale(at=AT + DAY, limit=1) for _ in range(3)]

    assert asked == [1, 1, 0]
    assert _newest(halden.id) is not None
    assert _newest(brightwater.id) is not None


def test_a_log_that_cannot_be_walked_keeps_no_other_waiting(
    halden: Tenant,
    brightwater: Tenant,
    seal: Sealing,
    checkpoint_folder: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for tenant in (halden, brightwater):
        tenant.record()
    seal()
    (checkpoint_folder / f"{halden.uuid}.vkeys").write_text("no key\n")
    services.request_stale(at=AT + DAY)

    services.work_due(clock=lambda: AT + DAY)

    waiting = _newest(halden.id)
    assert waiting is not None
    assert waiting.ended_at is None
    assert _ended(brightwater.id).is_sound
    assert f"verification ({waiting.pk}, {halden.id}) failed: " in caplog.text
