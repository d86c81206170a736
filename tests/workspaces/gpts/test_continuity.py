"""A GPT outlives its owner's membership, and is theirs again when they return."""

from typing import Any

import pytest

from tests import cast
from tests.cast import NOON, OPERATOR, Person
from tests.workspaces.gpts import studio
from workspaces.gpts import services
from workspaces.gpts.models import Gpt, GptShare
from workspaces.gpts.rules import Rights
from workspaces.members import services as members
from workspaces.offboarding.models import Departure
from workspaces.offboarding.services import offboard
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


@pytest.fixture
def mara(where: WorkspaceRef) -> Person:
    return cast.owner(where)


def leave(who: Person, departure: Departure = Departure.REMOVED) -> dict[str, int]:
    report = offboard(
        actor=OPERATOR,
        workspace=who.workspace,
        member=who.membership.public_id,
        departure=departure,
        at=NOON,
    )
    return {one["name"]: one["count"] for one in report.steps}


def come_back(who: Person) -> None:
    members.add(
        actor=OPERATOR,
        workspace=who.workspace,
        email=who.user.email,
        role="member",
        at=NOON,
    )


def standing(where: WorkspaceRef, gpt: Gpt) -> tuple[int, bool, int | None]:
    row = studio.row(where, gpt.public_id)
    return row.owner_id, row.is_unassigned, row.original_owner_id


def test_a_removed_owners_gpts_go_to_a_workspace_owner(
    where: WorkspaceRef, jun: Person, mara: Person, recorded: Any
) -> None:
    gpts = [studio.make(jun, level="workspace"), studio.make(jun)]

    counts = leave(jun)

    assert counts["gpts"] == 2
    for gpt in gpts:
        assert standing(where, gpt) == (mara.membership.pk, True, jun.membership.pk)
    (first, _second) = recorded(where, "workspaces.gpt.handed-over")
    assert first["change.owner"] == [
        str(jun.membership.public_id),
        str(mara.membership.public_id),
    ]
    page = mara.client().get("/w/halden-engineering/gpts/governance/?unassigned=on")
    assert "Unassigned" in page.content.decode()


def test_who_is_suspended_keeps_what_is_theirs(
    where: WorkspaceRef, jun: Person
) -> None:
    gpt = studio.make(jun)

    assert leave(jun, Departure.SUSPENDED)["gpts"] == 0

    assert standing(where, gpt) == (jun.membership.pk, False, None)


def test_who_returns_gets_it_back(
    where: WorkspaceRef, jun: Person, recorded: Any
) -> None:
    gpt = studio.make(jun)
    leave(jun)

    come_back(jun)

    assert standing(where, gpt) == (jun.membership.pk, False, None)
    assert len(recorded(where, "workspaces.gpt.given-back")) == 1


def test_what_was_given_to_another_meanwhile_stays_theirs(
    where: WorkspaceRef, jun: Person, mara: Person
) -> None:
    gpt = studio.make(jun)
    noor = cast.analyst(where)
    leave(jun)
    services.reassign(
        actor=mara.actor,
        workspace=where,
        gpt=gpt.public_id,
        member=noor.membership.public_id,
        at=NOON,
    )

    come_back(jun)

    assert standing(where, gpt) == (noor.membership.pk, False, None)


def test_a_keeper_who_leaves_hands_on_and_the_maker_is_remembered(
    where: WorkspaceRef, jun: Person, mara: Person
) -> None:
    gpt = studio.make(jun)
    leave(jun)
    second = cast.admin(where)
    members.change_role(
        actor=OPERATOR,
        workspace=where,
        member=second.membership.public_id,
        role="owner",
        at=NOON,
    )

    leave(mara)

    assert standing(where, gpt) == (second.membership.pk, True, jun.membership.pk)
    come_back(jun)
    assert standing(where, gpt) == (jun.membership.pk, False, None)


def test_what_was_shared_with_who_leaves_ends(
    where: WorkspaceRef, jun: Person, mara: Person
) -> None:
    gpt = studio.make(mara)
    services.give(
        actor=mara.actor,
        workspace=where,
        gpt=gpt.public_id,
        rights=Rights.named("write"),
        email=jun.user.email,
        at=NOON,
    )

    assert leave(jun)["gpt_shares"] == 1

    with studio.opened(where):
        assert not GptShare.objects.exists()
    assert studio.row(where, gpt.public_id).editor_count == 0


def test_who_inherits_is_nobody_it_is_shared_with(
    where: WorkspaceRef, jun: Person, mara: Person
) -> None:
    gpt = studio.make(jun)
    services.give(
        actor=jun.actor,
        workspace=where,
        gpt=gpt.public_id,
        rights=Rights.named("read"),
        email=mara.user.email,
        at=NOON,
    )

    leave(jun)

    assert studio.row(where, gpt.public_id).recipient_count == 0


def test_a_member_who_comes_for_the_first_time_gets_nothing(
    where: WorkspaceRef, recorded: Any
) -> None:
    cast.analyst(where)

    assert recorded(where, "workspaces.gpt.given-back") == []
