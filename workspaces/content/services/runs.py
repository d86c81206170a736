"""Keeps one import's own row: its place, its heartbeat and its end.

One import a workspace runs at a time (a constraint). One whose heartbeat is old, by
the database's clock, has stopped: whoever meets it, the next import or the sweep,
marks it failed, and retention purges what it staged. Once failed it can neither write
nor complete: every step first changes the row on condition that it is still staging.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from workspaces.content.formats.flaws import ImportRefused
from workspaces.content.models import Conversation, Import, ImportState
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef

SILENT_AFTER = timedelta(minutes=2)


@dataclass(kw_only=True)
class Counts:
    """What an import has stored so far; `skipped` were there already."""

    conversations: int = 0
    messages: int = 0
    files: int = 0
    skipped: int = 0
    warnings: int = 0


@dataclass(frozen=True, kw_only=True)
class Run:
    """One running import."""

    actor: Actor
    workspace: WorkspaceRef
    at: datetime
    pk: int
    public_id: UUID

    @contextmanager
    def step(self) -> Iterator[None]:
        """One transaction of the import, which shows that it is alive."""
        with _scope(self.workspace):
            self._change(heartbeat_at=Now())
            yield

    def complete(self, *, counts: Counts, source: str) -> None:
        """Makes everything it staged visible at once and records the import."""
        with _scope(self.workspace):
            self._demand_the_plan_it_was_written_under()
            self._change(
                state=ImportState.COMPLETED,
                ended_at=self.at,
                source=source,
                **asdict(counts),
            )
            staged = Conversation.objects.filter(staged_by_id=self.pk)
            staged.update(staged_by=None)
            _record(self, "workspaces.import.completed", counts=asdict(counts))

    def fail(self) -> None:
        """Gives up: what was staged is never seen, and retention purges it."""
        with _scope(self.workspace):
            mine = Import.objects.filter(pk=self.pk, state=ImportState.STAGING)
            if mine.update(state=ImportState.FAILED, ended_at=self.at):
                _record(self, "workspaces.import.failed", outcome="error")

    def _demand_the_plan_it_was_written_under(self) -> None:
        """The lock makes a change of plan wait, and then see what was stored."""
        row = Workspace.objects.select_for_update(no_key=True).get(pk=self.workspace.id)
        if row.plan != self.workspace.plan:
            raise ImportRefused(_("The workspace's plan changed meanwhile."))

    def _change(self, **columns: object) -> None:
        mine = Import.objects.filter(pk=self.pk, state=ImportState.STAGING)
        if not mine.update(**columns):
            raise ImportRefused(_("The import was given up while it stood still."))


def begin(*, actor: Actor, workspace: WorkspaceRef, source: str, at: datetime) -> Run:
    """Takes the workspace's one place for a running import."""
    with _scope(workspace):
        _give_up_silent(actor=actor, workspace=workspace, at=at)
        _demand_free(workspace)
        run = _new_run(actor=actor, workspace=workspace, source=source, at=at)
        _record(run, "workspaces.import.started")
    return run


def _give_up_silent(*, actor: Actor, workspace: WorkspaceRef, at: datetime) -> None:
    silent = Import.objects.filter(
        state=ImportState.STAGING, heartbeat_at__lt=Now() - SILENT_AFTER
    )
    for row in silent.select_for_update():
        Run(
            actor=actor,
            workspace=workspace,
            at=at,
            pk=row.pk,
            public_id=row.public_id,
        ).fail()


def _demand_free(workspace: WorkspaceRef) -> None:
    """So that a conversation which exists already is one that everybody sees."""
    if Import.objects.filter(state=ImportState.STAGING).exists():
        raise _another_runs(workspace)
    if Conversation.objects.filter(staged_by__isnull=False).exists():
        raise ImportRefused(
            _(
                "What an earlier import into “%(slug)s” left behind when it stopped is"
                " still being removed; try again in a few minutes."
            )
            % {"slug": workspace.slug}
        )


def _new_run(
    *, actor: Actor, workspace: WorkspaceRef, source: str, at: datetime
) -> Run:
    try:
        with transaction.atomic():
            row = Import.objects.create(
                workspace_id=workspace.id,
                source=source,
                started_at=at,
                heartbeat_at=Now(),
            )
    except IntegrityError:
        raise _another_runs(workspace) from None
    return Run(
        actor=actor, workspace=workspace, at=at, pk=row.pk, public_id=row.public_id
    )


def _another_runs(workspace: WorkspaceRef) -> ImportRefused:
    return ImportRefused(
        _(
            "Another import into “%(slug)s” is running, or stopped less than"
            " %(minutes)s minutes ago; try again later."
        )
        % {
            "slug": workspace.slug,
            "minutes": int(SILENT_AFTER.total_seconds() // 60),
        }
    )


def _record(
    run: Run,
    action: str,
    *,
    outcome: str = "success",
    counts: dict[str, int] | None = None,
) -> None:
    recording.record(
        actor=run.actor,
        action=action,
        target=Target(kind="import", id=run.public_id),
        organization_id=run.workspace.organization.id,
        workspace=run.workspace.public_id,
        at=run.at,
        outcome=outcome,
        counts=counts,
    )


def _scope(workspace: WorkspaceRef) -> AbstractContextManager[scoping.Scope]:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )
