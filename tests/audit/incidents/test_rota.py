"""The page of who is paged, and what is recorded of its changes."""

from dataclasses import replace
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from audit.incidents import selectors, services
from audit.incidents.services.rota import NoSuchRota
from audit.log.selectors import Log
from kit import scoping
from kit.permissions import PermissionDenied
from tests import cast
from tests.audit.incidents.test_paging import URL, log, mara, recorded, tomasz, where
from tests.cast import NOON, Person
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["log", "mara", "tomasz", "where"]
PAGE = "/o/halden-instruments/audit/incidents/rota/"
CHANGED = "audit.incident-rota.changed"


@pytest.fixture
def owner(mara: Person) -> Client:
    return mara.client()


def contacts(where: WorkspaceRef) -> list[UUID]:
    with scoping.organization(organization_id=where.organization.id):
        rota = selectors.rota(organization_id=where.organization.id)
    return list(rota.contacts)


def test_the_rota_is_set_shown_and_recorded(
    where: WorkspaceRef, mara: Person, tomasz: Person, owner: Client
) -> None:
    chosen = [tomasz.user.public_id, mara.user.public_id]
    given = {"act": "rota", "contact0": chosen[0], "contact1": chosen[1]}
    assert owner.get(PAGE).status_code == 200
    assert owner.post(PAGE, given | {"minutes": "5"}).status_code == 302
    assert owner.post(PAGE, given | {"minutes": "5"}).status_code == 302

    assert contacts(where) == chosen
    (leaf,) = recorded(where, CHANGED)
    assert "halden.example" not in str(leaf)
    shown = owner.get(PAGE).content.decode()
    assert 'value="5"' in shown
    assert f'value="{chosen[0]}" selected' in shown
    listed = owner.get("/o/halden-instruments/audit/incidents/").content.decode()
    assert PAGE in listed


def test_bad_input_changes_nothing_and_says_why(
    where: WorkspaceRef, mara: Person, tomasz: Person, owner: Client
) -> None:
    me = str(mara.user.public_id)
    for given in (
        {},
        {"act": "burn"},
        {"act": "rota"},
        {"act": "rota", "contact0": me, "minutes": "0"},
        {"act": "rota", "contact0": me, "contact1": me, "minutes": "5"},
        {"act": "rota", "contact0": str(UUID(int=5)), "minutes": "5"},
        {"act": "webhook"},
        {"act": "webhook", "url": "http://hooks.halden.example/"},
        {"act": "webhook", "url": "https://mara@hooks.halden.example/"},
        {"act": "webhook", "url": "https://["},
        {"act": "webhook", "url": "https://127.0.0.1/in"},
        {"act": "remove-webhook"},
    ):
        answer = owner.post(PAGE, given)
        assert answer.status_code == 422, given
        assert "Nothing was changed" in answer.content.decode()
    assert contacts(where) == []
    assert recorded(where, CHANGED) == []


def test_only_who_may_see_the_incidents_can_be_chosen(
    where: WorkspaceRef, log: Log, owner: Client
) -> None:
    officer = cast.officer(where)

    assert officer.user.email not in owner.get(PAGE).content.decode()
    with pytest.raises(NoSuchRota):
        services.set_rota(
            actor=cast.OPERATOR,
            log=log,
            contacts=[officer.user.public_id],
            minutes=5,
            at=NOON,
        )


def test_the_secret_of_a_webhook_is_shown_once_and_stored_sealed(
    where: WorkspaceRef, owner: Client
) -> None:
    answer = owner.post(PAGE, {"act": "webhook", "url": URL})

    assert "whsec_" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    shown = owner.get(PAGE).content.decode()
    assert "hooks.halden.example" in shown
    assert "whsec_" not in shown
    assert "secret-path" not in shown
    with (
        scoping.organization(organization_id=where.organization.id),
        connection.cursor() as cursor,
    ):
        cursor.execute("select sealed from audit_rota")
        assert b"secret-path" not in bytes(cursor.fetchone()[0])
    assert owner.post(PAGE, {"act": "remove-webhook"}).status_code == 302
    assert "hooks.halden.example" not in owner.get(PAGE).content.decode()
    assert len(recorded(where, CHANGED)) == 2


def test_strangers_find_no_rota_and_programs_need_the_permission(
    where: WorkspaceRef, log: Log
) -> None:
    assert cast.officer(where).client().get(PAGE).status_code == 404
    nobody = replace(cast.OPERATOR, permissions=frozenset())
    for act in (
        lambda: services.set_rota(
            actor=nobody, log=log, contacts=[], minutes=5, at=NOON
        ),
        lambda: services.set_webhook(actor=nobody, log=log, url=URL, at=NOON),
        lambda: services.remove_webhook(actor=nobody, log=log, at=NOON),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert recorded(where, CHANGED) == []
