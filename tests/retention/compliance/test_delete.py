"""A program deletes an object of any kind by its key, unless a hold covers it."""

from typing import Any
from uuid import uuid4

import pytest

from retention.deletions import services as deletions
from retention.deletions.services import DeletedForGood
from retention.holds import services as holds
from tests import cast
from tests.cast import NOON
from tests.retention.compliance.conftest import KINDS, ask, key, make
from tests.retention.conftest import Stage, days_ago, staged

pytestmark = pytest.mark.django_db(transaction=True)
_NOUNS = {
    "conversations": "conversation",
    "memories": "memory",
    "projects": "project",
    "project_files": "project-file",
    "gpt_files": "gpt-file",
    "gpts": "gpt",
}


def again(stage: Stage, row: Any) -> Any:
    with stage.scope():
        return type(row).objects.get(pk=row.pk)


def delete_own(stage: Stage, kind: str, row: Any) -> None:
    who = {"actor": stage.member.actor, "workspace": stage.workspace, "at": NOON}
    if kind == "conversations":
        deletions.mark_deleted(conversations=[row], **who)
        return
    deletions.delete_objects(kind=kind, public_ids=[row.public_id], **who)


def restore_own(stage: Stage, kind: str, row: Any) -> None:
    who = {"actor": stage.member.actor, "workspace": stage.workspace, "at": NOON}
    if kind == "conversations":
        deletions.restore(conversation=row, **who)
        return
    deletions.restore_object(kind=kind, public_id=row.public_id, **who)


def hold(stage: Stage) -> None:
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="m",
        membership_ids=[stage.member.membership.pk],
        at=days_ago(1),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_it_hides_the_object_and_is_recorded(
    stage: Stage, kind: str, entries: Any
) -> None:
    row = make(stage, kind)
    secret = key(stage, "compliance.delete")

    answer = ask(secret, "delete", f"{kind}/{row.public_id}")

    assert answer.status_code == 202
    told = answer.json()
    assert (told["kind"], told["id"], told["state"]) == (
        kind,
        str(row.public_id),
        "deleted",
    )
    assert again(stage, row).deleted_at == NOON
    (leaf,) = entries(stage, f"retention.{_NOUNS[kind]}.deleted")
    assert leaf["target_id"] == str(row.public_id)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_hold_covers_stays_and_programs_do_not_try_again(
    stage: Stage, kind: str, entries: Any
) -> None:
    row = make(stage, kind)
    hold(stage)

    answer = ask(key(stage, "compliance.delete"), "delete", f"{kind}/{row.public_id}")

    assert answer.status_code == 409
    assert answer.json()["code"] == "legal_hold"
    assert answer["x-should-retry"] == "false"
    assert again(stage, row).deleted_at is None
    (leaf,) = entries(stage, f"retention.{_NOUNS[kind]}.deleted")
    assert leaf["outcome"] == "refused"


def test_twice_is_once(stage: Stage, entries: Any) -> None:
    row = stage.conversation(age=3)
    secret = key(stage, "compliance.delete")

    first = ask(secret, "delete", f"conversations/{row.public_id}")
    second = ask(secret, "delete", f"conversations/{row.public_id}")

    assert first.json() == second.json()
    assert second.status_code == 202
    assert len(entries(stage, "retention.conversation.deleted")) == 1


@pytest.mark.parametrize("path", ["conversations/{id}", "rockets/{id}", "gpts/{id}"])
def test_what_is_not_there_is_not_found(stage: Stage, path: str) -> None:
    secret = key(stage, "compliance.delete")

    assert ask(secret, "delete", path.format(id=uuid4())).status_code == 404


def test_another_tenants_object_is_not_found(stage: Stage) -> None:
    stranger = staged(cast.elsewhere())
    row = stranger.conversation(age=3)

    answer = ask(
        key(stage, "compliance.delete"), "delete", f"conversations/{row.public_id}"
    )

    assert answer.status_code == 404
    assert again(stranger, row).deleted_at is None


@pytest.mark.parametrize("scope", ["compliance.read", "manage.write"])
def test_a_key_without_the_scope_is_refused(stage: Stage, scope: str) -> None:
    row = stage.conversation(age=3)

    answer = ask(key(stage, scope), "delete", f"conversations/{row.public_id}")

    assert answer.status_code == 403
    assert again(stage, row).deleted_at is None


def test_a_stranger_is_refused(stage: Stage) -> None:
    row = stage.conversation(age=3)

    answer = ask("nonsense", "delete", f"conversations/{row.public_id}")

    assert answer.status_code == 401


def test_a_key_of_the_organization_names_no_workspace(stage: Stage) -> None:
    row = stage.conversation(age=3)
    secret = key(stage, "compliance.delete", is_of_workspace=False)

    answer = ask(secret, "delete", f"conversations/{row.public_id}")

    assert answer.status_code == 403


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("before", [None, "owner"])
def test_its_member_does_not_bring_it_back(
    stage: Stage, kind: str, before: str | None
) -> None:
    row = make(stage, kind)
    if before:
        delete_own(stage, kind, row)
    ask(key(stage, "compliance.delete"), "delete", f"{kind}/{row.public_id}")

    with pytest.raises(DeletedForGood):
        restore_own(stage, kind, row)

    assert again(stage, row).deleted_at == NOON
