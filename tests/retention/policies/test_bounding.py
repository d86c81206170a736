"""Floor and ceiling: what they do to a policy, and that they purge nothing."""

import pytest

from kit.permissions import PermissionDenied
from retention.policies.bounding import rules, selectors, services
from retention.policies.bounding.rules import NONE, Limits
from retention.policies.bounding.services import (
    APolicyWouldShorten,
)
from retention.policies.bounds import BoundsAreImpossible, BoundsSayItAlready
from retention.policies.drafts import services as drafts
from retention.policies.drafts.models import PolicyDraft
from tests import cast
from tests.cast import NOON, Person
from tests.retention.conftest import Stage
from tests.retention.policies.conftest import protect

URL = "/w/halden-engineering/policies/bounds/"
WIDE = Limits(floor_days=30, ceiling_days=400)


def set_as(person: Person, wanted: Limits, *, kind: str = "conversations") -> None:
    services.set_bounds(
        actor=person.actor,
        workspace=person.workspace,
        content_kind=kind,
        wanted=wanted,
        reason="Agreed",
        at=NOON,
    )


def limits(stage: Stage) -> Limits:
    with stage.scope():
        return selectors.limits(content_kind="conversations")


@pytest.mark.parametrize(
    ("days", "floor", "ceiling", "kept"),
    [
        (90, None, None, 90),
        (None, None, None, None),
        (90, 120, None, 120),
        (90, None, 60, 60),
        (None, None, 60, 60),
        (None, 120, None, None),
        (90, 30, 365, 90),
    ],
)
def test_a_policy_keeps_inside_the_bounds(
    days: int | None, floor: int | None, ceiling: int | None, kept: int | None
) -> None:
    found = rules.kept(days, Limits(floor_days=floor, ceiling_days=ceiling))

    assert found == kept


def test_owners_set_them_and_it_is_recorded(stage: Stage, entries) -> None:
    stage.set_policy(90)

    set_as(stage.owner, WIDE)

    assert limits(stage) == WIDE
    (leaf,) = entries(stage, "retention.policy-bounds.set")
    assert {"change.floor_days", "change.ceiling_days"} <= set(leaf["commit"])
    with pytest.raises(BoundsSayItAlready):
        set_as(stage.owner, WIDE)


def test_a_ceiling_below_a_policy_is_refused(stage: Stage) -> None:
    stage.set_policy(90)

    with pytest.raises(APolicyWouldShorten):
        set_as(stage.owner, Limits(floor_days=None, ceiling_days=60))
    assert limits(stage) == NONE


def test_without_a_policy_nothing_has_a_ceiling(stage: Stage) -> None:
    with pytest.raises(APolicyWouldShorten):
        set_as(stage.owner, Limits(floor_days=None, ceiling_days=3_650))


def test_a_floor_that_keeps_something_is_not_lowered(stage: Stage) -> None:
    stage.set_policy(90)
    set_as(stage.owner, Limits(floor_days=120, ceiling_days=None))

    with pytest.raises(APolicyWouldShorten):
        set_as(stage.owner, NONE)


@pytest.mark.parametrize(("floor", "ceiling"), [(0, None), (None, 3_651), (120, 100)])
def test_bounds_have_an_order(
    stage: Stage, floor: int | None, ceiling: int | None
) -> None:
    stage.set_policy(90)

    with pytest.raises(BoundsAreImpossible):
        set_as(stage.owner, Limits(floor_days=floor, ceiling_days=ceiling))


def test_others_may_not_set_them(stage: Stage) -> None:
    stage.set_policy(90)
    for person in (stage.member, stage.officer, cast.admin(stage.workspace)):
        with pytest.raises(PermissionDenied):
            set_as(person, WIDE)


def test_the_page_sets_them(stage: Stage) -> None:
    stage.set_policy(90)
    client = stage.owner.client()
    asked = {"floor_days": "30", "ceiling_days": "400", "reason": "Agreed"}

    wrong = client.post(f"{URL}set/", asked | {"ceiling_days": "60"})
    done = client.post(f"{URL}set/", asked)

    assert wrong.status_code == 422
    assert "would keep for less" in wrong.content.decode()
    assert done.status_code == 302
    assert 'value="400"' in client.get(URL).content.decode()
    assert client.get(f"{URL}?kind=moon").status_code == 404
    assert "You can look" in stage.officer.client().get(URL).content.decode()


def apply_draft(stage: Stage, days: int) -> PolicyDraft:
    return drafts.apply(
        actor=stage.owner.actor,
        workspace=stage.workspace,
        values=drafts.Values(days=days, undo_days=0),
        at=NOON,
    )


def test_a_floor_under_which_a_draft_was_previewed_stays_until_it_is_over(
    patient: Stage,
) -> None:
    """Else it takes force with more than its second person was asked about."""
    for _one in range(5):
        patient.conversation(age=200)
    patient.set_policy(3_000)
    set_as(patient.owner, Limits(floor_days=400, ceiling_days=None))
    protect(patient, approval_percent=50)
    draft = apply_draft(patient, 90)
    assert draft.state == "scheduled"

    with pytest.raises(APolicyWouldShorten):
        set_as(patient.owner, NONE)

    drafts.cancel(
        actor=patient.owner.actor,
        workspace=patient.workspace,
        draft=draft.public_id,
        at=NOON,
    )
    set_as(patient.owner, NONE)
    assert apply_draft(patient, 90).state == "awaiting"


def test_bounds_that_shorten_no_policy_ask_nobody(guarded: Stage) -> None:
    guarded.set_policy(365)

    set_as(guarded.owner, WIDE)

    assert limits(guarded) == WIDE
