"""The log of attempts: the last fifty, by their reference, and answers on request."""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from django.core.cache import cache
from django.test import Client

from kit import scoping
from kit.limits import Limit
from tests.cast import NOON
from tests.workspaces.signin import unpacking, wizardry
from tests.workspaces.signin.conftest import FORM, Visitor, entries
from tests.workspaces.signin.provider import Provider, attributes, audience, encoded
from tests.workspaces.signin.wizardry import HALDEN, Admin
from workspaces.signin.models import SamlConnection, SignInAttempt
from workspaces.signin.services import attempts, clearing
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db
URL = f"{HALDEN}/attempts/"


@pytest.fixture
def mara(connected: OrganizationRef, halden: WorkspaceRef) -> Admin:
    return wizardry.owner(halden)


def rows(organization: OrganizationRef) -> list[SignInAttempt]:
    with scoping.organization(organization_id=organization.id):
        return list(SignInAttempt.objects.order_by("id"))


def refuse(visitor: Visitor, provider: Provider, at: datetime = NOON) -> None:
    visitor.bring(
        provider.answer(visitor.ask(), at=at, audience=audience("https://other"))
    )


def stranger(ip: str) -> int:
    """Somebody posts what is no answer."""
    visitor = Visitor()
    body = unpacking.form(encoded(b"no answer"))
    return (
        Client(REMOTE_ADDR=ip)
        .generic("POST", f"{visitor.base}/acs/", body, FORM)
        .status_code
    )


def test_who_comes_in_is_listed_by_a_hash(
    mara: Admin, visitor: Visitor, provider: Provider
) -> None:
    visitor.bring(provider.answer(visitor.ask(), at=NOON))

    (row,) = rows(mara.organization)
    assert row.code == ""
    assert bytes(row.name_id_hash or b"") == sha256(b"mara-1").digest()
    assert row.sealed_message is None
    assert "The person came in." in mara.client.get(URL).content.decode()


def test_a_refusal_is_found_by_the_reference_on_its_page(
    mara: Admin, visitor: Visitor, provider: Provider
) -> None:
    refuse(visitor, provider)
    (row,) = rows(mara.organization)

    found = mara.client.get(URL, {"reference": row.reference.lower()}).content.decode()
    other = mara.client.get(URL, {"reference": "NOSUCH22"}).content.decode()

    assert "meant for another audience" in found
    assert "https://other" in found
    assert "/accounts/saml/halden-instruments/metadata/" in found
    assert "No attempt has this reference" in other


def test_a_refusal_of_the_last_step_is_listed_with_its_person(
    mara: Admin, visitor: Visitor, provider: Provider
) -> None:
    visitor.bring(
        provider.answer(
            visitor.ask(), at=NOON, attributes=attributes(email="x@old.example")
        )
    )

    (row,) = rows(mara.organization)
    assert row.code == "domain_not_proven"
    assert row.name_id_hash


def test_the_same_refusal_within_a_minute_only_counts(
    mara: Admin, visitor: Visitor, provider: Provider
) -> None:
    for _ in range(3):
        refuse(visitor, provider)

    (row,) = rows(mara.organization)
    assert row.count == 3
    page = mara.client.get(URL).content.decode()
    assert "\N{MULTIPLICATION SIGN} 3" in page


def test_many_addresses_of_one_place_are_one_source(mara: Admin) -> None:
    for n in range(5):
        stranger(f"2001:db8:1:2::{n}")

    (row,) = rows(mara.organization)
    assert row.count == 5


def test_many_sources_fill_no_log(mara: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    few = Limit(name="few", most=3, every_seconds=60, when_down=False)
    monkeypatch.setattr(attempts, "_RECORDED", few)
    before = len(entries(mara.organization))
    answers = {stranger(f"192.0.2.{n}") for _twice in range(2) for n in range(8)}

    assert answers == {400}
    assert len(rows(mara.organization)) == 3
    assert len(entries(mara.organization)) == before + 3


def test_the_newest_fifty_stay(
    mara: Admin,
    visitor: Visitor,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attempts, "MOST_KEPT", 2)
    for _ in range(4):
        visitor.bring(provider.answer(visitor.ask(), at=NOON))

    assert len(rows(mara.organization)) == 2


def test_no_answer_is_kept_unless_an_owner_asks(
    mara: Admin, halden: WorkspaceRef, visitor: Visitor, provider: Provider
) -> None:
    tomasz = wizardry.admin(halden)
    keep = f"{_pages(mara)}answers/"

    refused = tomasz.client.post(keep, {"act": "keep"})
    refuse(visitor, provider)

    assert refused.status_code == 403
    assert rows(mara.organization)[-1].sealed_message is None


def test_an_answer_is_kept_sealed_for_a_day_and_handed_to_owners(
    mara: Admin,
    halden: WorkspaceRef,
    visitor: Visitor,
    provider: Provider,
) -> None:
    mara.client.post(f"{_pages(mara)}answers/", {"act": "keep"})
    refuse(visitor, provider)
    row = rows(mara.organization)[-1]
    asked = {"reference": row.reference}

    given = mara.client.post(f"{HALDEN}/answer/", asked)
    refused = wizardry.admin(halden).client.post(f"{HALDEN}/answer/", asked)

    assert b"samlp:Response" not in bytes(row.sealed_message or b"")
    assert b"https://other" in given.content
    assert "attachment" in given["Content-Disposition"]
    assert refused.status_code == 403
    acts = [one["action"] for one in entries(mara.organization)]
    assert "workspaces.saml-answer.downloaded" in acts


def test_answers_of_people_who_came_in_are_kept_too(
    mara: Admin, visitor: Visitor, provider: Provider
) -> None:
    mara.client.post(f"{_pages(mara)}answers/", {"act": "keep"})

    visitor.bring(provider.answer(visitor.ask(), at=NOON))

    row = rows(mara.organization)[-1]
    given = mara.client.post(f"{HALDEN}/answer/", {"reference": row.reference})
    assert b"mara.lindqvist@halden.example" in given.content


def test_a_day_later_it_is_gone(
    mara: Admin,
    halden: WorkspaceRef,
    visitor: Visitor,
    provider: Provider,
    clock: Callable[[datetime], None],
) -> None:
    mara.client.post(f"{_pages(mara)}answers/", {"act": "keep"})
    refuse(visitor, provider)
    late = NOON + timedelta(hours=24, seconds=1)
    clock(late)

    clearing.clear_expired(at=late)
    cache.clear()  # the minute in which the same refusal only counts is over
    refuse(Visitor(), provider, at=late)

    first, second = rows(mara.organization)
    assert (first.sealed_message, second.sealed_message) == (None, None)


def test_stopping_discards_what_is_there(
    mara: Admin, visitor: Visitor, provider: Provider
) -> None:
    mara.client.post(f"{_pages(mara)}answers/", {"act": "keep"})
    refuse(visitor, provider)
    row = rows(mara.organization)[-1]

    mara.client.post(f"{_pages(mara)}answers/", {"act": "discard"})

    response = mara.client.post(f"{HALDEN}/answer/", {"reference": row.reference})
    assert response.status_code == 409


def test_the_list_takes_the_same_few_queries_however_long(
    mara: Admin,
    visitor: Visitor,
    provider: Provider,
    django_assert_max_num_queries: object,
) -> None:
    for _ in range(5):
        visitor.bring(provider.answer(visitor.ask(), at=NOON))

    with django_assert_max_num_queries(30):  # type: ignore[operator]
        mara.client.get(URL)


def _pages(mara: Admin) -> str:
    with scoping.organization(organization_id=mara.organization.id):
        return f"{HALDEN}/{SamlConnection.objects.get().public_id}/"


def test_a_field_that_no_column_can_hold_is_refused(mara: Admin) -> None:
    with scoping.organization(organization_id=mara.organization.id):
        row = SamlConnection.objects.get()
    for url, field in (
        (f"{HALDEN}/answer/", "reference"),
        (f"{HALDEN}/{row.public_id}/certificate/", "fingerprint"),
    ):
        response = mara.client.post(url, {field: "a\0b"})  # as a form with files

        assert response.status_code == 400
