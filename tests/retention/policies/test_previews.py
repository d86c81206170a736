"""A preview counts groups of alike items; a sweep decides for each: they agree."""

from collections import Counter
from datetime import timedelta

from retention.conversations import selectors
from retention.eligibility import scopes
from retention.eligibility.scopes import Scope, ScopeKind
from retention.holds import services as holds
from retention.holds.matters import Narrowing
from retention.policies import previews
from retention.policies.previews import Preview
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago
from workspaces.content.models import Conversation, Import

DAYS = 45
TICK = timedelta(microseconds=1)


def preview(stage: Stage, **more) -> Preview:
    with stage.scope():
        return previews.preview(
            workspace=stage.workspace, days=DAYS, undo_days=0, at=NOON, **more
        )


def varied(stage: Stage) -> None:
    """Chats about every cut-off, of whom many scopes govern and some are held."""
    project = simple.project(stage)
    stage.set_policy(70)
    stage.set_policy(60, scope=scopes.member(stage.other.membership.pk))
    stage.set_policy(20, scope=Scope(ScopeKind.PROJECT, project.pk))
    stage.set_policy(7, content_kind="temporary_chats")
    for days in (5, 7, 20, 45, 46, 52, 60, 70, 91, 180, 400):
        for tick in (-TICK, timedelta(), TICK):
            moment = days_ago(days) + tick
            for person in (stage.member, stage.other):
                stage.conversation(person, last_activity_at=moment)
            stage.conversation(last_activity_at=moment, project_id=project.pk)
            stage.conversation(created_at=moment, is_temporary=True)
            stage.conversation(age=days / 4, deleted_at=moment, deleted_by="owner")
    _left_by_import(stage, state="failed")
    _left_by_import(stage, state="staging")
    _held(stage)


def _left_by_import(stage: Stage, *, state: str) -> None:
    with stage.scope():
        staging = Import.objects.create(
            workspace_id=stage.workspace.id,
            source="jsonl",
            state=state,
            started_at=days_ago(1),
            heartbeat_at=NOON,
            ended_at=None if state == "staging" else NOON,
        )
    stage.conversation(age=100, staged_by=staging)


def _held(stage: Stage) -> None:
    """One by itself, and those of a member that lived in a span of dates."""
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="One",
        conversation_ids=[stage.conversation(age=300).pk],
        at=NOON,
    )
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Span",
        membership_ids=[stage.other.membership.pk],
        narrowing=Narrowing(from_at=days_ago(91), until_at=days_ago(52)),
        at=NOON,
    )


def test_all_figures_are_those_of_the_sweep(stage: Stage) -> None:
    varied(stage)
    with stage.scope():
        rows = {row.public_id: row for row in Conversation.objects.all()}

    found = preview(stage)
    stage.set_policy(DAYS, at=NOON)
    sweep = stage.sweep()

    gone = [row for name, row in rows.items() if name not in stage.stored()]
    assert found.first_sweep_at == NOON
    assert found.conversations == len(gone) == sweep.purged_n > 50
    assert found.held == sweep.held_n > 1
    assert (found.messages, found.bytes) == (sweep.messages_n, sweep.bytes_n)
    assert found.files == sum(row.file_count for row in gone)
    kinds = Counter(
        "temporary_chats" if row.is_temporary else "conversations" for row in gone
    )
    assert {share.key: share.items for share in found.by_kind} == kinds
    owners = Counter(row.owner_id for row in gone)
    assert {share.key: share.items for share in found.by_owner} == owners
    for band in found.by_age:
        youngest = timedelta(band.from_days) if band.from_days else timedelta.min
        oldest = timedelta.max if band.to_days is None else timedelta(band.to_days)
        ages = [NOON - row.last_activity_at for row in gone]
        assert band.items == sum(youngest < age <= oldest for age in ages)


def test_every_week_is_that_of_its_sweep(stage: Stage) -> None:
    varied(stage)

    found = preview(stage)
    stage.set_policy(DAYS, at=NOON)

    taken = 0
    for week in found.by_week:
        taken += week.conversations
        with stage.scope():
            counts = selectors.counts(workspace=stage.workspace, at=week.ends_at)
        assert counts.due == taken


def test_every_week_under_todays_rule_is_that_of_its_sweep(stage: Stage) -> None:
    varied(stage)

    found = preview(stage)

    taken = 0
    for week in found.by_week:
        taken += week.under_today
        with stage.scope():
            counts = selectors.counts(workspace=stage.workspace, at=week.ends_at)
        assert counts.due == taken
