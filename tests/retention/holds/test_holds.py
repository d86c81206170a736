"""Placing and releasing legal holds, and what they keep from a sweep."""

import pytest
from django.db import IntegrityError, ProgrammingError, connections, transaction

from kit.permissions import PermissionDenied
from retention.conversations import selectors as conversations
from retention.holds import selectors, services
from retention.holds.models import Hold, HoldScope
from retention.holds.services import (
    HoldCoversLess,
    HoldCoversNothing,
    HoldIsReleased,
    MatterIsMissing,
    ReasonIsMissing,
)
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, staged
from workspaces.roles.matrix import Role


def place(stage: Stage, **names) -> Hold:
    return services.place(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        matter="Lindqvist v. Halden",
        at=NOON,
        **names,
    )


def release(stage: Stage, hold: Hold, reason: str = "settled") -> None:
    """Asked for by the officer, confirmed by the owner."""
    asked = services.request_release(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        hold=hold,
        reason=reason,
        at=NOON,
    )
    services.confirm_release(
        actor=stage.owner.actor, workspace=stage.workspace, asked=asked, at=NOON
    )


def test_a_hold_that_would_leave_something_out_is_refused(stage: Stage):
    kept, gone = stage.conversation(age=1), 10**12

    with pytest.raises(HoldCoversLess):
        place(stage, conversation_ids=[kept.pk, gone])

    with stage.scope():
        assert not Hold.objects.exists()


def test_a_hold_on_a_member_keeps_what_is_theirs(stage: Stage):
    stage.set_policy(90)
    held, free = stage.conversation(age=100), stage.conversation(stage.other, age=100)
    place(stage, membership_ids=[stage.member.membership.pk])

    sweep = stage.sweep()

    assert stage.stored() == {held.public_id}
    assert (sweep.planned_n, sweep.purged_n, sweep.held_n) == (1, 1, 1)
    assert free.public_id not in stage.stored()


def test_a_hold_on_a_conversation_keeps_it_alone(stage: Stage):
    stage.set_policy(90)
    held = stage.conversation(age=100)
    stage.conversation(age=100)
    place(stage, conversation_ids=[held.pk])

    stage.sweep()

    assert stage.stored() == {held.public_id}


def test_a_hold_placed_after_the_plan_wins(stage: Stage):
    from audit.log import sequencer
    from retention.sweeps import services as sweeps

    stage.set_policy(90)
    held = stage.conversation(age=100)
    sweep = stage.open_sweep()
    sweeps.work(run_id=sweep.run_id, budget_seconds=5, now=lambda: NOON)
    sequencer.run(at=NOON)

    place(stage, conversation_ids=[held.pk])
    sweep = stage.finish(sweep)

    assert stage.stored() == {held.public_id}
    assert (sweep.planned_n, sweep.purged_n, sweep.held_n) == (1, 0, 1)


def test_after_release_the_next_sweep_takes_it(stage: Stage, settings):
    settings.CUSTOS_RELEASE_GRACE_DAYS = 0
    stage.set_policy(90)
    held = stage.conversation(age=100)
    hold = place(stage, conversation_ids=[held.pk])

    release(stage, hold)
    stage.sweep()

    assert stage.stored() == set()


def test_the_grace_after_release_still_protects(stage: Stage, settings):
    settings.CUSTOS_RELEASE_GRACE_DAYS = 7
    stage.set_policy(90)
    held = stage.conversation(age=100)

    release(stage, place(stage, conversation_ids=[held.pk]))
    stage.sweep()

    assert stage.stored() == {held.public_id}


def test_placing_and_releasing_are_recorded_without_the_matter_in_clear(
    stage: Stage, entries
):
    held = stage.conversation()
    hold = place(stage, conversation_ids=[held.pk])
    release(stage, hold)

    (placed,) = entries(stage, "retention.hold.placed")
    (released,) = entries(stage, "retention.hold.released")
    assert placed["target_id"] == released["target_id"] == str(hold.public_id)
    assert placed["counts"] == {"covered": 1, "scopes": 1}
    assert "Lindqvist" not in str([placed, released])
    assert b"Lindqvist" not in bytes(hold.matter)
    with stage.scope():
        (view,) = selectors.views_of(shown=[hold])
    assert (view.matter, view.covered) == ("Lindqvist v. Halden", 1)


@pytest.mark.parametrize("who", ["member", "other"])
def test_members_may_not_place_holds(stage: Stage, who):
    person = getattr(stage, who)

    with pytest.raises(PermissionDenied):
        services.place(
            actor=person.actor, workspace=stage.workspace, matter="m", at=NOON
        )


def test_a_hold_needs_a_matter_and_something_of_this_workspace(stage: Stage):
    stranger = staged(cast.elsewhere()).conversation()

    with pytest.raises(MatterIsMissing):
        services.place(
            actor=stage.officer.actor, workspace=stage.workspace, matter=" ", at=NOON
        )
    with pytest.raises(HoldCoversNothing):
        place(stage, conversation_ids=[stranger.pk])
    assert entries_of_holds(stage) == 0


def entries_of_holds(stage: Stage) -> int:
    with stage.scope():
        return Hold.objects.count() + HoldScope.objects.count()


def test_a_release_needs_a_reason_and_happens_once(stage: Stage):
    hold = place(stage, membership_ids=[stage.member.membership.pk])

    with pytest.raises(ReasonIsMissing):
        release(stage, hold, reason=" ")
    release(stage, hold)
    with pytest.raises(HoldIsReleased):
        release(stage, hold)


def test_the_trigger_refuses_to_delete_held_rows_even_for_the_owner(stage: Stage):
    held = stage.conversation()
    place(stage, membership_ids=[stage.member.membership.pk])

    for alias in ("owner", "sweeper"):
        with (
            pytest.raises(IntegrityError, match="legal hold"),
            transaction.atomic(using=alias),
            connections[alias].cursor() as cursor,
        ):
            cursor.execute("delete from workspaces_conversation")
    assert stage.stored() == {held.public_id}


@pytest.mark.parametrize("table", ["conversation", "message", "file"])
def test_the_app_role_deletes_no_content(stage: Stage, table):
    stage.conversation()

    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        stage.scope(),
        connections["default"].cursor() as cursor,
    ):
        cursor.execute(f"delete from workspaces_{table}")


def test_the_sweeper_changes_no_hold_though_it_may_lock_them(stage: Stage):
    place(stage, membership_ids=[stage.member.membership.pk])

    with connections["sweeper"].cursor() as cursor:
        cursor.execute("update retention_holdscope set released_at = now()")
        assert cursor.rowcount == 0


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("holdscope_names_what_it_covers", "membership_id = null"),
        ("holdscope_names_what_it_covers", "conversation_id = 1"),
        ("holdscope_grace_follows_release", "release_grace_until = now()"),
        (
            "holdscope_grace_follows_release",
            "released_at = now(), release_grace_until = now() - interval '1 day'",
        ),
    ],
)
def test_the_database_refuses_a_scope_that_makes_no_sense(
    stage: Stage, constraint, columns
):
    place(stage, membership_ids=[stage.member.membership.pk])

    with (
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(f"update retention_holdscope set {columns}")


def test_holds_on_team_preserve_and_give_no_way_to_read(team: Stage):
    row = team.conversation(age=1)
    place(team, membership_ids=[team.member.membership.pk])

    with team.scope(), pytest.raises(conversations.OnlyCountsOnThisPlan):
        conversations.metadata_page(workspace=team.workspace, at=NOON)
    assert team.stored() == {row.public_id}


def test_on_team_owners_of_the_organization_and_officers_place_holds(
    team: Stage,
) -> None:
    other_owner = cast.person(team.workspace, "sam@halden.example", Role.OWNER)

    services.place(
        actor=team.owner.actor,
        workspace=team.workspace,
        matter="Lindqvist v. Halden",
        membership_ids=[team.member.membership.pk],
        at=NOON,
    )
    with pytest.raises(PermissionDenied, match="On the Team plan"):
        services.place(
            actor=other_owner.actor,
            workspace=team.workspace,
            matter="Lindqvist v. Halden",
            membership_ids=[team.member.membership.pk],
            at=NOON,
        )
