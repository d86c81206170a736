"""Finding entries by a query, in PostgreSQL and under row-level security."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from audit.query import rules, selectors
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from tests.audit.conftest import AT, MARA, Tenant

pytestmark = pytest.mark.django_db(transaction=True)

HERE = UUID("99999999-2222-4333-8444-555555555555")
HOLD = UUID("88888888-2222-4333-8444-555555555555")


@pytest.fixture
def log(halden: Tenant, brightwater: Tenant, seal: Callable[[], int]) -> Tenant:
    """Four entries at 0 to 3, and one in a log that is none of theirs."""
    halden.record()
    halden.record("retention.hold.placed", target=Target(kind="hold", id=HOLD))
    halden.record(outcome="refused", workspace=HERE)
    halden.record("retention.sweep.closed", actor=Actor.system("sweeper"))
    brightwater.record()
    seal()
    return halden


def _found(log: Tenant, text: str, **given: Any) -> list[int]:
    with scoping.organization(organization_id=log.id):
        rows = selectors.matching(rules.parse(text), **given)
        return sorted(rows.values_list("index", flat=True))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [0, 1, 2, 3]),
        ("area:retention", [0, 2, 3]),
        ("area:retention,holds", [0, 1, 2, 3]),
        ("-area:retention", [1]),
        ("area:retention area:holds", []),
        ("action:retention.policy.set", [0, 2]),
        ("action:retention.hold.*", [1]),
        ("-action:retention.policy.*,retention.hold.*", [3]),
        ("action:unreadable", []),
        ("outcome:refused", [2]),
        ("-outcome:refused", [0, 1, 3]),
        ("actor_kind:system", [3]),
        ("actor:sweeper", [3]),
        (f"actor:{MARA.id}", [0, 1, 2]),
        (f"actor:{MARA.id},sweeper", [0, 1, 2, 3]),
        ("target_kind:hold", [1]),
        (f"target:{HOLD}", [1]),
        (f"-target:{HOLD}", [0, 2, 3]),
        (f"workspace:{HERE}", [2]),
        (f"-workspace:{HERE}", [0, 1, 3]),
        ("index:2", [2]),
        ("index>=1 index<3", [1, 2]),
        ("epoch:1", [0, 1, 2, 3]),
        ("epoch:2", []),
        ("at:2026-11-23", [0, 1, 2, 3]),
        ("at:2026-11-22,2026-11-24", []),
        ("at>=2026-11-23T09:15:07Z", [0, 1, 2, 3]),
        ("at>=2026-11-23T10:15:08+01:00", []),
        ("at<2026-11-23T09:15:07", []),
        ("at>=-1h", [0, 1, 2, 3]),
        ("at<-1m", []),
        ("at>=-99999w", [0, 1, 2, 3]),
    ],
)
def test_an_entry_is_found_that_fits_every_term(
    log: Tenant, text: str, found: list[int]
) -> None:
    assert _found(log, text) == found


def test_relative_times_count_from_the_moment_of_the_question(log: Tenant) -> None:
    assert _found(log, "at<-1h", at=AT + timedelta(hours=2)) == [0, 1, 2, 3]
    assert _found(log, "at>=-1h", at=AT + timedelta(hours=2)) == []


def test_a_workspace_narrows_whatever_the_query_says(log: Tenant) -> None:
    other = UUID(int=7)

    assert _found(log, "", workspace=HERE) == [2]
    assert _found(log, f"workspace:{other}", workspace=HERE) == []
    assert _found(log, f"-workspace:{HERE}", workspace=HERE) == []


def test_another_log_is_never_found(log: Tenant, brightwater: Tenant) -> None:
    assert _found(brightwater, "") == [0]
    assert _found(brightwater, f"target:{HOLD}") == []
