"""Accepting: whoever signs in with the invited address becomes a member."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from kit import clock, scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from tests.workspaces.signin.conftest import Visitor, entries
from tests.workspaces.signin.provider import Provider, attributes
from workspaces.invitations import services
from workspaces.invitations.models import Invitation
from workspaces.members import services as members
from workspaces.members.models import Membership, User
from workspaces.signin.services import secrets_by_mail
from workspaces.signin.views import codes as view
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db
NEW = "vera.holm@guest.example"
OURS = "vera.holm@halden.example"


@pytest.fixture(autouse=True)
def _mailbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cache.clear()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    monkeypatch.setattr(view.tasks, "ring", lambda: None)
    return


def invite(where: WorkspaceRef, email: str = NEW, **more: Any) -> Invitation:
    given = {"role": "admin", "seat": "code", "at": NOON, **more}
    return services.invite(actor=OPERATOR, workspace=where, email=email, **given)


def by_code(address: str) -> tuple[Client, Any]:
    client = Client()
    client.post("/code/", {"email": address})
    secrets_by_mail.send_due(at=NOON)
    found = [
        code
        for one in mail.outbox
        if one.to == [address]
        for code in re.findall(r"    ([A-Z0-9]{4}-[A-Z0-9]{4})\n", one.body)
    ]
    if not found:
        return client, None
    return client, client.post("/code/enter/", {"code": found[-1]})


def membership(where: WorkspaceRef, email: str = NEW) -> Membership | None:
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        return Membership.objects.filter(email=email).first()


def by_saml(provider: Provider, email: str) -> Visitor:
    visitor = Visitor()
    answer = provider.answer(
        visitor.ask(), at=NOON, name_id="vera-1", attributes=attributes(email=email)
    )
    visitor.bring(answer)
    return visitor


def test_a_stranger_with_an_invitation_comes_in_with_a_code(
    halden: WorkspaceRef,
) -> None:
    invite(halden)

    client, answer = by_code(NEW)

    assert answer.status_code == 302
    found = membership(halden)
    assert found is not None
    assert (found.role, found.seat, found.source) == ("admin", "code", "invitation")
    assert client.get("/w/halden-engineering/").status_code == 200
    actions = [one["action"] for one in entries(halden.organization)]
    assert "workspaces.invitation.accepted" in actions
    with scoping.workspace(
        workspace_id=halden.id, organization_id=halden.organization.id
    ):
        assert Invitation.objects.get().membership_id == found.pk


def test_it_is_good_once(halden: WorkspaceRef) -> None:
    invite(halden)
    by_code(NEW)
    found = membership(halden)
    assert found is not None
    members.remove(actor=OPERATOR, workspace=halden, member=found.public_id, at=NOON)
    cache.clear()

    by_code(NEW)

    after = membership(halden)
    assert after is not None
    assert after.status == "removed"


@pytest.mark.parametrize("why", ["expired", "revoked"])
def test_what_is_over_lets_nobody_in(
    halden: WorkspaceRef,
    why: str,
) -> None:
    row = invite(halden, at=NOON - timedelta(days=15 if why == "expired" else 0))
    if why == "revoked":
        services.revoke(
            actor=OPERATOR, workspace=halden, invitation=row.public_id, at=NOON
        )

    _client, answer = by_code(NEW)

    assert answer is None
    assert not User.objects.filter(email=NEW).exists()


def test_without_a_seat_it_stays_open_and_the_page_says_so(
    halden: WorkspaceRef,
) -> None:
    invite(halden)
    members.set_seats(
        actor=OPERATOR, workspace=halden, limit=1, default="chat", at=NOON
    )

    client, answer = by_code(NEW)

    assert answer.status_code == 409
    assert "all seats of Halden Engineering are taken" in answer.content.decode()
    assert "_auth_user_id" not in client.session
    assert membership(halden) is None


def test_a_code_accepts_nothing_where_single_sign_on_is_required(
    halden: WorkspaceRef,
    connected: OrganizationRef,
) -> None:
    with scoping.organization(organization_id=connected.id):
        Workspace.objects.update(sso="required")
    invite(halden, OURS)

    _client, answer = by_code(OURS)

    assert answer is None
    assert membership(halden, OURS) is None


def test_signing_in_through_the_provider_accepts_it(
    halden: WorkspaceRef,
    connected: OrganizationRef,
    provider: Provider,
) -> None:
    invite(halden, OURS)

    visitor = by_saml(provider, OURS)

    assert visitor.user_id
    found = membership(halden, OURS)
    assert found is not None
    assert (found.role, found.source) == ("admin", "invitation")


def test_a_provider_accepts_nothing_for_an_address_it_cannot_vouch_for(
    halden: WorkspaceRef,
    connected: OrganizationRef,
    provider: Provider,
) -> None:
    invite(halden, NEW)

    visitor = by_saml(provider, NEW)

    assert visitor.user_id is None
    assert membership(halden, NEW) is None


def test_an_invitation_of_another_organization_is_not_accepted_here(
    halden: WorkspaceRef,
    connected: OrganizationRef,
    provider: Provider,
) -> None:
    other = cast.elsewhere()
    invite(halden, OURS)
    invite(other, OURS)

    by_saml(provider, OURS)

    assert membership(other, OURS) is None


def test_who_belongs_elsewhere_chooses_where_to_go(
    halden: WorkspaceRef,
) -> None:
    other = cast.elsewhere()
    vera = cast.person(other, "vera@brennan.example")
    invite(halden, vera.user.email)

    client, answer = by_code(vera.user.email)
    assert membership(halden, vera.user.email) is None
    client.post(answer["location"], {"organization": "halden-instruments"})

    found = membership(halden, vera.user.email)
    assert found is not None
    assert found.source == "invitation"


def link(where: WorkspaceRef, email: str) -> str:
    """The token of the link that is mailed with an invitation."""
    invite(where, email, role="member", seat="chat", at=clock.now())
    services.send_due(at=clock.now())
    found = re.search(r"/invitation/\?t=([\w-]+)", mail.outbox[-1].body)
    assert found
    return found[1]


def second(halden: WorkspaceRef) -> WorkspaceRef:
    return cast.workspace(halden.organization, slug="halden-lab", name="Halden Lab")


def test_who_is_signed_in_accepts_by_a_button(halden: WorkspaceRef) -> None:
    jun, lab = cast.member(halden), second(halden)
    token, client = link(lab, jun.user.email), jun.client()

    page = client.get("/invitation/", {"t": token}).content.decode()
    answer = client.post("/invitation/accept/", {"t": token})

    assert "Accept and join Halden Lab" in page
    assert answer.status_code == 302
    found = membership(lab, jun.user.email)
    assert found is not None
    assert (found.status, found.role) == ("active", "member")
    assert client.post("/invitation/accept/", {"t": token}).status_code == 404


def test_the_button_is_for_the_invited_person_alone(halden: WorkspaceRef) -> None:
    jun, lab = cast.member(halden), second(halden)
    token = link(lab, NEW)

    page = jun.client().get("/invitation/", {"t": token}).content.decode()
    answer = jun.client().post("/invitation/accept/", {"t": token})

    assert "Accept and join" not in page
    assert answer.status_code == 404
    assert membership(lab, NEW) is None
    assert membership(lab, jun.user.email) is None


def test_a_session_of_another_organization_accepts_nothing(
    halden: WorkspaceRef,
) -> None:
    jun, other = cast.member(halden), cast.elsewhere()
    token, client = link(other, jun.user.email), jun.client()

    page = client.get("/invitation/", {"t": token}).content.decode()
    answer = client.post("/invitation/accept/", {"t": token})

    assert "Accept and join" not in page
    assert answer.status_code == 409
    assert membership(other, jun.user.email) is None


def test_a_session_that_the_workspace_would_not_take_accepts_nothing(
    halden: WorkspaceRef,
    connected: OrganizationRef,
) -> None:
    jun, lab = cast.member(halden), second(halden)
    token, client = link(lab, jun.user.email), jun.client()
    with scoping.organization(organization_id=connected.id):
        Workspace.objects.filter(pk=lab.id).update(sso="required")

    answer = client.post("/invitation/accept/", {"t": token})

    assert answer.status_code == 409
    assert "Sign in again to see which" in answer.content.decode()
    assert membership(lab, jun.user.email) is None


def test_a_link_that_is_over_lets_nobody_in(halden: WorkspaceRef) -> None:
    jun = cast.member(halden)

    answer = jun.client().post("/invitation/accept/", {"t": "no such token"})

    assert answer.status_code == 404
