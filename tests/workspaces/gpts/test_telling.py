"""Owners read by mail what others did with their GPTs; nothing that anybody wrote."""

import pytest

from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR, Person
from tests.workspaces.gpts import studio
from workspaces.gpts import services
from workspaces.gpts.models import Gpt, GptReview
from workspaces.gpts.services import ReviewState
from workspaces.members import services as members
from workspaces.notices.models import Notice
from workspaces.offboarding.models import Departure
from workspaces.offboarding.services import offboard
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])

REASON = "It names the margin."


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def admin(where: WorkspaceRef) -> Person:
    return cast.admin(where)


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


def mail(where: WorkspaceRef) -> list[Notice]:
    with scoping.organization(organization_id=where.organization.id):
        kinds = Notice.objects.filter(kind__startswith="gpt-")
        return list(kinds.order_by("id"))


def the_only(where: WorkspaceRef) -> Notice:
    (one,) = mail(where)
    return one


def asked(where: WorkspaceRef, jun: Person, admin: Person) -> GptReview:
    studio.allow_public(where, admin)
    review = services.set_visibility(
        actor=jun.actor,
        workspace=where,
        gpt=studio.make(jun).public_id,
        level="gpt_store",
        at=NOON,
    )
    assert review is not None
    return review


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (ReviewState.APPROVED, "approved"),
        (ReviewState.SENT_BACK, "sent back"),
        (ReviewState.REJECTED, "rejected"),
    ],
)
def test_the_owner_learns_what_became_of_a_review(
    where: WorkspaceRef, jun: Person, admin: Person, state: ReviewState, word: str
) -> None:
    review = asked(where, jun, admin)

    services.decide(
        actor=admin.actor,
        workspace=where,
        review=review.public_id,
        state=state,
        reason=REASON,
        at=NOON,
    )

    found = the_only(where)
    assert found.email == jun.user.email
    assert f"Version 1 of your GPT is {word}" in found.subject
    assert "/share/" in found.text
    assert REASON not in found.text
    assert studio.NAME not in found.subject + found.text


@pytest.mark.parametrize("verb", ["unpublish", "isolate"])
def test_the_owner_learns_what_was_taken(
    where: WorkspaceRef, jun: Person, admin: Person, verb: str
) -> None:
    gpt = studio.make(jun, level="workspace")

    getattr(services, verb)(
        actor=admin.actor, workspace=where, gpt=gpt.public_id, at=NOON
    )

    found = the_only(where)
    assert (found.email, found.kind) == (
        jun.user.email,
        {"unpublish": "gpt-unpublished", "isolate": "gpt-isolated"}[verb],
    )
    assert str(gpt.public_id) in found.text


def test_nobody_is_told_what_they_did_themselves(
    where: WorkspaceRef, admin: Person
) -> None:
    gpt = studio.make(admin, level="workspace")

    services.isolate(actor=admin.actor, workspace=where, gpt=gpt.public_id, at=NOON)

    assert mail(where) == []


def test_both_owners_learn_of_a_new_one(
    where: WorkspaceRef, jun: Person, admin: Person
) -> None:
    gpt: Gpt = studio.make(jun)
    noor = cast.analyst(where)

    services.reassign(
        actor=admin.actor,
        workspace=where,
        gpt=gpt.public_id,
        member=noor.membership.public_id,
        at=NOON,
    )

    assert [one.email for one in mail(where)] == [noor.user.email, jun.user.email]


def test_one_mail_tells_of_all_that_somebody_left(
    where: WorkspaceRef, jun: Person
) -> None:
    mara = cast.owner(where)
    studio.make(jun), studio.make(jun)

    offboard(
        actor=OPERATOR,
        workspace=where,
        member=jun.membership.public_id,
        departure=Departure.REMOVED,
        at=NOON,
    )
    members.add(
        actor=OPERATOR,
        workspace=where,
        email=jun.user.email,
        role="member",
        at=NOON,
    )

    left, returned = mail(where)
    assert (left.email, returned.email) == (mara.user.email, jun.user.email)
    assert left.subject.startswith("2 GPTs of somebody who left are yours now")
    assert returned.subject.startswith("2 GPTs are yours again")
