"""A log that is not sealed any more pages somebody, though no rule can read it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from audit.incidents import selectors, services, tasks
from audit.incidents.models import Act, AuditIncident
from audit.incidents.rules import Kind, State
from audit.incidents.services.handling import STEPS
from audit.incidents.storing import Box
from audit.log import refusals, sequencer
from kit import clock, scoping
from tests.audit.conftest import AT, MARA, Tenant, publish_anything
from tests.audit.incidents.test_detect import actions, incidents, log
from tests.audit.log.test_refused_logs import _pretend_it_is_ahead

pytestmark = pytest.mark.django_db(transaction=True)
Sealing = Callable[[], int]
LATER = AT + timedelta(minutes=5)


@pytest.fixture
def kept(halden: Tenant, seal: Sealing) -> str:
    """The head that was published before the log was refused."""
    halden.record()
    seal()
    services.detect_due(at=AT)
    head = _pretend_it_is_ahead(halden)
    halden.record()
    seal()
    return head


def _resolve(tenant: Tenant, incident: AuditIncident) -> None:
    services.resolve(
        actor=MARA, log=log(tenant), incident=incident, text="Restored.", at=LATER
    )


@pytest.mark.usefixtures("kept")
def test_a_log_that_is_not_sealed_opens_an_incident_with_a_page_due(
    halden: Tenant, brightwater: Tenant, seal: Sealing
) -> None:
    brightwater.record()
    seal()

    with clock.fixed_at(AT):
        tasks.detect_incidents()

    (one,) = incidents(halden)
    assert (one.kind, one.state, one.subject) == (Kind.VERIFICATION, State.OPEN, "")
    assert selectors.due_pages(at=AT, limit=9) == [(one.pk, halden.id)]
    assert actions(halden) == ["audit.incident.opened"]
    assert incidents(brightwater) == []


@pytest.mark.usefixtures("kept")
def test_its_timeline_says_why(halden: Tenant) -> None:
    services.open_refused(at=AT)

    (one,) = incidents(halden)
    with scoping.organization(organization_id=halden.id):
        (line,) = selectors.timeline(incident=one)
    told = Box.of(log(halden)).open(line.sealed, table=STEPS, row=line.public_id)
    assert line.act == Act.NOTED
    assert "not sealed any more" in told["text"]


@pytest.mark.usefixtures("kept")
def test_a_refusal_is_told_once_even_after_somebody_resolved_it(
    halden: Tenant,
) -> None:
    assert [services.open_refused(at=AT) for _ in range(2)] == [1, 0]
    (one,) = incidents(halden)
    _resolve(halden, one)

    assert services.open_refused(at=LATER) == 0
    assert [row.found_n for row in incidents(halden)] == [1]


def test_it_stays_open_when_the_log_goes_on_and_the_next_refusal_joins_it(
    halden: Tenant, seal: Sealing, kept: str
) -> None:
    services.open_refused(at=AT)
    publish_anything(halden.uuid, kept)
    seal()
    assert refusals.of(organization_id=halden.id, using="sequencer") is None
    assert [one.state for one in incidents(halden)] == [State.OPEN]

    _pretend_it_is_ahead(halden)
    halden.record()
    sequencer.seal(at=LATER)
    services.open_refused(at=LATER)

    assert [one.found_n for one in incidents(halden)] == [2]


@pytest.mark.usefixtures("kept")
def test_where_the_rule_is_off_nothing_opens(halden: Tenant) -> None:
    services.change_rule(
        actor=MARA,
        log=log(halden),
        kind=Kind.VERIFICATION,
        is_on=False,
        threshold=1,
        minutes=60,
        at=AT,
    )

    assert services.open_refused(at=AT) == 0
    assert incidents(halden) == []
