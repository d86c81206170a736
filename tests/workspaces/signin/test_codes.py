"""Signing in with a code that is mailed, and what a stranger learns: nothing."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client

from tests import cast
from tests.cast import NOON, OPERATOR
from tests.workspaces.signin.conftest import entries
from workspaces.members import standing
from workspaces.members.models import User
from workspaces.signin import throttles
from workspaces.signin.models import MailedSecret
from workspaces.signin.services import clearing, codes, secrets_by_mail
from workspaces.signin.views import codes as view
from workspaces.tenancy import services as tenancy
from workspaces.tenancy.models import Sso
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db

MARA = "mara.lindqvist@halden.example"
Clock = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def _mailbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    monkeypatch.setattr(view.tasks, "ring", lambda: None)
    return


def ask(address: str = MARA, *, client: Client | None = None) -> tuple[Client, Any]:
    client = client or Client()
    return client, client.post("/code/", {"email": address})


def mailed(at: datetime = NOON) -> str:
    """The code in the newest mail."""
    secrets_by_mail.send_due(at=at)
    found = re.search(r"    ([A-Z0-9]{4}-[A-Z0-9]{4})\n", mail.outbox[-1].body)
    assert found
    return found[1]


def enter(client: Client, code: str, **more: str) -> HttpResponse:
    answer: HttpResponse = client.post("/code/enter/", {"code": code, **more})
    return answer


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_member_comes_in_with_the_code(halden: WorkspaceRef) -> None:
    client, answer = ask()
    assert answer["location"] == "/code/enter/"

    done = enter(client, mailed().lower().replace("-", " "), next="/me/")

    assert (done.status_code, done["location"]) == (302, "/me/")
    assert client.get("/me/").status_code == 200
    held = standing.held(client.session)
    assert held is not None
    assert held.organization_id == halden.organization.id
    actions = [one["action"] for one in entries(halden.organization)]
    assert actions[-2:] == ["workspaces.code.sent", "workspaces.session.signed-in"]


def test_signing_in_rotates_the_key_and_drops_what_was_before(
    halden: WorkspaceRef,
) -> None:
    client = cast.admin(halden).client()
    before = client.session.session_key
    ask(client=client)

    enter(client, mailed())

    assert client.session.session_key != before
    assert client.session["_auth_user_id"] == str(User.objects.get(email=MARA).pk)


def test_the_cookies_are_for_no_script_and_no_other_site(halden: WorkspaceRef) -> None:
    client, _answer = ask()
    enter(client, mailed())

    session = client.cookies["sessionid"]
    assert (session["httponly"], session["samesite"]) == (True, "Lax")
    assert int(session["max-age"]) <= 12 * 3600


@pytest.mark.parametrize(
    "address", [MARA, "nobody@halden.example", "nobody@nowhere.example"]
)
def test_every_address_gets_the_same_answer(address: str, halden: WorkspaceRef) -> None:
    client, answer = ask(address)
    page = client.get(answer["location"])
    refused = enter(client, "BBBB-BBBB")

    assert (answer.status_code, answer["location"]) == (302, "/code/enter/")
    assert set(answer.cookies) == {"custos_code"}
    assert page.status_code == 200
    assert refused.status_code == 422
    shown = page.content.decode().replace(address, "<address>")
    assert "If a member with the address &lt;address&gt;" in shown or (
        "If a member with the address <address>" in shown
    )


def test_nobody_is_written_to_who_is_no_member(halden: WorkspaceRef) -> None:
    ask("nobody@halden.example")

    assert secrets_by_mail.send_due(at=NOON) == 0
    assert MailedSecret.objects.count() == 0


def test_the_first_page_sends_a_code_where_no_provider_is_known(
    halden: WorkspaceRef,
) -> None:
    client = Client()
    answer = client.post("/", {"email": MARA, "next": "/me/"})

    assert answer["location"] == "/code/enter/?next=%2Fme%2F"
    assert enter(client, mailed()).status_code == 302


def test_a_code_works_once(halden: WorkspaceRef) -> None:
    client, _answer = ask()
    code = mailed()
    enter(client, code)
    client.post("/sign-out/")

    again = Client()
    again.cookies["custos_code"] = ask(client=Client())[0].cookies["custos_code"].value
    assert enter(again, code).status_code == 422
    assert not is_in(again)


def test_a_code_works_for_ten_minutes(halden: WorkspaceRef, clock: Clock) -> None:
    client, _answer = ask()
    code = mailed()

    clock(NOON + timedelta(minutes=10))

    assert enter(client, code).status_code == 422


def test_a_code_takes_five_tries(halden: WorkspaceRef) -> None:
    client, _answer = ask()
    code = mailed()
    for _try in range(5):
        enter(client, "BBBB-BBBB")

    assert enter(client, code).status_code == 422


def test_a_code_works_in_the_browser_that_asked_and_others_use_up_no_tries(
    halden: WorkspaceRef,
) -> None:
    client, _answer = ask()
    code = mailed()
    stranger, _answer = ask()  # within half a minute: no second mail
    for _try in range(6):
        assert enter(stranger, code).status_code == 422

    assert enter(client, code).status_code == 302


def test_a_browser_has_one_code_at_a_time(halden: WorkspaceRef, clock: Clock) -> None:
    client, _answer = ask()
    old = mailed()
    clock(NOON + timedelta(minutes=1))
    ask(client=client)
    new = mailed(NOON + timedelta(minutes=1))

    assert MailedSecret.objects.count() == 1
    assert enter(client, old).status_code == 422
    assert enter(client, new).status_code == 302


def test_the_code_stands_nowhere_in_clear(halden: WorkspaceRef) -> None:
    ask()
    row = MailedSecret.objects.get()
    waiting = bytes(row.sealed_secret or b"")
    code = mailed().replace("-", "").encode()

    assert code not in waiting
    row.refresh_from_db()
    assert row.sealed_secret is None
    assert code not in bytes(row.secret_hash)


def test_without_a_mail_server_it_waits_for_an_hour(
    halden: WorkspaceRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: str) -> None:
        raise OSError

    ask()
    with monkeypatch.context() as patch:
        patch.setattr(secrets_by_mail.mail, "send", broken)
        assert secrets_by_mail.send_due(at=NOON) == 0
    later = NOON + timedelta(minutes=61)

    assert secrets_by_mail.send_due(at=later) == 0
    assert MailedSecret.objects.get().sealed_secret is None


def test_a_closed_account_gets_none(halden: WorkspaceRef) -> None:
    User.objects.filter(email=MARA).update(is_active=False)
    ask()

    assert MailedSecret.objects.count() == 0


def test_where_single_sign_on_is_required_no_code_is_sent(
    halden: WorkspaceRef, connected: OrganizationRef
) -> None:
    tenancy.set_sso(actor=OPERATOR, workspace=halden, sso=Sso.REQUIRED, at=NOON)
    ask()

    assert MailedSecret.objects.count() == 0


def test_who_belongs_to_several_organizations_chooses(halden: WorkspaceRef) -> None:
    other = cast.elsewhere()
    cast.person(other, MARA)
    client, _answer = ask()

    answer = enter(client, mailed(), next="/me/")
    assert answer["location"] == "/choose-organization/"
    assert not is_in(client)
    page = client.get("/choose-organization/").content.decode()
    assert "Halden Instruments" in page
    assert "Brennan Foods" in page
    wrong = client.post("/choose-organization/", {"organization": "someone-else"})
    done = client.post("/choose-organization/", {"organization": "brennan-foods"})

    assert wrong.status_code == 422
    assert done["location"] == "/me/"
    held = standing.held(client.session)
    assert held is not None
    assert held.organization_id == other.organization.id


def test_a_choice_lasts_five_minutes_and_cannot_be_made_up(
    halden: WorkspaceRef, clock: Clock
) -> None:
    cast.person(cast.elsewhere(), MARA)
    client, _answer = ask()
    enter(client, mailed())
    clock(NOON + timedelta(minutes=5))

    late = client.post("/choose-organization/", {"organization": "brennan-foods"})
    made_up = Client()
    made_up.cookies["custos_choice"] = "a:b:c"

    assert late["location"] == "/"
    assert made_up.get("/choose-organization/")["location"] == "/"
    assert not is_in(client)


@pytest.mark.parametrize(
    "address", ["", "no address", "a@b@c", "x" * 300 + "@a.example"]
)
def test_what_is_no_address_is_said(address: str, db: None) -> None:
    _client, answer = ask(address)

    assert answer.status_code in {200, 422}
    assert "location" not in answer


def test_an_address_is_asked_for_so_often(halden: WorkspaceRef) -> None:
    answers = [ask()[1].status_code for _ in range(6)]
    other = ask("nobody@nowhere.example")[1].status_code

    assert answers == [302] * 5 + [429]
    assert other == 302


def test_who_asks_for_it_elsewhere_keeps_nobody_from_their_code(
    halden: WorkspaceRef,
) -> None:
    stranger = Client(REMOTE_ADDR="192.0.2.66")
    answers = [ask(client=stranger)[1].status_code for _ in range(9)]
    client, answer = ask()
    code = mailed()
    ask(client=Client(REMOTE_ADDR="192.0.2.67"))

    assert answers[-1] == 429
    assert answer.status_code == 302
    assert enter(client, code).status_code == 302
    assert is_in(client)


def test_an_address_gets_so_much_mail_from_everywhere(halden: WorkspaceRef) -> None:
    most = throttles.CODES_TO.most
    answers = [
        ask(client=Client(REMOTE_ADDR=f"192.0.2.{n}"))[1].status_code
        for n in range(most + 1)
    ]

    assert answers == [302] * most + [429]


def test_an_address_that_nobody_has_takes_as_long(
    halden: WorkspaceRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "_LONGEST_ASK", 0.25)
    took = []
    for address in (MARA, "nobody@halden.example"):
        began = time.monotonic()
        ask(address)
        took.append(time.monotonic() - began)

    assert all(one >= 0.25 for one in took)


def test_codes_that_have_expired_are_cleared(halden: WorkspaceRef) -> None:
    ask()
    clearing.clear_expired(at=NOON + codes.LIFE + timedelta(seconds=1))

    assert MailedSecret.objects.count() == 0
