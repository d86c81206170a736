"""The eligibility function: states, due, held, and that every reader agrees."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.db.models.functions import Now

from kit.http import keyset
from retention.conversations import reasons, selectors
from retention.conversations.selectors import State
from retention.eligibility import scopes
from retention.holds import services as holds
from retention.policies import previews
from retention.policies import services as policies
from retention.sweeps import services as sweeps
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, days_ago, staged
from workspaces.content.models import Conversation, Import
from workspaces.tenancy import services as tenancy
from workspaces.tenancy.selectors import workspace_by_slug

NEWEST = (("last_activity_at", "desc"), ("id", "desc"))


def visible(stage: Stage, at=NOON) -> set:
    with stage.scope():
        found = selectors.visible_to(
            workspace=stage.workspace,
            membership_id=stage.member.membership.pk,
            at=at,
        )
        return set(found.values_list("public_id", flat=True))


def counts(stage: Stage, at=NOON) -> selectors.Counts:
    with stage.scope():
        return selectors.counts(workspace=stage.workspace, at=at)


def why(stage: Stage, row, at=NOON) -> reasons.Why:
    with stage.scope():
        return reasons.why(workspace=stage.workspace, conversation=row, at=at)


def preview(stage: Stage, days, undo=0, at=NOON, **more) -> previews.Preview:
    with stage.scope():
        return previews.preview(
            workspace=stage.workspace, days=days, undo_days=undo, at=at, **more
        )


def variety(stage: Stage) -> None:
    """Conversations of every kind and age, some held."""
    for age in (1, 29, 30, 31, 89, 90, 91, 97, 98, 200, 400):
        stage.conversation(age=age)
        stage.conversation(stage.other, age=age)
        stage.conversation(age=age, deleted_at=days_ago(age / 20), deleted_by="owner")
        stage.conversation(age=age / 2, created_at=days_ago(age), is_temporary=True)
    held = stage.conversation(age=300)
    holds.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="m",
        conversation_ids=[held.pk],
        at=NOON,
    )


def test_a_member_sees_what_is_neither_deleted_nor_expired(stage: Stage):
    stage.set_policy(90)
    young = stage.conversation(age=1)
    stage.conversation(age=90)
    stage.conversation(age=1, deleted_at=days_ago(1), deleted_by="owner")
    stage.conversation(stage.other, age=1)

    assert visible(stage) == {young.public_id}


def test_an_expired_conversation_comes_back_when_the_policy_is_lengthened(stage: Stage):
    stage.set_policy(90, undo=7)
    row = stage.conversation(age=92)
    assert visible(stage) == set()

    stage.set_policy(365, at=NOON)

    assert visible(stage) == {row.public_id}


def test_future_activity_does_not_expire(stage: Stage):
    stage.set_policy(1)
    row = stage.conversation(last_activity_at=NOON + timedelta(days=3))

    assert visible(stage) == {row.public_id}
    assert counts(stage).due == 0


def test_counts_preview_why_and_sweep_agree(stage: Stage):
    variety(stage)
    expected = preview(stage, 90, undo=7)
    stage.set_policy(90, undo=7, at=NOON)
    later = NOON + timedelta(days=7)

    before = counts(stage, at=later)
    due, held = set(), set()
    with stage.scope():
        rows = list(Conversation.objects.order_by("id"))
    for row in rows:
        found = why(stage, row, at=later)
        if found.is_due:
            (held if found.is_held else due).add(row.public_id)
        assert (found.purge_at is not None and found.purge_at <= later) == found.is_due
    swept = stage.sweep(at=later)

    assert expected.first_sweep_at == later
    assert expected.conversations == before.due == len(due) == swept.purged_n > 0
    assert expected.held == before.held == len(held) == swept.held_n == 1
    assert expected.messages == swept.messages_n
    assert expected.bytes == swept.bytes_n
    assert stage.stored() == {row.public_id for row in rows} - due


def test_each_week_of_the_preview_is_what_a_sweep_would_take(stage: Stage):
    variety(stage)
    expected = preview(stage, 90, undo=7)
    stage.set_policy(90, undo=7, at=NOON)

    taken = 0
    for week in expected.by_week:
        taken += week.conversations
        assert counts(stage, at=week.ends_at).due == taken
    assert taken > expected.conversations


def test_a_preview_tells_what_today_would_have_purged_anyway(stage: Stage):
    stage.set_policy(200, at=days_ago(300))
    for age in (100, 150, 250):
        stage.conversation(age=age)

    found = preview(stage, 120)

    assert (found.conversations, found.more_than_today) == (2, 1)
    assert (found.by_week[0].conversations, found.by_week[0].under_today) == (2, 1)
    assert found.members_touched == 1
    assert found.first_purge_at == NOON


def test_a_preview_of_a_longer_policy_shows_fewer(stage: Stage):
    stage.set_policy(90)
    stage.conversation(age=100)

    found = preview(stage, 365)

    assert (found.conversations, found.by_week[0].under_today) == (0, 1)


def test_a_preview_writes_nothing(stage: Stage):
    variety(stage)
    before = stage.stored(), counts(stage)

    preview(stage, 1)

    assert (stage.stored(), counts(stage)) == before


def test_a_policy_from_a_clock_that_ran_ahead_brings_no_purge_forward(team: Stage):
    ahead = NOON + timedelta(days=60)
    policies.set_policy(
        actor=team.member.actor,
        workspace=team.workspace,
        days=None,
        undo_days=28,
        scope=scopes.member(team.member.membership.pk),
        at=ahead,
    )
    deleted = team.conversation(age=1, deleted_at=NOON, deleted_by="owner")
    temporary = team.conversation(age=1, is_temporary=True)

    said = why(team, deleted)
    team.sweep()

    assert said.undo_ends_at == NOON + timedelta(days=7)
    assert not said.is_due
    assert team.stored() == {deleted.public_id, temporary.public_id}


def test_a_members_policy_on_team_governs_their_conversations_alone(team: Stage):
    policies.set_policy(
        actor=team.member.actor,
        workspace=team.workspace,
        days=30,
        undo_days=0,
        scope=scopes.member(team.member.membership.pk),
        at=days_ago(10),
    )
    team.conversation(age=40)
    kept = team.conversation(team.other, age=4000)
    with team.scope():
        mine = previews.preview(
            workspace=team.workspace,
            days=10,
            scope=scopes.member(team.member.membership.pk),
            at=NOON,
        )

    sweep = team.sweep()

    assert mine.conversations == 1
    assert sweep.purged_n == 1
    assert team.stored() == {kept.public_id}
    assert sweep.policy_versions == "members-1"


def test_versions_of_another_plan_count_no_longer(team: Stage):
    policies.set_policy(
        actor=team.member.actor,
        workspace=team.workspace,
        days=3650,
        scope=scopes.member(team.member.membership.pk),
        at=days_ago(10),
    )
    tenancy.change_plan(
        actor=cast.OPERATOR,
        workspace=team.workspace,
        plan="enterprise",
        at=days_ago(9),
    )
    moved = replace(team, workspace=workspace_by_slug(slug=team.workspace.slug))
    moved.set_policy(30, at=days_ago(8))
    row = moved.conversation(age=40)
    with moved.scope():
        why = reasons.why(workspace=moved.workspace, conversation=row, at=NOON)

    sweep = moved.sweep()

    assert (why.is_due, [one.days for one in why.considered]) == (True, [30])
    assert (sweep.purged_n, sweep.policy_versions) == (1, "v1")


def test_the_metadata_page_has_states_holds_and_no_content(stage: Stage):
    stage.set_policy(90)
    variety(stage)

    with stage.scope():
        page = selectors.metadata_page(
            workspace=stage.workspace, at=NOON, state=State.EXPIRED, size=3
        )
        rest = selectors.metadata_page(
            workspace=stage.workspace, at=NOON, state=State.EXPIRED, after=page.next
        )
        found = [*page.rows, *rest.rows]
        assert {row.state for row in found} == {"expired"}
        assert sum(row.is_held for row in found) == 1
        assert "title" in found[0].get_deferred_fields()
    assert len({row.pk for row in found}) == counts(stage).expired


def test_on_team_pages_are_refused_and_counts_are_not(team: Stage):
    team.conversation(age=1)

    with team.scope(), pytest.raises(selectors.OnlyCountsOnThisPlan):
        selectors.metadata_page(workspace=team.workspace, at=NOON)
    assert counts(team).live == 1


def test_ages_add_up_to_the_live_ones(stage: Stage):
    variety(stage)

    with stage.scope():
        bands = selectors.ages(workspace=stage.workspace, at=NOON)

    assert sum(band.conversations for band in bands) == counts(stage).live
    assert (bands[0].from_days, bands[-1].to_days) == (0, None)


def test_nothing_of_another_workspace_is_counted(stage: Stage):
    stranger = staged(cast.elsewhere())
    stranger.conversation(age=1)
    stage.conversation(age=1)

    assert counts(stage).live == 1


def test_the_deleted_list_pages(stage: Stage):
    for age in range(5):
        stage.conversation(age=age + 2, deleted_at=days_ago(1), deleted_by="owner")

    with stage.scope():
        found = selectors.deleted_list(
            workspace=stage.workspace,
            membership_id=stage.member.membership.pk,
            at=NOON,
        )
        assert len(keyset.page(found, order=NEWEST, size=3).rows) == 3


def test_a_failed_import_is_due_at_once_and_a_silent_one_is_failed_first(
    stage: Stage, entries
):
    silent = staging_import(stage, minutes=11)
    stage.conversation(age=1, staged_by=silent)
    assert visible(stage) == set()

    assert sweeps.fail_abandoned_imports(at=NOON) == 1
    kept = stage.conversation(age=1, staged_by=staging_import(stage, minutes=9))
    assert sweeps.fail_abandoned_imports(at=NOON) == 0
    (failed,) = entries(stage, "workspaces.import.failed")
    assert failed["outcome"] == "error"
    stage.sweep()

    assert stage.stored() == {kept.public_id}


def staging_import(stage: Stage, *, minutes: int) -> Import:
    with stage.scope():
        return Import.objects.create(
            workspace_id=stage.workspace.id,
            source="jsonl",
            started_at=days_ago(1),
            heartbeat_at=Now() - timedelta(minutes=minutes),
        )


def test_a_tick_with_nothing_due_reads_no_table_whole(stage: Stage):
    stage.set_policy(90)
    stage.bulk(5_000, age=10)
    read = "select coalesce(sum(seq_tup_read), 0) from pg_stat_xact_user_tables"

    with transaction.atomic(using="sweeper"):
        due = selectors.workspaces_with_something_due(
            workspace_ids=[stage.workspace.id], at=NOON, using="sweeper"
        )
        with connections["sweeper"].cursor() as cursor:
            cursor.execute(f"{read} where relname = 'workspaces_conversation'")
            (rows_read,) = cursor.fetchone()

    assert (due, rows_read) == ([], 0)
