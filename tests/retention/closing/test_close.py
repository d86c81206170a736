"""Closing a workspace: asked for, undone, and done step by step; holds always win."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from audit.log import sequencer
from audit.log.selectors import log_of
from audit.verification.services import verify
from kit import scoping, vault
from kit.actor import Actor
from kit.permissions import PermissionDenied
from kit.refusals import UnderLegalHold, WorkspaceIsClosing
from retention.closing import selectors, services
from retention.closing.models import Closing, ClosingState
from retention.closing.services import working
from retention.holds import services as holds
from retention.sweeps.services import destroying
from tests import cast
from tests.cast import NOON
from tests.retention import simple
from tests.retention.conftest import Stage
from workspaces.content.models import Conversation
from workspaces.keys.models import ApiKey
from workspaces.keys.services import api_keys
from workspaces.members import acting
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.models import Workspace

GRACE = timedelta(days=14)
OVER = NOON + GRACE
UNDO = timedelta(days=7, minutes=10)


def org_owner(stage: Stage) -> Actor:
    (found,) = tenants.administrations_of(user_id=stage.owner.user.pk)
    return acting.in_organization(user=stage.owner.user, administration=found)


def ask(stage: Stage, *, at: datetime = NOON) -> Closing:
    return services.request(
        actor=org_owner(stage),
        workspace=stage.workspace,
        reason="The team has moved",
        at=at,
    )


def now(stage: Stage) -> Closing:
    with stage.scope():
        return Closing.objects.get()


def state(stage: Stage) -> str:
    with stage.scope():
        return Workspace.objects.get(pk=stage.workspace.id).state


def key_of(stage: Stage) -> Any:
    with stage.scope():
        return Workspace.objects.get(pk=stage.workspace.id).key_id


def is_readable(stage: Stage) -> bool:
    key = key_of(stage)
    return key in vault.read_keys([key])


def hold(stage: Stage, *, at: datetime = NOON, **named: Any) -> Any:
    named = named or {"membership_ids": [stage.member.membership.pk]}
    return holds.place(
        actor=Actor.system("tests"),
        workspace=stage.workspace,
        matter="Lindqvist v. Halden",
        at=at,
        **named,
    )


def release(stage: Stage, placed: Any, *, at: datetime) -> None:
    asked = holds.request_release(
        actor=stage.officer.actor,
        workspace=stage.workspace,
        hold=placed,
        reason="settled",
        at=at,
    )
    holds.confirm_release(
        actor=stage.owner.actor, workspace=stage.workspace, asked=asked, at=at
    )


def destroy(at: datetime) -> None:
    while destroying.destroy_doomed(at=at):
        pass


def _purged(stage: Stage, at: datetime) -> None:
    stage.sweep(at=at)
    destroy(at)


def test_after_the_grace_everything_goes_and_the_key_goes_last(
    stage: Stage, entries: Any
) -> None:
    stage.conversation(age=3)
    simple.memory(stage)
    simple.project(stage)
    asked = ask(stage)

    services.work_due(at=OVER - timedelta(minutes=1))
    assert (state(stage), now(stage).state) == ("closing", ClosingState.GRACE)
    services.work_due(at=OVER)

    assert (state(stage), now(stage).state) == ("emptying", ClosingState.EMPTYING)
    with stage.scope():
        assert Conversation.objects.get().deleted_by == "closing"
    assert is_readable(stage)

    after_undo = OVER + UNDO
    services.work_due(at=after_undo)
    assert now(stage).state == ClosingState.EMPTYING
    _purged(stage, after_undo)
    services.work_due(at=after_undo + timedelta(minutes=6))
    assert (state(stage), now(stage).state) == ("closed", ClosingState.DESTROYING)
    destroy(after_undo)
    services.work_due(at=after_undo + timedelta(minutes=8))

    done = now(stage)
    assert (done.state, done.ended_at) == (
        ClosingState.CLOSED,
        after_undo + timedelta(minutes=8),
    )
    assert not is_readable(stage)
    assert stage.stored() == set()
    acts = ("requested", "began", "emptied", "completed")
    assert [len(entries(stage, f"retention.closing.{act}")) for act in acts] == [1] * 4
    assert len(entries(stage, "retention.conversation.deleted")) == 1
    assert len(entries(stage, "retention.memory.deleted")) == 1
    with stage.scope():
        assert selectors.reason_of(closing=asked) == "The team has moved"
    assert b"moved" not in bytes(asked.reason)
    assert _log_is_sound(stage, done.ended_at)


def _log_is_sound(stage: Stage, at: datetime) -> bool:
    sequencer.run(at=at)
    organization = stage.workspace.organization.id
    with scoping.organization(organization_id=organization):
        log = log_of(organization_id=organization)
        return verify(actor=Actor.system("tests"), log=log, at=at).is_sound


def test_an_owner_keeps_it_while_the_grace_lasts(stage: Stage, entries: Any) -> None:
    stage.conversation(age=3)
    ask(stage)
    services.undo(
        actor=org_owner(stage), workspace=stage.workspace, at=OVER - timedelta(hours=1)
    )

    services.work_due(at=OVER)

    assert (state(stage), now(stage).state) == ("open", ClosingState.UNDONE)
    assert len(stage.stored()) == 1
    assert len(entries(stage, "retention.closing.undone")) == 1
    with pytest.raises(services.NothingToUndo):
        services.undo(actor=org_owner(stage), workspace=stage.workspace, at=OVER)
    ask(stage, at=OVER)
    with pytest.raises(services.ClosingIsUnderWay):
        ask(stage, at=OVER)
    services.work_due(at=OVER + GRACE)
    with pytest.raises(services.ClosingHasBegun):
        services.undo(
            actor=org_owner(stage), workspace=stage.workspace, at=OVER + GRACE
        )


def test_only_owners_of_the_organization_ask_and_say_why(stage: Stage) -> None:
    about = {"workspace": stage.workspace, "at": NOON}

    for person in (stage.owner, stage.officer, stage.member):
        with pytest.raises(PermissionDenied):
            services.request(actor=person.actor, reason="why", **about)
    other = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")
    (theirs,) = tenants.administrations_of(user_id=other.user.pk)
    stranger = acting.in_organization(user=other.user, administration=theirs)
    with pytest.raises(PermissionDenied):
        services.request(actor=stranger, reason="why", **about)
    for reason in (" ", "x" * 1001):
        with pytest.raises(services.ClosingReasonIsMissing):
            services.request(actor=org_owner(stage), reason=reason, **about)

    assert state(stage) == "open"


@pytest.mark.parametrize("plan", ["enterprise", "team", "api"])
def test_a_hold_refuses_the_request_and_names_how_many_matters(
    stage: Stage, plan: str, settings: Any
) -> None:
    settings.CUSTOS_RELEASE_GRACE_DAYS = 7
    with scoping.organization(organization_id=stage.workspace.organization.id):
        Workspace.objects.filter(pk=stage.workspace.id).update(plan=plan)
    placed = [hold(stage), hold(stage)]

    with pytest.raises(UnderLegalHold, match="2 matters on legal hold") as refusal:
        ask(stage)
    assert (refusal.value.code, refusal.value.status) == ("legal_hold", 409)
    for one in placed:
        release(stage, one, at=NOON)
    with pytest.raises(UnderLegalHold):
        ask(stage, at=NOON + timedelta(days=6))

    ask(stage, at=NOON + timedelta(days=8))


def test_nothing_new_is_taken_in_from_the_request_on(stage: Stage) -> None:
    held_key = simple.memory(stage)
    ask(stage)

    for store in (stage.conversation, lambda: simple.memory(stage)):
        with pytest.raises(WorkspaceIsClosing):
            store()
    with stage.scope():
        assert held_key.deleted_at is None


def test_programs_and_members_stay_out_once_it_is_emptied(
    stage: Stage, entries: Any
) -> None:
    issued = api_keys.issue(
        actor=stage.owner.actor,
        organization=stage.workspace.organization,
        workspace=stage.workspace,
        name="Intake",
        scopes=["all"],
        at=NOON,
    )
    stage.conversation(age=1)
    ask(stage)
    before = tenants.accesses_of(user_id=stage.member.user.pk)

    services.work_due(at=OVER)

    assert [one.closes_at for one in before] == [OVER]
    assert tenants.accesses_of(user_id=stage.member.user.pk) == []
    (owner,) = tenants.accesses_of(user_id=stage.owner.user.pk)
    assert owner.is_emptying
    with stage.scope():
        assert ApiKey.objects.get(pk=issued.row.pk).revoked_at == OVER
    (began,) = entries(stage, "retention.closing.began")
    assert began["counts"] == {"ended": 1}


def test_a_hold_of_the_grace_stops_it_and_it_goes_on_by_itself(
    stage: Stage, entries: Any, settings: Any
) -> None:
    settings.CUSTOS_RELEASE_GRACE_DAYS = 7
    stage.conversation(age=3)
    ask(stage)
    placed = hold(stage, at=NOON + timedelta(days=1))

    services.work_due(at=OVER)
    services.work_due(at=OVER + timedelta(hours=1))

    assert (state(stage), now(stage).waits_for) == ("closing", 1)
    with stage.scope():
        assert Conversation.objects.get().deleted_at is None
    assert len(entries(stage, "retention.closing.waited")) == 1

    release(stage, placed, at=OVER + timedelta(hours=2))
    services.work_due(at=OVER + timedelta(days=1))
    assert state(stage) == "closing"
    services.work_due(at=OVER + timedelta(days=8))

    assert (state(stage), now(stage).waits_for) == ("emptying", 0)


def test_a_hold_of_the_emptying_keeps_what_it_covers_and_the_key(
    stage: Stage, settings: Any
) -> None:
    settings.CUSTOS_RELEASE_GRACE_DAYS = 0
    held, free = stage.conversation(age=3), stage.conversation(stage.other, age=3)
    ask(stage)
    services.work_due(at=OVER)
    placed = hold(stage, at=OVER, conversation_ids=[held.pk])

    after = OVER + UNDO
    _purged(stage, after)
    services.work_due(at=after)

    assert stage.stored() == {held.public_id}
    assert free.public_id not in stage.stored()
    assert (now(stage).state, now(stage).waits_for) == (ClosingState.EMPTYING, 1)
    assert is_readable(stage)

    release(stage, placed, at=after)
    later = after + timedelta(hours=1)
    _purged(stage, later)
    services.work_due(at=later)
    destroy(later)
    services.work_due(at=later + timedelta(minutes=2))

    assert now(stage).state == ClosingState.CLOSED
    assert not is_readable(stage)


def test_a_closed_workspace_takes_no_hold(stage: Stage) -> None:
    ask(stage)
    services.work_due(at=OVER)
    assert now(stage).state == ClosingState.DESTROYING

    with pytest.raises(WorkspaceIsClosing):
        hold(stage, at=OVER)


def test_it_empties_in_bounded_steps_and_twice_does_no_harm(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, entries: Any
) -> None:
    monkeypatch.setattr(working, "AT_ONCE", 2)
    monkeypatch.setattr(working, "ROUNDS", 3)
    for _row in range(5):
        stage.conversation(age=1)
    ask(stage)

    services.work_due(at=OVER)
    with stage.scope():
        assert Conversation.objects.filter(deleted_by="closing").count() == 4
    services.work_due(at=OVER)
    services.work_due(at=OVER)

    with stage.scope():
        assert Conversation.objects.filter(deleted_by="closing").count() == 5
    assert len(entries(stage, "retention.conversation.deleted")) == 5


class _Killed(BaseException):
    """A worker that dies leaves no handler behind."""


@pytest.mark.parametrize(
    "where",
    ["end_ways_in", "empty", "before_purging", "changed", "key_destroyed_at"],
)
def test_a_worker_that_dies_over_a_step_is_followed_by_the_next(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, where: str, entries: Any
) -> None:
    """It dies after the step's statements and before the commit, once each."""
    place: Any = {
        "end_ways_in": working.endings,
        "empty": working.deletions,
        "before_purging": working.locking,
        "changed": working,
        "key_destroyed_at": working.selectors,
    }[where]
    stage.conversation(age=1)
    ask(stage)
    died: list[int] = []

    def dying(*args: Any, **names: Any) -> Any:
        done = original(*args, **names)
        if not died:
            died.append(1)
            raise _Killed
        return done

    original = getattr(place, where)
    with monkeypatch.context() as patched:
        moment = OVER
        for _tick in range(14):
            patched.setattr(place, where, dying)
            try:
                services.work_due(at=moment)
            except _Killed:
                connections["default"].close()
                connections["sweeper"].close()
            patched.setattr(place, where, original)
            if _tick == 3:
                moment = OVER + UNDO
                _purged(stage, moment)
            destroy(moment)
            moment += timedelta(minutes=6)

    assert died
    assert now(stage).state == ClosingState.CLOSED
    assert stage.stored() == set()
    assert not is_readable(stage)
    for act in ("began", "emptied", "completed"):
        assert len(entries(stage, f"retention.closing.{act}")) == 1, act


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("closing_ended_with_its_state", "ended_at = now()"),
        ("closing_ended_with_its_state", "state = 'undone'"),
        ("closing_steps_in_order", "state = 'emptying'"),
        ("closing_steps_in_order", "emptied_at = now()"),
    ],
)
def test_the_database_keeps_the_steps_in_order(
    stage: Stage, constraint: str, columns: str
) -> None:
    ask(stage)

    with (
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(f"update retention_closing set {columns}")


def test_the_database_closes_a_workspace_once(stage: Stage) -> None:
    ask(stage)
    again = {
        "workspace_id": stage.workspace.id,
        "reason": b"",
        "state": ClosingState.GRACE,
        "requested_at": NOON,
        "requested_by": "x",
        "closes_at": OVER,
        "due_at": OVER,
    }

    with (
        pytest.raises(IntegrityError, match="closing_one_at_a_time"),
        stage.scope(),
    ):
        Closing.objects.create(**again)


def test_a_workspace_has_its_date_with_its_state(stage: Stage) -> None:
    with (
        pytest.raises(IntegrityError, match="workspace_state_with_its_date"),
        scoping.organization(organization_id=stage.workspace.organization.id),
    ):
        Workspace.objects.filter(pk=stage.workspace.id).update(state="closing")


def test_another_tenant_sees_no_closing(stage: Stage) -> None:
    ask(stage)
    other = cast.elsewhere()

    with scoping.workspace(
        workspace_id=other.id, organization_id=other.organization.id
    ):
        with connections["default"].cursor() as cursor:
            cursor.execute("select count(*) from retention_closing")
            assert cursor.fetchone() == (0,)
        assert selectors.newest() is None
