"""Refusals become entries: the first at once, the rest counted once a minute."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from redis import RedisError

from audit.denials import rules, services
from audit.denials.models import AuditDenial
from audit.denials.rules import Denial
from audit.log.models import AuditEntry
from kit import scoping, tallies
from tests.audit.conftest import AT, MARA, Tenant

pytestmark = pytest.mark.django_db(databases=["default", "vault"])

PLACE = UUID(int=5)


def denial(tenant: Tenant, address: str = "203.0.113.24", **more: str) -> Denial:
    return Denial(
        actor=MARA,
        action="workspaces.access.asked",
        target_kind="workspace",
        target=PLACE,
        organization_id=tenant.id,
        workspace=PLACE,
        address=address,
        details={"act": "GET retention:holds", "because": "permission", **more},
    )


def attempts(tenant: Tenant) -> list[int]:
    return [leaf["counts"]["attempts"] for leaf in leaves(tenant)]


def leaves(tenant: Tenant) -> list[dict[str, Any]]:
    with scoping.organization(organization_id=tenant.id):
        rows = AuditEntry.objects.order_by("id")
        found = [json.loads(bytes(row.leaf)) for row in rows]
    return [leaf for leaf in found if leaf["action"] == "workspaces.access.asked"]


def rows(tenant: Tenant) -> int:
    with scoping.organization(organization_id=tenant.id):
        return AuditDenial.objects.count()


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def test_the_first_refusal_of_a_source_is_an_entry_at_once(halden: Tenant) -> None:
    services.note(denial=denial(halden), at=AT)

    (leaf,) = leaves(halden)
    assert leaf["outcome"] == "refused"
    assert leaf["actor_kind"] == "user"
    assert leaf["target_id"] == leaf["workspace"] == str(PLACE)
    assert {"actor_id", "detail.act", "detail.first_at"} <= set(leaf["commit"])
    assert "203.0.113" not in json.dumps(leaf)


def test_those_that_follow_are_one_entry_a_minute_with_their_count(
    halden: Tenant,
) -> None:
    for second in range(30):
        services.note(denial=denial(halden), at=later(second))
    assert attempts(halden) == [1]

    assert services.close_due(at=later(59)) == 0
    assert services.close_due(at=later(61)) == 1
    services.note(denial=denial(halden), at=later(62))
    assert attempts(halden) == [1, 29]
    services.close_due(at=later(122))

    assert attempts(halden) == [1, 29, 1]
    assert leaves(halden)[1]["time"] == "2026-11-23T09:15:36.000000Z"


def test_a_source_that_stops_is_let_go_and_begins_anew(halden: Tenant) -> None:
    services.note(denial=denial(halden), at=AT)

    services.close_due(at=later(61))
    assert rows(halden) == 0
    services.note(denial=denial(halden), at=later(90))

    assert attempts(halden) == [1, 1]


def test_sources_pages_and_permissions_are_told_apart(halden: Tenant) -> None:
    for one in (
        denial(halden),
        denial(halden, address="203.0.113.25"),
        denial(halden, act="GET retention:sweeps"),
        denial(halden, permission="holds.view"),
    ):
        services.note(denial=one, at=AT)

    assert attempts(halden) == [1, 1, 1, 1]


def test_a_flood_costs_no_statement_between_its_entries(
    halden: Tenant, django_assert_num_queries: Any
) -> None:
    services.note(denial=denial(halden), at=AT)

    with django_assert_num_queries(0):
        for second in range(50):
            services.note(denial=denial(halden), at=later(second))


def test_too_many_sources_share_one_entry(
    halden: Tenant, brightwater: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_SOURCES", 3)

    for number in range(8):
        services.note(denial=denial(halden, address=f"a{number}"), at=AT)
    services.note(denial=denial(brightwater), at=AT)
    services.close_due(at=later(61))

    assert attempts(halden) == [1, 1, 1, 1, 4]
    assert leaves(halden)[-1]["actor"] == rules.OTHERS.id
    assert attempts(brightwater) == [1]


def test_nothing_is_lost_while_valkey_is_down(
    halden: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Down:
        def eval(self, *_given: Any) -> None:
            raise RedisError

        def delete(self, *_given: Any) -> None:
            raise RedisError

    monkeypatch.setattr(tallies, "_client", Down)
    for second in range(4):
        services.note(denial=denial(halden), at=later(second))

    services.close_due(at=later(61))

    assert attempts(halden) == [1, 3]


def test_what_cannot_be_stored_is_tried_again(
    halden: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_given: Any, **_more: Any) -> None:
        raise IntegrityError

    with monkeypatch.context() as broken:
        broken.setattr(services, "_record", fails)
        with pytest.raises(IntegrityError):
            services.note(denial=denial(halden), at=AT)
    services.note(denial=denial(halden), at=AT)

    assert attempts(halden) == [1]


def test_a_process_that_dies_over_the_first_hides_a_source_for_seconds(
    halden: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leaves a tally that nobody would ever write, however long it grows."""

    def dies(*_given: Any, **_more: Any) -> None:
        raise SystemExit

    one = denial(halden)
    with monkeypatch.context() as broken:
        broken.setattr(services, "_began", dies)
        broken.setattr(tallies, "forget", lambda _name: None)
        with pytest.raises(SystemExit):
            services.note(denial=one, at=AT)
    services.note(denial=one, at=AT)
    left = _lives(one)
    tallies.forget_all()
    services.note(denial=one, at=AT)

    assert 0 < left <= 30
    assert _lives(one) > 3_000
    assert attempts(halden) == [1]


def _lives(one: Denial) -> int:
    return int(str(tallies._client().ttl(f"tally:{one.source.hex()}")))


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        (
            "insert into audit_denial (organization_id, public_id, source, action,"
            " target_kind, target, sealed, pending, due_at)"
            " select organization_id, gen_random_uuid(), source, action, target_kind,"
            " target, sealed, 0, due_at from audit_denial",
            "audit_denial_source_once",
        ),
        ("update audit_denial set pending = 1", "audit_denial_pending_whole"),
        ("update audit_denial set last_at = due_at", "audit_denial_pending_whole"),
    ],
)
def test_the_database_refuses_half_a_row(halden: Tenant, sql: str, name: str) -> None:
    services.note(denial=denial(halden), at=AT)

    with (
        scoping.organization(organization_id=halden.id),
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
