"""Floor and ceiling go the way of a policy: preview, grace, second person, list."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from kit.permissions import PermissionDenied
from retention.drift import selectors as drift
from retention.policies import bounds as core
from retention.policies import rules, selectors
from retention.policies import services as setting
from retention.policies.bounds import BoundsAreImpossible, BoundsSayItAlready
from retention.policies.drafts import selectors as drafts
from retention.policies.drafts import services
from retention.policies.drafts.digests import digest
from retention.policies.drafts.models import PolicyDraft
from retention.policies.drafts.services import DraftHasChanged, Values
from retention.policies.listing import selectors as lists
from retention.policies.listing.models import PurgeList
from retention.policies.rules import UNBOUNDED, Bounds
from tests import cast
from tests.cast import NOON, OPERATOR, Person
from tests.retention.conftest import Stage
from tests.retention.policies.conftest import protect

URL = "/w/halden-engineering/policies/bounds/"
DAY = timedelta(days=1)
WIDE = Bounds(floor_days=30, ceiling_days=400)


def ceiling(days: int | None) -> Bounds:
    return Bounds(floor_days=None, ceiling_days=days)


def floor(days: int | None) -> Bounds:
    return Bounds(floor_days=days, ceiling_days=None)


def send(person: Person, wanted: Bounds, at=NOON) -> PolicyDraft:
    return services.apply(
        actor=person.actor,
        workspace=person.workspace,
        values=Values.of_bounds(wanted, reason="Agreed"),
        at=at,
    )


def send_policy(stage: Stage, days: int, at=NOON) -> PolicyDraft:
    return services.apply(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        values=Values(days=days, undo_days=0),
        at=at,
    )


def approve(person: Person, draft: PolicyDraft) -> PolicyDraft:
    return services.approve(
        actor=person.actor,
        workspace=person.workspace,
        draft=draft.public_id,
        seen=digest(draft).hex(),
        at=NOON,
    )


def in_force(stage: Stage) -> Bounds:
    with stage.scope():
        return selectors.bounds(content_kind="conversations")


def state(stage: Stage, draft: PolicyDraft) -> str:
    with stage.scope():
        return str(drafts.one(draft=draft.public_id).state)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (UNBOUNDED, ceiling(60), True),
        (ceiling(60), ceiling(90), False),
        (ceiling(60), UNBOUNDED, False),
        (floor(60), UNBOUNDED, True),
        (floor(60), floor(30), True),
        (UNBOUNDED, floor(60), False),
        (WIDE, WIDE, False),
    ],
)
def test_what_lets_go_earlier(before: Bounds, after: Bounds, expected: bool) -> None:
    assert rules.lowers(before, after) is expected


def test_bounds_that_only_keep_are_in_force_at_once(patient: Stage, entries) -> None:
    made = send(patient.owner, floor(120))

    assert (made.state, made.version) == ("in_force", 1)
    assert in_force(patient) == floor(120)
    (leaf,) = entries(patient, "retention.policy-bounds.set")
    assert {"change.floor_days", "change.ceiling_days"} <= set(leaf["commit"])
    with pytest.raises(BoundsSayItAlready):
        send(patient.owner, floor(120))


def test_a_lower_ceiling_waits_and_its_sweep_takes_what_was_listed(
    patient: Stage, entries
) -> None:
    kept = {patient.conversation(age=age).public_id for age in (10, 60)}
    for age in (120, 200, 300):
        patient.conversation(age=age)

    made = send(patient.owner, ceiling(90))

    assert (made.state, made.due_at) == ("scheduled", NOON + DAY)
    assert made.preview["conversations"] == 3
    (leaf,) = entries(patient, "retention.policy.scheduled")
    assert leaf["counts"]["listed"] == 3
    assert services.force_due(at=NOON + DAY) == 1
    undo = timedelta(days=made.undo_days)
    assert patient.sweep(at=NOON + DAY + undo - timedelta(hours=1)).purged_n == 0
    sweep = patient.sweep(at=NOON + DAY + undo)
    assert sweep.purged_n == 3
    assert patient.stored() == kept
    with patient.scope():
        found = lists.newest_of(draft=made)
        assert found is not None
        counted = drift.counts(
            found, workspace=patient.workspace, at=NOON + DAY + undo + DAY
        )
    assert {name: n for name, n in counted.items() if n} == {"purged": 3}


def test_above_the_threshold_another_person_agrees(guarded: Stage, second: Person):
    made = send(guarded.owner, ceiling(90))
    assert made.state == "awaiting"

    with pytest.raises(services.AuthorCannotApprove):
        approve(guarded.owner, made)
    assert approve(second, made).state == "scheduled"
    assert services.force_due(at=NOON + DAY) == 1
    assert in_force(guarded) == ceiling(90)


def test_who_may_set_policies_alone_changes_no_bounds(
    guarded: Stage, second: Person
) -> None:
    made = send(guarded.owner, ceiling(90))

    for wanted in (Values.of_bounds(ceiling(20)), Values(days=20, undo_days=0)):
        with pytest.raises(PermissionDenied):
            services.change(
                actor=second.actor,
                workspace=guarded.workspace,
                draft=made.public_id,
                values=wanted,
                at=NOON,
            )
    for person in (second, guarded.member, guarded.officer):
        with pytest.raises(PermissionDenied):
            send(person, WIDE)


def test_lowered_together_a_floor_and_a_policy_are_counted_together(
    patient: Stage, second: Person
) -> None:
    """Each alone takes nothing: the floor keeps for the policy, and so one is asked."""
    for _one in range(5):
        patient.conversation(age=200)
    patient.set_policy(3_000)
    send(patient.owner, floor(400))
    protect(patient, approval_percent=50)
    policy = send_policy(patient, 90)
    bounds = send(patient.owner, UNBOUNDED)
    assert (policy.state, bounds.state) == ("scheduled", "scheduled")

    assert services.force_due(at=NOON + DAY) == 1

    assert (state(patient, policy), state(patient, bounds)) == ("in_force", "draft")
    again = services.send(
        actor=patient.owner.actor,
        workspace=patient.workspace,
        draft=bounds.public_id,
        at=NOON + DAY,
    )
    assert again.state == "awaiting"


def approved_for_one_of_six(stage: Stage, second: Person) -> PolicyDraft:
    """Bounds that let one go; a policy under the old floor will add five."""
    stage.conversation(age=500)
    for _one in range(5):
        stage.conversation(age=200)
    stage.set_policy(450)
    send(stage.owner, floor(600), at=NOON - 9 * DAY)
    protect(stage, approval_number=1)
    send_policy(stage, 90)
    made = send(stage.owner, UNBOUNDED)
    assert made.state == "awaiting"
    return made


def test_an_approval_is_for_no_more_than_its_preview_said(
    patient: Stage, second: Person
) -> None:
    made = approved_for_one_of_six(patient, second)
    approve(second, made)

    services.force_due(at=NOON + DAY)

    assert state(patient, made) == "draft"
    assert in_force(patient) == floor(600)


def test_nobody_approves_what_lets_more_go_by_now(
    patient: Stage, second: Person
) -> None:
    made = approved_for_one_of_six(patient, second)
    patient.set_policy(80, at=NOON, override=True, reason="court order")

    with pytest.raises(DraftHasChanged, match="more go"):
        approve(second, made)


def test_a_policy_and_bounds_may_be_under_way_together_but_not_two_bounds(
    patient: Stage,
) -> None:
    patient.conversation(age=200)
    send_policy(patient, 90)
    send(patient.owner, ceiling(90))

    with pytest.raises(services.AnotherIsUnderWay):
        send(patient.owner, ceiling(80))


def test_the_core_does_not_go_around_the_second_person(guarded: Stage) -> None:
    with pytest.raises(setting.NeedsSecondPerson):
        core.set_bounds(
            actor=OPERATOR,
            workspace=guarded.workspace,
            floor_days=None,
            ceiling_days=90,
            at=NOON,
        )


@pytest.mark.parametrize(
    "wanted", [floor(0), ceiling(3_651), Bounds(floor_days=120, ceiling_days=100)]
)
def test_bounds_have_an_order(patient: Stage, wanted: Bounds) -> None:
    with pytest.raises(BoundsAreImpossible):
        send(patient.owner, wanted)


@pytest.mark.parametrize("model", [PolicyDraft, PurgeList])
@pytest.mark.parametrize(
    "columns",
    [{"is_bounds": False}, {"days": 90}, {"scope_kind": "member", "membership_id": 1}],
)
def test_a_row_proposes_a_policy_or_bounds(
    patient: Stage, model: Any, columns: dict[str, Any]
) -> None:
    send(patient.owner, ceiling(90))

    with patient.scope(), transaction.atomic():
        with pytest.raises(IntegrityError, match="bounds_of_the_workspace"):
            model.objects.update(**columns)
        transaction.set_rollback(True)


def test_the_page_previews_and_sends_them(patient: Stage) -> None:
    for _one in range(3):
        patient.conversation(age=200)
    client = patient.owner.client()
    asked = {"floor_days": "", "ceiling_days": "90", "reason": "Agreed"}

    shown = client.get(URL, asked).content.decode()
    untyped = client.post(f"{URL}set/", asked)
    done = client.post(f"{URL}set/", {**asked, "typed_name": "halden-engineering"})

    assert "floor none, ceiling 90 days?" in shown
    assert re.search(r"More than today.*?\+3", shown, re.DOTALL)
    assert untyped.status_code == 422
    assert "Type halden-engineering exactly" in untyped.content.decode()
    page = client.get(done["location"]).content.decode()
    assert "Bounds for conversations: floor none, ceiling 90 days" in page
    assert "Every policy" in page
    assert "Under way" in client.get(URL).content.decode()
    for path, text in (
        ("change/", "No policy keeps longer"),
        ("purge-list/", "3 items"),
    ):
        assert text in client.get(done["location"] + path).content.decode()


def test_the_page_refuses_nonsense_and_who_may_not(patient: Stage) -> None:
    client = patient.owner.client()

    wrong = client.get(URL, {"floor_days": "120", "ceiling_days": "100"})
    none = client.post(f"{URL}set/", {"ceiling_days": "many", "reason": "x"})

    assert "The floor is not above the ceiling" in wrong.content.decode()
    assert none.status_code == 422
    assert client.get(f"{URL}?kind=moon").status_code == 404
    assert "You can look" in patient.officer.client().get(URL).content.decode()
    assert cast.admin(patient.workspace).client().post(f"{URL}set/").status_code == 403
