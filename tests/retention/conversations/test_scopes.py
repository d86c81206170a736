"""Scopes in the engine: SQL decides as the rules do, for every reader alike."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections
from hypothesis import HealthCheck, given, settings

from retention.conversations import reasons, selectors
from retention.conversations.selectors import State
from retention.eligibility import conditions, scopes
from retention.eligibility.scopes import CONVERSATIONS, WORKSPACE, Scope, ScopeKind
from retention.policies import governing, previews
from retention.policies import services as policies
from retention.policies.governing import Chains, Timelines
from tests.cast import NOON, Person
from tests.retention import simple
from tests.retention.conftest import Stage, days_ago
from tests.retention.eligibility.test_precedence import CHAINS, NOW
from tests.workspaces.gpts import studio
from workspaces.content.models import Conversation
from workspaces.groups.models import Group, GroupMember
from workspaces.members.models import Membership
from workspaces.offboarding.models import OffboardingReport
from workspaces.projects import selectors as projects
from workspaces.projects.models import Memory
from workspaces.tenancy import plans

FACTS = f"""with {conditions.CUTOFFS}
select c.id, {conditions.EXPIRED}, {conditions.DUE}, k.label {conditions.FROM_ALL}"""
DUE = f"with {conditions.CUTOFFS} select c.id {conditions.FROM_DUE}"


def group(stage: Stage, name: str, *people: Person) -> Group:
    with stage.scope():
        made = Group.objects.create(
            workspace_id=stage.workspace.id,
            name=name,
            folded_name=name.lower(),
            source="portal",
            created_at=NOON,
        )
        for person in people:
            GroupMember.objects.create(
                workspace_id=stage.workspace.id,
                group=made,
                subject=person.membership.public_id,
                membership=person.membership,
            )
    return made


def set_for(stage: Stage, scope: Scope, days: int | None, **more: Any) -> None:
    stage.set_policy(days, scope=scope, **more)


def of_member(person: Person) -> Scope:
    return scopes.member(person.membership.pk)


def test_project_beats_member_beats_group_beats_workspace(stage: Stage):
    law, all_ = group(stage, "Law", stage.member), group(stage, "All", stage.member)
    project = simple.project(stage)
    stage.set_policy(10)
    set_for(stage, Scope(ScopeKind.GROUP, law.pk), 20)
    set_for(stage, Scope(ScopeKind.GROUP, all_.pk), 30)
    kept = [
        stage.conversation(stage.other, age=9),
        stage.conversation(age=29),
    ]
    gone = [stage.conversation(stage.other, age=11), stage.conversation(age=31)]
    in_project = stage.conversation(age=45, project_id=project.pk)
    set_for(stage, Scope(ScopeKind.PROJECT, project.pk), 50)

    sweep = stage.sweep()

    assert sweep.purged_n == len(gone)
    assert stage.stored() == {row.public_id for row in [*kept, in_project]}
    set_for(stage, of_member(stage.member), 5)
    assert visible(stage, stage.member) == {in_project.public_id}


def visible(stage: Stage, person: Person) -> set:
    with stage.scope():
        found = selectors.visible_to(
            workspace=stage.workspace, membership_id=person.membership.pk, at=NOON
        )
        return set(found.values_list("public_id", flat=True))


def test_every_reader_agrees_where_many_scopes_govern(stage: Stage):
    law = group(stage, "Law", stage.member, stage.other)
    project = simple.project(stage)
    stage.set_policy(90, undo=7)
    set_for(stage, Scope(ScopeKind.GROUP, law.pk), 60, undo=3)
    set_for(stage, of_member(stage.other), 30, undo=0)
    set_for(stage, Scope(ScopeKind.PROJECT, project.pk), 10, undo=0, at=days_ago(3))
    stage.set_policy(7, content_kind="temporary_chats")
    for age in (1, 9, 12, 29, 31, 59, 61, 64, 95, 120):
        for person in (stage.member, stage.other, stage.owner):
            stage.conversation(person, age=age)
        stage.conversation(age=age, project_id=project.pk)
        stage.conversation(age=age, is_temporary=True)

    found = {State.LIVE: set(), State.EXPIRED: set()}
    due = set()
    with stage.scope():
        rows = list(Conversation.objects.order_by("id"))
        for row in rows:
            why = reasons.why(workspace=stage.workspace, conversation=row, at=NOON)
            found[State(why.state)].add(row.pk)
            due |= {row.pk} if why.is_due else set()
            assert (why.expires_at is not None and why.expires_at <= NOON) == (
                why.state == "expired"
            )
            assert (why.purge_at is not None and why.purge_at <= NOON) == why.is_due
        counts = selectors.counts(workspace=stage.workspace, at=NOON)
        for state in found:
            page = selectors.metadata_page(
                workspace=stage.workspace, at=NOON, state=state, size=100
            )
            assert {row.pk for row in page.rows} == found[state]
    sweep = stage.sweep()

    assert (counts.live, counts.expired) == (
        len(found[State.LIVE]),
        len(found[State.EXPIRED]),
    )
    assert counts.due == len(due) == sweep.purged_n > 0
    assert stage.stored() == {row.public_id for row in rows if row.pk not in due}


@pytest.mark.parametrize("kind", ["memories", "project_files", "gpt_files"])
def test_simple_kinds_expire_by_policy(stage: Stage, kind: str):
    makes: dict[str, Callable[..., Any]] = {
        "memories": simple.memory,
        "project_files": partial(simple.file, project=simple.project(stage)),
        "gpt_files": partial(simple.gpt_file, gpt=studio.make(stage.member)),
    }
    rows = [makes[kind](stage, created_at=days_ago(age)) for age in (20, 40)]
    stage.set_policy(1)
    stage.set_policy(30, content_kind=kind)

    stage.sweep()

    with stage.scope():
        left = type(rows[0]).objects.values_list("pk", flat=True)
        assert set(left) == {rows[0].pk}


def test_an_expired_memory_is_hidden_before_it_is_purged(stage: Stage):
    kept = simple.memory(stage, created_at=days_ago(20))
    simple.memory(stage, created_at=days_ago(31))
    stage.set_policy(30, undo=7, content_kind="memories")

    with stage.scope():
        found = projects.memories(
            member=stage.member.membership,
            workspace=stage.workspace.public_id,
            at=NOON,
        )
        stored = Memory.objects.count()

    assert [one.row.pk for one in found.rows] == [kept.pk]
    assert stored == 2


def test_chats_of_who_left_a_team_expire_thirty_days_later(team: Stage):
    mine, theirs = team.conversation(age=300), team.conversation(team.other, age=300)
    leave(team, team.member, on=days_ago(31))

    with team.scope():
        states = [
            reasons.why(workspace=team.workspace, conversation=row, at=NOON)
            for row in (mine, theirs)
        ]

    assert [why.state for why in states] == ["expired", "live"]
    assert states[0].expires_at == days_ago(1)
    assert states[0].purge_at == NOON + timedelta(days=6)
    assert team.sweep(at=NOON + timedelta(days=5)).purged_n == 0
    assert team.sweep(at=NOON + timedelta(days=6)).purged_n == 1


def test_the_window_of_who_left_a_team_goes_on(team: Stage):
    policies.set_policy(
        actor=team.member.actor,
        workspace=team.workspace,
        days=365,
        scope=of_member(team.member),
        at=days_ago(100),
    )
    row = team.conversation(age=300)
    leave(team, team.member, on=days_ago(90))

    with team.scope():
        why = reasons.why(workspace=team.workspace, conversation=row, at=NOON)

    assert why.state == "live"


def leave(stage: Stage, person: Person, *, on: datetime) -> None:
    with stage.scope():
        Membership.objects.filter(pk=person.membership.pk).update(status="removed")
        OffboardingReport.objects.create(
            workspace_id=stage.workspace.id,
            membership=person.membership,
            generation=9,
            departure="removed",
            steps=[],
            duration_us=0,
            requested_by="",
            created_at=on,
        )


def test_a_change_of_policy_writes_no_row_of_content(stage: Stage):
    project = simple.project(stage)
    for age in (1, 50, 100):
        stage.conversation(age=age, project_id=project.pk)
        simple.memory(stage)
    before = versions_of_rows()

    stage.set_policy(30)
    set_for(stage, of_member(stage.member), 60)
    set_for(stage, Scope(ScopeKind.PROJECT, project.pk), 10)
    stage.set_policy(10, content_kind="memories")

    assert versions_of_rows() == before


def versions_of_rows() -> list[tuple[Any, ...]]:
    """The transaction that wrote each row of content, and where it lies."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "select 'c', id, xmin::text, ctid::text from workspaces_conversation"
            " union all select 'm', id, xmin::text, ctid::text from workspaces_memory"
            " union all select 'p', id, xmin::text, ctid::text from workspaces_project"
            " order by 1, 2"
        )
        return list(cursor.fetchall())


def test_a_preview_of_a_project_counts_what_its_sweep_takes(stage: Stage):
    project = simple.project(stage)
    law = group(stage, "Law", stage.member)
    scope = Scope(ScopeKind.PROJECT, project.pk)
    for age in (5, 15, 25, 45):
        stage.conversation(age=age, project_id=project.pk)
        stage.conversation(age=age)

    with stage.scope():
        found = previews.preview(
            workspace=stage.workspace, days=10, undo_days=0, scope=scope, at=NOON
        )
    set_for(stage, scope, 10, at=NOON)
    sweep = stage.sweep()

    assert found.conversations == sweep.purged_n == 3
    assert found.bytes == sweep.bytes_n
    assert found.more_than_today == 3
    assert [share.items for share in found.by_owner] == [3]
    assert [(share.key, share.items) for share in found.by_group] == [(law.pk, 3)]
    assert [(share.key, share.items) for share in found.by_kind] == [
        ("conversations", 3)
    ]
    assert sum(band.items for band in found.by_age) == 3
    assert (found.first_purge_at, found.by_week[1].conversations) == (NOON, 1)


def seeded(stage: Stage) -> tuple[list[Conversation], dict[str, Any]]:
    law, all_ = group(stage, "Law", stage.member), group(stage, "All", stage.member)
    project = simple.project(stage)
    rows = [
        stage.conversation(person, last_activity_at=NOW - timedelta(days=age), **more)
        for age in (0, 3, 9, 17, 25, 33, 48, 70)
        for person in (stage.member, stage.other)
        for more in ({}, {"project_id": project.pk})
    ]
    return rows, {"groups": [law.pk, all_.pk], "project": project.pk}


def timelines_of(stage: Stage, chain: Any, named: dict[str, Any]) -> Timelines:
    """What the random chain says, as if versions of these scopes were stored."""
    pieces = {WORKSPACE: chain.workspace}
    for group_id, rows in zip(named["groups"], chain.groups, strict=False):
        pieces[Scope(ScopeKind.GROUP, group_id)] = rows
    pieces[of_member(stage.member)] = chain.member
    pieces[Scope(ScopeKind.PROJECT, named["project"])] = chain.project
    return Timelines(
        promises={stage.workspace.id: plans.of(stage.workspace.plan)},
        pieces={
            (stage.workspace.id, CONVERSATIONS, scope): list(rows)
            for scope, rows in pieces.items()
            if rows
        },
    )


def test_sql_decides_as_the_rules_do(stage: Stage):
    rows, named = seeded(stage)

    @settings(
        max_examples=150,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(CHAINS)
    def agrees(chain: Any) -> None:
        known = timelines_of(stage, chain, named)
        in_groups = {
            stage.member.membership.pk: named["groups"][: len(chain.groups)],
        }
        lookup = Chains(workspace_id=stage.workspace.id, known=known, groups=in_groups)
        parameters = conditions.parameters(governing.cutoffs_of(known, at=NOW), at=NOW)
        with stage.scope(), connection.cursor() as cursor:
            cursor.execute(FACTS, parameters)
            said = {row[0]: row[1:3] for row in cursor.fetchall()}
            cursor.execute(DUE, parameters)
            taken = [row[0] for row in cursor.fetchall()]
        assert len(taken) == len(set(taken))
        assert set(taken) == {pk for pk, (_expired, due) in said.items() if due}
        for row in rows:
            level = lookup.of(
                content_kind=CONVERSATIONS,
                owner_id=row.owner_id,
                project_id=row.project_id,
            ).at(NOW)
            clock = row.last_activity_at
            assert said[row.pk] == (
                level.expire_before is not None and clock <= level.expire_before,
                level.purge_before is not None and clock <= level.purge_before,
            )

    agrees()
