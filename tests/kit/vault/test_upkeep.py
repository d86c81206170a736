"""Installation keys rotate in small steps; destroyed bytes leave the disk."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connections

from kit import sealing, vault
from kit.vault import keys

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def rotated(*, limit: int) -> list[vault.Rewrap]:
    batches: list[vault.Rewrap] = []
    after: UUID | None = None
    while (batch := vault.rewrap(limit=limit, after=after)).last:
        batches.append(batch)
        after = batch.last
    return batches


@pytest.mark.django_db(databases=["vault"])
def test_rotation_moves_every_organization_key_in_bounded_steps(key_file: Path) -> None:
    made = [vault.make_keys(parent=None)[0] for _ in range(5)]
    sealing.add_installation_key(key_file)

    batches = rotated(limit=2)

    assert [batch.moved for batch in batches] == [2, 2, 1]
    newest = sealing.installation_keys().newest_id.hex()
    assert vault.generations() == {newest: 5}
    keys._parents.forget_all()
    assert vault.read_keys([one.id for one in made]) == {
        one.id: one.key for one in made
    }


@pytest.mark.django_db(databases=["vault"])
def test_a_rotation_stopped_halfway_goes_on_from_the_beginning(key_file: Path) -> None:
    for _ in range(3):
        vault.make_keys(parent=None)
    sealing.add_installation_key(key_file)
    vault.rewrap(limit=2)

    assert sum(batch.moved for batch in rotated(limit=2)) == 1
    assert rotated(limit=2) == []


@pytest.mark.django_db(databases=["vault"])
def test_after_rotation_the_old_installation_key_may_go(key_file: Path) -> None:
    (organization,) = vault.make_keys(parent=None)
    (workspace,) = vault.make_keys(parent=organization.id)
    sealing.add_installation_key(key_file)
    rotated(limit=10)

    key_file.write_text(key_file.read_text().splitlines()[0] + "\n")
    keys._parents.forget_all()

    assert vault.read_keys([workspace.id]) == {workspace.id: workspace.key}


@pytest.mark.django_db(databases=["vault"])
def test_a_key_that_does_not_open_is_named_and_stops_nobody(key_file: Path) -> None:
    (lost,) = vault.make_keys(parent=None)
    key_file.unlink()
    sealing.create_installation_key(key_file)
    (fine,) = vault.make_keys(parent=None)
    sealing.add_installation_key(key_file)

    (batch,) = rotated(limit=10)

    assert batch.moved == 1
    assert batch.unopenable == (lost.id,)
    assert vault.read_keys([fine.id]) == {fine.id: fine.key}


@pytest.mark.django_db(databases=["vault"])
def test_a_tombstone_is_not_rewrapped(key_file: Path) -> None:
    (organization,) = vault.make_keys(parent=None)
    vault.destroy([organization.id], at=NOON)
    sealing.add_installation_key(key_file)

    assert rotated(limit=10) == []
    assert vault.generations() == {}


def file_of_the_table() -> int:
    with connections["vault"].cursor() as cursor:
        cursor.execute("select pg_relation_filenode('vault_vaultkey'::regclass)")
        number: int = cursor.fetchone()[0]
        return number


@pytest.mark.django_db(databases=["vault"], transaction=True)
def test_rewriting_replaces_the_file_and_keeps_tombstones_and_live_keys() -> None:
    (organization,) = vault.make_keys(parent=None)
    gone, kept = vault.make_keys(parent=organization.id, n=2)
    vault.destroy([gone.id], at=NOON)
    before = file_of_the_table()

    vault.rewrite()

    assert file_of_the_table() != before
    assert vault.read_keys([gone.id, kept.id]) == {kept.id: kept.key}
    with connections["vault"].cursor() as cursor:
        cursor.execute("show lock_timeout")
        assert cursor.fetchone() == ("0",)
