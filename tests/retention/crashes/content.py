"""What the interleavings begin with: due, held, kept, shared, and what crashes left."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connections

from audit.log import sequencer
from kit import blobs, vault
from retention.holds import services as holds
from tests import cast
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago, staged
from workspaces.content.models import Conversation, File, Import
from workspaces.tenancy.models import Workspace

_OLDER = (
    "update vault_vaultkey set made_at = made_at - interval '2 hours' where id = %s"
)


@dataclass
class Planted:
    """By kind, the ids of what must go and of what must stay; keys and files too."""

    due: dict[str, set[UUID]] = field(default_factory=dict)
    kept: dict[str, set[UUID]] = field(default_factory=dict)
    dead_keys: set[UUID] = field(default_factory=set)
    live_keys: set[UUID] = field(default_factory=set)
    dead_blobs: set[UUID] = field(default_factory=set)
    live_blobs: set[UUID] = field(default_factory=set)
    failed_imports: set[UUID] = field(default_factory=set)
    by_workspace: dict[UUID, int] = field(default_factory=dict)

    def add(self, kind: str, row: Any, *, is_due: bool, stage: Stage) -> None:
        """Notes a row with its key."""
        (self.due if is_due else self.kept).setdefault(kind, set()).add(row.public_id)
        (self.dead_keys if is_due else self.live_keys).add(row.key_id)
        if is_due:
            known = self.by_workspace.get(stage.workspace.public_id, 0)
            self.by_workspace[stage.workspace.public_id] = known + 1


def plant() -> Planted:
    """Two tenants; in one of them every case."""
    found = Planted()
    stage, team = staged(cast.workspace()), staged(cast.elsewhere())
    stage.set_policy(90)
    team.set_policy(90)
    for _row in range(3):
        _conversation(found, stage, age=100, is_due=True)
    _conversation(found, stage, is_due=True, age=10, **simple.gone(8))
    _conversation(found, stage, age=10, is_due=False)
    _conversation(found, team, age=100, is_due=True)
    for row, is_due in (
        (simple.memory(stage, **simple.gone(8)), True),
        (simple.memory(stage), False),
    ):
        found.add("memory", row, is_due=is_due, stage=stage)
    _hold(found, stage)
    _shared(found, stage)
    _left_by_crashes(found, stage)
    found.live_blobs -= found.dead_blobs
    sequencer.run(at=NOON)
    return found


def _conversation(
    found: Planted, stage: Stage, *, is_due: bool, **columns: Any
) -> Conversation:
    row = stage.conversation(**columns)
    found.add("conversation", row, is_due=is_due, stage=stage)
    blob = blob_of(stage, row)
    blobs.store().put(blob, [b"sealed"])
    (found.dead_blobs if is_due else found.live_blobs).add(blob)
    return row


def blob_of(stage: Stage, row: Conversation) -> UUID:
    """The bytes of the one file of a conversation."""
    with stage.scope():
        blob = File.objects.get(conversation_id=row.pk).blob_id
    assert blob
    return blob


def _hold(found: Planted, stage: Stage) -> None:
    row = _conversation(found, stage, age=100, is_due=False)
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="a matter",
        conversation_ids=[row.pk],
        at=days_ago(1),
    )
    project = simple.project(stage)
    _file(found, stage, project, blob=blob_of(stage, row), is_due=True)


def _shared(found: Planted, stage: Stage) -> None:
    """Files that two name, of which one, the other or both must go."""
    project = simple.project(stage)
    found.add("project", project, is_due=False, stage=stage)
    both = _conversation(found, stage, age=100, is_due=True)
    _file(found, stage, project, blob=blob_of(stage, both), is_due=True)
    one = _conversation(found, stage, age=100, is_due=True)
    _file(found, stage, project, blob=blob_of(stage, one), is_due=False)
    found.dead_blobs.discard(blob_of(stage, one))
    found.live_blobs.add(blob_of(stage, one))


def _file(
    found: Planted, stage: Stage, project: Any, *, blob: UUID, is_due: bool
) -> None:
    more = simple.gone(8) if is_due else {}
    row = simple.file(stage, project, blob_id=blob, **more)
    found.add("file", row, is_due=is_due, stage=stage)


def _left_by_crashes(found: Planted, stage: Stage) -> None:
    """A key without content, older than an hour, and an import that went silent."""
    with stage.scope():
        parent = Workspace.objects.get(pk=stage.workspace.id).key_id
    orphan = vault.make_keys(parent=parent)[0].id
    with connections["vault"].cursor() as cursor:
        cursor.execute(_OLDER, [orphan])
    found.dead_keys.add(orphan)
    with stage.scope():
        silent = Import.objects.create(
            workspace_id=stage.workspace.id,
            public_id=uuid4(),
            source="jsonl",
            started_at=NOON - timedelta(days=400),
            heartbeat_at=NOON - timedelta(days=400),
        )
    found.failed_imports.add(silent.public_id)
