"""Coming into a group, leaving it or deleting it brings no purge forward."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention.conversations import reasons
from retention.deletions.services import objects as deleting
from retention.eligibility import conditions
from retention.eligibility.precedence import ALL_ALONG, Stay
from retention.eligibility.scopes import CONVERSATIONS, Scope, ScopeKind
from retention.policies import governing
from retention.policies.governing import Chains, Timelines
from tests import cast
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage, staged
from tests.retention.conversations.test_scopes import (
    DUE,
    FACTS,
    group,
    seeded,
    timelines_of,
)
from tests.retention.eligibility.test_precedence import CHAINS, NOW
from workspaces.groups import services as groups
from workspaces.groups.models import FormerGroupMember, Group, GroupMember
from workspaces.groups.rules import KEPT_DAYS
from workspaces.groups.services import MemberChange
from workspaces.groups.storage import Subject
from workspaces.projects.models import Project

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def patient(transactional_db: None) -> Stage:
    """A workspace in which a shortening waits for a day."""
    return staged(cast.workspace(), grace_hours=24)


def change(stage: Stage, row: Group, *, at: datetime = NOON, **asked: Any) -> None:
    groups.change(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        group=row,
        name=row.name,
        members=MemberChange(**asked),
        may_own=True,
        at=at,
    )


def join(stage: Stage, row: Group, *, at: datetime = NOON) -> None:
    person = stage.member.membership
    adds = (Subject(id=person.public_id, membership_id=person.pk),)
    change(stage, row, adds=adds, at=at)


def of_group(row: Group) -> Scope:
    return Scope(ScopeKind.GROUP, row.pk)


def test_a_short_policy_of_an_empty_group_takes_nothing_at_once(patient: Stage):
    """Nobody was asked about it: it counted nothing when it was set."""
    kept = patient.conversation(age=200)
    empty = group(patient, "Empty")
    patient.set_policy(365)
    patient.set_policy(1, scope=of_group(empty))

    join(patient, empty)

    assert patient.sweep(at=NOON + 23 * HOUR).purged_n == 0
    with patient.scope():
        why = reasons.why(workspace=patient.workspace, conversation=kept, at=NOON)
    assert (why.state, why.is_due) == ("expired", False)
    assert why.purge_at == NOON + DAY
    assert patient.sweep(at=NOON + DAY).purged_n == 1


def test_whoever_leaves_a_group_that_keeps_keeps_for_the_grace_period(patient: Stage):
    patient.conversation(age=200)
    law = group(patient, "Law", patient.member)
    patient.set_policy(30)
    patient.set_policy(None, scope=of_group(law))

    change(patient, law, removes=frozenset({patient.member.membership.public_id}))

    assert patient.sweep(at=NOON + 23 * HOUR).purged_n == 0
    assert patient.sweep(at=NOON + DAY).purged_n == 1


def test_a_group_that_is_deleted_keeps_on_and_for_its_undo_window(patient: Stage):
    patient.conversation(age=200)
    law = group(patient, "Law", patient.member)
    patient.set_policy(30)
    patient.set_policy(None, undo=7, scope=of_group(law))

    groups.delete(
        actor=patient.owner.actor,
        workspace=patient.workspace,
        group=law,
        may_own=True,
        at=NOON,
    )

    assert patient.sweep(at=NOON + 7 * DAY - HOUR).purged_n == 0
    assert patient.sweep(at=NOON + 7 * DAY).purged_n == 1


def test_a_group_that_keeps_longer_counts_at_once(patient: Stage):
    patient.conversation(age=200)
    law = group(patient, "Law")
    patient.set_policy(30)
    patient.set_policy(None, scope=of_group(law))

    join(patient, law)

    assert patient.sweep(at=NOON).purged_n == 0
    assert patient.sweep(at=NOON + 9 * DAY).purged_n == 0


def test_going_in_and_out_puts_nothing_off_for_longer(patient: Stage):
    patient.conversation(age=200)
    law = group(patient, "Law", patient.member)
    patient.set_policy(30)
    patient.set_policy(90, scope=of_group(law))
    me = frozenset({patient.member.membership.public_id})

    for hour in range(4):
        change(patient, law, removes=me, at=NOON - hour * HOUR)
        join(patient, law, at=NOON - hour * HOUR)

    assert patient.sweep(at=NOON).purged_n == 1


def test_what_the_policy_of_a_deleted_project_kept_is_hidden_first_and_goes_later(
    patient: Stage,
):
    """Another member's chat, in a project that its owner deletes."""
    folder = simple.project(patient, patient.other)
    kept = patient.conversation(age=200, project_id=folder.pk)
    patient.set_policy(30)
    patient.set_policy(None, scope=Scope(ScopeKind.PROJECT, folder.pk))

    deleting.delete_objects(
        actor=patient.other.actor,
        workspace=patient.workspace,
        kind="projects",
        public_ids=[folder.public_id],
        at=NOON,
    )

    with patient.scope():
        why = reasons.why(workspace=patient.workspace, conversation=kept, at=NOON)
    assert (why.state, why.is_due, why.purge_at) == ("expired", False, NOON + 7 * DAY)
    assert patient.sweep(at=NOON + 7 * DAY - HOUR).purged_n == 0
    assert patient.sweep(at=NOON + 7 * DAY).purged_n == 1


def test_a_project_that_is_restored_governs_again(patient: Stage):
    folder = simple.project(patient, patient.other, **simple.gone(3))
    patient.conversation(age=200, project_id=folder.pk)
    patient.set_policy(30)
    patient.set_policy(None, scope=Scope(ScopeKind.PROJECT, folder.pk))

    deleting.restore_object(
        actor=patient.other.actor,
        workspace=patient.workspace,
        kind="projects",
        public_id=folder.public_id,
        at=NOON,
    )

    assert patient.sweep(at=NOON + 9 * DAY).purged_n == 0


def test_who_left_long_ago_is_forgotten(patient: Stage):
    law = group(patient, "Law", patient.member)
    me = frozenset({patient.member.membership.public_id})
    change(patient, law, removes=me, at=NOON - 90 * DAY)
    join(patient, law, at=NOON - 80 * DAY)
    change(patient, law, removes=me, at=NOON + timedelta(minutes=5))

    with patient.scope():
        (left,) = FormerGroupMember.objects.all()
    assert left.left_at == NOON + HOUR


MOMENTS = st.none() | st.integers(0, 12).map(lambda days: NOW - days * DAY)
TIMES = st.lists(
    MOMENTS.map(lambda at: Stay(joined_at=at))
    | MOMENTS.map(lambda at: Stay(left_at=at) if at else ALL_ALONG),
    min_size=2,
    max_size=2,
)


def test_sql_decides_as_the_rules_do_for_who_moved_and_deleted_projects(
    stage: Stage,
):
    rows, named = seeded(stage)

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(CHAINS, TIMES, MOMENTS, st.sampled_from([0, 1, 5, KEPT_DAYS]))
    def agrees(
        chain: Any, times: list[Stay], deleted_at: datetime | None, grace_days: int
    ) -> None:
        found = timelines_of(stage, chain, named)
        known = Timelines(
            promises=found.promises,
            pieces=found.pieces,
            grace={stage.workspace.id: grace_days * DAY},
        )
        owner = stage.member.membership.pk
        in_groups = named["groups"][: len(chain.groups)]
        lookup = Chains(
            workspace_id=stage.workspace.id,
            known=known,
            groups={owner: in_groups},
            stays={
                (owner, one): [stay]
                for one, stay in zip(named["groups"], times, strict=True)
            },
            deleted={named["project"]: deleted_at} if deleted_at else {},
        )
        asked = conditions.parameters(governing.cutoffs_of(known, at=NOW), at=NOW)
        with stage.scope(), connection.cursor() as cursor:
            _write(stage, named["groups"], times)
            Project.objects.filter(pk=named["project"]).update(
                deleted_at=deleted_at, deleted_by="owner" if deleted_at else None
            )
            cursor.execute(FACTS, asked)
            said = {row[0]: row[1:3] for row in cursor.fetchall()}
            cursor.execute(DUE, asked)
            taken = [row[0] for row in cursor.fetchall()]
        assert sorted(taken) == sorted(pk for pk, (_e, due) in said.items() if due)
        for row in rows:
            level = lookup.of(
                content_kind=CONVERSATIONS,
                owner_id=row.owner_id,
                project_id=row.project_id,
            ).at(NOW)
            assert said[row.pk] == tuple(
                cutoff is not None and row.last_activity_at <= cutoff
                for cutoff in (level.expire_before, level.purge_before)
            )

    agrees()


def _write(stage: Stage, named: list[int], times: list[Stay]) -> None:
    GroupMember.objects.all().delete()
    FormerGroupMember.objects.all().delete()
    person = stage.member.membership
    for group_id, stay in zip(named, times, strict=True):
        if stay.left_at is not None:
            FormerGroupMember.objects.create(
                workspace_id=stage.workspace.id,
                group_id=group_id,
                membership=person,
                left_at=stay.left_at,
            )
            continue
        GroupMember.objects.create(
            workspace_id=stage.workspace.id,
            group_id=group_id,
            subject=person.public_id,
            membership=person,
            joined_at=stay.joined_at,
        )
