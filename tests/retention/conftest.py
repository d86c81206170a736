"""Workspaces with stored conversations of any age, and sweeps driven by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections

from audit.log import sequencer
from kit import scoping, vault
from kit.actor import Actor
from retention.policies import services as policies
from retention.policies.models import Policy
from retention.policies.safeguards.models import Safeguards
from retention.sweeps import services as sweeps
from retention.sweeps.models import Sweep, Trigger
from retention.sweeps.services import Outcome
from tests import cast
from tests.cast import NOON, Person
from workspaces.content.models import Conversation, File, Message
from workspaces.content.storage import Seals
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

TITLE = "Salary bands of the harbor team"


def days_ago(days: float) -> datetime:
    return NOON - timedelta(days=days)


@dataclass(frozen=True)
class Stage:
    """One workspace with its owner, an officer and two members."""

    workspace: WorkspaceRef
    owner: Person
    officer: Person
    member: Person
    other: Person

    def scope(self) -> Any:
        return scoping.workspace(
            workspace_id=self.workspace.id,
            organization_id=self.workspace.organization.id,
        )

    def conversation(
        self,
        owner: Person | None = None,
        *,
        age: float = 0,
        named: str = TITLE,
        **columns: Any,
    ) -> Conversation:
        """A sealed conversation of one message and one file, `age` days old."""
        with self.scope():
            key_id = Workspace.objects.get(pk=self.workspace.id).key_id
        key = vault.make_keys(parent=key_id)[0]
        public_id = uuid4()
        seals = Seals(
            key.key, workspace=self.workspace.public_id, conversation=public_id
        )
        moment = columns.pop("last_activity_at", days_ago(age))
        columns.setdefault("created_at", moment)
        with self.scope():
            row = Conversation.objects.create(
                workspace_id=self.workspace.id,
                public_id=public_id,
                owner_id=(owner or self.member).membership.pk,
                source="jsonl",
                external_id=str(public_id),
                plan_written=self.workspace.plan,
                key_id=key.id,
                key_made_at=key.made_at,
                title=seals.title(named),
                raw=seals.raw({}),
                message_count=1,
                file_count=1,
                byte_count=1000,
                last_activity_at=moment,
                stored_at=moment,
                **columns,
            )
            Message.objects.create(
                workspace_id=self.workspace.id,
                conversation=row,
                position=0,
                has_message=True,
                is_on_path=True,
                is_hidden=False,
                role="user",
                sealed=seals.node(0, None, {"text": "hello"}),
            )
            file_id = uuid4()
            File.objects.create(
                workspace_id=self.workspace.id,
                conversation=row,
                public_id=file_id,
                byte_count=10,
                blob_id=uuid4(),
                sealed=seals.file(file_id, {"name": "bands.xlsx"}),
            )
            return row

    def bulk(self, n: int, *, age: float, owner: Person | None = None) -> None:
        """Many conversations without real keys, for races and windows."""
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                _BULK,
                {
                    "n": n,
                    "workspace": self.workspace.id,
                    "owner": (owner or self.member).membership.pk,
                    "plan": self.workspace.plan,
                    "moment": days_ago(age),
                },
            )

    def set_policy(self, days: int | None, undo: int = 0, **more: Any) -> Policy:
        more.setdefault("at", days_ago(400))
        return policies.set_policy(
            actor=self.owner.actor,
            workspace=self.workspace,
            days=days,
            undo_days=undo,
            **more,
        )

    def open_sweep(self, *, at: datetime = NOON, actor: Actor | None = None) -> Sweep:
        return sweeps.open_run(
            actor=actor or self.owner.actor,
            workspace=self.workspace,
            trigger=Trigger.MANUAL,
            at=at,
        )

    def finish(self, sweep: Sweep, *, at: datetime = NOON, rounds: int = 50) -> Sweep:
        """Works and seals in turns until the run is closed."""
        for _round in range(rounds):
            outcome = sweeps.work(
                run_id=sweep.run_id, budget_seconds=30, now=lambda: at
            )
            if outcome is Outcome.CLOSED:
                break
            sequencer.run(at=at)
        else:
            raise AssertionError("the run did not close")
        with self.scope():
            return Sweep.objects.get(pk=sweep.pk)

    def sweep(self, *, at: datetime = NOON, actor: Actor | None = None) -> Sweep:
        return self.finish(self.open_sweep(at=at, actor=actor), at=at)

    def stored(self) -> set[UUID]:
        with self.scope():
            return set(Conversation.objects.values_list("public_id", flat=True))


_BULK = """
with made as (
    insert into workspaces_conversation (workspace_id, public_id, owner_id, source,
        external_id, plan_written, is_temporary, key_id, key_made_at, title, raw,
        message_count, file_count, byte_count, created_at, last_activity_at, stored_at)
    select %(workspace)s, gen_random_uuid(), %(owner)s, 'bulk', gen_random_uuid()::text,
           %(plan)s, false, gen_random_uuid(), now(), '\\x00', '\\x00', 1, 0, 100,
           %(moment)s, %(moment)s, %(moment)s
    from generate_series(1, %(n)s) returning id, workspace_id
)
insert into workspaces_message (workspace_id, conversation_id, position, has_message,
    is_on_path, is_hidden, role, provenance, sealed)
select workspace_id, id, 0, true, true, false, 'user', 'chat', '\\x00' from made
"""


def staged(workspace: WorkspaceRef, *, grace_hours: int = 0) -> Stage:
    with scoping.organization(organization_id=workspace.organization.id):
        Workspace.objects.filter(pk=workspace.id).update(policy_grace_hours=grace_hours)
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        # Tests of the engine purge most of what they made; its breaker has its own.
        Safeguards.objects.create(
            workspace_id=workspace.id, breaker_minimum=1_000_000_000
        )
    return Stage(
        workspace=workspace,
        owner=cast.owner(workspace),
        officer=cast.officer(workspace),
        member=cast.member(workspace),
        other=cast.person(workspace, "lena.okafor@halden.example"),
    )


@pytest.fixture
def stage(transactional_db: None) -> Stage:
    """Halden Engineering on Enterprise, without a grace period; commits for real."""
    return staged(cast.workspace())


@pytest.fixture
def team(transactional_db: None) -> Stage:
    """The same people on Team."""
    return staged(cast.workspace(plan="team"))


@pytest.fixture
def entries() -> Callable[..., list[dict[str, Any]]]:
    """The leaves of an organization's log with one action."""

    def read(stage: Stage, action: str) -> list[dict[str, Any]]:
        with connections["sweeper"].cursor() as cursor:
            cursor.execute(
                "select convert_from(leaf, 'UTF8')::json from audit_entry"
                " where organization_id = %s order by id",
                [stage.workspace.organization.id],
            )
            leaves = [row[0] for row in cursor.fetchall()]
        return [leaf for leaf in leaves if leaf["action"] == action]

    return read


SWEEPER = Actor.system("sweeper")
