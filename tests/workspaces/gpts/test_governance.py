"""What those who govern see and do: metadata, unpublish, isolate, reassign."""

from typing import Any

import pytest
from django.test import Client

from kit.permissions import PermissionDenied
from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.gpts import studio
from tests.workspaces.gpts.studio import NAME, SECRET
from workspaces.gpts import selectors, services
from workspaces.gpts.models import Gpt, GptShare
from workspaces.gpts.rules import Rights
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(databases=["default", "owner", "vault"])

HOME = "/w/halden-engineering/gpts/governance/"


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def jun(where: WorkspaceRef) -> Person:
    return cast.member(where)


@pytest.fixture
def admin(where: WorkspaceRef) -> Person:
    return cast.admin(where)


@pytest.fixture
def client(admin: Person) -> Client:
    return admin.client()


@pytest.fixture
def shared(where: WorkspaceRef, jun: Person) -> Gpt:
    """Shared with the workspace, and with Noor as an editor."""
    gpt = studio.make(jun, level="workspace")
    services.give(
        actor=jun.actor,
        workspace=where,
        gpt=gpt.public_id,
        rights=Rights.named("write"),
        email=cast.analyst(where).user.email,
        at=NOON,
    )
    return gpt


def may_use(who: Person, gpt: Gpt) -> bool:
    with studio.opened(who.workspace):
        return bool(
            selectors.decide(member=who.membership, gpt=gpt.public_id, action="use")
        )


def test_names_are_shown_of_what_all_may_see(
    where: WorkspaceRef, jun: Person, client: Client
) -> None:
    private = studio.make(jun, name="Diary")
    studio.make(jun, name="Linked", level="workspace_with_link")
    studio.make(jun, name="Everybodys", level="workspace")

    page = client.get(HOME).content.decode()

    assert "Everybodys" in page
    assert "Diary" not in page
    assert "Linked" not in page
    assert str(private.public_id)[:8] in page
    one = client.get(f"{HOME}{private.public_id}/").content.decode()
    assert "Diary" not in one
    assert SECRET not in one


def test_the_list_filters_by_level(jun: Person, client: Client) -> None:
    studio.make(jun, name="Everybodys", level="workspace")
    private = studio.make(jun)

    found = client.get(f"{HOME}?visibility=invite_only").content.decode()

    assert str(private.public_id)[:8] in found
    assert "Everybodys" not in found
    nothing = client.get(f"{HOME}?visibility=gpt_store").content.decode()
    assert "No GPT fits" in nothing
    assert client.get(f"{HOME}?visibility=galaxy").status_code == 200


def test_the_chart_counts_by_level(jun: Person, client: Client) -> None:
    studio.make(jun, level="workspace")
    studio.make(jun)

    page = client.get(HOME).content.decode()

    assert "2 GPTs are kept here." in page
    assert "<svg" in page


def test_pages_have_pages(
    jun: Person, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        studio.make(jun)
    original = selectors.page
    monkeypatch.setattr(selectors, "page", lambda **k: original(**k, size=2))

    page = client.get(HOME).content.decode()

    assert "after=" in page


def test_unpublishing_leaves_it_to_invited_people(
    where: WorkspaceRef, jun: Person, client: Client, shared: Gpt, recorded: Any
) -> None:
    client.post(f"{HOME}{shared.public_id}/unpublish/", {"reason": "Not ready"})

    found = studio.row(where, shared.public_id)
    assert (found.visibility, found.recipient_count) == ("invite_only", 1)
    assert found.unpublished_at is not None
    assert may_use(cast.analyst(where), shared)
    assert not may_use(cast.officer(where), shared)
    assert recorded(where, "workspaces.gpt.unpublished") == [
        {"change.visibility": ["workspace", "invite_only"], "reason": "Not ready"}
    ]


def test_a_public_gpt_is_unpublished(
    where: WorkspaceRef, jun: Person, admin: Person, client: Client
) -> None:
    gpt = studio.publish(jun, admin)

    client.post(f"{HOME}{gpt.public_id}/unpublish/")

    found = studio.row(where, gpt.public_id)
    assert (found.visibility, found.public_number) == ("invite_only", None)


def test_isolating_leaves_it_to_its_owner_who_may_share_again(
    where: WorkspaceRef, jun: Person, client: Client, shared: Gpt
) -> None:
    client.post(f"{HOME}{shared.public_id}/isolate/")

    found = studio.row(where, shared.public_id)
    assert (found.visibility, found.recipient_count) == ("invite_only", 0)
    assert found.isolated_at is not None
    assert may_use(jun, shared)
    assert not may_use(cast.analyst(where), shared)
    services.set_visibility(
        actor=jun.actor,
        workspace=where,
        gpt=shared.public_id,
        level="workspace",
        at=NOON,
    )
    assert studio.row(where, shared.public_id).isolated_at is None


@pytest.mark.parametrize("act", ["unpublish", "isolate"])
def test_what_is_private_cannot_be_taken(jun: Person, client: Client, act: str) -> None:
    gpt = studio.make(jun)

    assert client.post(f"{HOME}{gpt.public_id}/{act}/").status_code == 409


def test_a_gpt_is_given_to_somebody_else(
    where: WorkspaceRef, jun: Person, client: Client, shared: Gpt, recorded: Any
) -> None:
    noor = cast.analyst(where)

    client.post(f"{HOME}{shared.public_id}/reassign/", {"email": noor.user.email})

    found = studio.row(where, shared.public_id)
    assert found.owner_id == noor.membership.pk
    assert found.recipient_count == 0
    (change,) = recorded(where, "workspaces.gpt.reassigned")
    assert change == {
        "change.owner": [
            str(jun.membership.public_id),
            str(noor.membership.public_id),
        ]
    }


@pytest.mark.parametrize("email", ["", "nobody@halden.example", "no address"])
def test_nobody_else_gets_it(
    where: WorkspaceRef, jun: Person, client: Client, shared: Gpt, email: str
) -> None:
    answer = client.post(f"{HOME}{shared.public_id}/reassign/", {"email": email})

    assert 400 <= answer.status_code < 500
    assert studio.row(where, shared.public_id).owner_id == jun.membership.pk


def test_the_public_is_let_in_and_shut_out(
    where: WorkspaceRef, client: Client, recorded: Any
) -> None:
    client.post(f"{HOME}public/", {"allows": "on"})
    assert client.post(f"{HOME}public/", {"allows": "on"}).status_code == 409
    client.post(f"{HOME}public/")

    assert recorded(where, "workspaces.gpt-policy.changed") == [
        {"change.public_sharing": [False, True]},
        {"change.public_sharing": [True, False]},
    ]


@pytest.mark.parametrize("verb", ["unpublish", "isolate"])
def test_a_member_governs_nothing(where: WorkspaceRef, shared: Gpt, verb: str) -> None:
    with pytest.raises(PermissionDenied):
        getattr(services, verb)(
            actor=cast.analyst(where).actor,
            workspace=where,
            gpt=shared.public_id,
            at=NOON,
        )
    with studio.opened(where):
        assert GptShare.objects.exists()


def test_an_officer_sees_and_does_not_change(where: WorkspaceRef, shared: Gpt) -> None:
    browser = cast.officer(where).client()

    page = browser.get(f"{HOME}{shared.public_id}/").content.decode()

    assert NAME in page
    assert "You see, but do not change" in page
    assert browser.post(f"{HOME}{shared.public_id}/isolate/").status_code == 403


def test_the_list_costs_the_same_for_many(
    where: WorkspaceRef, jun: Person, client: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        studio.make(jun, name=f"Helper {number}", level="workspace")

    with django_assert_max_num_queries(32):
        client.get(HOME)
