"""Details of old entries go in bounded batches; entries, proofs and the held stay."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, connections

from audit import recording
from audit.expiry import rules, selectors, services
from audit.expiry.guards import Kept
from audit.expiry.models import AuditExpiry
from audit.explorer import selectors as explorer
from audit.log.leaf import Leaf
from audit.log.models import AuditDetail, AuditEntry, AuditFacet
from audit.log.selectors import Log, log_of
from audit.recording import Target
from audit.verification.walk import walk
from kit import scoping
from kit.actor import Actor
from kit.permissions import PermissionDenied
from tests.audit.conftest import AT, MARA, Tenant

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kept")]

OLD = timedelta(days=401)
TARGET = Target(kind="policy", id=UUID(int=9))


@pytest.fixture
def here(halden: Tenant) -> Log:
    with scoping.organization(organization_id=halden.id):
        return log_of(organization_id=halden.id)


def record(tenant: Tenant, age: timedelta, **given: Any) -> None:
    given = {"actor": MARA, "target": TARGET, "changes": {"days": (30, 90)}} | given
    with scoping.organization(organization_id=tenant.id):
        recording.record(
            action="retention.policy.set",
            organization_id=tenant.id,
            at=AT - age,
            **given,
        )


def start(at: datetime = AT) -> None:
    """Runs, once the week after an organization's first is over."""
    services.work_due(at=at - rules.FIRST_RUN_AFTER)
    services.work_due(at=at)


def detailed(tenant: Tenant) -> list[int]:
    """Indexes of the entries that have details."""
    with scoping.organization(organization_id=tenant.id):
        ids = set(AuditDetail.objects.values_list("entry_id", flat=True))
        places = AuditFacet.objects.order_by("index").values_list("index", "entry_id")
        return [index for index, entry in places if entry in ids]


def runs(tenant: Tenant) -> list[dict[str, int]]:
    with scoping.organization(organization_id=tenant.id):
        leaves = [Leaf.parse(bytes(e.leaf)) for e in AuditEntry.objects.order_by("id")]
    return [dict(x.counts) for x in leaves if x.action == "audit.details.expired"]


def row(tenant: Tenant) -> AuditExpiry:
    with scoping.organization(organization_id=tenant.id):
        return AuditExpiry.objects.get()


def test_old_details_go_and_every_proof_stays(
    halden: Tenant, brightwater: Tenant, here: Log, seal: Callable[[], int]
) -> None:
    for age in (OLD, OLD, timedelta(days=399)):
        record(halden, age)
    record(brightwater, timedelta(days=10))
    seal()

    start()
    seal()

    assert detailed(halden) == [2]
    assert detailed(brightwater) == [0]
    assert runs(halden) == [{"days": 400, "entries": 2, "details": 4, "kept": 0}]
    assert runs(brightwater) == []
    assert walk(here, using="sequencer").finding is None
    with scoping.organization(organization_id=halden.id):
        gone = explorer.entry(log=here, epoch=1, index=0)
        stays = explorer.entry(log=here, epoch=1, index=2)
        assert AuditFacet.objects.filter(actor=MARA.id).count() == 1
    assert gone is not None
    assert (gone.who, gone.is_true, dict(gone.opened)) == ("", True, {})
    assert stays is not None
    assert stays.who == MARA.label


def test_the_first_run_leaves_a_week_to_set_more_days(
    halden: Tenant, here: Log, seal: Callable[[], int]
) -> None:
    record(halden, timedelta(days=1000))
    seal()
    services.work_due(at=AT)
    services.work_due(at=AT + timedelta(days=6))

    with scoping.organization(organization_id=halden.id):
        services.set_days(actor=MARA, log=here, days=2000, at=AT + timedelta(days=6))
    services.work_due(at=AT + timedelta(days=8))

    assert detailed(halden) == [0]


def test_what_is_not_sealed_keeps_its_details(
    halden: Tenant, seal: Callable[[], int]
) -> None:
    record(halden, OLD)

    start()

    seal()
    assert detailed(halden) == [0]


def test_killed_in_the_middle_it_goes_on(
    halden: Tenant,
    here: Log,
    seal: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "BATCH", 2)
    monkeypatch.setattr(services, "ROUNDS", 1)
    for _ in range(5):
        record(halden, OLD)
    seal()
    start()
    assert detailed(halden) == [2, 3, 4]

    real = services.guards.kept
    monkeypatch.setattr(services.guards, "kept", _fails)
    with pytest.raises(KeyboardInterrupt):
        services.work_due(at=AT)
    monkeypatch.setattr(services.guards, "kept", real)
    assert detailed(halden) == [2, 3, 4]
    for _ in range(3):
        services.work_due(at=AT)

    assert detailed(halden) == []
    assert runs(halden) == [{"days": 400, "entries": 5, "details": 10, "kept": 0}]
    assert services.work_due(at=AT) == 0
    assert walk(here, using="sequencer").finding is None


def _fails(**_: Any) -> Kept:
    raise KeyboardInterrupt


def test_what_a_hold_keeps_goes_once_it_is_released(
    halden: Tenant, seal: Callable[[], int], kept: list[Kept]
) -> None:
    place, custodian, membership = uuid4(), uuid4(), uuid4()
    them = Actor(kind=MARA.kind, id=str(custodian), label="ife@halden.example")
    record(halden, OLD)
    record(halden, OLD, workspace=place)
    record(halden, OLD, actor=them)
    record(halden, OLD, target=Target(kind="member", id=membership))
    record(halden, OLD, workspace=uuid4())
    seal()
    kept.append(Kept(workspaces=(place,), people=(custodian, membership)))

    start()
    assert detailed(halden) == [1, 2, 3]
    assert runs(halden) == [{"days": 400, "entries": 2, "details": 4, "kept": 3}]
    with scoping.organization(organization_id=halden.id):
        assert AuditFacet.objects.filter(actor=str(custodian)).count() == 1

    kept.clear()
    services.work_due(at=AT + timedelta(days=1))
    assert detailed(halden) == []
    assert runs(halden)[1:] == [{"days": 400, "entries": 3, "details": 6, "kept": 0}]


def test_a_run_begins_where_the_last_one_ended(
    halden: Tenant, seal: Callable[[], int]
) -> None:
    record(halden, OLD)
    record(halden, timedelta(days=399, hours=12))
    seal()
    start()
    assert row(halden).floor_at == AT - timedelta(days=400)

    services.work_due(at=AT + timedelta(days=1))

    assert detailed(halden) == []
    assert row(halden).floor_at == AT - timedelta(days=399)
    assert len(runs(halden)) == 2


def test_days_are_recorded_with_what_they_were_and_count_at_once(
    halden: Tenant, here: Log, seal: Callable[[], int]
) -> None:
    record(halden, timedelta(days=100))
    record(halden, timedelta(days=200))
    record(halden, timedelta(days=50))
    seal()
    start()
    with scoping.organization(organization_id=halden.id):
        assert selectors.days() == 400
        assert selectors.would_go(organization_id=halden.id, days=90, at=AT) == 2

        assert services.set_days(actor=MARA, log=here, days=90, at=AT)
        assert not services.set_days(actor=MARA, log=here, days=90, at=AT)
        assert selectors.days() == 90
    services.work_due(at=AT)
    seal()

    assert detailed(halden)[0] == 2
    assert runs(halden) == [{"days": 90, "entries": 2, "details": 4, "kept": 0}]
    with scoping.organization(organization_id=halden.id):
        change = explorer.entry(log=here, epoch=1, index=3)
    assert change is not None
    assert change.opened["change.days"] == [400, 90]


def test_days_that_are_added_stop_a_run_that_is_under_way(
    halden: Tenant,
    here: Log,
    seal: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "BATCH", 1)
    monkeypatch.setattr(services, "ROUNDS", 1)
    for _ in range(3):
        record(halden, OLD)
    seal()
    start()
    with scoping.organization(organization_id=halden.id):
        services.set_days(actor=MARA, log=here, days=500, at=AT)

    for _ in range(3):
        services.work_due(at=AT)

    assert detailed(halden) == [1, 2]
    assert runs(halden) == [{"days": 500, "entries": 1, "details": 2, "kept": 0}]


@pytest.mark.parametrize("days", [89, 2558, 0, -1])
def test_other_days_are_refused(halden: Tenant, here: Log, days: int) -> None:
    with (
        scoping.organization(organization_id=halden.id),
        pytest.raises(services.DaysOutOfBounds, match="90 to 2557"),
    ):
        services.set_days(actor=MARA, log=here, days=days, at=AT)


def test_nobody_sets_days_without_the_permission(halden: Tenant, here: Log) -> None:
    nobody = Actor(kind=MARA.kind, id=MARA.id, label=MARA.label)
    with (
        scoping.organization(organization_id=halden.id),
        pytest.raises(PermissionDenied),
    ):
        services.set_days(actor=nobody, log=here, days=100, at=AT)


def test_the_database_knows_the_bounds_and_whose_days_they_are(
    halden: Tenant, brightwater: Tenant
) -> None:
    services.work_due(at=AT)
    assert row(halden).days == 400
    with (
        scoping.organization(organization_id=halden.id),
        pytest.raises(IntegrityError, match="audit_expiry_days_in_bounds"),
    ):
        AuditExpiry.objects.update(days=89)
    with (
        scoping.organization(organization_id=halden.id),
        connection.cursor() as cursor,
    ):
        cursor.execute("update audit_expiry set days = 100")
        assert cursor.rowcount == 1
    assert row(brightwater).days == 400
    with connections["sweeper"].cursor() as cursor:
        cursor.execute("select count(*) from audit_expiry where organization_id = 0")
        assert cursor.fetchone() == (0,)
