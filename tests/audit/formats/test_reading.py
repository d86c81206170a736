"""Entries are read oldest first, in batches that neither repeat nor pass over any."""

from collections.abc import Callable
from uuid import UUID

import pytest

from audit.explorer.selectors import Shown
from audit.formats.reading import entries_after
from audit.log.epochs import open_epoch
from audit.log.selectors import Log, log_of
from audit.query import rules
from kit import scoping
from tests.audit.conftest import Tenant

pytestmark = pytest.mark.django_db(transaction=True)

HERE = UUID("5b1e8c46-4a0e-4b52-9f38-7d9a7a0c6e01")


def _log(tenant: Tenant) -> Log:
    with scoping.organization(organization_id=tenant.id):
        return log_of(organization_id=tenant.id)


def _places(entries: list[Shown]) -> list[tuple[int | None, int | None]]:
    return [(one.epoch, one.index) for one in entries]


def test_batches_go_through_the_log_in_its_order(
    halden: Tenant, brightwater: Tenant, seal: Callable[[], int]
) -> None:
    for _ in range(3):
        halden.record()
        brightwater.record()
    seal()
    open_epoch()
    halden.record()
    seal()
    query = rules.parse("")

    first = entries_after(log=_log(halden), query=query, after=None, size=2)
    rest = entries_after(log=_log(halden), query=query, after=(1, 1), size=9)
    end = entries_after(log=_log(halden), query=query, after=(2, 0), size=9)

    assert _places(first) == [(1, 0), (1, 1)]
    assert _places(rest) == [(1, 2), (2, 0)]
    assert end == []
    assert first[0].who == "mara.lindqvist@halden.example"


def test_a_query_and_a_workspace_narrow_what_is_read(
    halden: Tenant, seal: Callable[[], int]
) -> None:
    halden.record()
    halden.record("retention.hold.placed", workspace=HERE)
    halden.record(workspace=HERE)
    seal()
    log = _log(halden)

    by_query = entries_after(
        log=log, query=rules.parse("area:holds"), after=None, size=9
    )
    by_workspace = entries_after(
        log=log, query=rules.parse(""), after=None, size=9, workspace=HERE
    )

    assert _places(by_query) == [(1, 1)]
    assert _places(by_workspace) == [(1, 1), (1, 2)]


def test_what_awaits_its_seal_comes_later(
    halden: Tenant, seal: Callable[[], int]
) -> None:
    halden.record()

    before = entries_after(log=_log(halden), query=rules.parse(""), after=None, size=9)
    seal()
    after = entries_after(log=_log(halden), query=rules.parse(""), after=None, size=9)

    assert before == []
    assert _places(after) == [(1, 0)]
