"""Ended grants are revoked at their source: when due, once, again, and not forever."""

from datetime import datetime, timedelta

import pytest

from kit import departures
from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.connectors.conftest import SetUp, linked, opened
from workspaces.connectors import oauth, rules, selectors, services
from workspaces.connectors.models import ConnectorCut, ConnectorGrant
from workspaces.connectors.oauth import App, AppUnreachable
from workspaces.offboarding import selectors as offboarding
from workspaces.offboarding import services as leaving
from workspaces.offboarding.models import Departure, OffboardingReport
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db


class Source:
    """The other side of revocation: how often it was asked, and whether it answers."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answers = True

    def revoke(self, _app: App, tokens: dict[str, str]) -> None:
        self.asked.append(tokens)
        if not self.answers:
            raise AppUnreachable("down")


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    found = Source()
    monkeypatch.setattr(oauth, "revoke", found.revoke)
    return found


@pytest.fixture
def cut(jun: Person, set_up: SetUp) -> ConnectorCut:
    set_up()
    linked(jun)
    found = set_up(is_allowed=False)
    assert found is not None
    return found


def make_due(at: datetime) -> int:
    return services.make_due(clock=lambda: at)


def grant(where: WorkspaceRef) -> ConnectorGrant:
    with opened(where):
        return ConnectorGrant.objects.get()


def test_what_is_due_is_revoked_once(
    where: WorkspaceRef, cut: ConnectorCut, source: Source
) -> None:
    assert make_due(NOON) == 1
    assert make_due(NOON) == 0

    assert [one["refresh"] for one in source.asked] == ["refresh"]
    assert bytes(grant(where).sealed_tokens) == b""


def test_a_source_that_does_not_answer_is_asked_again(
    where: WorkspaceRef, cut: ConnectorCut, source: Source
) -> None:
    source.answers = False
    assert make_due(NOON) == 0
    assert make_due(NOON + timedelta(seconds=59)) == 0
    source.answers = True

    assert make_due(NOON + timedelta(seconds=60)) == 1
    assert len(source.asked) == 2


def test_it_is_given_up_after_days_and_said(
    where: WorkspaceRef, cut: ConnectorCut, source: Source
) -> None:
    source.answers = False
    for day in range(rules.MOST_TRIES + 1):
        make_due(NOON + timedelta(days=day))

    row = grant(where)
    assert len(source.asked) == rules.MOST_TRIES
    assert row.given_up_at is not None
    assert bytes(row.sealed_tokens) == b""
    with opened(where):
        assert selectors.at_source(cut=cut).given_up == 1


def test_a_worker_that_lost_its_lease_writes_nothing(
    where: WorkspaceRef, cut: ConnectorCut, source: Source
) -> None:
    def steal(_app: App, _tokens: dict[str, str]) -> None:
        with opened(where):
            ConnectorGrant.objects.update(fence=99)

    source.revoke = steal  # type: ignore[method-assign]
    oauth.revoke = steal  # type: ignore[assignment]

    assert make_due(NOON) == 0
    assert grant(where).revoked_at is None


@pytest.mark.parametrize("departure", list(Departure))
def test_who_leaves_leaves_every_app(
    where: WorkspaceRef,
    jun: Person,
    set_up: SetUp,
    source: Source,
    departure: Departure,
) -> None:
    set_up()
    set_up("jira")
    linked(jun)
    linked(jun, "jira")

    report = leaving.offboard(
        actor=cast.owner(where).actor,
        workspace=where,
        member=jun.membership.public_id,
        departure=departure,
        at=NOON,
    )

    steps = {one["name"]: one["count"] for one in report.steps}
    assert steps["connector_grants"] == 2
    with opened(where):
        assert not ConnectorGrant.objects.filter(ended_at__isnull=True).exists()
        found = ConnectorCut.objects.get()
        assert found.cause == "member_left"
        assert selectors.at_source(cut=found).not_offered == 1  # Jira
        assert offboarding.calls_of(report=report).waiting == 1
    assert leaving.make_due(clock=lambda: NOON) == 1
    with opened(where):
        again = OffboardingReport.objects.get()
        assert offboarding.calls_of(report=again).made == 1
        assert selectors.at_source(cut=found).revoked == 1
    assert make_due(NOON) == 0  # the call did it
    page = (
        cast.owner(where)
        .client()
        .get(f"/w/halden-engineering/connectors/receipts/{found.public_id}/")
    )
    assert "All connectors of a member" in page.content.decode()


def test_a_call_that_fails_is_made_again(
    where: WorkspaceRef, jun: Person, set_up: SetUp, source: Source
) -> None:
    set_up()
    linked(jun)
    source.answers = False
    leaving.offboard(
        actor=cast.owner(where).actor,
        workspace=where,
        member=jun.membership.public_id,
        departure=Departure.SUSPENDED,
        at=NOON,
    )

    assert leaving.make_due(clock=lambda: NOON) == 0
    assert departures.caller_of("connector_grant") is not None
    source.answers = True
    later = NOON + timedelta(minutes=2)
    assert leaving.make_due(clock=lambda: later) == 1


def test_an_overdue_review_waits_on_the_overview(
    where: WorkspaceRef, set_up: SetUp
) -> None:
    owner = cast.owner(where).client()
    set_up(review_on=NOON.date() - timedelta(days=400))

    page = owner.get("/w/halden-engineering/").content.decode()

    assert "Look at Google Drive again: its review is overdue" in page
    assert "review of 1 connector is overdue" in page
