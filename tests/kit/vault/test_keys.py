"""Data keys are made, read and destroyed in a database of their own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction
from pytest_django import DjangoAssertNumQueries

from kit import sealing, vault
from kit.vault import keys
from kit.vault.models import VaultKey

pytestmark = pytest.mark.django_db(databases=["vault"])

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def workspace_key() -> vault.DataKey:
    (organization,) = vault.make_keys(parent=None)
    (workspace,) = vault.make_keys(parent=organization.id)
    return workspace


def stored(key: UUID) -> VaultKey:
    return VaultKey.objects.using("vault").get(id=key)


def test_made_keys_are_read_again() -> None:
    made = vault.make_keys(parent=workspace_key().id, n=5)

    assert vault.read_keys([one.id for one in made]) == {
        one.id: one.key for one in made
    }
    assert len({one.key for one in made}) == 5


def test_each_kind_lies_below_the_one_before() -> None:
    workspace = workspace_key()
    (conversation,) = vault.make_keys(parent=workspace.id)

    row = stored(conversation.id)

    assert row.kind == vault.Kind.CONVERSATION
    assert row.parent_id == workspace.id
    assert stored(workspace.id).kind == vault.Kind.WORKSPACE
    assert row.made_at == conversation.made_at
    assert str(row) == f"conversation key {conversation.id}"


def test_the_stored_bytes_do_not_hold_the_key() -> None:
    workspace = workspace_key()

    assert workspace.key not in bytes(stored(workspace.id).wrapped or b"")
    assert workspace.key.hex() not in repr(workspace)
    assert repr(workspace.key) not in repr(workspace)


def test_many_keys_take_one_insert(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    workspace = workspace_key()
    vault.make_keys(parent=workspace.id)

    with django_assert_num_queries(1, using="vault"):
        vault.make_keys(parent=workspace.id, n=100)


def test_a_page_of_keys_takes_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    made = vault.make_keys(parent=workspace_key().id, n=50)

    with django_assert_num_queries(1, using="vault"):
        vault.read_keys([one.id for one in made])


def test_a_new_process_opens_all_parents_with_one_query_more(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    made = [
        vault.make_keys(parent=workspace_key().id)[0],
        vault.make_keys(parent=workspace_key().id)[0],
    ]
    keys._parents.forget_all()

    with django_assert_num_queries(2, using="vault"):
        opened = vault.read_keys([one.id for one in made])

    assert opened == {one.id: one.key for one in made}


def test_no_ids_ask_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0, using="vault"):
        assert vault.read_keys([]) == {}


def test_a_destroyed_key_is_absent_and_leaves_a_tombstone() -> None:
    gone, kept = vault.make_keys(parent=workspace_key().id, n=2)

    assert vault.destroy([gone.id], at=NOON) == 1

    assert vault.read_keys([gone.id, kept.id, UUID(int=1)]) == {kept.id: kept.key}
    assert stored(gone.id).wrapped is None
    assert stored(gone.id).destroyed_at == NOON


def test_destroying_twice_keeps_the_first_time() -> None:
    (gone,) = vault.make_keys(parent=workspace_key().id)
    vault.destroy([gone.id], at=NOON)

    assert vault.destroy([gone.id], at=NOON + timedelta(hours=1)) == 0
    assert stored(gone.id).destroyed_at == NOON


def test_destroying_a_workspace_key_takes_all_below_with_it() -> None:
    workspace = workspace_key()
    made = vault.make_keys(parent=workspace.id, n=3)

    vault.destroy([workspace.id], at=NOON)

    assert vault.read_keys([workspace.id, *(one.id for one in made)]) == {}


def test_no_key_is_made_below_a_destroyed_one_even_if_it_is_still_held() -> None:
    workspace = workspace_key()
    held = keys._parents_of({workspace.id})[workspace.id]
    vault.destroy([workspace.id], at=NOON)
    keys._parents.hold(workspace.id, held, read_at=keys._parents.now())

    with pytest.raises(vault.ParentIsGone):
        vault.make_keys(parent=workspace.id)


def test_no_key_is_made_below_a_missing_one_or_a_conversation() -> None:
    (leaf,) = vault.make_keys(parent=workspace_key().id)

    for parent in (UUID(int=1), leaf.id):
        with pytest.raises(vault.ParentIsGone):
            vault.make_keys(parent=parent)


def test_a_wrapped_key_moved_to_another_row_does_not_open() -> None:
    one, other = vault.make_keys(parent=workspace_key().id, n=2)
    rows = VaultKey.objects.using("vault")
    rows.filter(id=other.id).update(wrapped=stored(one.id).wrapped)

    with pytest.raises(sealing.CannotOpen):
        vault.read_keys([other.id])


def test_a_lost_installation_key_is_an_error_not_a_destroyed_key(
    key_file: Path,
) -> None:
    workspace = workspace_key()
    keys._parents.forget_all()
    key_file.unlink()
    sealing.create_installation_key(key_file)

    with pytest.raises(sealing.CannotOpen):
        vault.read_keys([workspace.id])


def test_live_keys_are_listed_by_age_for_the_search_of_orphans() -> None:
    made = vault.make_keys(parent=workspace_key().id, n=4)
    rows = VaultKey.objects.using("vault")
    for hour, one in enumerate(made):
        rows.filter(id=one.id).update(made_at=NOON + timedelta(hours=hour))
    vault.destroy([made[1].id], at=NOON)

    def listed(after: tuple[datetime, UUID]) -> list[tuple[datetime, UUID]]:
        return vault.live_keys(
            kind=vault.Kind.CONVERSATION,
            made_before=NOON + timedelta(hours=3),
            after=after,
            limit=1,
        )

    first = listed((NOON - timedelta(hours=1), UUID(int=0)))
    second = listed(first[-1])

    assert first == [(NOON, made[0].id)]
    assert second == [(NOON + timedelta(hours=2), made[2].id)]
    assert listed(second[-1]) == []


def break_constraint(**columns: object) -> None:
    row = {"id": UUID(int=9), "kind": "organization", "wrapped": b"x", **columns}
    with transaction.atomic(using="vault"):
        VaultKey.objects.using("vault").create(**row)


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("vault_key_kind", {"kind": "planet", "parent_id": UUID(int=1)}),
        ("vault_key_destroyed_pair", {"wrapped": None}),
        ("vault_key_destroyed_pair", {"destroyed_at": NOON}),
        ("vault_key_top_is_organization", {"parent_id": UUID(int=1)}),
        ("vault_key_top_is_organization", {"kind": "workspace"}),
    ],
)
def test_an_impossible_row_is_refused(
    constraint: str, columns: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        break_constraint(**columns)


def test_a_destroyed_key_cannot_be_revived() -> None:
    workspace = workspace_key()
    wrapped = stored(workspace.id).wrapped
    vault.destroy([workspace.id], at=NOON)

    with (
        pytest.raises(DatabaseError, match="never revived"),
        transaction.atomic(using="vault"),
    ):
        VaultKey.objects.using("vault").filter(id=workspace.id).update(
            wrapped=wrapped, destroyed_at=None
        )


def test_a_key_row_cannot_be_deleted() -> None:
    workspace = workspace_key()

    with (
        pytest.raises(DatabaseError, match="never deleted"),
        transaction.atomic(using="vault"),
        connections["vault"].cursor() as cursor,
    ):
        cursor.execute("delete from vault_vaultkey where id = %s", [workspace.id])
