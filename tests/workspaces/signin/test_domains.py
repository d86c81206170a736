"""Claiming, proving and releasing mail domains on the organization's page."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from tests.workspaces.signin import wizardry
from tests.workspaces.signin.conftest import Visitor, entries
from tests.workspaces.signin.provider import Provider, attributes
from workspaces.signin import dns_records, selectors
from workspaces.signin.models import MailDomain
from workspaces.signin.services import domains
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

pytestmark = pytest.mark.django_db
URL = "/o/halden-instruments/domains/"


@pytest.fixture
def owner(halden: WorkspaceRef) -> Client:
    return cast.owner(halden).client()


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, ...]]:
    """What DNS says, by name."""
    zone: dict[str, tuple[str, ...]] = {}
    monkeypatch.setattr(
        dns_records, "txt_records", lambda name, **_: zone.get(name, ())
    )
    return zone


def claimed(owner: Client, where: WorkspaceRef, domain: str) -> MailDomain:
    owner.post(URL, {"domain": domain})
    with scoping.organization(organization_id=where.organization.id):
        return MailDomain.objects.get(domain=domain)


def again(where: WorkspaceRef, row: MailDomain) -> MailDomain | None:
    with scoping.organization(organization_id=where.organization.id):
        return selectors.domain_by_id(domain=row.public_id)


def test_a_claim_shows_the_record_to_publish(
    owner: Client, halden: WorkspaceRef
) -> None:
    row = claimed(owner, halden, "halden.example")

    page = owner.get(URL).content.decode()

    assert f'data-copy="{row.challenge}"' in page
    assert 'data-copy="_custos.halden.example"' in page
    assert f'_custos.halden.example. 3600 IN TXT "{row.challenge}"' in page
    assert "Mon 9 Mar 2026, 12:00 UTC" in page
    assert entries(halden.organization)[-1]["action"] == "workspaces.domain.claimed"


def test_the_record_proves_the_domain(
    owner: Client, halden: WorkspaceRef, dns: dict[str, tuple[str, ...]]
) -> None:
    row = claimed(owner, halden, "halden.example")
    dns["_custos.halden.example"] = ("v=spf1 -all", row.challenge)

    response = owner.post(f"{URL}{row.public_id}/check/")

    assert response.status_code == 302
    assert "Proven" in owner.get(URL).content.decode()
    found = again(halden, row)
    assert found is not None
    assert found.proven_at == NOON
    assert entries(halden.organization)[-1]["action"] == "workspaces.domain.verified"


def test_a_missing_or_wrong_record_says_what_dns_answers_and_counts(
    owner: Client, halden: WorkspaceRef, dns: dict[str, tuple[str, ...]]
) -> None:
    row = claimed(owner, halden, "halden.example")

    nothing = owner.post(f"{URL}{row.public_id}/check/")
    dns["_custos.halden.example"] = ("custos-verification=old",)
    wrong = owner.post(f"{URL}{row.public_id}/check/")

    assert nothing.status_code == 409
    assert "DNS knows no TXT record at _custos.halden.example" in (
        nothing.content.decode()
    )
    assert "says “custos-verification=old”" in wrong.content.decode()
    assert "2 of 99 checks used" in wrong.content.decode()


def test_a_silent_dns_is_said_and_costs_nothing(
    owner: Client, halden: WorkspaceRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = claimed(owner, halden, "halden.example")

    def silent(_name: str, *, seconds: float) -> tuple[str, ...]:
        assert seconds <= 3
        raise dns_records.DnsUnreachable("DNS gave no answer.")

    monkeypatch.setattr(dns_records, "txt_records", silent)
    response = owner.post(f"{URL}{row.public_id}/check/")

    assert "DNS gave no answer." in response.content.decode()
    assert "0 of 99 checks used" in response.content.decode()


def test_a_claim_lapses_after_a_week_and_begins_anew(
    owner: Client,
    halden: WorkspaceRef,
    dns: dict[str, tuple[str, ...]],
    clock: Callable[[datetime], None],
) -> None:
    row = claimed(owner, halden, "halden.example")
    dns["_custos.halden.example"] = (row.challenge,)
    clock(NOON + timedelta(days=7))
    late = cast.owner(halden).client()

    response = late.post(f"{URL}{row.public_id}/check/")
    anew = claimed(late, halden, "halden.example")

    assert response.status_code == 409
    assert "Claim it again" in response.content.decode()
    assert anew.public_id == row.public_id
    assert anew.challenge != row.challenge
    assert anew.attempts == 0


def test_it_is_tried_ninety_nine_times_at_most(
    owner: Client, halden: WorkspaceRef, dns: dict[str, tuple[str, ...]]
) -> None:
    row = claimed(owner, halden, "halden.example")
    with scoping.organization(organization_id=halden.organization.id):
        MailDomain.objects.update(attempts=99)
    dns["_custos.halden.example"] = (row.challenge,)

    response = owner.post(f"{URL}{row.public_id}/check/")

    assert response.status_code == 409
    found = again(halden, row)
    assert found is not None
    assert found.proven_at is None


def test_a_domain_has_one_holder(
    owner: Client, halden: WorkspaceRef, dns: dict[str, tuple[str, ...]]
) -> None:
    other = cast.elsewhere()
    domains.verify(
        actor=OPERATOR,
        organization=other.organization,
        domain="halden.example",
        attested_by="tests",
        at=NOON,
    )
    row = claimed(owner, halden, "halden.example")
    dns["_custos.halden.example"] = (row.challenge,)

    response = owner.post(f"{URL}{row.public_id}/check/")

    assert response.status_code == 409
    assert "held by another organization" in response.content.decode()


def test_a_proof_covers_exactly_its_domain(
    connected: OrganizationRef, visitor: Visitor, provider: Provider
) -> None:

    answer = provider.answer(
        visitor.ask(),
        at=NOON,
        attributes=attributes(email="mara.lindqvist@sub.halden.example"),
    )

    response = visitor.bring(answer)

    assert "has not proven" in response.content.decode()


@pytest.mark.parametrize("domain", ["", "halden", "a b.example", "x@y.example", "1.2"])
def test_what_is_no_domain_is_refused(
    owner: Client, halden: WorkspaceRef, domain: str
) -> None:
    response = owner.post(URL, {"domain": domain})

    assert response.status_code == 422
    with scoping.organization(organization_id=halden.organization.id):
        assert not MailDomain.objects.exists()


def test_releasing_names_the_consequence_and_wants_the_name(
    connected: OrganizationRef, halden: WorkspaceRef, owner: Client
) -> None:
    with scoping.organization(organization_id=connected.id):
        row = MailDomain.objects.get()
    url = f"{URL}{row.public_id}/release/"

    asked = owner.get(url)
    wrong = owner.post(url, {"typed_name": "halden"})
    done = owner.post(url, {"typed_name": "halden.example"})

    assert "lets nobody in with an address" in asked.content.decode()
    assert wrong.status_code == 422
    assert done.status_code == 302
    assert again(halden, row) is None
    assert entries(connected)[-1]["action"] == "workspaces.domain.released"


def test_what_is_proven_only_an_owner_gives_up(
    connected: OrganizationRef, halden: WorkspaceRef
) -> None:
    with scoping.organization(organization_id=connected.id):
        row = MailDomain.objects.get()
    admin = wizardry.admin(halden).client

    url = f"{URL}{row.public_id}/release/"
    refused = admin.post(url, {"typed_name": "halden.example"})
    own = claimed(admin, halden, "new.example")
    url = f"{URL}{own.public_id}/release/"
    done = admin.post(url, {"typed_name": "new.example"})

    assert (refused.status_code, done.status_code) == (403, 302)
    assert again(halden, row) is not None
    assert again(halden, own) is None


def test_after_a_release_nobody_comes_in_by_its_addresses(
    connected: OrganizationRef,
    owner: Client,
    visitor: Visitor,
    provider: Provider,
) -> None:
    before = Visitor()
    before.bring(provider.answer(before.ask(), at=NOON))  # linked from now on
    with scoping.organization(organization_id=connected.id):
        row = MailDomain.objects.get()
    owner.post(f"{URL}{row.public_id}/release/", {"typed_name": "halden.example"})

    response = visitor.bring(provider.answer(visitor.ask(), at=NOON))

    assert response.status_code == 403


def test_an_organization_has_two_hundred_domains_at_most(
    halden: WorkspaceRef, monkeypatch: pytest.MonkeyPatch, owner: Client
) -> None:
    monkeypatch.setattr(domains, "MOST_DOMAINS", 1)
    owner.post(URL, {"domain": "a.example"})

    response = owner.post(URL, {"domain": "b.example"})

    assert response.status_code == 422
    assert "at most" in response.content.decode()


def test_a_member_of_a_workspace_is_a_stranger_here(halden: WorkspaceRef) -> None:
    member = cast.member(halden).client()

    assert member.get(URL).status_code == 404
