"""Deleting and restoring one's own conversations, through the one door."""

from datetime import timedelta

import pytest

from retention.conversations.selectors import UnknownConversation
from retention.deletions import services
from retention.deletions.services import (
    AlreadyDeleted,
    ExpiredByPolicy,
    NotDeleted,
    UndoHasPassed,
)
from retention.holds import services as holds
from tests.cast import NOON, Person
from tests.retention.conftest import Stage
from workspaces.content.models import Conversation


def delete(stage: Stage, *rows: Conversation, person: Person | None = None, at=NOON):
    return services.mark_deleted(
        actor=(person or stage.member).actor,
        workspace=stage.workspace,
        conversations=rows,
        at=at,
    )


def restore(stage: Stage, row: Conversation, person: Person | None = None, at=NOON):
    return services.restore(
        actor=(person or stage.member).actor,
        workspace=stage.workspace,
        conversation=row,
        at=at,
    )


def test_a_member_deletes_and_restores_and_both_are_recorded(stage: Stage, entries):
    row = stage.conversation(age=1)

    assert delete(stage, row).hidden == 1
    restored = restore(stage, row, at=NOON + timedelta(days=6))

    assert restored.deleted_at is None
    for action in ("deleted", "restored"):
        (leaf,) = entries(stage, f"retention.conversation.{action}")
        assert leaf["target_id"] == str(row.public_id)


def test_nobody_deletes_or_restores_for_others(stage: Stage):
    row = stage.conversation(age=1)

    for person in (stage.other, stage.owner, stage.officer):
        with pytest.raises(UnknownConversation):
            delete(stage, row, person=person)
        with pytest.raises(UnknownConversation):
            restore(stage, row, person=person)


def test_deleting_twice_and_restoring_what_is_not_deleted_are_refused(stage: Stage):
    row = stage.conversation(age=1)

    with pytest.raises(NotDeleted):
        restore(stage, row)
    delete(stage, row)
    with pytest.raises(AlreadyDeleted):
        delete(stage, row)


def test_restore_ends_with_the_undo_window(stage: Stage):
    row = stage.conversation(age=1)
    delete(stage, row)

    with pytest.raises(UndoHasPassed):
        restore(stage, row, at=NOON + timedelta(days=7))


def test_what_the_policy_expired_meanwhile_stays_hidden(stage: Stage):
    stage.set_policy(90, undo=7)
    row = stage.conversation(age=89)
    delete(stage, row)

    with pytest.raises(ExpiredByPolicy):
        restore(stage, row, at=NOON + timedelta(days=2))


def test_a_purged_conversation_does_not_come_back(stage: Stage):
    row = stage.conversation(age=1)
    delete(stage, row)
    stage.sweep(at=NOON + timedelta(days=7))

    with pytest.raises(UndoHasPassed):
        restore(stage, row, at=NOON + timedelta(days=8))
    assert stage.stored() == set()


def test_a_held_conversation_is_hidden_and_its_bytes_stay(stage: Stage):
    row = stage.conversation(age=1)
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="m",
        membership_ids=[stage.member.membership.pk],
        at=NOON,
    )

    found = delete(stage, row)
    stage.sweep(at=NOON + timedelta(days=20))

    assert (found.hidden, found.kept_by_hold) == (1, 1)
    assert stage.stored() == {row.public_id}
