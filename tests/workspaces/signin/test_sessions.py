"""A session lives while its row does: begun, seen, ended, asked at every request."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from kit import scoping
from kit.actor import Actor
from tests import cast
from tests.cast import NOON, Person
from tests.workspaces.signin.conftest import Visitor, entries
from tests.workspaces.signin.provider import Provider
from workspaces.members import standing
from workspaces.signin import selectors
from workspaces.signin.endings import EndReason
from workspaces.signin.models import Method, SamlConnection, SignInSession
from workspaces.signin.services import clearing, sessions
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db

PAGE = "/w/halden-engineering/members/"
SYSTEM = Actor.system("tests")
Clock = Callable[[datetime], None]


@pytest.fixture
def mara(halden: WorkspaceRef) -> Person:
    return cast.owner(halden)


def rows(organization: OrganizationRef) -> list[SignInSession]:
    with scoping.organization(organization_id=organization.id):
        return list(SignInSession.objects.order_by("id"))


def living(organization: OrganizationRef) -> list[SignInSession]:
    return [row for row in rows(organization) if row.ended_at is None]


def is_signed_out(client: Client) -> bool:
    answer = client.get(PAGE)
    return answer.status_code == 302 and "_auth_user_id" not in client.session


def change(person: Person, **values: Any) -> None:
    with scoping.organization(organization_id=person.workspace.organization.id):
        SignInSession.objects.update(**values)


def end_all(person: Person, **options: Any) -> int:
    return sessions.end_all_of(
        actor=SYSTEM,
        organization_id=person.workspace.organization.id,
        user=person.user,
        reason=EndReason.OFFBOARDED,
        at=NOON,
        **options,
    )


def test_signing_in_stores_a_row_with_hashes_for_a_later_logout(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON))

    (row,) = rows(connected)
    assert (row.method, row.user_id) == (Method.SAML, visitor.user_id)
    assert row.expires_at == NOON + timedelta(hours=12)
    held = standing.held(visitor.client.session)
    assert held is not None
    assert held.sign_in == row.public_id
    assert row.name_id_hash is not None
    assert b"mara-1" not in bytes(row.name_id_hash)


def test_signing_in_again_replaces_the_session_of_this_browser(
    connected: OrganizationRef, provider: Provider, visitor: Visitor
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON))
    visitor.bring(provider.answer(visitor.ask(), at=NOON))

    first, second = rows(connected)
    assert first.end_reason == EndReason.REPLACED
    assert second.ended_at is None


def test_an_ended_session_is_signed_out_at_its_next_request(mara: Person) -> None:
    client, other = mara.client(), mara.client()
    row = living(mara.workspace.organization)[0]

    sessions.end(
        actor=mara.actor,
        organization_id=row.organization_id,
        sign_in=row.public_id,
        reason=EndReason.REVOKED,
        at=NOON,
    )

    assert is_signed_out(client)
    assert not is_signed_out(other)
    last = entries(mara.workspace.organization)[-1]
    assert last["action"] == "workspaces.session.ended"


def test_what_has_ended_cannot_end_again(mara: Person) -> None:
    mara.client()
    row = living(mara.workspace.organization)[0]
    end_all(mara)

    with pytest.raises(sessions.SessionIsGone):
        sessions.end(
            actor=mara.actor,
            organization_id=row.organization_id,
            sign_in=row.public_id,
            reason=EndReason.REVOKED,
            at=NOON,
        )
    assert end_all(mara) == 0


def test_an_expired_session_is_signed_out(mara: Person) -> None:
    client = mara.client()
    change(mara, expires_at=NOON)

    assert is_signed_out(client)


def test_a_row_of_someone_else_is_no_session(
    mara: Person, halden: WorkspaceRef
) -> None:
    client = mara.client()
    change(mara, user=cast.admin(halden).user)

    assert is_signed_out(client)


def test_the_first_page_does_not_send_a_dead_session_onward(mara: Person) -> None:
    client = mara.client()
    end_all(mara)

    answer = client.get("/", {"next": PAGE})

    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_all_but_one_end(mara: Person) -> None:
    mine, other = mara.client(), mara.client()
    keep = living(mara.workspace.organization)[0]

    assert end_all(mara, but=keep.public_id) == 1
    assert not is_signed_out(mine)
    assert is_signed_out(other)


def test_sessions_in_another_organization_stay(mara: Person) -> None:
    other = cast.elsewhere().organization
    cast.signed_in(mara.user, organization_id=other.id)

    end_all(mara)

    assert len(living(other)) == 1


def test_all_of_a_connection_end(
    connected: OrganizationRef, provider: Provider, visitor: Visitor, mara: Person
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON))
    by_code = mara.client()
    ref = selectors.connection_by_slug(slug="halden-instruments")
    assert ref is not None

    count = sessions.end_all_through(
        actor=SYSTEM,
        organization_id=connected.id,
        connection_id=ref.id,
        connection=ref.public_id,
        reason=EndReason.CONNECTION_OFF,
        at=NOON,
    )

    assert count == 1
    assert is_signed_out(visitor.client)
    assert not is_signed_out(by_code)


@pytest.mark.parametrize(
    ("named", "ended"),
    [((), 3), (("one",), 2), (("one", "two"), 3), (("other",), 1)],
)
def test_a_logout_ends_what_it_names(
    named: tuple[str, ...], ended: int, connected: OrganizationRef, mara: Person
) -> None:
    with scoping.organization(organization_id=connected.id):
        connection_id = SamlConnection.objects.get().pk
    for index in ("one", "two", ""):
        sessions.begin(
            session=Client().session,
            organization_id=connected.id,
            user=mara.user,
            method=Method.SAML,
            connection_id=connection_id,
            name_id="mara-1",
            session_index=index,
            ip="",
            user_agent="",
            at=NOON,
        )

    count = sessions.end_named(
        actor=SYSTEM,
        organization_id=connected.id,
        connection_id=connection_id,
        name_id="mara-1",
        session_indexes=named,
        at=NOON,
    )
    nobody = sessions.end_named(
        actor=SYSTEM,
        organization_id=connected.id,
        connection_id=connection_id,
        name_id="tomasz-1",
        session_indexes=(),
        at=NOON,
    )

    assert (count, nobody) == (ended, 0)
    assert len(living(connected)) == 3 - ended


def test_signing_out_ends_the_row(mara: Person) -> None:
    client = mara.client()

    client.post("/sign-out/")

    (row,) = rows(mara.workspace.organization)
    assert row.end_reason == EndReason.SIGNED_OUT


def test_use_is_noted_every_five_minutes_at_most(mara: Person, clock: Clock) -> None:
    client = mara.client()
    seen = []
    for minutes in (4, 6, 10):
        clock(NOON + timedelta(minutes=minutes))
        client.get(PAGE)
        seen.append(living(mara.workspace.organization)[0].seen_at)

    assert [at - NOON for at in seen] == [
        timedelta(0),
        timedelta(minutes=6),
        timedelta(minutes=6),
    ]


def test_rows_go_ninety_days_after_their_end(mara: Person) -> None:
    mara.client(), mara.client()
    old, young = (row.pk for row in rows(mara.workspace.organization))
    with scoping.organization(organization_id=mara.workspace.organization.id):
        for pk, days in ((old, 91), (young, 89)):
            SignInSession.objects.filter(pk=pk).update(
                ended_at=NOON - timedelta(days=days), end_reason="revoked"
            )

    clearing.clear_expired(at=NOON)

    assert [row.pk for row in rows(mara.workspace.organization)] == [young]
