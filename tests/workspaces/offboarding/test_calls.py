"""Calls to other servers that a departure left: made, made again, given up."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from kit import departures, scoping
from kit.departures import Call, CallFailed, Ended, Ending
from tests import cast
from tests.cast import NOON, OPERATOR
from workspaces.offboarding import rules, selectors
from workspaces.offboarding.models import Departure, DepartureCall, OffboardingReport
from workspaces.offboarding.services import make_due, offboard
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


class Server:
    """A server that does what it is asked, unless it is down."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_down = False

    def __call__(self, arguments: Mapping[str, str]) -> None:
        if self.is_down:
            raise CallFailed
        self.asked.append(arguments["grant"])


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    call = Call(kind="revoke_grant", arguments={"grant": "7"})
    monkeypatch.setattr(departures, "_endings", {})
    monkeypatch.setattr(departures, "_callers", {})
    departures.register(
        Ending(
            name="grants",
            order=1,
            label="Grants",
            end=lambda *_: Ended(count=1, calls=(call,)),
        )
    )
    departures.register_caller(kind="revoke_grant", make=made)
    return made


@pytest.fixture
def report(where: WorkspaceRef, server: Server) -> OffboardingReport:
    return offboard(
        actor=OPERATOR,
        workspace=where,
        member=cast.member(where).membership.public_id,
        departure=Departure.REMOVED,
        at=NOON,
    )


def work(at: datetime) -> int:
    return make_due(clock=lambda: at)


def calls(where: WorkspaceRef, report: OffboardingReport) -> tuple[int, int, int]:
    with opened(where):
        found = selectors.calls_of(report=report)
    return found.made, found.waiting, found.given_up


def test_a_call_is_made_once(
    where: WorkspaceRef, server: Server, report: OffboardingReport
) -> None:
    assert calls(where, report) == (0, 1, 0)

    assert [work(NOON), work(NOON)] == [1, 0]

    assert server.asked == ["7"]
    assert calls(where, report) == (1, 0, 0)


def test_a_server_that_is_down_is_asked_again_later(
    where: WorkspaceRef, server: Server, report: OffboardingReport
) -> None:
    server.is_down = True
    assert work(NOON) == 0
    server.is_down = False

    assert [work(NOON), work(NOON + MINUTE)] == [0, 1]

    assert server.asked == ["7"]


def test_a_call_is_given_up_after_many_tries(
    where: WorkspaceRef, server: Server, report: OffboardingReport
) -> None:
    server.is_down = True

    for number in range(rules.MOST_TRIES):
        work(NOON + number * timedelta(hours=7))

    assert calls(where, report) == (0, 0, 1)


def test_a_call_that_nobody_can_make_waits(
    where: WorkspaceRef, report: OffboardingReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departures, "_callers", {})

    assert work(NOON) == 0

    assert calls(where, report) == (0, 1, 0)


def test_a_call_in_the_hands_of_a_worker_is_left_to_it(
    where: WorkspaceRef, server: Server, report: OffboardingReport
) -> None:
    asked_meanwhile: list[int] = []

    def slow(arguments: Mapping[str, str]) -> None:
        asked_meanwhile.append(work(NOON))
        server(arguments)

    departures._callers["revoke_grant"] = slow

    assert work(NOON) == 1
    assert asked_meanwhile == [0]


def test_a_worker_that_lost_its_lease_writes_nothing(
    where: WorkspaceRef, server: Server, report: OffboardingReport
) -> None:
    def lose(arguments: Mapping[str, str]) -> None:
        with opened(where):
            DepartureCall.objects.update(fence=9)

    departures._callers["revoke_grant"] = lose

    assert work(NOON) == 0
    assert calls(where, report) == (0, 1, 0)


def opened(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )
