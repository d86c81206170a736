"""Inviting one address: sending, again, changing, revoking, expiring, and the mail."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kit import clock, scoping
from tests import cast
from tests.cast import NOON, OPERATOR, Person
from workspaces.invitations import selectors, services, tasks
from workspaces.invitations.models import Invitation
from workspaces.members import services as members
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

PAGE = "/w/halden-engineering/invitations/"
NEW = "vera.holm@elsewhere.example"
BUDGET = 16


@pytest.fixture(autouse=True)
def _mailbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    monkeypatch.setattr(tasks, "ring", lambda: None)
    return


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def owner(where: WorkspaceRef) -> Person:
    return cast.owner(where)


def invite(where: WorkspaceRef, email: str = NEW, **more: Any) -> Invitation:
    given = {"actor": OPERATOR, "role": "member", "at": clock.now(), **more}
    return services.invite(workspace=where, email=email, **given)


def link() -> str:
    services.send_due(at=clock.now())
    found = re.search(r"/invitation/\?t=([\w-]+)", mail.outbox[-1].body)
    assert found
    return found[1]


def test_sending_one_mails_a_link_and_is_recorded(
    where: WorkspaceRef, owner: Person
) -> None:
    answer = owner.client().post(
        f"{PAGE}send/",
        {"email": " Vera.Holm@elsewhere.example", "role": "member", "seat": "code"},
        follow=True,
    )

    assert "vera.holm@elsewhere.example is invited" in answer.content.decode()
    token = link()
    with _open(where):
        row = Invitation.objects.get()
    assert (row.seat, row.sealed_token, row.mail_due_at) == ("code", None, None)
    assert bytes(row.token_hash) == selectors.digest_of(token)
    assert "Halden Engineering" in mail.outbox[-1].subject
    page = owner.client().get(PAGE).content.decode()
    assert "Pending: 1" in page


def test_the_link_shows_what_is_offered_and_nothing_more(where: WorkspaceRef) -> None:
    invite(where)
    from django.test import Client

    answer = Client().get("/invitation/", {"t": link()})

    page = answer.content.decode()
    assert "You are invited to Halden Engineering" in page
    assert answer["Referrer-Policy"] == "strict-origin"
    for wrong in ("", "x", "\x00", "é" * 300):
        assert Client().get("/invitation/", {"t": wrong}).status_code == 404


def test_an_old_link_is_dead_after_sending_again(where: WorkspaceRef) -> None:
    from django.test import Client

    row = invite(where)
    before = link()
    services.send_again(
        actor=OPERATOR, workspace=where, invitation=row.public_id, at=clock.now()
    )

    after = link()

    assert Client().get("/invitation/", {"t": before}).status_code == 404
    assert Client().get("/invitation/", {"t": after}).status_code == 200


@pytest.mark.parametrize("email", ["", "no address", "a@b", "é@x.example", "a" * 400])
def test_bad_addresses_are_refused(owner: Person, email: str) -> None:
    answer = owner.client().post(
        f"{PAGE}send/", {"email": email, "role": "member", "seat": "chat"}
    )

    assert answer.status_code == 422


def test_members_and_the_invited_are_not_invited(where: WorkspaceRef) -> None:
    jun = cast.member(where)
    invite(where)

    with pytest.raises(services.AlreadyMember):
        invite(where, jun.user.email)
    with pytest.raises(services.AlreadyInvited):
        invite(where)
    members.suspend(
        actor=OPERATOR, workspace=where, member=jun.membership.public_id, at=NOON
    )
    with pytest.raises(services.AlreadyMember, match="suspended"):
        invite(where, jun.user.email)
    with _open(where):
        Membership.objects.filter(email=jun.user.email).update(source="scim")
    with pytest.raises(services.KeptByProvider, match="scim_managed_resource"):
        invite(where, jun.user.email)


def test_nobody_gives_more_than_they_may(where: WorkspaceRef) -> None:
    admin = cast.admin(where)
    row = invite(where, role="owner")

    with pytest.raises(members.RoleIsAboveYours):
        invite(where, "other@halden.example", actor=admin.actor, role="owner")
    for verb in (services.revoke, services.send_again):
        with pytest.raises(members.RoleIsAboveYours):
            verb(
                actor=admin.actor,
                workspace=where,
                invitation=row.public_id,
                at=clock.now(),
            )
    page = admin.client().get(f"{PAGE}send/").content.decode()
    assert 'value="owner"' not in page


def test_seats_are_promised(where: WorkspaceRef) -> None:
    members.set_seats(actor=OPERATOR, workspace=where, limit=2, default="chat", at=NOON)
    row = invite(where)

    with pytest.raises(services.NoSeatIsLeft):
        invite(where, "second@halden.example")
    services.send_again(
        actor=OPERATOR, workspace=where, invitation=row.public_id, at=clock.now()
    )
    services.revoke(
        actor=OPERATOR, workspace=where, invitation=row.public_id, at=clock.now()
    )
    assert invite(where, "second@halden.example").email == "second@halden.example"


def test_it_expires_after_a_fortnight_and_is_renewed(where: WorkspaceRef) -> None:
    long_ago = clock.now() - timedelta(days=15)
    row = invite(where, at=long_ago)
    with _open(where):
        assert selectors.state_of(row, at=clock.now()) == "expired"
        assert not selectors.offers_to(address=NEW, at=clock.now())

    again = invite(where, role="admin")

    assert (again.pk, again.role) == (row.pk, "admin")
    with _open(where):
        assert selectors.counts(at=clock.now())["pending"] == 1


def test_changing_and_revoking_on_its_page(where: WorkspaceRef, owner: Person) -> None:
    row, client = invite(where), owner.client()
    page = f"{PAGE}{row.public_id}/"

    client.post(page, {"role": "admin", "seat": "code"})
    shown = client.get(page).content.decode()
    client.post(f"{page}revoke/")

    assert '<option value="admin" selected>' in shown
    with _open(where):
        row.refresh_from_db()
    assert (row.role, row.seat) == ("admin", "code")
    assert row.revoked_at is not None
    assert "Revoked" in client.get(page).content.decode()
    assert client.post(f"{page}resend/").status_code == 409
    assert client.post(page, {"role": "sofa", "seat": "code"}).status_code == 422


def test_a_mail_that_does_not_go_is_tried_again_and_given_up(
    where: WorkspaceRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = clock.now()
    invite(where, at=at)

    def fail(**_: object) -> None:
        raise OSError

    monkeypatch.setattr("workspaces.invitations.services.mailing.mail.send", fail)
    for days in range(12):
        services.send_due(at=at + timedelta(days=days))

    with _open(where):
        row = Invitation.objects.get()
    assert (row.sealed_token, row.mail_due_at, row.mail_tries) == (None, None, 10)
    page = cast.owner(where).client().get(PAGE).content.decode()
    assert "Mail not delivered" in page


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"role": "king"}, "invitation_role_known"),
    ({"seat": "sofa"}, "invitation_seat_known"),
    ({"email": "Vera@halden.example"}, "invitation_email_folded"),
    ({"accepted_at": NOON}, "invitation_accepted_by_a_member"),
    ({"mail_due_at": None}, "invitation_token_until_mailed"),
]


@pytest.mark.parametrize(("values", "name"), BROKEN, ids=str)
def test_the_database_refuses(
    where: WorkspaceRef, values: dict[str, Any], name: str
) -> None:
    invite(where)
    with (
        _open(where),
        pytest.raises(IntegrityError, match=name),
        transaction.atomic(),
    ):
        Invitation.objects.update(**values)


def test_an_invitation_ends_once_and_is_open_once(where: WorkspaceRef) -> None:
    row, owner = invite(where), cast.owner(where)
    with _open(where):
        with (
            pytest.raises(IntegrityError, match="invitation_ends_once"),
            transaction.atomic(),
        ):
            Invitation.objects.update(
                accepted_at=NOON, membership=owner.membership, revoked_at=NOON
            )
        row.pk, row.public_id, row.token_hash = None, None, b"x" * 32
        from kit.ids import new_uuid

        row.public_id = new_uuid()
        with (
            pytest.raises(IntegrityError, match="invitation_open_once"),
            transaction.atomic(),
        ):
            row.save(force_insert=True)


def test_it_is_accepted_by_a_member_of_its_own_workspace(where: WorkspaceRef) -> None:
    invite(where)
    stranger = cast.person(cast.elsewhere(), "vera@brennan.example")

    with (
        _open(where),
        pytest.raises(IntegrityError, match="workspaces_invitation"),
        transaction.atomic(),
    ):
        Invitation.objects.update(accepted_at=NOON, membership=stranger.membership)


def test_the_number_of_queries_does_not_grow(
    where: WorkspaceRef, owner: Person
) -> None:
    invite(where)
    client = owner.client()
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for number in range(20):
        invite(where, f"person{number}@halden.example")

    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)

    assert len(many) == len(few) <= BUDGET, [q["sql"] for q in many]


def test_a_stranger_and_the_unpermitted_are_refused(where: WorkspaceRef) -> None:
    row = invite(where)
    stranger = cast.person(cast.elsewhere(), "sol.ortega@brennan.example")

    assert stranger.client().get(f"{PAGE}{row.public_id}/").status_code == 404
    assert cast.member(where).client().get(PAGE).status_code == 403
    officer = cast.officer(where).client()
    assert officer.get(PAGE).status_code == 200
    page = f"{PAGE}{row.public_id}/"
    assert officer.post(page, {"role": "admin", "seat": "chat"}).status_code == 403
    assert officer.post(f"{page}revoke/").status_code == 403


def _open(where: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    )
