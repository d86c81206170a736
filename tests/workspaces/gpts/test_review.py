"""From asking to show a GPT to the public to the decision of somebody else."""

from typing import Any

import pytest

from kit.permissions import PermissionDenied
from kit.refusals import Refused
from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.gpts import studio
from tests.workspaces.gpts.studio import NAME, SECRET, draft
from workspaces.gpts import selectors, services
from workspaces.gpts.authority import NotAllowed
from workspaces.gpts.models import Gpt, GptReview, ReviewState
from workspaces.gpts.rules import Rights
from workspaces.gpts.services.reviewing import AlreadyAsked, OwnWork, ReviewIsOver
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])

QUEUE = "/w/halden-engineering/gpts/governance/reviews/"
S = ReviewState


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def admin(where: WorkspaceRef) -> Person:
    return cast.admin(where)


@pytest.fixture
def jun(where: WorkspaceRef, admin: Person) -> Person:
    studio.allow_public(where, admin)
    return cast.member(where)


def ask(owner: Person, gpt: Gpt, level: str = "gpt_store") -> GptReview:
    found = services.set_visibility(
        actor=owner.actor,
        workspace=owner.workspace,
        gpt=gpt.public_id,
        level=level,
        at=NOON,
    )
    assert found is not None
    return found


def decide(who: Person, review: GptReview, state: ReviewState, why: str = "") -> Any:
    return services.decide(
        actor=who.actor,
        workspace=who.workspace,
        review=review.public_id,
        state=state,
        reason=why,
        at=NOON,
    )


def edit(owner: Person, gpt: Gpt) -> None:
    services.save_version(
        actor=owner.actor,
        workspace=owner.workspace,
        gpt=gpt.public_id,
        draft=draft(name="Newer"),
        at=NOON,
    )


def serves(who: Person, gpt: Gpt) -> str:
    with studio.opened(who.workspace):
        found = selectors.decide(member=who.membership, gpt=gpt.public_id, action="use")
    assert found.allowed
    return str(found.value)


def test_asking_shows_nothing_yet(where: WorkspaceRef, jun: Person) -> None:
    gpt = studio.make(jun, level="workspace")

    review = ask(jun, gpt)

    assert (review.state, review.number) == (S.WAITING, 1)
    assert studio.row(where, gpt.public_id).visibility == "workspace"


def test_an_approved_version_is_public(
    where: WorkspaceRef, jun: Person, admin: Person
) -> None:
    gpt = studio.make(jun)

    decide(admin, ask(jun, gpt, "anyone_with_link"), S.APPROVED)

    found = studio.row(where, gpt.public_id)
    assert (found.visibility, found.public_number) == ("anyone_with_link", 1)


def test_a_new_version_stays_private_until_it_is_approved(
    where: WorkspaceRef, jun: Person, admin: Person
) -> None:
    gpt = studio.publish_more(jun, admin)
    edit(jun, gpt)
    user = cast.analyst(where)
    assert (serves(jun, gpt), serves(user, gpt)) == ("2", "1")
    page = user.client().get(f"/w/halden-engineering/gpts/{gpt.public_id}/")
    assert NAME in page.content.decode()

    decide(admin, ask(jun, gpt), S.APPROVED)

    assert serves(user, gpt) == "2"


@pytest.mark.parametrize("state", [S.SENT_BACK, S.REJECTED])
def test_not_approved_needs_a_reason_that_the_owner_reads(
    where: WorkspaceRef, jun: Person, admin: Person, state: ReviewState
) -> None:
    gpt = studio.make(jun)
    review = ask(jun, gpt)
    with pytest.raises(Refused, match="Say why"):
        decide(admin, review, state, "  ")

    decided = decide(admin, review, state, "Name the source.")

    assert b"Name the source" not in bytes(decided.reason)
    assert studio.row(where, gpt.public_id).visibility == "invite_only"
    url = f"/w/halden-engineering/gpts/{gpt.public_id}/share/"
    assert "Name the source." in jun.client().get(url).content.decode()


def test_sent_back_is_asked_again_and_rejected_is_not(
    jun: Person, admin: Person
) -> None:
    gpt = studio.make(jun)
    decide(admin, ask(jun, gpt), S.SENT_BACK, "Too long.")
    decide(admin, ask(jun, gpt), S.REJECTED, "No.")

    with pytest.raises(AlreadyAsked, match="was rejected"):
        ask(jun, gpt)
    edit(jun, gpt)

    assert ask(jun, gpt).number == 2


def test_one_version_waits_at_a_time(jun: Person) -> None:
    gpt = studio.make(jun)
    ask(jun, gpt)

    with pytest.raises(AlreadyAsked, match="waits"):
        ask(jun, gpt)


def test_what_is_public_is_not_asked_again(jun: Person, admin: Person) -> None:
    gpt = studio.publish_more(jun, admin)

    assert (
        services.set_visibility(
            actor=jun.actor,
            workspace=jun.workspace,
            gpt=gpt.public_id,
            level="anyone_with_link",
            at=NOON,
        )
        is None
    )
    assert ask(jun, gpt, "gpt_store").wanted == "gpt_store"


def test_nobody_decides_their_own(where: WorkspaceRef, admin: Person) -> None:
    studio.allow_public(where, admin)
    gpt = studio.make(admin)
    review = ask(admin, gpt)

    with pytest.raises(OwnWork):
        decide(admin, review, S.APPROVED)

    decide(cast.owner(where), review, S.APPROVED)


def test_an_author_of_the_version_does_not_decide_it(
    jun: Person, admin: Person
) -> None:
    gpt = studio.make(jun)
    services.give(
        actor=jun.actor,
        workspace=jun.workspace,
        gpt=gpt.public_id,
        rights=Rights.named("write"),
        email=admin.user.email,
        at=NOON,
    )
    edit(admin, gpt)

    with pytest.raises(OwnWork):
        decide(admin, ask(jun, gpt), S.APPROVED)


def test_a_decision_is_made_once(
    where: WorkspaceRef, jun: Person, admin: Person
) -> None:
    review = ask(jun, studio.make(jun, level="workspace"))
    decide(admin, review, S.APPROVED)

    with pytest.raises(ReviewIsOver):
        decide(cast.owner(where), review, S.REJECTED, "Too late.")


def test_what_the_owner_may_share_no_more_is_not_approved(
    where: WorkspaceRef, jun: Person, admin: Person
) -> None:
    review = ask(jun, studio.make(jun, level="workspace"))
    studio.ceiling(where, "workspace")

    with pytest.raises(NotAllowed, match="no longer share so far"):
        decide(admin, review, S.APPROVED)


def test_the_owner_withdraws(where: WorkspaceRef, jun: Person, admin: Person) -> None:
    gpt = studio.make(jun)
    review = ask(jun, gpt)

    services.withdraw(actor=jun.actor, workspace=where, gpt=gpt.public_id, at=NOON)

    with pytest.raises(ReviewIsOver):
        decide(admin, review, S.APPROVED)


def test_a_member_decides_nothing(where: WorkspaceRef, jun: Person) -> None:
    review = ask(jun, studio.make(jun, level="workspace"))

    with pytest.raises(PermissionDenied):
        decide(cast.analyst(where), review, S.APPROVED)


def test_the_queue_shows_the_name_and_no_instructions(
    jun: Person, admin: Person
) -> None:
    gpt = studio.make(jun)
    review = ask(jun, gpt)
    browser = admin.client()

    queue = browser.get(QUEUE).content.decode()
    page = browser.get(f"{QUEUE}{review.public_id}/").content.decode()

    assert NAME in queue
    assert NAME in page
    assert SECRET not in page


def test_the_page_decides(where: WorkspaceRef, jun: Person, admin: Person) -> None:
    gpt = studio.make(jun)
    url = f"{QUEUE}{ask(jun, gpt).public_id}/"
    browser = admin.client()
    assert browser.post(url, {"state": "rejected", "reason": ""}).status_code == 422
    assert browser.post(url, {"state": "eaten"}).status_code == 422

    answer = browser.post(url, {"state": "approved"})

    assert answer["Location"] == QUEUE
    assert studio.row(where, gpt.public_id).visibility == "gpt_store"
    assert "Approved" in browser.get(f"{QUEUE}?show=over").content.decode()
    assert browser.get(url).status_code == 200


def test_a_withdrawn_request_shows_the_name_no_more(
    where: WorkspaceRef, jun: Person, admin: Person
) -> None:
    gpt = studio.make(jun)
    review = ask(jun, gpt)
    services.withdraw(actor=jun.actor, workspace=where, gpt=gpt.public_id, at=NOON)
    browser = admin.client()

    for url in (f"{QUEUE}?show=over", f"{QUEUE}{review.public_id}/"):
        assert NAME not in browser.get(url).content.decode()


def test_reviews_are_recorded_without_their_reasons(
    where: WorkspaceRef, jun: Person, admin: Person, recorded: Any
) -> None:
    review = ask(jun, studio.make(jun, level="workspace"))

    decide(admin, review, S.REJECTED, "It names a client.")

    for act in ("requested", "rejected"):
        (found,) = recorded(where, f"workspaces.gpt-review.{act}")
        assert found == {
            "detail.review": str(review.public_id),
            "detail.wanted": "gpt_store",
        }


def test_the_overview_says_what_waits(
    where: WorkspaceRef, admin: Person, jun: Person
) -> None:
    page = admin.client().get("/w/halden-engineering/").content.decode()
    assert "waits for a review" not in page

    ask(jun, studio.make(jun, level="workspace"))

    page = admin.client().get("/w/halden-engineering/").content.decode()
    assert "1 GPT waits for a review" in page
    assert f'href="{QUEUE}"' in page
