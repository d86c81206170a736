"""What the tests of the wizard do over and over: draft, fill in, test, look."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import HttpResponse
from django.test import Client
from lxml import etree

from kit import scoping
from tests import cast
from tests.cast import NOON
from tests.workspaces.signin import unpacking
from tests.workspaces.signin.conftest import FORM
from tests.workspaces.signin.provider import Asked, Provider, attributes, encoded
from workspaces.signin.models import SamlConnection
from workspaces.tenancy.models import OrganizationAdministrator
from workspaces.tenancy.selectors import OrganizationRef, WorkspaceRef

HALDEN = "/o/halden-instruments/sign-in"
SENT = {
    "email": "mara.lindqvist@halden.example",
    "first_name": "Mara",
    "last_name": "Lindqvist",
}


@dataclass
class Admin:
    """Somebody who sets single sign-on up, in their browser."""

    client: Client
    organization: OrganizationRef

    def draft(self) -> str:
        """Begin a connection; the address of its pages."""
        response = self.client.post(f"{HALDEN}/new/")
        assert response.status_code == 302, response.content
        return str(response["Location"]).removesuffix("values/")

    def bring(self, at: str, document: bytes) -> HttpResponse:
        """Paste metadata into step 3."""
        return self.client.post(
            f"{at}metadata/", {"how": "text", "text": document.decode()}
        )

    def map(self, at: str, **more: Any) -> HttpResponse:
        """Keep step 4."""
        names = {"email": "email", "first_name": "first_name", "last_name": "last_name"}
        return self.client.post(f"{at}attributes/", names | more)

    def leave(self, at: str) -> Asked:
        """Begin a test; what the identity provider receives."""
        page = self.client.post(f"{at}test/begin/")
        assert page.status_code == 200, page.content
        found = re.search(r'content="0; url=([^"]+)"', page.content.decode())
        assert found
        query = parse_qs(urlsplit(unescape(found[1])).query)
        root = etree.fromstring(unpacking.inflated(query["SAMLRequest"][0]))
        return Asked(
            request_id=root.get("ID"),
            entity_id=root.findtext("{*}Issuer"),
            acs_url=root.get("AssertionConsumerServiceURL"),
        )

    def test(self, at: str, provider: Provider, **bent: Any) -> str:
        """A whole test sign-in; the page that shows it."""
        asked = self.leave(at)
        bent = {"attributes": attributes(**SENT)} | bent
        response = post(asked, provider.answer(asked, at=NOON, **bent))
        assert (response.status_code, response["Location"]) == (303, f"{at}test/")
        return self.client.get(f"{at}test/").content.decode()

    def row(self, at: str) -> SamlConnection:
        """The connection as it is stored now."""
        with scoping.organization(organization_id=self.organization.id):
            return SamlConnection.objects.get(public_id=at.rstrip("/").split("/")[-1])


def post(asked: Asked, document: bytes) -> HttpResponse:
    """The identity provider's page posts across sites, without any cookie."""
    body = unpacking.form(encoded(document))
    return Client().generic("POST", urlsplit(asked.acs_url).path, body, FORM)


def owner(where: WorkspaceRef) -> Admin:
    """Mara, who owns the organization."""
    return Admin(client=cast.owner(where).client(), organization=where.organization)


def admin(where: WorkspaceRef) -> Admin:
    """Tomasz, an admin of the organization who does not own it."""
    person = cast.admin(where)
    with scoping.organization(organization_id=where.organization.id):
        OrganizationAdministrator.objects.create(
            organization_id=where.organization.id,
            user=person.user,
            role="admin",
            created_at=NOON,
        )
    return Admin(client=person.client(), organization=where.organization)


def ready(someone: Admin, provider: Provider) -> str:
    """A draft with metadata and mapping, ready for a test."""
    at = someone.draft()
    someone.bring(at, provider.metadata())
    someone.map(at)
    return at
