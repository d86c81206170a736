"""Setting a policy: who may, what is refused, when it takes force, what is recorded."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connections, transaction

from kit.actor import Actor
from kit.permissions import PermissionDenied
from retention.eligibility import scopes
from retention.policies import selectors, services
from retention.policies.models import Policy, PolicyBounds, Scope, ScopeKind
from retention.policies.services import (
    KindIsNotGoverned,
    MembersDecideHere,
    NothingWouldChange,
    OutOfBounds,
    PlanFixesRetention,
    ReasonIsMissing,
    UnknownScope,
)
from tests import cast
from tests.cast import NOON, Person
from tests.retention import simple
from tests.retention.conftest import Stage, staged
from workspaces.groups.models import Group


def set_as(person: Person, days: int | None, **more) -> Policy:
    more.setdefault("at", NOON)
    return services.set_policy(
        actor=person.actor, workspace=person.workspace, days=days, **more
    )


def standing(stage: Stage, at=NOON, **more) -> selectors.Standing:
    with stage.scope():
        return selectors.standing(workspace=stage.workspace, at=at, **more)


@pytest.fixture
def slow_stage(transactional_db: None) -> Stage:
    """A workspace in which a shortening waits for a day."""
    return staged(cast.workspace(), grace_hours=24)


def test_the_owner_sets_the_policy_and_it_is_recorded(stage: Stage, entries):
    policy = set_as(stage.owner, 90, undo_days=3)

    assert (policy.version, policy.days, policy.undo_days) == (1, 90, 3)
    assert standing(stage).days == 90
    (leaf,) = entries(stage, "retention.policy.set")
    assert leaf["target_id"] == str(policy.public_id)
    assert leaf["policy"] == "v1"
    assert set(leaf["commit"]) >= {"change.days", "change.undo_days"}


def test_before_any_version_the_plan_keeps_everything(stage: Stage):
    found = standing(stage)

    assert (found.days, found.undo_days, found.version) == (None, 7, 0)


def test_a_shortening_waits_and_a_lengthening_does_not(slow_stage: Stage):
    first = set_as(slow_stage.owner, 90)
    assert first.in_force_at == NOON + timedelta(hours=24)
    assert standing(slow_stage).days is None

    later = NOON + timedelta(days=2)
    assert standing(slow_stage, at=later).days == 90
    longer = set_as(slow_stage.owner, 365, at=later)
    assert longer.in_force_at == later


def test_a_newer_version_replaces_the_pending_one(slow_stage: Stage):
    set_as(slow_stage.owner, 30)
    set_as(slow_stage.owner, None, at=NOON + timedelta(hours=1))

    assert standing(slow_stage, at=NOON + timedelta(days=3)).days is None


def test_an_override_skips_the_grace_with_a_reason_only(slow_stage: Stage):
    with pytest.raises(ReasonIsMissing):
        set_as(slow_stage.owner, 90, override=True)

    policy = set_as(slow_stage.owner, 90, override=True, reason="court order 12")

    assert policy.in_force_at == NOON
    assert policy.is_override


def test_setting_the_same_again_is_refused(stage: Stage):
    set_as(stage.owner, 90)

    with pytest.raises(NothingWouldChange):
        set_as(stage.owner, 90)


@pytest.mark.parametrize(("days", "undo"), [(0, 0), (3651, 0), (90, 29), (90, -1)])
def test_bounds_are_refused_by_name(stage: Stage, days, undo):
    with pytest.raises(OutOfBounds):
        set_as(stage.owner, days, undo_days=undo)


def test_members_and_officers_may_not_set_the_workspace_policy(stage: Stage):
    for person in (stage.member, stage.officer):
        with pytest.raises(PermissionDenied):
            set_as(person, 90)


def test_on_enterprise_members_have_no_policy_of_their_own(stage: Stage):
    with pytest.raises(PermissionDenied):
        set_as(stage.member, 90, scope=scopes.member(stage.member.membership.pk))


def test_on_team_each_member_sets_their_own(team: Stage, entries):
    set_as(team.member, 30, scope=scopes.member(team.member.membership.pk))

    mine, yours = (
        standing(team, scope=scopes.member(person.membership.pk)).days
        for person in (team.member, team.other)
    )

    assert (mine, yours) == (30, None)
    assert len(entries(team, "retention.own-policy.set")) == 1


def test_on_team_nobody_sets_it_for_others(team: Stage):
    for actor in (team.owner.actor, Actor.operator()):
        with pytest.raises(MembersDecideHere):
            services.set_policy(actor=actor, workspace=team.workspace, days=30, at=NOON)
    with pytest.raises(MembersDecideHere):
        services.set_policy(
            actor=Actor.operator(),
            workspace=team.workspace,
            days=30,
            scope=scopes.member(team.member.membership.pk),
            at=NOON,
        )


def test_on_the_api_platform_thirty_days_are_fixed(transactional_db: None):
    stage = staged(cast.workspace(plan="api"))

    with pytest.raises(PlanFixesRetention):
        set_as(stage.owner, 90)
    assert standing(stage).days == 30


def test_a_policy_of_another_organization_cannot_be_set(stage: Stage):
    stranger = staged(cast.elsewhere())

    with pytest.raises(PermissionDenied):
        services.set_policy(
            actor=stage.owner.actor, workspace=stranger.workspace, days=90, at=NOON
        )


def test_versions_are_never_changed(stage: Stage):
    set_as(stage.owner, 90)

    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        stage.scope(),
    ):
        Policy.objects.update(days=10)


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("policy_days_in_bounds", "days = 0"),
        ("policy_days_in_bounds", "days = 3651"),
        ("policy_undo_ends_inside_thirty_days", "undo_days = 29"),
        ("policy_in_force_after_set", "in_force_at = set_at - interval '1 second'"),
        ("policy_scope_named", "scope_kind = 'member'"),
        ("policy_scope_named", "group_id = 1"),
        ("policy_content_kind_named", "content_kind = ''"),
        ("policy_own_is_of_a_member", "is_own = true"),
        ("policy_withdrawal_leaves_it_to_a_wider_one", "is_withdrawal = true"),
        ("policy_clock_known", "clock = 'moon'"),
    ],
)
def test_the_database_refuses_what_the_rules_refuse(stage: Stage, constraint, columns):
    set_as(stage.owner, 90)

    with (
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(f"update retention_policy set {columns}")


def test_admins_set_policies_of_groups_members_and_projects(stage: Stage, entries):
    group, project = group_of(stage), simple.project(stage)
    for scope in (
        Scope(ScopeKind.GROUP, group.pk),
        Scope(ScopeKind.MEMBER, stage.member.membership.pk),
        Scope(ScopeKind.PROJECT, project.pk),
    ):
        first = set_as(stage.owner, 30, scope=scope)
        second = set_as(stage.owner, 60, scope=scope)

        assert (first.version, second.version, second.scope) == (1, 2, scope)
        assert standing(stage, scope=scope).days == 60
    assert standing(stage).version == 0
    assert len(entries(stage, "retention.policy.set")) == 6


def test_each_kind_has_versions_of_its_own(stage: Stage):
    set_as(stage.owner, 90)

    policy = set_as(stage.owner, 10, content_kind="memories")

    assert (policy.version, policy.content_kind) == (1, "memories")
    assert standing(stage).days == 90
    assert standing(stage, content_kind="memories").days == 10
    assert standing(stage, content_kind="temporary_chats").days == 30


@pytest.mark.parametrize(
    ("refusal", "more"),
    [
        (KindIsNotGoverned, {"content_kind": "moods"}),
        (
            KindIsNotGoverned,
            {"content_kind": "memories", "scope": Scope(ScopeKind.PROJECT, 1)},
        ),
        (UnknownScope, {"scope": Scope(ScopeKind.PROJECT, 999_999)}),
        (UnknownScope, {"scope": Scope(ScopeKind.GROUP, 999_999)}),
        (UnknownScope, {"scope": Scope(ScopeKind.MEMBER, 999_999)}),
        (OutOfBounds, {"content_kind": "temporary_chats", "days": 31}),
        (OutOfBounds, {"content_kind": "temporary_chats", "days": None}),
    ],
)
def test_what_no_policy_can_govern_is_refused_by_name(stage: Stage, refusal, more):
    with pytest.raises(refusal):
        set_as(stage.owner, **{"days": 20, **more})


def test_a_scope_of_another_workspace_is_unknown(stage: Stage):
    stranger = staged(cast.elsewhere())
    theirs = simple.project(stranger)

    with pytest.raises(UnknownScope):
        set_as(stage.owner, 20, scope=Scope(ScopeKind.PROJECT, theirs.pk))


def test_a_withdrawal_waits_and_then_leaves_the_scope_without_a_policy(
    slow_stage: Stage,
):
    scope = scopes.member(slow_stage.member.membership.pk)
    with pytest.raises(NothingWouldChange):
        set_as(slow_stage.owner, None, scope=scope, is_withdrawal=True)
    set_as(slow_stage.owner, None, scope=scope)

    policy = set_as(slow_stage.owner, None, scope=scope, is_withdrawal=True)

    assert policy.in_force_at == NOON + timedelta(hours=24)
    assert standing(slow_stage, scope=scope).version == 1
    later = standing(slow_stage, scope=scope, at=NOON + timedelta(days=2))
    assert (later.version, later.days) == (0, None)


def group_of(stage: Stage) -> Group:
    with stage.scope():
        return Group.objects.create(
            workspace_id=stage.workspace.id,
            name="Law",
            folded_name="law",
            source="portal",
            created_at=NOON,
        )


@pytest.mark.parametrize("column", ["group_id", "project_id"])
def test_the_database_refuses_a_scope_of_another_workspace(stage: Stage, column):
    stranger = staged(cast.elsewhere())
    theirs = group_of(stranger) if column == "group_id" else simple.project(stranger)

    with (
        pytest.raises(IntegrityError, match="is not in its workspace"),
        stage.scope(),
    ):
        Policy.objects.create(
            workspace_id=stage.workspace.id,
            scope_kind=column.removesuffix("_id"),
            version=1,
            undo_days=0,
            set_at=NOON,
            in_force_at=NOON,
            **{column: theirs.pk},
        )


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("policybounds_in_force_after_set", {"in_force_at": NOON - timedelta(days=1)}),
        ("policybounds_floor_below_ceiling", {"floor_days": 20, "ceiling_days": 10}),
        ("policybounds_days_in_bounds", {"floor_days": 0}),
        ("policybounds_days_in_bounds", {"ceiling_days": 3651}),
        ("policybounds_content_kind_named", {"content_kind": ""}),
    ],
)
def test_the_database_refuses_impossible_bounds(stage: Stage, constraint, columns):
    known = {"version": 1, "set_at": NOON, "in_force_at": NOON, **columns}

    with pytest.raises(IntegrityError, match=constraint), stage.scope():
        PolicyBounds.objects.create(workspace_id=stage.workspace.id, **known)
