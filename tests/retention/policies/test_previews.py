"""A preview counts groups of alike items; a sweep decides for each: they agree."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from django.db import connections

from retention.conversations import reasons, selectors
from retention.eligibility import scopes
from retention.eligibility.scopes import Scope, ScopeKind
from retention.holds import services as holds
from retention.holds.matters import Narrowing
from retention.policies import previews
from retention.policies.previews import Preview, Share
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago
from tests.retention.conversations.test_scopes import group
from workspaces.content.models import Conversation, Import

DAYS = 45
TICK = timedelta(microseconds=1)


def preview(stage: Stage, *, days: int = DAYS) -> Preview:
    with stage.scope():
        return previews.preview(
            workspace=stage.workspace, days=days, undo_days=0, at=NOON
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
    # No two weigh the same: a sum of bytes tells which rows it is of.
    with connections["owner"].cursor() as cursor:
        cursor.execute("update workspaces_conversation set byte_count = 1000 + id * id")


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


def due(stage: Stage, rows: Iterable[Conversation], *, held: bool) -> set[int]:
    """Which of these are due now, and kept by a hold or not: each asked by itself."""
    found = set()
    with stage.scope():
        for row in rows:
            why = reasons.why(workspace=stage.workspace, conversation=row, at=NOON)
            if why.is_due and why.is_held is held:
                found.add(row.pk)
    return found


def shares(rows: Iterable[Conversation], keys: dict[int, int]) -> set[Share]:
    """What of these rows belongs to each owner's key."""
    items: Counter[int] = Counter()
    weights: Counter[int] = Counter()
    for row in rows:
        if row.owner_id in keys:
            items[keys[row.owner_id]] += 1
            weights[keys[row.owner_id]] += row.byte_count
    return {Share(key=key, items=items[key], bytes=weights[key]) for key in items}


def test_all_figures_are_those_of_the_sweep(stage: Stage) -> None:
    varied(stage)
    law = group(stage, "Law", stage.other)
    with stage.scope():
        rows = {row.public_id: row for row in Conversation.objects.all()}
    due_today = due(stage, rows.values(), held=False)

    found = preview(stage)
    stage.set_policy(DAYS, at=NOON)
    sweep = stage.sweep()

    stored = stage.stored()
    gone = [row for name, row in rows.items() if name not in stored]
    left = [row for name, row in rows.items() if name in stored]
    kept = due(stage, left, held=True)
    assert found.first_sweep_at == NOON
    assert found.conversations == len(gone) == sweep.purged_n > 50
    assert found.held == sweep.held_n > 1
    assert (found.messages, found.bytes) == (sweep.messages_n, sweep.bytes_n)
    assert found.files == sum(row.file_count for row in gone)
    assert found.held == len(kept)
    assert found.held_bytes == sum(row.byte_count for row in left if row.pk in kept)
    taken = {row.pk for row in gone}
    assert found.more_than_today == len(taken - due_today) > 0
    assert found.fewer_than_today == len(due_today - taken) == 0
    owners = {row.owner_id: row.owner_id for row in gone}
    assert set(found.by_owner) == shares(gone, owners)
    assert found.members_touched == len(owners) == 2
    other = stage.other.membership.pk
    assert set(found.by_group) == shares(gone, {other: law.pk})
    for share in found.by_kind:
        alike = [r for r in gone if r.is_temporary is (share.key == "temporary_chats")]
        assert share.items == len(alike) > 0
        assert share.bytes == sum(row.byte_count for row in alike)
    assert len(found.by_kind) == 2
    for band in found.by_age:
        youngest = timedelta(band.from_days) if band.from_days else timedelta.min
        oldest = timedelta.max if band.to_days is None else timedelta(band.to_days)
        aged = [row for row in gone if youngest < NOON - row.last_activity_at <= oldest]
        assert band.items == len(aged)
        assert band.bytes == sum(row.byte_count for row in aged)


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


def test_what_a_longer_rule_keeps_is_what_todays_sweep_would_have_taken(
    stage: Stage,
) -> None:
    varied(stage)
    with stage.scope():
        rows = list(Conversation.objects.all())
    due_today = due(stage, rows, held=False)

    found = preview(stage, days=200)
    stage.set_policy(200, at=NOON)
    stage.sweep()

    stored = stage.stored()
    gone = {row.pk for row in rows if row.public_id not in stored}
    assert found.fewer_than_today == len(due_today - gone) > 5
    assert found.more_than_today == len(gone - due_today) == 0


def test_the_last_purge_is_that_of_the_newest_that_goes_within_the_weeks(
    stage: Stage,
) -> None:
    """To the microsecond: a moment before, the engine has one left to take."""
    varied(stage)

    found = preview(stage)
    stage.set_policy(DAYS, at=NOON)

    assert found.last_purge_at is not None
    assert found.first_sweep_at < found.last_purge_at <= found.by_week[-1].ends_at
    with stage.scope():
        before, then = (
            selectors.counts(workspace=stage.workspace, at=moment).due
            for moment in (found.last_purge_at - TICK, found.last_purge_at)
        )
    assert before < then == sum(week.conversations for week in found.by_week)


def test_the_last_purge_is_the_first_sweep_where_all_goes_at_once(stage: Stage) -> None:
    stage.conversation(age=100)

    assert preview(stage).last_purge_at == NOON


def test_nothing_goes_last_where_nothing_goes(stage: Stage) -> None:
    stage.conversation(age=1)

    assert preview(stage, days=400).last_purge_at is None
