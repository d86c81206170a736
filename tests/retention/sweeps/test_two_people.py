"""What a change of groups lets go, and whatever needs two people, stops for two."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from kit import clock
from retention.eligibility.scopes import Scope, ScopeKind
from retention.policies import governing
from retention.policies.drafts import services as drafts
from retention.policies.drafts.digests import digest
from retention.policies.drafts.services import Values
from retention.policies.governing import Timelines
from retention.policies.previews import Week
from retention.policies.safeguards.models import Announcement
from retention.policies.safeguards.rules import Threshold
from retention.sweeps import services as sweeps
from retention.sweeps.breaker import moves, selectors, services
from retention.sweeps.breaker.models import SweepStop
from retention.sweeps.breaker.rules import (
    NOBODY,
    Cause,
    Limits,
    Load,
    cause_to_stop,
    needs_second_person,
)
from retention.sweeps.breaker.services import SecondPersonIsMissing
from retention.sweeps.models import SweepState
from tests import cast
from tests.cast import NOON, Person
from tests.retention.conftest import Stage, staged
from tests.retention.conversations.test_scopes import group, timelines_of
from tests.retention.conversations.test_stays import change, join
from tests.retention.eligibility.test_precedence import CHAINS, NOW
from tests.retention.policies.conftest import protect
from workspaces.groups.models import Group
from workspaces.groups.rules import KEPT_DAYS
from workspaces.members.services import membership
from workspaces.notices.models import Notice
from workspaces.roles.matrix import Role
from workspaces.tenancy.models import Workspace

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TENTH = Threshold(percent=10, number=None)
HUNDRED = Threshold(percent=None, number=100)


@pytest.mark.parametrize(
    ("threshold", "by_groups", "agreed", "cause"),
    [
        (NOBODY, {"conversations": 1_000}, 0, None),
        (HUNDRED, {"conversations": 99}, 0, None),
        (HUNDRED, {"conversations": 100}, 0, Cause.GROUPS),
        (HUNDRED, {"conversations": 60, "memories": 40}, 0, Cause.GROUPS),
        (HUNDRED, {"conversations": 1_000}, 900, Cause.GROUPS),
        (HUNDRED, {"conversations": 1_000}, 901, None),  # two people saw so much
        (TENTH, {"conversations": 99}, 0, None),
        (TENTH, {"conversations": 100}, 0, Cause.GROUPS),
        (TENTH, {"conversations": 9, "memories": 1}, 0, Cause.GROUPS),  # all memories
    ],
)
def test_what_changes_of_groups_let_go_stops_a_sweep_by_the_second_persons_threshold(
    threshold: Threshold, by_groups: dict[str, int], agreed: int, cause: Cause | None
) -> None:
    limits = Limits(factor=100, minimum=10**9, percent=100, threshold=threshold)
    load = Load(
        planned=1_000,
        announced=1_000,  # by one person: excuses nothing
        recent=[],
        stored=1_000,
        agreed=agreed,
        by_groups=by_groups,
        stored_of={"conversations": 1_000, "memories": 10},
    )

    assert cause_to_stop(load, limits) is cause
    assert needs_second_person(load, limits) is (cause is not None)


@pytest.mark.parametrize(
    ("threshold", "announced", "is_asked"),
    [
        (NOBODY, 0, False),
        (HUNDRED, 0, True),
        (HUNDRED, 21, False),
        (TENTH, 20, True),
        (TENTH, 21, False),
    ],
)
def test_a_stop_needs_two_people_where_what_nobody_announced_reaches_the_threshold(
    threshold: Threshold, announced: int, is_asked: bool
) -> None:
    limits = Limits(factor=5, minimum=10, percent=50, threshold=threshold)
    load = Load(
        planned=120,
        announced=announced,
        recent=[1, 1, 1],
        stored=1_000,
        due={"conversations": 120},
        stored_of={"conversations": 1_000},
    )

    assert needs_second_person(load, limits) is is_asked


@pytest.fixture
def empty(transactional_db: None) -> tuple[Stage, Group]:
    """Four old chats; an empty group keeps for a day, all else for a year."""
    stage = staged(cast.workspace(), grace_hours=24)
    protect(stage, approval_number=3)
    made = group(stage, "Empty")
    stage.set_policy(365)
    stage.set_policy(1, scope=Scope(ScopeKind.GROUP, made.pk))
    for _one in range(4):
        stage.conversation(age=200)
    return stage, made


@pytest.fixture
def stopped(empty: tuple[Stage, Group]) -> Stage:
    """Somebody put their owner into the group; a day later a sweep was stopped."""
    stage, made = empty
    join(stage, made)
    assert stage.sweep(at=NOON + DAY).state == SweepState.STOPPED
    return stage


@pytest.fixture
def second(empty: tuple[Stage, Group]) -> Person:
    """Tomasz Wrona, who may start sweeps too."""
    return cast.admin(empty[0].workspace)


def stop_of(stage: Stage) -> SweepStop:
    with stage.scope():
        found = selectors.open_stop()
    assert found is not None
    return found


def confirm(stage: Stage, person: Person | None = None, **more: Any) -> Any:
    stop = stop_of(stage)
    given = {
        "actor": (person or stage.owner).actor,
        "stop": stop.public_id,
        "seen": stop.planned_n,
        "reason": "They moved to the day shift",
        "at": NOON + DAY,
    }
    return services.confirm(workspace=stage.workspace, **(given | more))


def test_putting_everybody_into_a_group_that_keeps_for_a_day_stops_the_sweep(
    stopped: Stage, entries
) -> None:
    stop = stop_of(stopped)

    assert (stop.cause, stop.by_groups_n, stop.needs_second) == ("groups", 4, True)
    assert len(stopped.stored()) == 4
    (leaf,) = entries(stopped, "retention.sweep.stopped")
    assert leaf["counts"]["by_groups"] == 4


def test_taking_everybody_out_of_a_group_that_keeps_stops_the_sweep(
    empty: tuple[Stage, Group],
) -> None:
    stage, _empty = empty
    law = group(stage, "Law", stage.member)
    stage.set_policy(None, scope=Scope(ScopeKind.GROUP, law.pk))
    stage.set_policy(30, at=NOON - 300 * DAY)

    change(stage, law, removes=frozenset({stage.member.membership.public_id}))
    done = stage.sweep(at=NOON + 2 * DAY)

    assert (done.state, stop_of(stage).by_groups_n) == (SweepState.STOPPED, 4)


def test_fewer_than_a_second_person_is_asked_for_go(
    empty: tuple[Stage, Group],
) -> None:
    stage, made = empty
    protect(stage, approval_number=5)

    join(stage, made)

    assert stage.sweep(at=NOON + DAY).purged_n == 4


def test_where_nobody_else_is_asked_groups_stop_nothing(
    empty: tuple[Stage, Group],
) -> None:
    stage, made = empty
    protect(stage, approval_number=None)

    join(stage, made)

    assert stage.sweep(at=NOON + DAY).purged_n == 4


def test_who_was_in_the_group_long_since_does_not_stop_it(
    empty: tuple[Stage, Group],
) -> None:
    stage, made = empty

    join(stage, made, at=NOON - (KEPT_DAYS + 1) * DAY)

    assert stage.sweep().purged_n == 4


def test_two_people_let_it_go_on(stopped: Stage, second: Person, entries) -> None:
    assert confirm(stopped) is None
    assert len(stopped.stored()) == 4

    opened = confirm(stopped, second)
    done = stopped.finish(opened, at=NOON + DAY)

    assert (done.state, done.purged_n) == (SweepState.CLOSED, 4)
    (first,) = entries(stopped, "retention.sweep.agreed")
    (last,) = entries(stopped, "retention.sweep.confirmed")
    assert first["counts"] == last["counts"] == {"planned": 4}
    assert "reason" in first["commit"]
    assert first["target_id"] == last["target_id"]


def test_one_person_does_not_agree_twice(stopped: Stage, second: Person) -> None:
    confirm(stopped)

    with pytest.raises(SecondPersonIsMissing):
        confirm(stopped)


def test_who_was_given_the_right_after_the_first_word_is_not_the_second(
    stopped: Stage,
) -> None:
    confirm(stopped)
    puppet = cast.admin(stopped.workspace)

    with pytest.raises(SecondPersonIsMissing):
        confirm(stopped, puppet)


def test_the_word_of_who_may_start_sweeps_no_more_counts_no_more(
    stopped: Stage, second: Person
) -> None:
    confirm(stopped, second)
    membership.change_role(
        actor=stopped.owner.actor,
        workspace=stopped.workspace,
        member=second.membership.public_id,
        role="member",
        at=NOON + DAY,
    )

    assert confirm(stopped) is None
    assert stop_of(stopped).agreed_by == stopped.owner.actor.id


def test_a_later_plan_voids_the_first_word(stopped: Stage, second: Person) -> None:
    confirm(stopped)
    stopped.conversation(age=200)

    assert stopped.sweep(at=NOON + DAY + HOUR).state == SweepState.STOPPED

    assert stop_of(stopped).agreed_by == ""
    assert confirm(stopped, second) is None


def test_the_second_person_has_a_day(stopped: Stage, second: Person) -> None:
    confirm(stopped, at=NOON + 2 * DAY - HOUR)

    assert sweeps.open_due_runs(at=NOON + 3 * DAY - 2 * HOUR) == []
    assert sweeps.open_due_runs(at=NOON + 3 * DAY)


def test_a_policy_that_takes_force_does_not_void_the_first_word(
    stopped: Stage, second: Person
) -> None:
    owner = Scope(ScopeKind.MEMBER, stopped.other.membership.pk)
    confirm(stopped)

    stopped.set_policy(None, scope=owner, at=NOON + DAY + HOUR)

    assert sweeps.open_due_runs(at=NOON + DAY + 2 * HOUR) == []
    assert confirm(stopped, second, at=NOON + DAY + 2 * HOUR) is not None


def test_who_agrees_a_day_after_the_first_is_the_first_anew(
    stopped: Stage, second: Person
) -> None:
    confirm(stopped)

    assert confirm(stopped, second, at=NOON + 2 * DAY) is None
    assert stop_of(stopped).agreed_by == second.actor.id


def test_who_may_be_the_second_reads_by_mail_that_the_first_agreed(
    stopped: Stage, second: Person
) -> None:
    confirm(stopped, second)

    with stopped.scope():
        (mail,) = Notice.objects.filter(kind="retention.sweep-waits")
    assert mail.email == "mara.lindqvist@halden.example"
    assert "waits for a second person" in mail.subject
    assert f"/sweeps/stops/{stop_of(stopped).public_id}/" in mail.text
    assert "day shift" not in mail.text


def test_more_than_two_people_agreed_to_stops_again(
    stopped: Stage, second: Person
) -> None:
    confirm(stopped)
    opened = confirm(stopped, second)
    for _one in range(3):
        stopped.conversation(age=200)

    assert stopped.finish(opened, at=NOON + DAY).state == SweepState.STOPPED


def test_what_one_person_announced_excuses_no_change_of_groups(
    empty: tuple[Stage, Group],
) -> None:
    """Small policies, each below the threshold, announced as much together."""
    stage, made = empty
    for days in (199, 198):
        stage.set_policy(
            days,
            scope=Scope(ScopeKind.MEMBER, stage.other.membership.pk),
            announced=drafted_weeks(stage),
            at=NOON - DAY,
        )
    join(stage, made)

    assert stage.sweep(at=NOON + DAY).state == SweepState.STOPPED


def test_an_approved_preview_that_is_used_up_takes_nothing_from_two_words(
    empty: tuple[Stage, Group], second: Person
) -> None:
    stage, made = empty
    agreed(stage, 1, at=NOON - 20 * DAY)
    for _one in range(10):
        stage.conversation(age=400, owner=stage.other)
    assert stage.sweep().purged_n == 10
    join(stage, made)
    assert stage.sweep(at=NOON + DAY).state == SweepState.STOPPED

    confirm(stage)
    done = stage.finish(confirm(stage, second), at=NOON + DAY)

    assert (done.state, done.purged_n) == (SweepState.CLOSED, 4)


def test_what_was_agreed_to_excuses_once(empty: tuple[Stage, Group]) -> None:
    """Ten were agreed to, and nine of them went before the group was changed."""
    stage, made = empty
    agreed(stage, 10, at=NOON - DAY)
    for _one in range(9):
        stage.conversation(age=400, owner=stage.other)
    assert stage.sweep().purged_n == 9

    join(stage, made)

    assert stage.sweep(at=NOON + DAY).state == SweepState.STOPPED


@pytest.mark.parametrize(
    ("back_to", "state"),
    [
        (None, SweepState.CLOSED),
        (299, SweepState.CLOSED),
        (365, SweepState.STOPPED),
    ],
)
def test_what_two_agreed_to_excuses_nothing_once_its_policy_is_lengthened_back(
    empty: tuple[Stage, Group], back_to: int | None, state: SweepState
) -> None:
    stage, made = empty
    policy = stage.set_policy(300, at=NOON - 20 * DAY)
    agreed(stage, 50, at=policy.set_at, by=policy.set_by)
    if back_to is not None:
        stage.set_policy(back_to, at=NOON - 10 * DAY)

    join(stage, made)

    assert stage.sweep(at=NOON + DAY).state == state


def agreed(stage: Stage, number: int, *, at: datetime, by: str = "somebody") -> None:
    """So many objects that two people saw in a preview."""
    with stage.scope():
        Announcement.objects.create(
            workspace_id=stage.workspace.id,
            begins_at=at,
            objects_n=number,
            announced_at=at,
            announced_by=by,
            is_agreed=True,
        )


def drafted_weeks(stage: Stage) -> Any:
    """The weeks of a preview that shows three objects."""
    return [Week(ends_at=NOON, conversations=3, under_today=0)]


def test_what_a_second_person_approved_in_a_preview_does_not_stop(
    empty: tuple[Stage, Group], second: Person
) -> None:
    """They came before the draft: its preview counted their chats."""
    stage, made = empty
    join(stage, made, at=NOON - 2 * HOUR)
    stage.set_policy(365, scope=Scope(ScopeKind.GROUP, made.pk), at=NOON - HOUR)
    sent = drafts.apply(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        values=Values(
            scope=Scope(ScopeKind.GROUP, made.pk), days=30, undo_days=0, reason="RS-14"
        ),
        at=NOON,
    )
    drafts.approve(
        actor=second.actor,
        workspace=stage.workspace,
        draft=sent.public_id,
        seen=digest(sent).hex(),
        at=NOON,
    )
    drafts.force_due(at=NOON + DAY)

    done = stage.sweep(at=NOON + DAY + HOUR)

    assert (done.state, done.purged_n) == (SweepState.CLOSED, 4)


def test_a_sweep_far_beyond_the_usual_needs_two_people_as_well(
    empty: tuple[Stage, Group], second: Person
) -> None:
    stage, _empty = empty
    protect(stage, breaker_minimum=2)
    stage.set_policy(90, at=NOON - 300 * DAY)

    assert stage.sweep().state == SweepState.STOPPED
    stop = stop_of(stage)
    assert (stop.cause, stop.needs_second) == ("share", True)
    assert confirm(stage) is None
    done = stage.finish(confirm(stage, second), at=NOON + DAY)
    assert done.purged_n == 4


def test_of_a_workspace_that_is_emptied_one_person_lets_it_go_on(
    empty: tuple[Stage, Group],
) -> None:
    stage, _empty = empty
    protect(stage, breaker_minimum=2)
    stage.set_policy(90, at=NOON - 300 * DAY)
    with stage.scope():
        Workspace.objects.update(state="emptying", closes_at=NOON - DAY)

    assert stage.sweep().state == SweepState.STOPPED

    assert not stop_of(stage).needs_second


def test_the_operator_answers_for_it_alone_and_owners_are_told(
    stopped: Stage,
) -> None:
    opened = services.override(
        workspace=stopped.workspace,
        stop=stop_of(stopped).public_id,
        reason="Court order",
        at=NOON + DAY,
    )

    assert stopped.finish(opened, at=NOON + DAY).purged_n == 4


def test_the_page_says_who_agreed_and_who_is_missing(
    stopped: Stage, second: Person
) -> None:
    url = f"/w/halden-engineering/sweeps/stops/{stop_of(stopped).public_id}/"
    said = {"seen": "4", "reason": "They moved"}
    with clock.fixed_at(NOON + DAY):
        owner, other = stopped.owner.client(), second.client()

        before = owner.get(url).content.decode()
        agreed = owner.post(f"{url}confirm/", said)
        mine = owner.get(url).content.decode()
        again = owner.post(f"{url}confirm/", said)
        theirs = other.get(url).content.decode()
        overview = other.get("/w/halden-engineering/").content.decode()
        late = cast.person(stopped.workspace, "ana.kovac@halden.example", Role.ADMIN)
        too_late = late.client().get(url).content.decode()
        refused = late.client().post(f"{url}confirm/", said)
        done = other.post(f"{url}confirm/", said)
        over = owner.get(url).content.decode()

    assert "came into groups, or left them, in the last 60 days" in before
    assert "You would be the first" in before
    assert (agreed.status_code, agreed["location"]) == (302, url)
    assert "You agreed. It goes on when another person" in mine
    assert again.status_code == 409
    assert "mara.lindqvist@halden.example did. With your word it goes on" in theirs
    assert "One of two people agreed" in overview
    assert "agreed before you could start sweeps" in too_late
    assert refused.status_code == 409
    assert done.status_code == 302
    first, last = "mara.lindqvist@halden.example", second.user.email
    assert f"{first} agreed to these numbers first and {last} after" in over


def test_a_day_later_nobody_reads_that_one_of_two_agreed(
    stopped: Stage, second: Person
) -> None:
    confirm(stopped)
    with clock.fixed_at(NOON + 2 * DAY):
        page = second.client().get("/w/halden-engineering/sweeps/").content.decode()

    assert "in the last 60 days" in page
    assert "One of two people agreed" not in page


def test_who_is_alone_reads_what_to_do(stopped: Stage) -> None:
    url = f"/w/halden-engineering/sweeps/stops/{stop_of(stopped).public_id}/"
    with clock.fixed_at(NOON + DAY):
        page = stopped.owner.client().get(url).content.decode()

        confirm(stopped)
        agreed_alone = stopped.owner.client().get(url).content.decode()

    assert "Nobody else here may start sweeps" in page
    assert "nobody else could start sweeps then" in agreed_alone


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("sweepstop_agreed_who_and_when", "agreed_by = 'somebody'"),
        (
            "sweepstop_agreed_who_and_when",
            "agreed_by = 'one', agreed_at = now(), needs_second = false",
        ),
        (
            "sweepstop_two_people",
            "agreed_by = 'one', agreed_at = now(), confirmed_by = 'one',"
            " ended_at = now()",
        ),
    ],
)
def test_the_database_refuses_one_person_as_two(
    stopped: Stage, constraint: str, columns: str
) -> None:
    with (
        pytest.raises(IntegrityError, match=constraint),
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute(f"update retention_sweepstop set {columns}")


def test_what_is_counted_is_what_the_rules_say_of_so_long_a_grace_period(
    stage: Stage,
) -> None:
    """`Chain` with that grace period is what SQL is compared with in test_stays."""
    named = {"groups": [7, 8], "project": 9}

    @settings(max_examples=50, deadline=None)
    @given(CHAINS, st.sampled_from([0, 1, 5]))
    def agrees(chain: Any, grace_days: int) -> None:
        found = timelines_of(stage, chain, named)
        known, long = (
            Timelines(
                promises=found.promises,
                pieces=found.pieces,
                grace={stage.workspace.id: days * DAY},
            )
            for days in (grace_days, KEPT_DAYS)
        )

        moved = [
            moves.as_if_just_changed(one, at=NOW)
            for one in governing.cutoffs_of(known, at=NOW)
        ]

        wanted = governing.cutoffs_of(long, at=NOW)
        assert [grouped(one) for one in moved] == [grouped(one) for one in wanted]

    agrees()


def grouped(one: Any) -> Any:
    """Only who is in groups comes late or leaves."""
    if one.scope.kind is ScopeKind.GROUP:
        return one
    return replace(one, settled_at=None)
