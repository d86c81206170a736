"""An admin empties a group for its draft: its former members count all the same."""

from typing import Any

import pytest

from retention.eligibility.scopes import Scope, ScopeKind
from retention.policies import previews, services
from retention.policies.drafts import services as drafts
from retention.policies.drafts.models import DraftState, PolicyDraft
from retention.policies.drafts.services import Values
from retention.policies.rules import Bounds
from retention.policies.services import NeedsSecondPerson
from tests import cast
from tests.cast import NOON
from tests.retention.conftest import Stage, staged
from tests.retention.conversations.test_scopes import group
from tests.retention.conversations.test_stays import change, join
from tests.retention.policies.conftest import protect
from tests.retention.sweeps.test_two_people import DAY, HOUR
from workspaces.groups.models import Group
from workspaces.groups.rules import KEPT_DAYS

Law = tuple[Stage, Group]


@pytest.fixture
def law(transactional_db: None) -> Law:
    """Four old chats that only a group keeps; two people from three objects on."""
    stage = staged(cast.workspace(), grace_hours=24)
    protect(stage, approval_number=3)
    made = group(stage, "Law", stage.member)
    stage.set_policy(30, at=NOON - 300 * DAY)
    stage.set_policy(None, scope=of(made), at=NOON - 300 * DAY)
    for _one in range(4):
        stage.conversation(age=200)
    return stage, made


def of(row: Group) -> Scope:
    return Scope(ScopeKind.GROUP, row.pk)


def leave(law: Law, *, at: Any = NOON) -> None:
    stage, made = law
    change(stage, made, removes=frozenset({stage.member.membership.public_id}), at=at)


def send(law: Law, *, at: Any = NOON, **values: Any) -> PolicyDraft:
    stage, made = law
    return drafts.apply(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        values=Values(**{"scope": of(made), "reason": "RS-14", **values}),
        at=at,
    )


SHORTER = [
    {"days": 30, "undo_days": 7},
    {"days": 30, "undo_days": 0},
    {"days": None, "undo_days": 7, "is_withdrawal": True},
    {"days": None, "undo_days": 0, "is_withdrawal": True},
]


@pytest.mark.parametrize("values", SHORTER)
def test_emptying_a_group_before_its_draft_is_sent_spares_no_second_person(
    law: Law, values: dict[str, Any]
) -> None:
    stage, made = law
    leave(law)

    sent = send(law, **values)
    join(stage, made, at=NOON + HOUR)
    forced = drafts.force_due(at=NOON + 25 * HOUR)

    assert (sent.state, forced) == (DraftState.AWAITING, 0)
    for day in range(2, 12):
        stage.sweep(at=NOON + day * DAY)
    assert len(stage.stored()) == 4


def test_a_group_that_is_emptied_while_its_draft_waits_is_counted_as_before(
    law: Law,
) -> None:
    """Small when it was sent, large while it waits, and emptied when it is due."""
    stage, made = law
    leave(law, at=NOON - (KEPT_DAYS + 2) * DAY)
    sent = send(law, days=30, undo_days=7, at=NOON)
    join(stage, made, at=NOON + HOUR)
    leave(law, at=NOON + 2 * HOUR)

    assert sent.state == DraftState.SCHEDULED
    assert drafts.force_due(at=NOON + 25 * HOUR) == 0


def test_who_left_longer_ago_than_anything_is_kept_counts_no_more(law: Law) -> None:
    leave(law, at=NOON - (KEPT_DAYS + 2) * DAY)

    assert send(law, days=30, undo_days=7).state == DraftState.SCHEDULED


def test_a_ceiling_counts_who_left_a_group_as_well(law: Law) -> None:
    leave(law)

    sent = send(
        law,
        scope=Scope(ScopeKind.WORKSPACE),
        days=None,
        undo_days=None,
        bounds=Bounds(floor_days=None, ceiling_days=30),
    )

    assert sent.state == DraftState.AWAITING


def test_a_policy_that_is_set_without_a_draft_is_refused_as_well(law: Law) -> None:
    stage, made = law
    leave(law)

    with pytest.raises(NeedsSecondPerson):
        services.set_policy(
            actor=stage.owner.actor,
            workspace=stage.workspace,
            scope=of(made),
            days=30,
            at=NOON,
        )


def test_the_second_person_reads_what_former_members_add(law: Law) -> None:
    stage, made = law
    second = cast.admin(stage.workspace)
    leave(law)
    shown = previews_of(stage, made)

    sent = send(law, days=30, undo_days=7)
    page = second.client().get(
        f"/w/halden-engineering/policies/drafts/{sent.public_id}/"
    )

    assert (shown.newly_due, shown.at_stake) == (0, 4)
    assert "who left a group in the last 60 days" in page.content.decode()


def previews_of(stage: Stage, made: Group) -> previews.Preview:
    with stage.scope():
        return previews.preview(
            workspace=stage.workspace, days=30, scope=of(made), at=NOON
        )
