"""Work on a log that stands beyond its limit is found, and `doctor` says so."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from audit.erasure.models import AuditErasure
from audit.expiry.models import AuditExpiry
from audit.exports.models import AuditExport
from audit.limbo import selectors
from audit.limbo.states import STATES
from audit.pruning.models import AuditPruning
from audit.verification.models import AuditVerification
from kit import scoping
from retention.management import diagnosis
from tests.audit.conftest import AT, Tenant

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""Before any limit by either clock; a lease that lapsed."""
DAYS_AGO = AT - timedelta(days=2)


def export(tenant: Tenant, **columns: Any) -> None:
    AuditExport.objects.create(
        organization_id=tenant.id,
        form="csv",
        requested_by="x",
        requested_at=DAYS_AGO,
        **columns,
    )


def verification(tenant: Tenant, *, at: datetime = DAYS_AGO) -> None:
    AuditVerification.objects.create(organization_id=tenant.id, requested_at=at)


def erasure(tenant: Tenant, *, at: datetime = DAYS_AGO, **columns: Any) -> None:
    AuditErasure.objects.create(
        organization_id=tenant.id,
        sealed=b"x",
        until_id=0,
        requested_at=DAYS_AGO,
        due_at=at,
        **columns,
    )


def expiry(tenant: Tenant, *, at: datetime = DAYS_AGO) -> None:
    AuditExpiry.objects.create(organization_id=tenant.id, days=400, due_at=at)


def pruning(tenant: Tenant, *, at: datetime = DAYS_AGO, days: int | None = 500) -> None:
    AuditPruning.objects.create(organization_id=tenant.id, days=days, due_at=at)


LEFT: dict[str, Callable[[Tenant], None]] = {
    "export of the log that nobody began": export,
    "export of the log whose worker is gone": lambda tenant: export(
        tenant, state="running", leased_until=LONG_AGO
    ),
    "export of the log past its days": lambda tenant: export(
        tenant,
        state="done",
        ended_at=DAYS_AGO,
        expires_at=DAYS_AGO,
        blob_id=uuid4(),
    ),
    "verification that nobody is at": verification,
    "erasure from the log that nobody goes on with": erasure,
    "details of entries past their days": expiry,
    "entries past their days": pruning,
}


def leave(tenant: Tenant, *acts: Callable[[Tenant], None]) -> None:
    with scoping.organization(organization_id=tenant.id):
        for act in acts:
            act(tenant)


def test_every_state_of_the_table_has_its_test() -> None:
    assert set(LEFT) == {state.name for state in STATES}
    assert all(state.repaired_by for state in STATES)


@pytest.mark.parametrize("state", LEFT)
def test_what_stands_beyond_its_limit_is_found(halden: Tenant, state: str) -> None:
    leave(halden, LEFT[state])

    found = selectors.stuck(at=AT)

    assert [(one.state, one.organization_id, one.n) for one in found] == [
        (state, halden.id, 1)
    ]
    finding = diagnosis.PROBES["stuck logs"](AT)
    assert finding.level is diagnosis.Level.BAD
    assert f"{state} (1)" in finding.sentence


def test_what_is_in_its_time_or_waits_for_a_hold_is_none(halden: Tenant) -> None:
    soon = AT + timedelta(minutes=5)
    leave(
        halden,
        lambda tenant: export(
            tenant, state="running", leased_until=datetime.max.replace(tzinfo=UTC)
        ),
        lambda tenant: export(tenant, state="failed", ended_at=DAYS_AGO),
        lambda tenant: verification(tenant, at=AT),
        lambda tenant: erasure(tenant, at=soon, state="held"),
        lambda tenant: expiry(tenant, at=soon),
        lambda tenant: pruning(tenant, days=None),
    )

    assert selectors.stuck(at=AT) == []
    assert diagnosis.PROBES["stuck logs"](AT).level is diagnosis.Level.OK
