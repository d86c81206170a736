"""A program's delete, a member's delete of a project and a raw one race holds.

A hold that committed first refuses or outlasts the delete; one that came second finds
what was deleted still stored, and keeps it, or says that it came too late.
"""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, InternalError, connections, transaction

from kit import coverage as widening
from kit.refusals import Refused
from retention.conversations import standing
from retention.deletions import services as deletions
from retention.holds import services as holds
from tests.cast import NOON
from tests.retention import simple
from tests.retention.compliance.conftest import KINDS, ask, key, make
from tests.retention.conftest import Stage, days_ago
from tests.retention.sweeps.story import Story
from workspaces.content.models import Conversation
from workspaces.projects.models import Project, ProjectFile

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 120


def place(stage: Stage, **names: Any) -> UUID:
    hold = holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="race",
        at=NOON,
        **names,
    )
    return hold.public_id


def beside(work: Callable[[], object], other: Callable[[], None]) -> None:
    """Runs both at once, each on connections of its own, to the end."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001 -- shown by the test
            failures.append(failure)
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    other()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert not failures


def test_a_program_deletes_what_holds_are_being_placed_on(stage: Stage) -> None:
    """Refused behind the hold, hidden before or beside it; stored either way."""
    rows = [stage.conversation(age=1) for _row in range(10)]
    secret = key(stage, "compliance.delete")
    gate = Barrier(2, timeout=PATIENCE)
    answers: dict[UUID, int] = {}
    placed: dict[UUID, UUID] = {}

    def delete() -> None:
        for row in rows:
            gate.wait()
            path = f"conversations/{row.public_id}"
            answers[row.public_id] = ask(secret, "delete", path).status_code

    def hold() -> None:
        for row in rows:
            gate.wait()
            placed[row.public_id] = place(stage, conversation_ids=[row.pk])

    beside(delete, hold)
    stage.sweep(at=NOON + timedelta(days=8))

    assert stage.stored() == {row.public_id for row in rows}
    with stage.scope():
        hidden = set(
            Conversation.objects.filter(deleted_at=NOON).values_list(
                "public_id", flat=True
            )
        )
    story = Story(stage)
    for row, status in answers.items():
        (held,) = story.at("retention.hold.placed", placed[row])
        (told,) = story.at("retention.conversation.deleted", row)
        assert (status, row in hidden) in {(202, True), (409, False)}
        assert status == 202 or held < told, "nothing refuses but a hold"


def test_a_project_is_deleted_and_swept_while_holds_are_placed_on_it(
    stage: Stage,
) -> None:
    """It goes whole before its hold, or it stays whole with all that lies in it."""
    projects = [simple.project(stage) for _project in range(6)]
    files = {one.public_id: simple.file(stage, one) for one in projects}
    inside = {one.public_id: stage.conversation(age=1) for one in projects}
    with stage.scope():
        for one in projects:
            widening.before_widening()
            mine = Conversation.objects.filter(pk=inside[one.public_id].pk)
            mine.update(project=one)
    gate = Barrier(2, timeout=PATIENCE)
    placed: dict[UUID, UUID] = {}

    def delete() -> None:
        for one in projects:
            gate.wait()
            deletions.delete_objects(
                actor=stage.member.actor,
                workspace=stage.workspace,
                kind="projects",
                public_ids=[one.public_id],
                at=days_ago(8),
            )
            stage.sweep()

    def hold() -> None:
        for one in projects:
            gate.wait()
            try:
                placed[one.public_id] = place(stage, project_ids=[one.pk])
            except Refused:
                continue

    beside(delete, hold)

    with stage.scope():
        left = set(Project.objects.values_list("public_id", flat=True))
        left_files = set(ProjectFile.objects.values_list("public_id", flat=True))
    story = Story(stage)
    for one in projects:
        purged = story.at("retention.project.purged", one.public_id)
        assert len(purged) == (one.public_id not in left)
        assert (files[one.public_id].public_id in left_files) is (one.public_id in left)
        if one.public_id in placed:
            (held,) = story.at("retention.hold.placed", placed[one.public_id])
            assert all(n < held for n in purged)
    assert stage.stored() == {row.public_id for row in inside.values()}


@pytest.mark.parametrize(
    "statement",
    [
        "delete from workspaces_workspace where id = %(workspace)s",
        "delete from workspaces_project where workspace_id = %(workspace)s",
        "delete from workspaces_conversation where workspace_id = %(workspace)s",
    ],
)
def test_the_database_deletes_no_workspace_that_a_hold_was_placed_in(
    stage: Stage, statement: str
) -> None:
    """Not even the role that owns the tables."""
    row, project = stage.conversation(age=100), simple.project(stage)
    place(stage, membership_ids=[stage.member.membership.pk])

    with (
        pytest.raises((IntegrityError, InternalError)),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(statement, {"workspace": stage.workspace.id})

    assert stage.stored() == {row.public_id}
    with stage.scope():
        assert Project.objects.filter(pk=project.pk).exists()


def sweep_before_standing(
    sweep: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sweeps after a row was read, before the engine is asked about it."""
    stand = standing._stand

    def swept_before(*asked: Any) -> dict[int, standing.Standing]:
        beside(sweep, lambda: None)
        return stand(*asked)

    monkeypatch.setattr(standing, "_stand", swept_before)


def _explained_meanwhile() -> list[tuple[str, str]]:
    both = [(kind, asks) for kind in (*KINDS, "files") for asks in ("api", "why")]
    return [*both, ("conversations", "page")]


@pytest.mark.parametrize(("kind", "asks"), _explained_meanwhile())
def test_what_a_sweep_takes_while_it_is_explained_is_nothing_here(
    stage: Stage, kind: str, asks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = {"deleted_at": days_ago(10), "deleted_by": "owner"}
    if kind == "files":
        whole = make(stage, "conversations", **gone)
        with stage.scope():
            row = whole.files.get()
    else:
        row = make(stage, kind, **gone)
    secret, reader = key(stage, "compliance.read"), stage.owner.client()
    here = f"/w/{stage.workspace.slug}/conversations/"
    sweep_before_standing(stage.sweep, monkeypatch)
    if asks == "api":
        answer = ask(secret, "get", f"{kind}/{row.public_id}/why")
    elif asks == "why":
        answer = reader.get(f"{here}why/", {"id": str(row.public_id)})
    else:
        answer = reader.get(f"{here}{row.public_id}/")

    assert answer.status_code == 404
    with stage.scope():
        assert not type(row).objects.filter(pk=row.pk).exists()
