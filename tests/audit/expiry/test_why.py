"""Why details of an entry stay or go: the drawer's words and the worker agree."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils.html import strip_tags

from audit import recording
from audit.expiry import rules, selectors, services
from audit.expiry.guards import Kept
from audit.expiry.models import AuditExpiry
from audit.explorer import lasting
from audit.explorer import selectors as explorer
from audit.explorer.lasting import Lasting, Stands, WayOut
from audit.log import sequencer
from audit.log.models import AuditDetail, AuditEntry
from audit.log.selectors import log_of
from audit.recording import Target
from kit import clock, scoping
from kit.formatting import absolute
from tests import cast
from tests.audit.conftest import AT, MARA, Tenant

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("kept")]
INSTANT = timedelta(microseconds=1)
KEPT = timedelta(days=rules.DEFAULT_DAYS)
TARGET = Target(kind="policy", id=UUID(int=9))


@pytest.fixture
def entry(halden: Tenant, seal: Callable[[], int]) -> Tenant:
    """One entry with details, made at `AT`; its organization's runs began before."""
    services.work_due(at=AT - rules.FIRST_RUN_AFTER)
    _record(halden)
    seal()
    return halden


def _record(tenant: Tenant, *, workspace: UUID | None = None) -> None:
    with scoping.organization(organization_id=tenant.id):
        recording.record(
            actor=MARA,
            action="retention.policy.set",
            organization_id=tenant.id,
            target=TARGET,
            workspace=workspace,
            changes={"days": (30, 90)},
            at=AT,
        )


def why(tenant: Tenant, *, at: datetime, index: int = 0) -> Lasting:
    with scoping.organization(organization_id=tenant.id):
        log = log_of(organization_id=tenant.id)
        shown = explorer.entry(log=log, epoch=1, index=index)
        assert shown is not None
        found = lasting.of(log=log, shown=shown, at=at)
    assert found is not None
    return found


def has_details(tenant: Tenant) -> bool:
    with scoping.organization(organization_id=tenant.id):
        oldest = AuditEntry.objects.order_by("id").values("id")[:1]
        return bool(AuditDetail.objects.filter(entry_id__in=oldest).exists())


def run(tenant: Tenant, *, at: datetime) -> None:
    """One whole run now, whenever it was planned."""
    with scoping.organization(organization_id=tenant.id):
        AuditExpiry.objects.update(due_at=at)
    services.work_due(at=at)


@pytest.mark.parametrize("days", [None, 90, 2557])
def test_the_first_run_after_the_moment_named_takes_them(
    entry: Tenant, days: int | None
) -> None:
    if days is not None:
        with scoping.organization(organization_id=entry.id):
            log = log_of(organization_id=entry.id)
            services.set_days(actor=MARA, log=log, days=days, at=AT)
    goes_after = why(entry, at=AT).why.goes_after
    assert goes_after == AT + timedelta(days=days or rules.DEFAULT_DAYS)

    assert not why(entry, at=goes_after).is_due
    run(entry, at=goes_after)
    assert has_details(entry)

    assert why(entry, at=goes_after + INSTANT).is_due
    run(entry, at=goes_after + INSTANT)
    assert not has_details(entry)
    found = why(entry, at=goes_after + INSTANT)
    assert (found.stands, found.is_due, found.ways_out) == (Stands.GONE, False, ())


def test_a_hold_keeps_them_and_its_release_lets_the_days_decide(
    halden: Tenant, seal: Callable[[], int], kept: list[Kept]
) -> None:
    place = uuid4()
    services.work_due(at=AT - rules.FIRST_RUN_AFTER)
    _record(halden, workspace=place)
    seal()
    later = AT + KEPT + INSTANT
    kept.append(Kept(workspaces=(place,)))

    held = why(halden, at=later)
    assert (held.why.is_held, held.why.is_old, held.is_due) == (True, True, False)
    assert held.ways_out == (WayOut.RELEASE_HOLD, WayOut.CHANGE_DAYS)
    run(halden, at=later)
    assert has_details(halden)

    kept.clear()
    assert why(halden, at=later).is_due
    run(halden, at=later)
    assert not has_details(halden)


def test_of_no_entry_nothing_is_said(entry: Tenant) -> None:
    with scoping.organization(organization_id=entry.id):
        asked = {"organization_id": entry.id, "at": AT}

        assert selectors.why(**asked, epoch=1, index=7) is None
        assert selectors.why(**asked, epoch=2, index=0) is None


def test_an_entry_says_it_in_words(transactional_db: None) -> None:
    where = cast.workspace()
    mara = cast.owner(where)
    client = mara.client()
    with scoping.organization(organization_id=where.organization.id):
        recording.record(
            actor=mara.actor,
            action="retention.policy.set",
            organization_id=where.organization.id,
            workspace=where.public_id,
            target=TARGET,
            changes={"days": (30, 90)},
            at=AT,
        )
    sequencer.seal(at=AT)
    index = _newest(where.organization.id)
    after = AT + KEPT

    before = _drawer(client, index, at=AT)
    over = _drawer(client, index, at=after + INSTANT)

    assert f"They go with the first run after {absolute(after)}" in before
    assert "The organization keeps details for 400 days." in before
    assert "More days keep them longer, fewer take them sooner." in before
    assert "Their days are over: they go with the next run." in over


def _newest(organization_id: int) -> int:
    with scoping.organization(organization_id=organization_id):
        log = log_of(organization_id=organization_id)
        found = explorer.listed(
            log=log, found=explorer.matching(explorer.EVERYTHING), after=None
        )
    indexes = [
        one.index
        for one in found.entries
        if one.leaf and one.leaf.action == "retention.policy.set"
    ]
    assert indexes[0] is not None
    return indexes[0]


def _drawer(client: Client, index: int, *, at: datetime) -> str:
    with clock.fixed_at(at):
        page = client.get(f"/w/halden-engineering/audit/1/{index}/")
    assert page.status_code == 200
    return " ".join(strip_tags(page.content.decode()).split())
