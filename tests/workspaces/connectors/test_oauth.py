"""Habits of single apps, against a local server that answers as they do."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.cast import NOON
from workspaces.connectors import oauth
from workspaces.connectors.catalogue import Account, Endpoints, Revocation
from workspaces.connectors.controls import ClientAuth
from workspaces.connectors.oauth import App, AppRefused, AppUnreachable, Whose

GITHUB = [
    {"email": "old@halden.example", "primary": False, "verified": True},
    {"email": "jun@halden.example", "primary": True, "verified": True},
]


class Fake:
    """A server with one answer, and what it was asked."""

    def __init__(self) -> None:
        self.status, self.body = 200, b"{}"
        self.asked: list[tuple[str, str, dict[str, str], str]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                fake.asked.append((self.command, self.path, headers, body))
                self.send_response(fake.status)
                self.end_headers()
                self.wfile.write(fake.body)

            do_GET = do_DELETE = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        ).start()

    def says(self, body: Any, status: int = 200) -> None:
        self.status, self.body = status, json.dumps(body).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def fake(private_is_allowed: None) -> Iterator[Fake]:
    found = Fake()
    yield found
    found.close()


def app(fake: Fake, **changed: Any) -> App:
    known: dict[str, Any] = {
        "endpoints": Endpoints(
            authorize=f"{fake.url}/authorize",
            token=f"{fake.url}/token",
            revoke=f"{fake.url}/revoke",
            account=f"{fake.url}/account",
        ),
        "revocation": Revocation.RFC_7009,
        "account": Account.USERINFO,
        "client_auth": ClientAuth.POST,
        "client_id": "cust os",
        "secret": "s&cret",
    }
    return App(**{**known, **changed})


def exchange(found: App) -> oauth.Tokens:
    return oauth.exchange(
        found, code="c", redirect_uri="https://p.example/", verifier="v", at=NOON
    )


def sent(fake: Fake) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(fake.asked[-1][3]).items()}


def test_scopes_may_be_parted_by_commas_and_the_type_left_out(fake: Fake) -> None:
    fake.says({"access_token": "a", "scope": "repo,read:org", "ok": True})

    tokens = exchange(app(fake))

    assert tokens.scopes == ("repo", "read:org")
    assert (tokens.kind, tokens.refresh, tokens.expires_at) == ("Bearer", "", None)


def test_a_client_proves_itself_as_the_app_wants_it(fake: Fake) -> None:
    fake.says({"access_token": "a"})

    exchange(app(fake))
    assert sent(fake)["client_secret"] == "s&cret"
    exchange(app(fake, client_auth=ClientAuth.BASIC))
    assert "client_secret" not in sent(fake)
    assert fake.asked[-1][2]["authorization"].startswith("Basic ")
    exchange(app(fake, client_auth=ClientAuth.NONE))
    assert sent(fake)["client_id"] == "cust os"
    assert "client_secret" not in sent(fake)
    assert sent(fake)["code_verifier"] == "v"


def test_a_token_for_an_mcp_server_names_it(fake: Fake) -> None:
    fake.says({"access_token": "a"})
    places = Endpoints(
        authorize=f"{fake.url}/a", token=f"{fake.url}/t", resource="https://mcp.example"
    )
    found = app(fake, endpoints=places)

    exchange(found)
    url = oauth.sign_in_url(
        found,
        redirect_uri="https://p.example/",
        scopes=(),
        state="s",
        verifier="v" * 43,
    )

    assert sent(fake)["resource"] == "https://mcp.example"
    assert "resource=https%3A%2F%2Fmcp.example" in url
    assert url.startswith("http://127.0.0.1")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": "bad_verification_code"}, "bad_verification_code"),  # GitHub: 200
        ({"ok": False, "error": "invalid_code"}, "invalid_code"),  # Slack: 200
        ({"error": "<script>"}, "invalid_response"),
        ({}, "missing_token"),
        ({"access_token": 7}, "invalid_response"),
        ({"access_token": "x" * 20_000}, "invalid_response"),
    ],
)
def test_what_is_refused_is_told_by_its_word(fake: Fake, body: Any, code: str) -> None:
    fake.says(body)

    with pytest.raises(AppRefused, match=code):
        exchange(app(fake))


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (429, b"{}"), (200, b"<html>"), (200, b"[]"), (200, b"[" * 99_999)],
)
def test_what_is_no_answer_is_none(fake: Fake, status: int, body: bytes) -> None:
    fake.status, fake.body = status, body

    with pytest.raises(AppUnreachable):
        exchange(app(fake))


@pytest.mark.parametrize("told", [0, -1, "soon", 10**30, None, "60"])
def test_a_life_that_cannot_be_is_ignored(fake: Fake, told: Any) -> None:
    fake.says({"access_token": "a", "expires_in": told})

    found = exchange(app(fake)).expires_at

    assert (found is not None) == (told == "60")


@pytest.mark.parametrize(
    ("style", "found", "whose"),
    [
        (Account.USERINFO, {"email": "Jun@Halden.example"}, "halden.example"),
        (Account.USERINFO, {"email": "j@h.example", "email_verified": False}, ""),
        (Account.USERINFO, {}, ""),
        (Account.USERINFO, [], ""),
        (Account.USERINFO, {"email": 7}, ""),
        (Account.GITHUB, GITHUB, "halden.example"),
        (Account.GITHUB, GITHUB[:1], ""),
        (Account.GITHUB, {"message": "Bad credentials"}, ""),
        (Account.SLACK, {"url": "https://halden.slack.com/"}, "halden.slack.com"),
        (Account.SLACK, {"url": 7}, ""),
        (Account.ATLASSIAN, {"email": "jun@halden.example"}, "halden.example"),
    ],
)
def test_each_app_says_whose_account_it_is(
    style: Account, found: Any, whose: str
) -> None:
    assert oauth.read_account(style, found).domain == whose


def test_an_app_without_accounts_is_not_asked(fake: Fake) -> None:
    fake.says({"access_token": "a"})
    tokens = exchange(app(fake))

    whose = oauth.whose(app(fake, account=Account.NONE), tokens)

    assert whose == Whose(name="", domain="")
    assert len(fake.asked) == 1


def test_both_tokens_are_revoked_the_refresh_token_first(fake: Fake) -> None:
    oauth.revoke(app(fake), {"access": "a", "refresh": "r", "kind": "Bearer"})

    hints = [parse_qs(body)["token_type_hint"][0] for *_, body in fake.asked]
    assert hints == ["refresh_token", "access_token"]


def test_a_token_that_is_gone_already_counts_as_revoked(fake: Fake) -> None:
    fake.says({"error": "invalid_token"}, status=400)

    oauth.revoke(app(fake), {"access": "a"})


def test_a_refusal_to_revoke_is_a_failure(fake: Fake) -> None:
    fake.says({"error": "invalid_client"}, status=401)

    with pytest.raises(AppUnreachable):
        oauth.revoke(app(fake), {"access": "a"})


def test_github_ends_the_whole_grant(fake: Fake) -> None:
    fake.status, fake.body = 204, b""
    places = Endpoints(
        authorize="", token="", revoke=f"{fake.url}/applications/{{client_id}}/grant"
    )

    oauth.revoke(
        app(fake, endpoints=places, revocation=Revocation.GITHUB), {"access": "a"}
    )

    method, path, headers, body = fake.asked[-1]
    assert (method, path) == ("DELETE", "/applications/cust%20os/grant")
    assert headers["authorization"].startswith("Basic ")
    assert json.loads(body) == {"access_token": "a"}


def test_an_app_that_offers_no_revoking_is_not_asked(fake: Fake) -> None:
    oauth.revoke(app(fake, revocation=Revocation.NONE), {"access": "a"})

    assert fake.asked == []
