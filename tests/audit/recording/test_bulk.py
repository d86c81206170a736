"""Entries that a purge batch writes in SQL are the bytes that Python would write."""

import json
from dataclasses import replace
from uuid import UUID

import pytest
import rfc8785
from django.db import DatabaseError, connection, transaction

from audit.log.actions import UnknownAction
from audit.log.leaf import Leaf
from audit.recording import bulk
from audit.recording.bulk import Columns, NotForBulk
from kit import scoping
from kit.actor import Actor
from tests.audit.conftest import AT, MARA, Tenant

_COLUMNS = Columns(
    organization_id="organization_id",
    organization="organization",
    workspace="workspace",
    target="public_id",
    policy="'v' || version",
    counts={"messages": "messages", "bytes": "size", "files": "0"},
)


def _insert(columns: Columns = _COLUMNS, *, actor: Actor | None = None) -> str:
    return bulk.insert(
        actor=actor or Actor.system("sweeper"),
        action="retention.conversation.purged",
        target_kind="conversation",
        columns=columns,
        source="pick",
        at=AT,
        order_by="messages",
    )


def _run(tenant: Tenant, statement: str, rows: int = 500) -> list[bytes]:
    with scoping.organization(organization_id=tenant.id), connection.cursor() as cursor:
        cursor.execute(
            f"with pick as materialized (select %s::bigint organization_id, %s::uuid"
            " organization, gen_random_uuid() workspace, gen_random_uuid() public_id,"
            " n messages, (random() * 9e15)::bigint size, n % 7 as version"
            f" from generate_series(1, {rows}) n), e as ({statement})"
            " select count(*) from pick".replace("n % 7", "n %% 7"),
            [tenant.id, tenant.uuid],
        )
        cursor.execute("select leaf from audit_entry order by id")
        return [bytes(leaf) for (leaf,) in cursor.fetchall()]


def test_every_entry_is_canonical(halden: Tenant) -> None:
    leaves = _run(halden, _insert())

    assert len(leaves) == 500
    for written in leaves:
        leaf = Leaf.parse(written)
        assert leaf.encoded() == written
        assert leaf.counts["files"] == 0
        assert leaf.organization == halden.uuid
        assert leaf.time == AT
        assert (leaf.actor_kind, leaf.actor) == ("system", "sweeper")


def test_bytes_equal_rfc8785(halden: Tenant) -> None:
    for written in _run(halden, _insert()):
        assert rfc8785.dumps(json.loads(written)) == written


def test_ids_are_time_ordered_uuids_of_the_batch(halden: Tenant) -> None:
    ids = [Leaf.parse(leaf).id for leaf in _run(halden, _insert())]

    assert len(set(ids)) == 500
    assert {one.version for one in ids} == {7}
    assert {one.int >> 80 for one in ids} == {int(AT.timestamp() * 1000)}
    assert all(one.variant == UUID(int=0x8 << 60).variant for one in ids)


def test_entries_stand_in_the_order_asked_for(halden: Tenant) -> None:
    counts = [Leaf.parse(leaf).counts["messages"] for leaf in _run(halden, _insert())]

    assert counts == sorted(counts)


def test_workspace_and_policy_may_be_absent(halden: Tenant) -> None:
    columns = replace(_COLUMNS, workspace="", policy="", counts={})

    leaf = Leaf.parse(_run(halden, _insert(columns), rows=1)[0])

    assert (leaf.workspace, leaf.policy, leaf.counts) == (None, "", {})


@pytest.mark.parametrize("column", ["target", "workspace", "organization"])
def test_a_null_is_refused(halden: Tenant, column: str) -> None:
    holed = replace(_COLUMNS, **{column: "null::uuid"})

    with pytest.raises(DatabaseError, match="null value"), transaction.atomic():
        _run(halden, _insert(holed), rows=1)


def test_people_do_not_record_in_bulk() -> None:
    with pytest.raises(NotForBulk):
        _insert(actor=MARA)


def test_an_unknown_action_is_refused() -> None:
    with pytest.raises(UnknownAction):
        bulk.insert(
            actor=Actor.system("sweeper"),
            action="retention.conversation.vanished",
            target_kind="conversation",
            columns=_COLUMNS,
            source="pick",
            at=AT,
            order_by="id",
        )
