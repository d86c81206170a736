"""Recording an act: what is stored, what is sealed, what is refused."""

import json
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from audit import recording
from audit.log import details
from audit.log import services as log
from audit.log.actions import UnknownAction
from audit.log.leaf import Leaf, LeafRefused
from audit.log.models import AuditDetail, AuditEntry, AuditLog, Part
from audit.log.selectors import NoSuchLog
from audit.recording import Target
from audit.recording.services import NotInTheTransaction
from kit import scoping, vault
from kit.actor import Actor
from kit.ids import new_uuid
from tests.audit.conftest import AT, MARA, Tenant

_CHANGE = {"keep_days": (365, 90), "second_person": (None, "ife@halden.example")}


def _leaf(tenant: Tenant, entry_id: int) -> Leaf:
    with scoping.organization(organization_id=tenant.id):
        return Leaf.parse(bytes(AuditEntry.objects.get(id=entry_id).leaf))


def _opened(tenant: Tenant, entry_id: int, part: Part) -> dict[str, details.Detail]:
    with scoping.organization(organization_id=tenant.id):
        row = AuditDetail.objects.get(entry_id=entry_id, part=part)
        key_id = AuditLog.objects.get().key_id
    found = details.opened(
        row.sealed, leaf_id=_leaf(tenant, entry_id).id, part=part, key_id=key_id
    )
    return {detail.name: detail for detail in found}


def test_an_act_is_recorded_with_its_public_part(halden: Tenant) -> None:
    entry = halden.record(policy="8", counts={"conversations": 312})

    leaf = _leaf(halden, entry)
    assert leaf.action == "retention.policy.set"
    assert leaf.organization == halden.uuid
    assert leaf.time == AT
    assert (leaf.actor_kind, leaf.actor) == ("user", "")
    assert (leaf.policy, leaf.counts) == ("8", {"conversations": 312})


def test_personal_data_stands_only_in_sealed_details(halden: Tenant) -> None:
    entry = halden.record(changes=_CHANGE, reason="Records schedule RS-14")

    with connection.cursor() as cursor, scoping.organization(organization_id=halden.id):
        cursor.execute(
            "select convert_from(e.leaf, 'UTF8') || string_agg("
            "encode(d.sealed, 'escape'), '') from audit_entry e"
            " join audit_detail d on d.entry_id = e.id where e.id = %s group by e.id",
            [entry],
        )
        stored = cursor.fetchone()[0]
    for personal in (MARA.label, MARA.ip, MARA.user_agent, "ife@", "RS-14"):
        assert personal not in stored


def test_details_open_the_commitments_of_the_leaf(halden: Tenant) -> None:
    entry = halden.record(changes=_CHANGE, reason="Records schedule RS-14")

    actor = _opened(halden, entry, Part.ACTOR)
    event = _opened(halden, entry, Part.EVENT)
    assert actor["actor_label"].value == MARA.label
    assert actor["ip"].value == MARA.ip
    assert event["change.keep_days"].value == [365, 90]
    assert event["reason"].value == "Records schedule RS-14"
    assert _leaf(halden, entry).commit == {
        name: detail.commitment for name, detail in (actor | event).items()
    }


def test_equal_values_do_not_correlate(halden: Tenant) -> None:
    one, other = halden.record(), halden.record()

    first, second = _leaf(halden, one).commit, _leaf(halden, other).commit
    assert first.keys() == second.keys()
    assert not set(first.values()) & set(second.values())


def test_a_part_of_custos_is_named_in_the_leaf(halden: Tenant) -> None:
    entry = halden.record(actor=Actor.system("sweeper"))

    leaf = _leaf(halden, entry)
    assert (leaf.actor_kind, leaf.actor, leaf.commit) == ("system", "sweeper", {})


def test_recording_is_one_statement(
    halden: Tenant, django_assert_num_queries: Any
) -> None:
    halden.record()

    with scoping.organization(organization_id=halden.id), django_assert_num_queries(1):
        recording.record(
            actor=MARA,
            action="retention.policy.set",
            target=Target(kind="policy", id=UUID(int=9)),
            organization_id=halden.id,
            changes=_CHANGE,
            at=AT,
        )


def test_the_entry_leaves_with_a_change_that_fails(halden: Tenant) -> None:
    with pytest.raises(ZeroDivisionError):
        _record_and_fail(halden)

    with scoping.organization(organization_id=halden.id):
        assert AuditEntry.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"action": "retention.policy.forgotten"}, UnknownAction),
        ({"outcome": "maybe"}, ValueError),
        ({"target": Target(kind="policy", id="halden")}, ValueError),
        ({"details": {"share": 0.5}}, LeafRefused),
        ({"details": {"name": "a\x00b"}}, LeafRefused),
        ({"reason": "\udc80"}, LeafRefused),
        ({"details": {f"d{n}": n for n in range(600)}}, LeafRefused),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_commit(
    halden: Tenant, given: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        halden.record(**given)

    with scoping.organization(organization_id=halden.id):
        assert AuditEntry.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_an_entry_without_a_transaction_is_refused(halden: Tenant) -> None:
    with pytest.raises(NotInTheTransaction):
        _record(halden.id)


def test_an_entry_without_a_scope_is_refused(halden: Tenant) -> None:
    with pytest.raises(scoping.NoOpenScope), transaction.atomic():
        _record(halden.id)


def test_another_organizations_log_is_refused(
    halden: Tenant, brightwater: Tenant
) -> None:
    with (
        pytest.raises(scoping.AnotherScopeIsOpen),
        scoping.organization(organization_id=halden.id),
    ):
        _record(brightwater.id)


def test_an_organization_without_a_log_is_refused(halden: Tenant) -> None:
    with pytest.raises(NoSuchLog), scoping.organization(organization_id=-1):
        _record(-1)


@pytest.mark.django_db(transaction=True)
def test_the_sweeper_records_without_a_scope(halden: Tenant) -> None:
    with transaction.atomic(using="sweeper"):
        entry = _record(halden.id, actor=Actor.system("sweeper"), using="sweeper")

    assert _leaf(halden, entry).actor == "sweeper"


def test_a_detail_that_was_moved_does_not_open(halden: Tenant) -> None:
    one, other = halden.record(reason="mine"), halden.record(reason="other")
    with scoping.organization(organization_id=halden.id):
        row = AuditDetail.objects.get(entry_id=one, part=Part.EVENT)
        key_id = AuditLog.objects.get().key_id

    with pytest.raises(details.CannotOpen):
        details.opened(
            row.sealed,
            leaf_id=_leaf(halden, other).id,
            part=Part.EVENT,
            key_id=key_id,
        )


def test_the_leaf_is_json_that_anyone_can_read(halden: Tenant) -> None:
    entry = halden.record(actor=Actor.system("sweeper"))

    with scoping.organization(organization_id=halden.id):
        stored = json.loads(bytes(AuditEntry.objects.get(id=entry).leaf))
    assert stored["v"] == 1
    assert set(stored) == {
        "v", "id", "time", "organization", "action", "outcome", "actor_kind",
        "actor", "target_kind", "target_id",
    }  # fmt: skip


def _record_and_fail(tenant: Tenant) -> None:
    with scoping.organization(organization_id=tenant.id):
        tenant.record()
        _ = 1 // 0


def _record(organization_id: int, **given: Any) -> int:
    return recording.record(
        **{
            "actor": MARA,
            "action": "retention.policy.set",
            "target": Target(kind="policy", id=UUID(int=9)),
            "organization_id": organization_id,
            "at": AT,
        }
        | given
    )


def test_a_log_that_took_the_place_of_another_is_recorded_in(db: None) -> None:
    number = 6_999_999
    with transaction.atomic():
        gone = open_log_as(number)
        record_in(number)
        transaction.set_rollback(True)
    vault.destroy([gone], at=AT)
    details._held.forget_all()

    open_log_as(number)

    assert record_in(number) > 0


def open_log_as(number: int) -> UUID:
    key_id = vault.make_keys(parent=None)[0].id
    log.open_log(
        organization_id=number,
        organization_uuid=new_uuid(),
        slug=f"log-{number}",
        name="Log",
        key_id=key_id,
        at=AT,
    )
    return key_id


def record_in(number: int) -> int:
    return Tenant(id=number, uuid=new_uuid(), slug="").record()
