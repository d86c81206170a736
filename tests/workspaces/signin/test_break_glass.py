"""Owners who were named enter without the identity provider; everyone is told."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR, Person
from tests.workspaces.signin.conftest import entries
from workspaces.members.models import User
from workspaces.notices.models import Notice
from workspaces.roles.matrix import Role
from workspaces.signin import rules, selectors
from workspaces.signin.models import (
    BreakGlassCredential,
    BreakGlassOwner,
    MailedSecret,
    SignInSession,
)
from workspaces.signin.services import keyholders, secrets_by_mail
from workspaces.signin.views import owners as view
from workspaces.tenancy import services as tenancy
from workspaces.tenancy.models import OrganizationAdministrator, Sso
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

PAGE = "/o/halden-instruments/break-glass/"
PASSWORD = "a long walk to Halden"
Clock = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def _mailbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(view.tasks, "ring", lambda: None)
    return


@pytest.fixture
def mara(halden: WorkspaceRef) -> Person:
    return cast.owner(halden)


def browser(person: Person) -> Client:
    """Signed in anew: setting a password ends what was before."""
    person.user.refresh_from_db()
    return person.client()


def plain(answer: HttpResponse) -> str:
    """The page without what differs each time."""
    page = re.sub(r'(value|nonce)="[^"]*"', "", answer.content.decode())
    return re.sub(r"[A-Za-z0-9]{64}", "", page)


def act(person: Person, verb: str, *, on: User | None = None) -> HttpResponse:
    url = f"{PAGE}{(on or person.user).public_id}/"
    answer: HttpResponse = browser(person).post(url, {"act": verb})
    return answer


def mailed_code() -> str:
    secrets_by_mail.send_due(at=NOON)
    found = re.search(r"    ((?:[A-Z0-9]{4}-){3}[A-Z0-9]{4})\n", mail.outbox[-1].body)
    assert found
    return found[1]


def digits(secret: str, at: datetime = NOON) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(at.timestamp()) // 30))


def spare_on(answer: HttpResponse) -> list[str]:
    return re.findall(r"^(?:.*>)?(\d{8})$", answer.content.decode(), re.MULTILINE)


def secret_on(page: str) -> str:
    found = re.search(r'name="app_secret" value="([A-Z2-7]{32})"', page)
    assert found
    return found[1]


def set_up(person: Person, *, password: str = PASSWORD, **more: str) -> HttpResponse:
    """As the named person with the mail: both pages."""
    visitor = Client()
    first = {"email": person.user.email, "code": mailed_code()}
    page = visitor.post("/break-glass/set-up/", first)
    assert page.status_code == 200, page.content
    secret = secret_on(page.content.decode())
    form = {
        **first,
        "app_secret": secret,
        "password": password,
        "again": password,
        "app_code": digits(secret),
        **more,
    }
    answer: HttpResponse = visitor.post("/break-glass/set-up/", form)
    answer.secret = secret  # type: ignore[attr-defined]
    return answer


def test_strangers_use_up_no_code_of_an_owner(mara: Person) -> None:
    act(mara, "name")
    for _ in range(7):
        wrong = {"email": mara.user.email, "code": "WRONG"}
        assert Client().post("/break-glass/set-up/", wrong).status_code == 422

    assert set_up(mara).status_code == 200


@pytest.fixture
def secret(mara: Person) -> str:
    """Mara is named and ready; what her app knows."""
    act(mara, "name")
    answer = set_up(mara)
    assert answer.status_code == 200, answer.content
    return str(answer.secret)  # type: ignore[attr-defined]


def enter(
    client: Client,
    *,
    code: str,
    email: str = "mara.lindqvist@halden.example",
    password: str = PASSWORD,
) -> HttpResponse:
    asked = {"email": email, "password": password, "code": code}
    answer: HttpResponse = client.post("/break-glass/", asked)
    return answer


def notices(where: WorkspaceRef) -> list[str]:
    with scoping.organization(organization_id=where.organization.id):
        return list(Notice.objects.order_by("id").values_list("subject", flat=True))


def actions(where: WorkspaceRef) -> list[str]:
    return [one["action"] for one in entries(where.organization)]


# Naming


def test_naming_an_owner_tells_all_and_mails_a_code(mara: Person) -> None:
    answer = act(mara, "name")

    assert answer["location"] == PAGE
    assert mailed_code()
    assert notices(mara.workspace)[-1].startswith("mara.lindqvist@halden.example may")
    assert actions(mara.workspace)[-1] == "workspaces.break-glass.named"
    assert b"Has not set it up yet" in browser(mara).get(PAGE).content


def test_only_owners_can_be_named(mara: Person, halden: WorkspaceRef) -> None:
    assert act(mara, "name", on=cast.admin(halden).user).status_code == 404


def test_an_operator_cannot_be_named(mara: Person) -> None:
    User.objects.filter(pk=mara.user.pk).update(is_operator=True)

    assert act(mara, "name").status_code == 409


def test_naming_wants_a_fresh_session(mara: Person, clock: Clock) -> None:
    client = mara.client()
    clock(NOON + timedelta(minutes=31))

    answer = client.post(f"{PAGE}{mara.user.public_id}/", {"act": "name"})

    assert answer.status_code == 403
    assert b"sign in again" in answer.content
    assert MailedSecret.objects.count() == 0


def test_a_member_may_not_even_look(halden: WorkspaceRef) -> None:
    assert cast.member(halden).client().get(PAGE).status_code == 404


# Setting up


def test_the_named_person_sets_password_and_app(mara: Person, secret: str) -> None:
    with scoping.organization(organization_id=mara.workspace.organization.id):
        assert selectors.has_break_glass_owner()
    assert actions(mara.workspace)[-1] == "workspaces.break-glass.armed"
    assert b"Ready" in browser(mara).get(PAGE).content


def test_spare_codes_are_shown_once_and_secrets_are_sealed(mara: Person) -> None:
    act(mara, "name")

    answer = set_up(mara)

    spare = spare_on(answer)
    assert len(spare) == 10
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert answer.secret not in stored  # type: ignore[attr-defined]
    assert not any(one in stored for one in spare)


def test_setting_up_signs_out_everywhere(mara: Person) -> None:
    act(mara, "name")
    client = mara.client()

    set_up(mara)

    assert client.get(PAGE).status_code == 302


def test_a_code_sets_up_once(mara: Person) -> None:
    act(mara, "name")
    code = mailed_code()
    form = {"email": mara.user.email, "code": code}
    set_up_page = Client().post("/break-glass/set-up/", form)
    secret = secret_on(set_up_page.content.decode())
    whole = {
        **form,
        "app_secret": secret,
        "password": PASSWORD,
        "again": PASSWORD,
        "app_code": digits(secret),
    }

    statuses = [
        Client().post("/break-glass/set-up/", whole).status_code for _ in range(2)
    ]

    assert statuses == [200, 422]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"password": "short"}, "too short"),
        ({"again": "another"}, "The two passwords differ"),
        ({"app_code": "000000"}, "not the code that your app should show"),
        ({"app_secret": "A" * 31}, "not the code that your app should show"),
        ({"code": "BBBB-BBBB-BBBB-BBBB"}, "do not fit together"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    wrong: dict[str, str], sentence: str, mara: Person
) -> None:
    act(mara, "name")

    answer = set_up(mara, **wrong)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert BreakGlassCredential.objects.count() == 0


def test_whoever_was_not_named_learns_nothing(mara: Person) -> None:
    act(mara, "name")
    mailed_code()
    texts = set()
    for email in (mara.user.email, "nobody@halden.example"):
        form = {"email": email, "code": "BBBB-BBBB-BBBB-BBBB"}
        answer = Client().post("/break-glass/set-up/", form)
        assert answer.status_code == 422
        texts.add(plain(answer))

    assert len(texts) == 1


# Entering


def test_both_steps_open_a_short_session_and_everyone_is_told(
    mara: Person, secret: str, clock: Clock
) -> None:
    later = NOON + timedelta(minutes=1)
    clock(later)
    client = Client()

    answer = enter(client, code=digits(secret, later))

    assert (answer.status_code, answer["location"]) == (302, "/")
    assert client.get(PAGE).status_code == 200
    with scoping.organization(organization_id=mara.workspace.organization.id):
        row = SignInSession.objects.get(method="break_glass")
        assert row.expires_at == later + timedelta(hours=1)
        assert BreakGlassOwner.objects.get().last_used_at == later
    assert notices(mara.workspace)[-1] == "Emergency sign-in at Halden Instruments"
    assert "workspaces.break-glass.used" in actions(mara.workspace)


def test_a_code_of_the_app_works_once(mara: Person, secret: str, clock: Clock) -> None:
    later = NOON + timedelta(minutes=1)
    clock(later)

    answers = [
        enter(Client(), code=digits(secret, later)).status_code for _ in range(2)
    ]

    assert answers == [302, 422]


def test_a_spare_code_works_once(mara: Person) -> None:
    act(mara, "name")
    spare = spare_on(set_up(mara))[0]

    answers = [enter(Client(), code=spare).status_code for _ in range(2)]

    assert answers == [302, 422]


def test_every_failure_looks_the_same(mara: Person, secret: str, clock: Clock) -> None:
    clock(NOON + timedelta(minutes=1))
    good = digits(secret, NOON + timedelta(minutes=1))
    cast.admin(mara.workspace)
    pages = set()
    for wrong in (
        {"code": "000000"},
        {"code": good, "password": "wrong password here"},
        {"code": good, "email": "nobody@halden.example"},
        {"code": good, "email": "tomasz.wrona@halden.example"},
        {"code": "letters"},
    ):
        answer = enter(Client(), **wrong)
        assert answer.status_code == 422
        pages.add(plain(answer))

    assert len(pages) == 1


def test_failures_make_the_next_try_wait_and_tell_the_owners(
    mara: Person, secret: str, clock: Clock
) -> None:
    for _try in range(5):
        enter(Client(), code="000000")
    assert notices(mara.workspace)[-1].startswith("Failed emergency sign-ins")

    soon, late = NOON + timedelta(seconds=59), NOON + timedelta(seconds=61)
    clock(soon)
    waiting = enter(Client(), code=digits(secret, soon)).status_code
    clock(late)
    after = enter(Client(), code=digits(secret, late)).status_code

    assert (waiting, after) == (422, 302)
    assert BreakGlassCredential.objects.get().failures == 0


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 0), (4, 0), (5, 1), (6, 2), (8, 8), (9, 15), (99, 15)]
)
def test_how_long_a_try_waits(failures: int, minutes: int) -> None:
    assert rules.wait_after(failures) == timedelta(minutes=minutes)


def test_who_is_no_owner_any_more_does_not_enter(
    mara: Person, secret: str, clock: Clock
) -> None:
    later = NOON + timedelta(minutes=1)
    clock(later)
    with scoping.organization(organization_id=mara.workspace.organization.id):
        OrganizationAdministrator.objects.update(role="admin")

    assert enter(Client(), code=digits(secret, later)).status_code == 422


def test_an_operators_password_opens_nothing_here(
    mara: Person, secret: str, clock: Clock
) -> None:
    later = NOON + timedelta(minutes=1)
    clock(later)
    User.objects.update(is_operator=True)

    assert enter(Client(), code=digits(secret, later)).status_code == 422


def test_the_first_page_leads_there() -> None:
    assert b'href="/break-glass/"' in Client().get("/").content


# Taking the name off


def test_unnaming_forgets_password_and_app(mara: Person, secret: str) -> None:
    answer = act(mara, "unname")

    assert answer["location"] == PAGE
    assert Authenticator.objects.count() == 0
    assert BreakGlassCredential.objects.count() == 0
    assert not User.objects.get(pk=mara.user.pk).has_usable_password()
    assert actions(mara.workspace)[-1] == "workspaces.break-glass.unnamed"


def test_unnaming_whoever_set_nothing_up_signs_nobody_out(mara: Person) -> None:
    client = mara.client()
    named = {"organization": mara.workspace.organization, "person": mara.user.public_id}
    keyholders.name(actor=OPERATOR, at=NOON, **named)

    keyholders.unname(actor=OPERATOR, at=NOON, **named)

    assert client.get(PAGE).status_code == 200


def test_the_last_one_stays_while_single_sign_on_is_required(
    mara: Person, secret: str
) -> None:
    tenancy.set_sso(actor=OPERATOR, workspace=mara.workspace, sso=Sso.REQUIRED, at=NOON)

    with pytest.raises(keyholders.LastOneMustStay):
        keyholders.unname(
            actor=OPERATOR,
            organization=mara.workspace.organization,
            person=mara.user.public_id,
            at=NOON,
        )


@pytest.mark.django_db(transaction=True)
def test_of_two_who_are_unnamed_at_once_one_stays(mara: Person) -> None:
    where = mara.workspace
    both = [mara, cast.person(where, "nils@halden.example", Role.OWNER)]
    with scoping.organization(organization_id=where.organization.id):
        OrganizationAdministrator.objects.get_or_create(
            organization_id=where.organization.id,
            user=both[1].user,
            defaults={"role": "owner", "created_at": NOON},
        )
        for one in both:
            BreakGlassCredential.objects.create(user=one.user, armed_at=NOON)
            BreakGlassOwner.objects.create(
                organization_id=where.organization.id,
                user=one.user,
                named_by="tests",
                named_at=NOON,
            )
    tenancy.set_sso(actor=OPERATOR, workspace=where, sso=Sso.REQUIRED, at=NOON)
    barrier = Barrier(2)

    def unname(person: Person) -> str:
        barrier.wait(timeout=10)
        try:
            keyholders.unname(
                actor=OPERATOR,
                organization=where.organization,
                person=person.user.public_id,
                at=NOON,
            )
        except keyholders.LastOneMustStay:
            return "refused"
        finally:
            connections.close_all()
        return "unnamed"

    with ThreadPoolExecutor(2) as threads:
        ended = sorted(threads.map(unname, both))

    assert ended == ["refused", "unnamed"]


def test_who_is_not_named_cannot_be_unnamed_or_sent_a_code(mara: Person) -> None:
    assert act(mara, "unname").status_code == 409
    assert act(mara, "send").status_code == 409
