"""Custom connectors: what an app publishes is read and checked, never just trusted."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests import cast
from tests.cast import NOON
from tests.oauth.server import Canaille
from tests.workspaces.connectors.conftest import SLUG, App, opened
from workspaces.connectors import discovery, selectors, services
from workspaces.connectors.catalogue import Endpoints
from workspaces.connectors.controls import ClientAuth, Kind
from workspaces.connectors.discovery import CannotDiscover
from workspaces.connectors.models import Connector
from workspaces.connectors.services import Asked, BadSetting
from workspaces.tenancy.selectors import WorkspaceRef

pytestmark = pytest.mark.django_db

ADD = "/w/halden-engineering/connectors/add/"
FORM = {
    "name": "Wiki",
    "kind": "hand",
    "authorize": "https://wiki.example/authorize",
    "token": "https://wiki.example/token",
    "revoke": "",
    "address": "",
    "scopes": "pages:read, pages:write",
    "actions": "pages.search reads\npages.delete changes important",
    "client_id": "custos",
    "secret": "",
}


class Publisher:
    """A server that publishes documents at paths; `{here}` in them is its address."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.asked: list[str] = []
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked.append(self.path)
                found = publisher.documents.get(self.path)
                self.send_response(200 if found is not None else 404)
                self.end_headers()
                if found is not None:
                    text = found if isinstance(found, str) else json.dumps(found)
                    self.wfile.write(text.replace("{here}", publisher.url).encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        ).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def publisher(private_is_allowed: None) -> Iterator[Publisher]:
    found = Publisher()
    found.documents = {
        "/.well-known/oauth-protected-resource/tools": {
            "resource": "{here}/tools",
            "authorization_servers": ["{here}/login"],
            "scopes_supported": ["tools:use"],
        },
        "/.well-known/oauth-authorization-server/login": {
            "issuer": "{here}/login",
            "authorization_endpoint": "{here}/authorize",
            "token_endpoint": "{here}/token",
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
        },
    }
    yield found
    found.close()


@pytest.fixture
def admin(where: WorkspaceRef) -> Client:
    return cast.admin(where).client()


def test_one_is_added_by_hand_and_begins_off(
    where: WorkspaceRef, admin: Client
) -> None:
    answer = admin.post(ADD, FORM, follow=True)

    page = answer.content.decode()
    assert "Wiki is added, and turned off." in page
    assert "Unverified" in page
    with opened(where):
        row = Connector.objects.get()
        setup = selectors.one(connector="custom-wiki")
    assert (row.slug, row.is_allowed) == ("custom-wiki", False)
    assert row.scopes == ["pages:read", "pages:write"]
    assert [one.name for one in setup.actions] == ["pages.search", "pages.delete"]
    assert row.client_auth == ClientAuth.NONE  # no secret: a public client


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "…", "Give a name with letters"),
        ("authorize", "javascript:alert(1)", "begin with https://"),
        ("token", "", "begin with https://"),
        ("token", "http://wiki.example/token", "begin with https://"),
        ("revoke", "ftp://wiki.example/", "begin with https://"),
        ("actions", "pages.search", "is no action"),
        ("actions", "a reads\na reads", "same name"),
        ("actions", "? reads", "cannot be the name"),
        ("scopes", 'a"b', "characters that scopes do not have"),
        ("kind", "pigeon", "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused(
    where: WorkspaceRef, admin: Client, field: str, value: str, sentence: str
) -> None:
    answer = admin.post(ADD, {**FORM, field: value})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    with opened(where):
        assert not Connector.objects.exists()


def test_a_name_is_taken_once(where: WorkspaceRef, admin: Client) -> None:
    admin.post(ADD, FORM)

    assert "has that name already" in admin.post(ADD, FORM).content.decode()


def test_an_action_that_nobody_listed_is_an_important_change(
    where: WorkspaceRef, admin: Client
) -> None:
    admin.post(ADD, FORM)

    with opened(where):
        found = selectors.one(connector="custom-wiki").action("pages.burn")

    assert found is not None
    assert (found.access, found.is_important) == ("write", True)


def test_an_mcp_server_leads_to_its_sign_in(publisher: Publisher) -> None:
    found = discovery.of_mcp_server(f"{publisher.url}/tools")

    assert found.endpoints == Endpoints(
        authorize=f"{publisher.url}/authorize",
        token=f"{publisher.url}/token",
        issuer=f"{publisher.url}/login",
        resource=f"{publisher.url}/tools",
        client_auths=("none",),
    )
    assert found.scopes == ("tools:use",)


@pytest.mark.parametrize(
    ("path", "changed", "sentence"),
    [
        ("protected-resource/tools", {"resource": "{here}/other"}, "another one"),
        ("protected-resource/tools", {"authorization_servers": []}, "names no auth"),
        ("protected-resource/tools", {"authorization_servers": 7}, "names no auth"),
        ("authorization-server/login", {"issuer": "{here}"}, "it is another one"),
        (
            "authorization-server/login",
            {"code_challenge_methods_supported": ["plain"]},
            "PKCE with S256",
        ),
        (
            "authorization-server/login",
            {"token_endpoint": "file:///etc/passwd"},
            "token_endpoint",
        ),
        ("authorization-server/login", {"authorization_endpoint": 7}, "usable"),
    ],
)
def test_documents_that_do_not_fit_are_refused(
    publisher: Publisher, path: str, changed: dict[str, Any], sentence: str
) -> None:
    document = publisher.documents[f"/.well-known/oauth-{path}"]
    document |= changed

    with pytest.raises(CannotDiscover, match=sentence):
        discovery.of_mcp_server(f"{publisher.url}/tools")


@pytest.mark.parametrize("text", ["[]", "no JSON", "[" * 100_000, '{"issuer": 7}'])
def test_what_is_no_document_is_nothing(publisher: Publisher, text: str) -> None:
    publisher.documents["/.well-known/oauth-protected-resource/tools"] = text

    with pytest.raises(CannotDiscover, match="publishes nothing"):
        discovery.of_mcp_server(f"{publisher.url}/tools")


def test_our_own_network_is_not_asked(
    where: WorkspaceRef, publisher: Publisher, settings: Settings
) -> None:
    settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE = False

    for address in ("https://127.0.0.1:1/", "https://localhost:1/", publisher.url):
        with pytest.raises(CannotDiscover):
            services.add(
                actor=cast.admin(where).actor,
                workspace=where,
                asked=Asked(name="Inside", kind=Kind.MCP, address=address),
                at=NOON,
            )
    assert publisher.asked == []


def test_a_page_says_what_was_wrong_with_an_address(
    where: WorkspaceRef, admin: Client
) -> None:
    answer = admin.post(ADD, {**FORM, "kind": "mcp", "address": "http://x.example"})

    assert answer.status_code == 422
    assert "begins with https://" in answer.content.decode()


@pytest.mark.idp
def test_a_server_of_another_maker_is_discovered(
    app: App, where: WorkspaceRef, canaille: Canaille
) -> None:
    with opened(where):
        setup = selectors.one(connector=SLUG)

    assert setup.endpoints.issuer == canaille.url
    assert setup.endpoints.sends_issuer
    assert setup.endpoints.revoke == f"{canaille.url}/oauth/revoke"
    assert setup.row.client_auth == ClientAuth.BASIC


def test_too_many_are_refused(where: WorkspaceRef) -> None:
    asked = Asked(
        name="Wide",
        kind=Kind.OAUTH,
        endpoints=Endpoints(
            authorize="https://a.example/", token="https://a.example/t"
        ),
        scopes=tuple(f"s{n}" for n in range(101)),
    )

    with pytest.raises(BadSetting, match="At most 100"):
        services.add(
            actor=cast.admin(where).actor, workspace=where, asked=asked, at=NOON
        )
