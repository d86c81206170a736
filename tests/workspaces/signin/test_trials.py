"""The test sign-in: every check shown, no session touched, nothing else changed."""

from typing import Any

import pytest
import redis
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from kit import scoping
from tests.cast import NOON
from tests.workspaces.signin import wizardry
from tests.workspaces.signin.conftest import entries
from tests.workspaces.signin.provider import (
    Provider,
    attributes,
    audience,
)
from tests.workspaces.signin.wizardry import HALDEN, Admin
from workspaces.signin.models import SamlConnection, SignInAttempt
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db
OTHER = {"entity_id": "https://idp.example/new", "key_name": "new"}


@pytest.fixture
def mara(connected: OrganizationRef, halden: WorkspaceRef) -> Admin:
    return wizardry.owner(halden)


@pytest.fixture
def newer() -> Provider:
    """The identity provider that Halden moves to."""
    return Provider(**OTHER)


@pytest.fixture
def draft(mara: Admin, newer: Provider) -> str:
    return wizardry.ready(mara, newer)


def test_a_good_answer_passes_every_check(
    mara: Admin, newer: Provider, draft: str
) -> None:
    page = mara.test(draft, newer)

    assert "Sign-in would work" in page
    assert "mara.lindqvist@halden.example" in page
    assert "18 passed" in page
    row = mara.row(draft)
    assert row.tested_at == NOON
    assert row.state == "draft"


def test_it_touches_no_session_and_links_nobody(
    mara: Admin, newer: Provider, draft: str
) -> None:
    before = dict(mara.client.session)

    mara.test(draft, newer)

    assert dict(mara.client.session) == before
    assert not SocialAccount.objects.exists()


def test_what_it_keeps_for_an_hour_is_sealed(
    mara: Admin, newer: Provider, draft: str, valkey: redis.Redis
) -> None:
    mara.leave(draft)
    begun = _said(valkey)
    assert b"signin-trial:" in begun
    assert b"halden.example" not in begun
    mara.test(draft, newer)

    said = _said(valkey)
    assert b"signin-trial-shown" in said
    assert b"halden.example" not in said
    assert b"Lindqvist" not in said


def _said(valkey: redis.Redis) -> bytes:
    names = list(valkey.scan_iter("*signin-trial*"))
    return b" ".join(
        name + valkey.get(name) for name in names if valkey.type(name) == b"string"
    )


def test_it_is_recorded_and_listed(mara: Admin, newer: Provider, draft: str) -> None:
    mara.test(draft, newer)

    assert entries(mara.organization)[-1]["action"] == "workspaces.saml.tested"
    listed = mara.client.get(f"{HALDEN}/attempts/").content.decode()
    assert "(test)" in listed


@pytest.mark.parametrize(
    ("bent", "check", "words"),
    [
        (
            {"audience": audience("http://testserver/accounts/saml/x")},
            "Audience",
            "meant for another audience",
        ),
        (
            {"recipient": ' Recipient="https://evil.example/"'},
            "Recipient",
            "evil.example",
        ),
        (
            {"destination": ' Destination="https://e.example/"'},
            "Destination",
            "address",
        ),
        ({"issuer": "https://idp.example/old"}, "Issuer", "another identity provider"),
        ({"status": "Requester"}, "Answer of the provider", "did not sign you in"),
        ({"signing": {"assertion": False}}, "Signature", "not signed"),
        ({"until": "2026-03-02T11:00:00Z", "ends": ""}, "Valid now", "no longer valid"),
        (
            {"name_id_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"},
            "Name identifier (NameID)",
            "changes every time",
        ),
        (
            {"attributes": attributes(mail_address="mara.lindqvist@halden.example")},
            "E-mail address",
            "no such attribute",
        ),
        (
            {"attributes": attributes(email="mara@elsewhere.example")},
            "E-mail in a proven domain",
            "elsewhere.example",
        ),
        (
            {"attributes": attributes(email="nobody@halden.example")},
            "Who it would be",
            "not a member",
        ),
    ],
)
def test_a_failure_is_named_with_what_was_expected_and_received(
    mara: Admin,
    newer: Provider,
    draft: str,
    bent: dict[str, Any],
    check: str,
    words: str,
) -> None:
    page = mara.test(draft, newer, **bent)

    assert f"Sign-in would fail: {check}" in page
    assert words in page
    assert mara.row(draft).tested_digest == ""


def test_another_key_fails_the_signature_and_still_shows_the_rest(
    mara: Admin, newer: Provider, draft: str
) -> None:
    stranger = Provider(entity_id=newer.entity_id, key_name="stranger")

    page = mara.test(draft, stranger)

    assert "Sign-in would fail: Signature" in page
    assert "does not fit the certificate" in page
    assert "Attributes received" in page


def test_the_missing_slash_is_marked(mara: Admin, newer: Provider, draft: str) -> None:
    asked = mara.leave(draft)

    wizardry.post(
        asked,
        newer.answer(asked, at=NOON, audience=audience(asked.entity_id.rstrip("/"))),
    )

    page = mara.client.get(f"{draft}test/").content.decode()
    assert '<mark class="c-differs">/</mark>' in page
    assert "slash missing" in page


def test_names_that_are_missing_do_not_keep_anybody_out(
    mara: Admin, newer: Provider, draft: str
) -> None:
    page = mara.test(
        draft, newer, attributes=attributes(email="mara.lindqvist@halden.example")
    )

    assert "Sign-in would work" in page
    assert "1 incomplete" in page


def test_an_answer_is_good_for_one_test(
    mara: Admin, newer: Provider, draft: str
) -> None:
    asked = mara.leave(draft)
    answer = newer.answer(asked, at=NOON)

    first, second = wizardry.post(asked, answer), wizardry.post(asked, answer)

    assert first.status_code == 303
    assert second.status_code == 403  # a draft lets nobody in


def test_the_answer_of_a_test_signs_nobody_in_through_a_connection_in_use(
    connected: OrganizationRef, mara: Admin, provider: Provider
) -> None:
    at = _live(mara)
    asked = mara.leave(at)
    answer = provider.answer(asked, at=NOON)
    wizardry.post(asked, answer)

    response = wizardry.post(asked, answer)

    assert response.status_code == 400
    assert "used before" in response.content.decode()


def test_a_forged_request_id_gets_nowhere(
    mara: Admin, newer: Provider, draft: str
) -> None:
    asked = mara.leave(draft)
    forged = type(asked)(
        request_id="_guess", entity_id=asked.entity_id, acs_url=asked.acs_url
    )

    response = wizardry.post(forged, newer.answer(forged, at=NOON))

    assert response.status_code == 403
    with scoping.organization(organization_id=mara.organization.id):
        assert not SignInAttempt.objects.filter(is_test=True).exists()


def test_damaged_answers_get_the_ordinary_page(mara: Admin, draft: str) -> None:
    asked = mara.leave(draft)

    response = wizardry.post(asked, b"no xml")

    assert response.status_code in {400, 403}
    assert "You are not signed in" in response.content.decode()


def test_a_change_after_the_test_wants_another_one(
    mara: Admin, newer: Provider, draft: str
) -> None:
    mara.test(draft, newer)

    mara.map(draft, last_name="sn")

    page = mara.client.get(f"{draft}test/").content.decode()
    assert "Settings were changed since" in page
    assert "Opens after a test without failure" in page


def test_the_test_of_an_admin_takes_no_owners_away(
    mara: Admin, halden: WorkspaceRef, newer: Provider
) -> None:
    at = wizardry.ready(mara, newer)
    mara.test(at, newer)
    tested = mara.row(at).tested_digest

    wizardry.admin(halden).test(at, newer)

    assert tested
    assert mara.row(at).tested_digest == tested


def test_the_test_of_an_admin_shows_everything_but_counts_for_nothing(
    connected: OrganizationRef, halden: WorkspaceRef, newer: Provider
) -> None:
    tomasz = wizardry.admin(halden)
    at = wizardry.ready(tomasz, newer)

    page = tomasz.test(at, newer)

    assert "Sign-in would work" in page
    assert "An owner of the organization has to repeat the test" in page
    assert tomasz.row(at).tested_digest == ""


def test_without_metadata_there_is_nothing_to_test(mara: Admin) -> None:
    at = mara.draft()

    page = mara.client.get(f"{at}test/").content.decode()
    refused = mara.client.post(f"{at}test/begin/")

    assert "Nothing to test yet" in page
    assert refused.status_code == 409


def test_starting_wants_a_post_of_ours(mara: Admin, draft: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = mara.client.cookies

    assert mara.client.get(f"{draft}test/begin/").status_code == 405
    assert strict.post(f"{draft}test/begin/").status_code == 403


def test_a_new_member_is_announced(
    mara: Admin, newer: Provider, draft: str, halden: WorkspaceRef
) -> None:
    mara.client.post(
        f"{draft}members/", {"into": halden.slug, "default_role": "member"}
    )

    page = mara.test(draft, newer, attributes=attributes(email="new@halden.example"))

    assert "a new member of Halden Engineering" in page


def _live(mara: Admin) -> str:
    with scoping.organization(organization_id=mara.organization.id):
        row = SamlConnection.objects.get(state="active")
    return f"{HALDEN}/{row.public_id}/"
