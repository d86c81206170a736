"""Halden Instruments with a proven domain and an active connection, and a browser."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from lxml import etree

from audit.log.models import AuditEntry
from kit import scoping
from tests import cast
from tests.cast import NOON, OPERATOR
from tests.workspaces.signin import unpacking
from tests.workspaces.signin.provider import (
    Asked,
    Provider,
    encoded,
    key_pair,
)
from workspaces.signin import metadata
from workspaces.signin.services import connections, domains
from workspaces.signin.views import codes as code_pages
from workspaces.signin.views.protocol import TICKET_COOKIE
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

FORM = "application/x-www-form-urlencoded"


@dataclass
class Visitor:
    """A browser that keeps to SameSite=Lax: a cross-site post brings no cookie."""

    slug: str = "halden-instruments"
    client: Client = field(default_factory=Client)

    @property
    def base(self) -> str:
        return f"/accounts/saml/{self.slug}"

    def ask(self, **query: str) -> Asked:
        """Start a sign-in; what the identity provider receives."""
        response = self.client.get(f"{self.base}/login/", query)
        assert response.status_code == 302, response.content
        packed = parse_qs(urlsplit(response["Location"]).query)["SAMLRequest"][0]
        root = etree.fromstring(unpacking.inflated(packed))
        return Asked(
            request_id=root.get("ID"),
            entity_id=root.findtext("{*}Issuer"),
            acs_url=root.get("AssertionConsumerServiceURL"),
        )

    def post(self, document: bytes) -> HttpResponse:
        """The identity provider's page posts the answer across sites."""
        return self._post(encoded(document))

    def _post(self, text: str) -> HttpResponse:
        elsewhere = Client()
        body = unpacking.form(text)
        response = elsewhere.generic("POST", f"{self.base}/acs/", body, FORM)
        if TICKET_COOKIE in elsewhere.cookies:
            self.client.cookies[TICKET_COOKIE] = elsewhere.cookies[TICKET_COOKIE].value
        return response

    def bring(self, document: bytes) -> HttpResponse:
        """Post the answer, and follow to the last step if it was accepted."""
        return self.bring_encoded(encoded(document))

    def bring_encoded(self, text: str) -> HttpResponse:
        """The same with the text that stands in the provider's form."""
        response = self._post(text)
        if response.status_code != 303:
            return response
        return self.client.get(response["Location"])

    @property
    def user_id(self) -> int | None:
        found = self.client.session.get("_auth_user_id")
        return None if found is None else int(found)


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for a code lasts as long whatever it finds; tests need not wait."""
    monkeypatch.setattr(code_pages, "_LONGEST_ASK", 0.000_001)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _one_key_for_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making a key takes most of a second."""
    monkeypatch.setattr(
        connections.certificates, "self_signed", lambda **_: key_pair("portal")
    )


@pytest.fixture
def halden(db: None, clock: Callable[[datetime], None]) -> WorkspaceRef:
    """Halden Engineering, at noon; Mara Lindqvist owns it."""
    return cast.workspace()


@pytest.fixture
def provider() -> Provider:
    """Halden's identity provider."""
    return Provider()


@pytest.fixture
def connected(halden: WorkspaceRef, provider: Provider) -> OrganizationRef:
    """Halden Instruments, ready for sign-in."""
    return connect(halden.organization, provider, domain="halden.example")


@pytest.fixture
def visitor() -> Visitor:
    """A browser in front of Halden's connection."""
    return Visitor()


def connect(
    organization: OrganizationRef, provider: Provider, *, domain: str
) -> OrganizationRef:
    """Give an organization an active connection and a proven domain."""
    connections.configure(
        actor=OPERATOR,
        organization=organization,
        idp=metadata.identity_provider(provider.metadata()),
        activate=True,
        at=NOON,
    )
    domains.verify(
        actor=OPERATOR,
        organization=organization,
        domain=domain,
        attested_by="tests",
        at=NOON,
    )
    return organization


def entries(organization: OrganizationRef) -> list[dict[str, Any]]:
    """The leaves of the organization's log."""
    with scoping.organization(organization_id=organization.id):
        return [unpacking.leaf(row.leaf) for row in AuditEntry.objects.order_by("id")]
