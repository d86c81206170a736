"""Rules read the log in its order and open incidents."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from audit.incidents import services
from audit.incidents.models import (
    AuditIncident,
    AuditIncidentCursor,
    AuditIncidentStep,
)
from audit.incidents.rules import RULES, Kind, State
from audit.incidents.selectors import actions_of
from audit.incidents.services import detecting
from audit.log.models import AuditEntry
from audit.log.selectors import Log, log_of
from audit.recording import Target
from kit import scoping
from tests.audit.conftest import AT, MARA, Tenant

pytestmark = pytest.mark.django_db(
    transaction=True, databases=["default", "vault", "sequencer"]
)

PLACE = UUID(int=77)
KEY = UUID(int=78)
STREAM = UUID(int=79)

# What makes each rule hold once.
ACTS: dict[Kind, dict[str, Any]] = {
    Kind.DENIED: {"action": "workspaces.access.asked", "outcome": "refused"},
    Kind.BREAK_GLASS: {"action": "workspaces.break-glass.used"},
    Kind.VERIFICATION: {"action": "audit.log.verified", "outcome": "error"},
    Kind.REFUSED_SIGN_INS: {
        "action": "workspaces.session.signed-in",
        "outcome": "refused",
    },
    Kind.OVERDUE_PURGE: {"action": "retention.promise.overdue", "outcome": "error"},
    Kind.DELETION: {"action": "retention.incident.opened", "outcome": "error"},
    Kind.MASS_EXPORT: {"action": "audit.log.exported"},
    Kind.PUBLIC_SHARING: {"action": "workspaces.gpt.published", "workspace": PLACE},
    Kind.KEY_OUTSIDE: {
        "action": "workspaces.api-key.used",
        "outcome": "refused",
        "target": Target(kind="api_key", id=KEY),
    },
    Kind.STREAM: {
        "action": "audit.stream.fell-behind",
        "outcome": "error",
        "target": Target(kind="stream", id=STREAM),
    },
}


def incidents(of: Tenant) -> list[AuditIncident]:
    with scoping.organization(organization_id=of.id):
        return list(AuditIncident.objects.order_by("id"))


def log(of: Tenant) -> Log:
    with scoping.organization(organization_id=of.id):
        return log_of(organization_id=of.id)


def actions(of: Tenant) -> list[str]:
    """What the log says of incidents, oldest first."""

    with scoping.organization(organization_id=of.id):
        leaves = [bytes(row.leaf) for row in AuditEntry.objects.order_by("id")]

    found = [json.loads(leaf)["action"] for leaf in leaves]
    return [one for one in found if one.startswith("audit.incident")]


@pytest.mark.parametrize("kind", list(Kind))
def test_each_rule_opens_its_incident(
    kind: Kind, halden: Tenant, brightwater: Tenant, seal: Callable[[], int]
) -> None:
    for _time in range(RULES[kind].threshold):
        assert incidents(halden) == []
        halden.record(**ACTS[kind])
        seal()
        services.detect_due(at=AT)

    opened = incidents(halden)

    assert [one.kind for one in opened] == [kind]
    assert opened[0].state == State.OPEN
    assert actions(halden) == ["audit.incident.opened"]
    assert incidents(brightwater) == []


@pytest.mark.parametrize("kind", list(Kind))
def test_what_a_rule_watches_can_be_recorded(kind: Kind) -> None:
    assert actions_of(RULES[kind])


def test_the_same_kind_opens_nothing_new_while_it_lasts(
    halden: Tenant, seal: Callable[[], int]
) -> None:
    for _time in range(3):
        halden.record(**ACTS[Kind.BREAK_GLASS])
        seal()
        services.detect_due(at=AT)

    assert [one.found_n for one in incidents(halden)] == [3]
    with scoping.organization(organization_id=halden.id):
        assert AuditIncidentStep.objects.count() == 3


def test_another_key_is_another_incident(
    halden: Tenant, seal: Callable[[], int]
) -> None:
    halden.record(**ACTS[Kind.KEY_OUTSIDE])
    other = {"target": Target(kind="api_key", id=UUID(int=79))}
    halden.record(**ACTS[Kind.KEY_OUTSIDE] | other)
    seal()
    services.detect_due(at=AT)

    assert {one.subject for one in incidents(halden)} == {str(KEY), str(UUID(int=79))}


def test_a_gap_of_a_stream_joins_what_is_told_of_its_lateness(
    halden: Tenant, seal: Callable[[], int]
) -> None:
    halden.record(**ACTS[Kind.STREAM])
    halden.record(**ACTS[Kind.STREAM] | {"action": "audit.stream.gap-found"})
    seal()
    services.detect_due(at=AT)

    (one,) = incidents(halden)
    assert (one.subject, one.found_n) == (str(STREAM), 2)


def test_one_entry_for_many_tries_counts_as_many(
    halden: Tenant, seal: Callable[[], int]
) -> None:
    halden.record(**ACTS[Kind.REFUSED_SIGN_INS], counts={"attempts": 20})
    seal()
    services.detect_due(at=AT)

    assert [one.kind for one in incidents(halden)] == [Kind.REFUSED_SIGN_INS]


def test_a_burst_across_two_windows_is_found_and_an_old_one_is_not(
    halden: Tenant, seal: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detecting, "WINDOW", 7)
    with scoping.organization(organization_id=halden.id):
        services.change_rule(
            actor=MARA,
            log=log(halden),
            kind=Kind.REFUSED_SIGN_INS,
            is_on=True,
            threshold=10,
            minutes=10,
            at=AT,
        )
    for _time in range(9):
        halden.record(**ACTS[Kind.REFUSED_SIGN_INS])
    seal()
    services.detect_due(at=AT)
    assert incidents(halden) == []

    halden.record(**ACTS[Kind.REFUSED_SIGN_INS])
    seal()
    services.detect_due(at=AT)

    assert [one.found_n for one in incidents(halden)] == [1]


def test_a_rule_that_is_off_opens_nothing(
    halden: Tenant, seal: Callable[[], int]
) -> None:
    kept = {"kind": Kind.BREAK_GLASS, "threshold": 1, "minutes": 60}
    services.change_rule(actor=MARA, log=log(halden), is_on=False, at=AT, **kept)
    halden.record(**ACTS[Kind.BREAK_GLASS])
    seal()
    services.detect_due(at=AT)

    assert incidents(halden) == []
    assert actions(halden) == ["audit.incident-rule.changed"]


def test_a_worker_killed_before_its_commit_leaves_nothing_and_misses_nothing(
    halden: Tenant, seal: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    halden.record(**ACTS[Kind.BREAK_GLASS])
    seal()

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(AuditIncidentCursor, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            services.detect(organization_id=halden.id, at=AT)
    assert incidents(halden) == []

    services.detect_due(at=AT)
    services.detect_due(at=AT + timedelta(minutes=1))

    assert [one.found_n for one in incidents(halden)] == [1]
    assert actions(halden) == ["audit.incident.opened"]


def test_a_log_that_is_read_to_its_end_is_not_asked_again(
    halden: Tenant, seal: Callable[[], int]
) -> None:
    halden.record()
    seal()

    assert services.detect(organization_id=halden.id, at=AT)
    assert not services.detect(organization_id=halden.id, at=AT)
