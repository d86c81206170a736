"""The second person: who counts, for what exactly, and what voids it."""

from datetime import timedelta

import pytest
from django.db import connections

from kit.permissions import PermissionDenied
from retention.eligibility import scopes
from retention.policies import selectors as policies
from retention.policies import services as setting
from retention.policies.drafts import selectors, services
from retention.policies.drafts.digests import LIFECYCLE, digest
from retention.policies.drafts.models import PolicyDraft
from retention.policies.drafts.services import (
    ApprovalIsMissing,
    AuthorCannotApprove,
    DraftHasChanged,
    Values,
    WasNotAsked,
)
from retention.policies.services import NeedsSecondPerson
from tests import cast
from tests.cast import NOON, OPERATOR, Person
from tests.retention import simple
from tests.retention.conftest import Stage
from tests.retention.policies.conftest import protect
from workspaces.members.services import membership

DAY = timedelta(days=1)
SHORT = Values(days=90, undo_days=0, reason="Records schedule RS-14")


def send(stage: Stage, values: Values = SHORT, at=NOON) -> PolicyDraft:
    return services.apply(
        actor=stage.owner.actor, workspace=stage.workspace, values=values, at=at
    )


def approve(person: Person, draft: PolicyDraft, seen: str = "") -> PolicyDraft:
    return services.approve(
        actor=person.actor,
        workspace=person.workspace,
        draft=draft.public_id,
        seen=seen or digest(draft).hex(),
        at=NOON,
    )


def days(stage: Stage, at=NOON) -> int | None:
    with stage.scope():
        return policies.standing(workspace=stage.workspace, at=at).days


def now(stage: Stage, draft: PolicyDraft) -> PolicyDraft:
    with stage.scope():
        return selectors.one(draft=draft.public_id)


def test_above_the_threshold_a_shortening_waits_for_another_person(
    guarded: Stage, entries
) -> None:
    sent = send(guarded)

    assert (sent.state, sent.due_at) == ("awaiting", None)
    assert services.force_due(at=NOON + 9 * DAY) == 0
    (leaf,) = entries(guarded, "retention.policy.sent")
    assert leaf["target_id"] == str(sent.public_id)


def test_below_the_threshold_one_person_decides(guarded: Stage) -> None:
    protect(guarded, approval_percent=None, approval_number=6)

    assert send(guarded).state == "scheduled"


def test_an_approval_schedules_and_the_draft_takes_force(
    guarded: Stage, second: Person, entries
) -> None:
    sent = send(guarded)

    approved = approve(second, sent)

    assert (approved.state, approved.due_at) == ("scheduled", NOON + DAY)
    (leaf,) = entries(guarded, "retention.policy.approved")
    assert digest(sent).hex() in str(leaf)
    assert services.force_due(at=NOON + DAY) == 1
    assert days(guarded, NOON + DAY) == 90


def test_the_author_cannot_approve(guarded: Stage) -> None:
    sent = send(guarded)

    with pytest.raises(AuthorCannotApprove):
        approve(guarded.owner, sent)


def test_whoever_changed_the_draft_cannot_approve(
    guarded: Stage, second: Person
) -> None:
    sent = send(guarded)
    services.change(
        actor=second.actor,
        workspace=guarded.workspace,
        draft=sent.public_id,
        values=Values(days=60, undo_days=0),
        at=NOON,
    )
    again = services.send(
        actor=guarded.owner.actor,
        workspace=guarded.workspace,
        draft=sent.public_id,
        at=NOON,
    )

    for person in (second, guarded.owner):
        with pytest.raises(AuthorCannotApprove):
            approve(person, again)


def test_who_may_not_set_policies_cannot_approve(guarded: Stage) -> None:
    sent = send(guarded)
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")

    for person in (guarded.officer, guarded.member):
        with pytest.raises(PermissionDenied):
            approve(person, sent)
    with pytest.raises(PermissionDenied):
        services.approve(
            actor=stranger.actor,
            workspace=guarded.workspace,
            draft=sent.public_id,
            seen=digest(sent).hex(),
            at=NOON,
        )


def test_an_approval_is_for_what_was_seen(guarded: Stage, second: Person) -> None:
    sent = send(guarded)

    with pytest.raises(DraftHasChanged):
        approve(second, sent, seen="00" * 32)
    assert now(guarded, sent).state == "awaiting"


def test_a_change_voids_the_approval(guarded: Stage, second: Person) -> None:
    sent = send(guarded)
    approve(second, sent)

    changed = services.change(
        actor=guarded.owner.actor,
        workspace=guarded.workspace,
        draft=sent.public_id,
        values=Values(days=60, undo_days=0, reason=SHORT.reason),
        at=NOON,
    )

    assert changed.state == "draft"
    with guarded.scope():
        assert selectors.approvers(workspace=guarded.workspace, draft=changed) == []
    assert services.force_due(at=NOON + 9 * DAY) == 0
    again = services.send(
        actor=guarded.owner.actor,
        workspace=guarded.workspace,
        draft=sent.public_id,
        at=NOON,
    )
    assert again.state == "awaiting"


COLUMNS = {
    "workspace_id": None,
    "public_id": "gen_random_uuid()",
    "scope_kind": None,
    "membership_id": None,
    "group_id": None,
    "project_id": None,
    "content_kind": "'memories'",
    "days": "89",
    "undo_days": "1",
    "is_withdrawal": "true",
    "is_bounds": "true, days = null",
    "floor_days": "30, days = null, is_bounds = true",
    "ceiling_days": "99, days = null, is_bounds = true",
    "clock": "'creation'",
    "reason": "'another'",
    "base_version": "7",
    "revision": "9",
    "author": "'somebody'",
    "edited_by": "'somebody'",
    "drafted_at": "drafted_at - interval '1 s'",
    "edited_at": "edited_at + interval '1 s'",
    "preview": """preview || '{"conversations": 0}'""",
    "previewed_at": "previewed_at + interval '1 s'",
}


@pytest.mark.parametrize("column", [c for c, value in COLUMNS.items() if value])
def test_any_field_that_changes_voids_the_approval(
    guarded: Stage, second: Person, column: str
) -> None:
    sent = send(guarded)
    approve(second, sent)
    with guarded.scope(), connections["default"].cursor() as cursor:
        cursor.execute(f"update retention_policydraft set {column} = {COLUMNS[column]}")

    services.force_due(at=NOON + DAY)

    with guarded.scope():
        (found,) = selectors.drafts()
    assert found.state == "draft"
    assert days(guarded, NOON + DAY) is None


def test_every_field_that_a_draft_proposes_is_bound() -> None:
    known = {field.attname for field in PolicyDraft._meta.concrete_fields}

    assert known - set(LIFECYCLE) == set(COLUMNS)


def test_an_approver_who_lost_the_permission_does_not_count(
    guarded: Stage, second: Person
) -> None:
    sent = send(guarded)
    approve(second, sent)
    membership.change_role(
        actor=guarded.owner.actor,
        workspace=guarded.workspace,
        member=second.membership.public_id,
        role="member",
        at=NOON,
    )

    assert services.force_due(at=NOON + DAY) == 0

    assert now(guarded, sent).state == "draft"
    with guarded.scope():
        last = selectors.steps_of(draft=sent)[-1]
    assert last.kind == "returned"
    assert "may not set policies any more" in last.reason


def test_who_was_made_an_approver_after_it_was_sent_cannot_approve(
    guarded: Stage, second: Person
) -> None:
    sent = send(guarded)
    puppet = promoted(guarded)

    with pytest.raises(WasNotAsked):
        approve(puppet, sent)

    assert now(guarded, sent).state == "awaiting"
    with guarded.scope():
        asked = selectors.may_approve(workspace=guarded.workspace, draft=sent)
        assert [one.pk for one in asked] == [second.user.pk]
        assert selectors.waiting_for(person=puppet.actor.id) == []
        assert selectors.waiting_for(person=second.actor.id) == [sent]
    assert approve(second, sent).state == "scheduled"


def test_an_approval_by_who_was_not_asked_counts_for_nothing(
    guarded: Stage, second: Person
) -> None:
    """Whatever wrote the step: it is asked again when the draft takes force."""
    sent = send(guarded)
    approve(second, sent)
    rewrite("asked = '{}' where kind = 'sent'")

    assert services.force_due(at=NOON + DAY) == 0
    assert now(guarded, sent).state == "draft"


def test_sending_it_again_asks_who_may_approve_by_then(guarded: Stage) -> None:
    sent = send(guarded)
    newcomer = promoted(guarded)
    services.decline(
        actor=newcomer.actor,
        workspace=guarded.workspace,
        draft=sent.public_id,
        reason="Send it to me as well",
        at=NOON,
    )

    again = services.send(
        actor=guarded.owner.actor,
        workspace=guarded.workspace,
        draft=sent.public_id,
        at=NOON,
    )

    assert approve(newcomer, again).state == "scheduled"


def test_a_draft_that_was_sent_before_this_was_kept_asks_everybody(
    guarded: Stage,
) -> None:
    sent = send(guarded)
    rewrite("asked = null")

    assert approve(promoted(guarded), sent).state == "scheduled"


def test_the_percent_is_of_what_is_stored_of_the_drafts_own_kind(
    guarded: Stage, second: Person
) -> None:
    """Five chats, two memories: all memories are half of nothing but memories."""
    for _one in range(2):
        simple.memory(guarded, created_at=NOON - 200 * DAY)
    for _one in range(20):
        guarded.conversation(age=1)

    memories = Values(content_kind="memories", days=90, undo_days=0)

    assert send(guarded, memories).state == "awaiting"
    assert send(guarded).state == "scheduled"  # five of 25


def rewrite(columns: str) -> None:
    """What no part of Custos may: steps are written once."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"update retention_draftstep set {columns}")


def promoted(stage: Stage) -> Person:
    """The member, whom the owner makes an admin."""
    membership.change_role(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        member=stage.member.membership.public_id,
        role="admin",
        at=NOON,
    )
    return cast.member(stage.workspace)


def test_another_person_may_decline_with_a_reason(
    guarded: Stage, second: Person, entries
) -> None:
    sent = send(guarded)

    back = services.decline(
        actor=second.actor,
        workspace=guarded.workspace,
        draft=sent.public_id,
        reason="Legal has not answered",
        at=NOON,
    )

    assert back.state == "draft"
    (leaf,) = entries(guarded, "retention.policy.declined")
    assert "reason" in leaf["commit"]
    with pytest.raises(ApprovalIsMissing):
        approve(second, sent)


def test_the_operator_does_not_go_around_the_second_person(guarded: Stage) -> None:
    asked = {
        "actor": OPERATOR,
        "workspace": guarded.workspace,
        "days": 90,
        "undo_days": 0,
        "at": NOON,
    }

    with pytest.raises(NeedsSecondPerson):
        setting.set_policy(**asked)

    setting.set_policy(**asked, override=True, reason="court order")
    assert days(guarded) == 90


def test_two_drafts_that_let_little_go_do_not_let_all_go_together(
    guarded: Stage, second: Person
) -> None:
    """Each is counted while the other one is not in force: alone it takes nothing."""
    own = scopes.member(guarded.member.membership.pk)
    guarded.set_policy(None, scope=own, at=NOON)
    withdrawal = Values(scope=own, days=None, undo_days=0, is_withdrawal=True)
    assert send(guarded, withdrawal).state == "scheduled"
    short = send(guarded)
    assert short.state == "scheduled"

    assert services.force_due(at=NOON + DAY) == 1

    assert now(guarded, short).state == "draft"
    assert days(guarded, NOON + DAY) is None
    again = services.send(
        actor=guarded.owner.actor,
        workspace=guarded.workspace,
        draft=short.public_id,
        at=NOON + DAY,
    )
    assert again.state == "awaiting"
