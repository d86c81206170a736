"""Memories, projects and their files go through the same door as conversations."""

from uuid import uuid4

import pytest

from kit.permissions import PermissionDenied
from retention.deletions import objects, services
from retention.deletions.objects import UnknownObject
from retention.deletions.services import (
    AlreadyDeleted,
    NotDeleted,
    UndoHasPassed,
)
from retention.holds import services as holds
from tests import cast
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago


def delete(stage: Stage, row, kind: str, *, by=None, at=NOON):
    return services.delete_objects(
        actor=(by or stage.member).actor,
        workspace=stage.workspace,
        kind=kind,
        public_ids=[row.public_id],
        at=at,
    )


def again(stage: Stage, row):
    with stage.scope():
        return type(row).objects.get(pk=row.pk)


def test_a_deleted_memory_is_marked_and_recorded(stage: Stage, entries):
    memory = simple.memory(stage)

    done = delete(stage, memory, "memories")

    assert (done.hidden, done.kept_by_hold) == (1, 0)
    assert again(stage, memory).deleted_at == NOON
    (entry,) = entries(stage, "retention.memory.deleted")
    assert entry["target_id"] == str(memory.public_id)
    assert entry["counts"] == {"bytes": 100}


def test_it_comes_back_within_the_undo_window_and_that_is_recorded(
    stage: Stage, entries
):
    memory = simple.memory(stage, **simple.gone(6))

    services.restore_object(
        actor=stage.member.actor,
        workspace=stage.workspace,
        kind="memories",
        public_id=memory.public_id,
        at=NOON,
    )

    assert again(stage, memory).deleted_at is None
    assert len(entries(stage, "retention.memory.restored")) == 1


@pytest.mark.parametrize(("days", "refusal"), [(7, UndoHasPassed), (None, NotDeleted)])
def test_it_does_not_come_back_later_or_for_nothing(stage: Stage, days, refusal):
    memory = simple.memory(stage, **(simple.gone(days) if days else {}))

    with pytest.raises(refusal):
        services.restore_object(
            actor=stage.member.actor,
            workspace=stage.workspace,
            kind="memories",
            public_id=memory.public_id,
            at=NOON,
        )


def test_a_second_delete_is_refused(stage: Stage):
    memory = simple.memory(stage, **simple.gone(1))

    with pytest.raises(AlreadyDeleted):
        delete(stage, memory, "memories")


def test_what_is_not_ones_own_is_unknown_and_nothing_changes(stage: Stage):
    mine, other = simple.memory(stage), simple.memory(stage, stage.other)

    with pytest.raises(UnknownObject):
        services.delete_objects(
            actor=stage.member.actor,
            workspace=stage.workspace,
            kind="memories",
            public_ids=[mine.public_id, other.public_id],
            at=NOON,
        )
    with pytest.raises(UnknownObject):
        delete(stage, mine, "memories", by=stage.owner)
    with pytest.raises(objects.UnknownKind):
        delete(stage, mine, "conversations")

    assert again(stage, mine).deleted_at is None
    assert again(stage, other).deleted_at is None


def test_another_workspace_has_no_such_object(stage: Stage):
    memory = simple.memory(stage)
    stranger = cast.member(
        cast.workspace(
            cast.organization("other", name="Other", owner="o@other.example"),
            slug="other-one",
        )
    )

    with pytest.raises(UnknownObject):
        services.delete_objects(
            actor=stranger.actor,
            workspace=stranger.workspace,
            kind="memories",
            public_ids=[memory.public_id, uuid4()],
            at=NOON,
        )
    with pytest.raises(PermissionDenied):
        delete(stage, memory, "memories", by=stranger)


def test_the_owner_of_a_project_takes_away_a_file_that_another_put_there(
    stage: Stage,
):
    project = simple.project(stage)
    file = simple.file(stage, project, stage.other)

    with pytest.raises(UnknownObject):
        delete(stage, file, "project_files", by=stage.owner)
    delete(stage, file, "project_files")

    assert again(stage, file).deleted_at == NOON


def test_what_a_hold_covers_is_hidden_and_said_to_stay(stage: Stage):
    project = simple.project(stage)
    simple.file(stage, project, stage.other)
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="m",
        membership_ids=[stage.other.membership.pk],
        at=days_ago(1),
    )

    done = delete(stage, project, "projects")

    assert (done.hidden, done.kept_by_hold) == (1, 1)


def test_what_waits_is_counted_by_kind(stage: Stage):
    simple.memory(stage)
    simple.memory(stage, **simple.gone(8))
    simple.memory(stage, **simple.gone(2))
    simple.memory(stage, stage.other, **simple.gone(9))
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="m",
        membership_ids=[stage.other.membership.pk],
        at=days_ago(1),
    )

    with stage.scope():
        (found,) = objects.waiting(workspace=stage.workspace, at=NOON)

    assert (found.name, found.deleted, found.due, found.held) == ("memories", 2, 1, 1)
    assert found.oldest_at == days_ago(8)
