"""A draft's life: written, scheduled, cancelled, in force; what stops it on its way."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction

from kit.permissions import PermissionDenied
from retention.policies import selectors as policies
from retention.policies.drafts import selectors, services
from retention.policies.drafts.models import PolicyDraft
from retention.policies.drafts.services import (
    AnotherIsUnderWay,
    DraftIsOver,
    NotADraft,
    NothingToCancel,
    Values,
)
from retention.policies.services import (
    MembersDecideHere,
    NothingWouldChange,
    OutOfBounds,
)
from tests import cast
from tests.cast import NOON, Person
from tests.retention.conftest import Stage, staged

DAY = timedelta(days=1)
SHORT = Values(days=90, undo_days=7, reason="Records schedule RS-14")


def apply(person: Person, values: Values = SHORT, at=NOON) -> PolicyDraft:
    return services.apply(
        actor=person.actor, workspace=person.workspace, values=values, at=at
    )


def days(stage: Stage, at=NOON) -> int | None:
    with stage.scope():
        return policies.standing(workspace=stage.workspace, at=at).days


def now(stage: Stage, draft: PolicyDraft) -> PolicyDraft:
    with stage.scope():
        return selectors.one(draft=draft.public_id)


def test_a_draft_sets_nothing(patient: Stage, entries) -> None:
    made = services.draft(
        actor=patient.owner.actor, workspace=patient.workspace, values=SHORT, at=NOON
    )

    assert (made.state, made.days, made.due_at) == ("draft", 90, None)
    assert days(patient, NOON + 9 * DAY) is None
    (leaf,) = entries(patient, "retention.policy.drafted")
    assert leaf["target_id"] == str(made.public_id)
    assert {"change.days", "change.undo_days", "reason"} <= set(leaf["commit"])


def test_a_shortening_waits_for_the_grace_period_and_takes_force_then(
    patient: Stage,
) -> None:
    made = apply(patient.owner)

    assert (made.state, made.due_at) == ("scheduled", NOON + DAY)
    assert services.force_due(at=NOON + DAY - timedelta(seconds=1)) == 0
    assert days(patient, NOON + DAY) is None

    assert services.force_due(at=NOON + DAY) == 1
    assert services.force_due(at=NOON + DAY) == 0

    assert days(patient, NOON + DAY) == 90
    ended = now(patient, made)
    assert (ended.state, ended.version) == ("in_force", 1)


def test_what_keeps_longer_takes_force_at_once(patient: Stage) -> None:
    patient.set_policy(90, undo=7)

    made = apply(patient.owner, Values(days=365, undo_days=7))

    assert (made.state, made.version) == ("in_force", 2)
    assert days(patient) == 365


def test_the_version_names_who_drafted_it(patient: Stage) -> None:
    apply(patient.owner)

    services.force_due(at=NOON + DAY)

    with patient.scope():
        (version,) = policies.versions_of(workspace=patient.workspace)
    assert version.set_by == patient.owner.actor.id
    assert not version.is_override


def test_a_scheduled_draft_can_be_cancelled(patient: Stage, entries) -> None:
    made = apply(patient.owner)

    services.cancel(
        actor=patient.owner.actor,
        workspace=patient.workspace,
        draft=made.public_id,
        reason="not yet",
        at=NOON,
    )

    assert services.force_due(at=NOON + 9 * DAY) == 0
    assert now(patient, made).state == "cancelled"
    assert entries(patient, "retention.policy.cancelled")
    with pytest.raises(NothingToCancel):
        services.cancel(
            actor=patient.owner.actor,
            workspace=patient.workspace,
            draft=made.public_id,
            at=NOON,
        )


def test_a_change_takes_a_scheduled_draft_back(patient: Stage, entries) -> None:
    made = apply(patient.owner)

    changed = services.change(
        actor=patient.owner.actor,
        workspace=patient.workspace,
        draft=made.public_id,
        values=Values(days=120, undo_days=7),
        at=NOON,
    )

    assert (changed.state, changed.revision, changed.due_at) == ("draft", 2, None)
    assert services.force_due(at=NOON + 9 * DAY) == 0
    (leaf,) = entries(patient, "retention.policy.draft-changed")
    assert "change.days" in leaf["commit"]
    assert "change.undo_days" not in leaf["commit"]


def test_one_draft_is_under_way_at_a_time(patient: Stage) -> None:
    apply(patient.owner)

    with pytest.raises(AnotherIsUnderWay):
        apply(patient.owner, Values(days=60, undo_days=7))


def test_what_was_sent_is_not_sent_again(patient: Stage) -> None:
    made = apply(patient.owner)

    with pytest.raises(NotADraft):
        services.send(
            actor=patient.owner.actor,
            workspace=patient.workspace,
            draft=made.public_id,
            at=NOON,
        )


def test_a_draft_in_force_is_changed_no_more(stage: Stage) -> None:
    made = apply(stage.owner)

    with pytest.raises(DraftIsOver):
        services.change(
            actor=stage.owner.actor,
            workspace=stage.workspace,
            draft=made.public_id,
            values=SHORT,
            at=NOON,
        )


def test_a_draft_that_was_overtaken_goes_back(patient: Stage) -> None:
    made = apply(patient.owner)
    patient.set_policy(200, undo=7, at=NOON, override=True, reason="court order")

    assert services.force_due(at=NOON + DAY) == 0

    assert now(patient, made).state == "draft"
    with patient.scope():
        last = selectors.steps_of(draft=made)[-1]
    assert (last.kind, last.by) == ("returned", "policies")
    assert "meanwhile" in last.reason


def test_the_same_values_are_refused(patient: Stage) -> None:
    patient.set_policy(90, undo=7)

    with pytest.raises(NothingWouldChange):
        apply(patient.owner)


@pytest.mark.parametrize(("kept", "undo"), [(0, 0), (3651, 0), (90, 29), (90, -1)])
def test_bounds_are_refused_by_name(patient: Stage, kept: int, undo: int) -> None:
    with pytest.raises(OutOfBounds):
        apply(patient.owner, Values(days=kept, undo_days=undo))


def test_members_officers_and_strangers_may_not_draft(patient: Stage) -> None:
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")
    for person in (patient.member, patient.officer, stranger):
        with pytest.raises(PermissionDenied):
            services.apply(
                actor=person.actor, workspace=patient.workspace, values=SHORT, at=NOON
            )


def test_on_team_nobody_drafts_for_others(transactional_db: None) -> None:
    team = staged(cast.workspace(plan="team"))

    with pytest.raises(MembersDecideHere):
        apply(team.owner)


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("policydraft_state_known", "state = 'odd', due_at = null"),
        ("policydraft_scope_named", "scope_kind = 'member'"),
        ("policydraft_scope_named", "group_id = 1"),
        ("policydraft_days_in_bounds", "days = 0"),
        ("policydraft_undo_ends_inside_thirty_days", "undo_days = 29"),
        ("policydraft_clock_known", "clock = 'moon'"),
        ("policydraft_due_while_scheduled", "due_at = null"),
        ("policydraft_in_force_as_a_version", "version = 1"),
        ("policydraft_ended_with_its_state", "ended_at = drafted_at"),
    ],
)
def test_the_database_refuses_what_makes_no_sense(
    patient: Stage, constraint: str, columns: str
) -> None:
    apply(patient.owner)

    with patient.scope(), connections["default"].cursor() as cursor:
        with (
            pytest.raises(IntegrityError, match=constraint),
            transaction.atomic(),
        ):
            cursor.execute(f"update retention_policydraft set {columns}")
        cursor.execute("select 1")


def test_steps_are_written_once(patient: Stage) -> None:
    apply(patient.owner)

    with patient.scope(), connections["default"].cursor() as cursor:
        cursor.execute(
            "select has_table_privilege('retention_draftstep', 'update'),"
            " has_table_privilege('retention_policydraft', 'delete')"
        )
        assert cursor.fetchone() == (False, False)
