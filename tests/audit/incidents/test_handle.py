"""People take incidents, write about them, hand them on and close them."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import IntegrityError, connection, transaction

from audit.incidents import selectors, services
from audit.incidents.models import Act, AuditIncident
from audit.incidents.rules import Kind, State
from audit.incidents.services.handling import IncidentHasMovedOn, TextIsMissing
from audit.incidents.services.settings import OutOfBounds
from audit.log.selectors import Log
from kit import scoping
from kit.permissions import PermissionDenied
from tests.audit.conftest import AT, MARA, Tenant
from tests.audit.incidents.test_detect import ACTS, actions, incidents, log

pytestmark = pytest.mark.django_db(transaction=True)
NOBODY = replace(MARA, permissions=frozenset())


@pytest.fixture
def found(halden: Tenant, seal: Callable[[], int]) -> AuditIncident:
    halden.record(**ACTS[Kind.BREAK_GLASS])
    seal()
    services.detect_due(at=AT)
    return incidents(halden)[0]


@pytest.fixture
def here(halden: Tenant) -> Log:
    return log(halden)


def test_from_open_to_resolved_and_back(
    halden: Tenant, found: AuditIncident, here: Log
) -> None:
    given = {"actor": MARA, "log": here, "incident": found, "at": AT}
    services.acknowledge(**given)
    services.note(**given, text="Asked Ife: it was her.")
    services.assign(**given, owner="Ife Adeyemi")
    services.resolve(**given, text="A drill.")
    services.reopen(**given, text="It was no drill.")

    row = incidents(halden)[0]
    assert (row.state, row.page_due_at) == (State.ACKNOWLEDGED, None)
    assert actions(halden)[1:] == [
        f"audit.incident.{act}"
        for act in ("acknowledged", "noted", "assigned", "resolved", "reopened")
    ]
    with scoping.organization(organization_id=halden.id):
        acts = [step.act for step in selectors.timeline(incident=row)]
    assert acts == [Act.SEEN, *(one.split(".")[-1] for one in actions(halden)[1:])]


def test_what_people_write_is_sealed(
    halden: Tenant, found: AuditIncident, here: Log
) -> None:
    services.note(actor=MARA, log=here, incident=found, text="Zanzibar", at=AT)

    with connection.cursor() as cursor, scoping.organization(organization_id=halden.id):
        cursor.execute("select sealed from audit_incident_step")
        stored = b"".join(bytes(row[0] or b"") for row in cursor.fetchall())
    assert b"Zanzibar" not in stored
    assert b"mara" not in stored


def test_what_does_not_follow_is_refused_and_changes_nothing(
    halden: Tenant, found: AuditIncident, here: Log
) -> None:
    given = {"actor": MARA, "log": here, "incident": found, "at": AT}
    with pytest.raises(IncidentHasMovedOn):
        services.reopen(**given, text="why")
    with pytest.raises(IncidentHasMovedOn):
        services.assign(**given, owner="Ife")
    with pytest.raises(TextIsMissing):
        services.resolve(**given, text=" ")
    services.resolve(**given, text="done")
    with pytest.raises(IncidentHasMovedOn):
        services.acknowledge(**given)

    assert actions(halden) == ["audit.incident.opened", "audit.incident.resolved"]


def test_an_incident_is_not_opened_again_beside_a_newer_one(
    halden: Tenant, found: AuditIncident, here: Log, seal: Callable[[], int]
) -> None:
    services.resolve(actor=MARA, log=here, incident=found, text="done", at=AT)
    halden.record(**ACTS[Kind.BREAK_GLASS])
    seal()
    services.detect_due(at=AT)

    with pytest.raises(IncidentHasMovedOn):
        services.reopen(actor=MARA, log=here, incident=found, text="why", at=AT)
    assert [one.state for one in incidents(halden)] == [State.RESOLVED, State.OPEN]


def test_nobody_without_the_permission_does_any_of_it(
    found: AuditIncident, here: Log
) -> None:
    given = {"actor": NOBODY, "log": here, "incident": found, "at": AT}
    for act in (
        lambda: services.acknowledge(**given),
        lambda: services.note(**given, text="x"),
        lambda: services.resolve(**given, text="x"),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_a_rule_stays_in_its_bounds(here: Log) -> None:
    kept = {"actor": MARA, "log": here, "kind": Kind.DELETION, "is_on": True, "at": AT}
    for threshold, minutes in ((0, 5), (1_001, 5), (1, 0), (1, 1_441)):
        with pytest.raises(OutOfBounds):
            services.change_rule(**kept, threshold=threshold, minutes=minutes)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("kind = 'odd'", "audit_incident_kind_known"),
        ("found_n = 0", "audit_incident_seen_after_it_opened"),
        ("page_due_at = null", "audit_incident_state_with_its_times"),
        ("state = 'resolved'", "audit_incident_state_with_its_times"),
    ],
)
def test_the_database_keeps_incidents_possible(
    halden: Tenant, found: AuditIncident, change: str, name: str
) -> None:
    with (
        pytest.raises(IntegrityError, match=name),
        scoping.organization(organization_id=halden.id),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"update audit_incident set {change}")


def test_there_is_one_incident_of_a_kind_while_it_lasts(
    halden: Tenant, found: AuditIncident
) -> None:
    with (
        pytest.raises(IntegrityError, match="audit_incident_once_while_it_lasts"),
        scoping.organization(organization_id=halden.id),
        transaction.atomic(),
    ):
        AuditIncident.objects.create(
            organization_id=halden.id,
            kind=found.kind,
            found_n=1,
            opened_at=AT,
            seen_at=AT,
            page_due_at=AT,
        )
