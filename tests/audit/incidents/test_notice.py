"""Notice of an incident: seen before it is sent, to exactly those who were counted."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from audit.incidents.models import AuditIncident
from audit.log.models import AuditEntry
from kit import scoping
from tests import cast
from tests.audit.incidents.test_pages import ORGANIZATION, WORKSPACE, opened
from workspaces.members.models import Membership, MembershipStatus
from workspaces.notices.models import Notice
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db(transaction=True)

ASKED = {"audience": "members", "text": "A key was used\nfrom elsewhere."}
NUMBER = {"number": "8d9ed4a1-4f4c-4b52-9a0e-0d0e2f6f1c11"}


@pytest.fixture
def where() -> WorkspaceRef:
    return cast.workspace()


@pytest.fixture
def owner(where: WorkspaceRef) -> Client:
    return cast.owner(where).client()


@pytest.fixture
def found(where: WorkspaceRef, owner: Client) -> AuditIncident:
    """An incident of the workspace of Mara and Jun; somebody suspended is there too."""
    cast.member(where)
    with scoping.workspace(
        workspace_id=where.id, organization_id=where.organization.id
    ):
        gone = Membership.objects.filter(email=cast.analyst(where).user.email)
        gone.update(status=MembershipStatus.SUSPENDED)
    return opened(where)


def _url(found: AuditIncident, base: str = ORGANIZATION) -> str:
    return f"{base}{found.public_id}/notice/"


def _mails(where: WorkspaceRef) -> list[Notice]:
    with scoping.organization(organization_id=where.organization.id):
        return list(Notice.objects.filter(kind="incident.notice").order_by("email"))


@pytest.mark.parametrize("base", [ORGANIZATION, WORKSPACE])
def test_everybody_active_in_the_workspace_gets_the_message_that_was_shown(
    where: WorkspaceRef, owner: Client, found: AuditIncident, base: str
) -> None:
    shown = owner.post(_url(found, base), ASKED).content.decode()

    assert "Send to 2 people" in shown
    assert "A key was used<br>from elsewhere." in shown
    assert _mails(where) == []

    answer = owner.post(
        _url(found, base), ASKED | NUMBER | {"people": "2"}, follow=True
    )

    page = answer.content.decode()
    assert "2 people get the notice." in page
    assert "Everyone in the workspace (2)" in page
    mails = _mails(where)
    assert [one.email.split("@")[0] for one in mails] == [
        "jun.takahashi",
        "mara.lindqvist",
    ]
    assert {one.text for one in mails} == {"A key was used\nfrom elsewhere.\n"}
    assert {one.subject for one in mails} == {"Security notice from Halden Instruments"}


def test_it_is_recorded_without_its_words(
    where: WorkspaceRef, owner: Client, found: AuditIncident
) -> None:
    owner.post(_url(found), ASKED | NUMBER | {"people": "2"})

    with scoping.organization(organization_id=where.organization.id):
        leaf = bytes(AuditEntry.objects.latest("id").leaf)
    assert b'"audit.incident.told"' in leaf
    assert b'"people":2' in leaf
    assert b"elsewhere" not in leaf


def test_the_organization_alone_is_told_of_what_concerns_no_workspace(
    where: WorkspaceRef, owner: Client
) -> None:
    found = opened(where)
    with scoping.organization(organization_id=where.organization.id):
        AuditIncident.objects.update(workspace=None)

    offered = owner.get(f"{ORGANIZATION}{found.public_id}/").content.decode()
    refused = owner.post(_url(found), ASKED)
    sent = owner.post(
        _url(found), ASKED | {"audience": "admins", "people": "1"} | NUMBER
    )

    assert "Everyone in the workspace" not in offered
    assert refused.status_code == 422
    assert sent.status_code == 302
    assert len(_mails(where)) == 1


def test_who_joined_meanwhile_is_shown_before_anything_is_sent(
    where: WorkspaceRef, owner: Client, found: AuditIncident
) -> None:
    answer = owner.post(_url(found), ASKED | NUMBER | {"people": "1"})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "It would go to 2 people, not 1: look again." in page
    assert "Send to 2 people" in page
    assert _mails(where) == []


def test_a_preview_that_is_confirmed_twice_is_sent_once(
    where: WorkspaceRef, owner: Client, found: AuditIncident
) -> None:
    page = owner.post(_url(found), ASKED).content.decode()
    number = re.search(r'name="number" value="([^"]+)"', page)
    assert number
    form = ASKED | {"people": "2", "number": number[1]}
    owner.post(_url(found), form)
    cast.admin(where)

    again = owner.post(_url(found), form, follow=True).content.decode()

    assert "2 people get the notice." in again
    assert len(_mails(where)) == 2
    assert again.count("Everyone in the workspace (2)") == 1


def test_confirmed_at_once_it_is_sent_once(
    where: WorkspaceRef, owner: Client, found: AuditIncident
) -> None:
    def confirm(_n: int) -> int:
        try:
            answer = owner.post(_url(found), ASKED | NUMBER | {"people": "2"})
            return answer.status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(confirm, range(2))) == [302, 302]

    assert len(_mails(where)) == 2


def test_other_words_under_the_same_number_are_another_notice(
    where: WorkspaceRef, owner: Client, found: AuditIncident
) -> None:
    form = ASKED | NUMBER | {"people": "2"}
    owner.post(_url(found), form)
    owner.post(_url(found), form | {"text": "It is over."})

    assert len(_mails(where)) == 4


@pytest.mark.parametrize("number", ["", "one", "8d9ed4a1"])
def test_without_its_number_nothing_is_sent(
    where: WorkspaceRef, owner: Client, found: AuditIncident, number: str
) -> None:
    answer = owner.post(_url(found), ASKED | {"people": "2", "number": number})

    assert answer.status_code == 200
    assert _mails(where) == []


@pytest.mark.parametrize(
    "wrong",
    [{"text": " "}, {"text": "x" * 4001}, {"audience": "everybody"}],
)
def test_what_cannot_be_sent_is_refused(
    where: WorkspaceRef, owner: Client, found: AuditIncident, wrong: dict[str, Any]
) -> None:
    answer = owner.post(_url(found), ASKED | NUMBER | {"people": "2"} | wrong)

    assert answer.status_code == 422
    assert _mails(where) == []


@pytest.mark.parametrize("people", ["", "two", "-1", "9" * 40])
def test_no_number_sends_nothing(
    where: WorkspaceRef, owner: Client, found: AuditIncident, people: str
) -> None:
    owner.post(_url(found), ASKED | NUMBER | {"people": people})

    assert _mails(where) == []


def test_strangers_find_nothing_and_others_may_not(
    where: WorkspaceRef, owner: Client, found: AuditIncident
) -> None:
    stranger = cast.owner(cast.elsewhere()).client()

    assert stranger.post(_url(found), ASKED).status_code == 404
    for person in (cast.admin(where), cast.member(where)):
        answer = person.client().post(_url(found, WORKSPACE), ASKED)
        assert answer.status_code == 403
    assert _mails(where) == []
