"""Runs Canaille, an authorization server that nobody here wrote, on loopback.

It does what our client has to get along with: PKCE, rotation of refresh tokens (RFC
6749), revocation (RFC 7009), metadata (RFC 8414), the issuer in its answers (RFC 9207).
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from config.launcher import foreign, ports, site
from tests.harness import servers
from tests.oauth.people import PASSWORD

_HIDDEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_MOST_HOPS = 15
_SITE = Path(__file__).with_name("canaille_site.py")


@dataclass(frozen=True, kw_only=True)
class Canaille:
    """A running authorization server."""

    url: str

    def register(self, redirect_uri: str, **more: Any) -> dict[str, Any]:
        """Our client there (RFC 7591): its id and secret."""
        asked = {
            "client_name": "Custos",
            "redirect_uris": [redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": "openid profile email",
            "token_endpoint_auth_method": "client_secret_basic",
            **more,
        }
        answer = requests.post(f"{self.url}/oauth/register", json=asked, timeout=30)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def is_active(self, token: str, *, client: dict[str, Any]) -> bool:
        """Whether the server would still take an access token (RFC 7662)."""
        answer = requests.post(
            f"{self.url}/oauth/introspect",
            data={"token": token},
            auth=(client["client_id"], client["client_secret"]),
            timeout=30,
        )
        return bool(answer.json().get("active"))

    def revoke(self, token: str, *, client: dict[str, Any]) -> None:
        """End a token there, behind our back."""
        answer = requests.post(
            f"{self.url}/oauth/revoke",
            data={"token": token},
            auth=(client["client_id"], client["client_secret"]),
            timeout=30,
        )
        assert answer.status_code == 200, answer.text


@dataclass
class Visitor:
    """Somebody's browser at the authorization server."""

    login: str = "jun"
    session: requests.Session = field(default_factory=requests.Session)

    def visit(self, url: str, *, answer: str = "accept") -> dict[str, str]:
        """Sign in and agree, or deny; what the server sends back to the portal."""
        response = self._get(url)
        for _hop in range(_MOST_HOPS):
            if response.is_redirect:
                place = urljoin(response.url, response.headers["location"])
                if "/callback/" in urlsplit(place).path:
                    return dict(parse_qsl(urlsplit(place).query))
                response = self._get(place)
                continue
            response = self.session.post(
                response.url,
                data=self._filled(response, answer),
                allow_redirects=False,
                timeout=30,
            )
        raise AssertionError(f"the server asks on and on: {response.text[:2000]}")

    def _get(self, url: str) -> requests.Response:
        return self.session.get(url, allow_redirects=False, timeout=30)

    def _filled(self, response: requests.Response, answer: str) -> dict[str, str]:
        text = response.text
        token = _HIDDEN.search(text)
        sent = {"csrf_token": token[1]} if token else {}
        if 'id="accept"' in text:
            return {**sent, "answer": answer}
        if 'name="login"' in text:
            return {**sent, "login": self.login}
        if 'name="password"' in text:
            return {**sent, "password": PASSWORD}
        raise AssertionError(f"{response.status_code}: {text[:2000]}")


@contextmanager
def running(folder: Path) -> Iterator[Canaille]:
    """The server, until the block ends."""
    port = ports.any_free()
    with servers.running(
        [foreign.CANAILLE.python, "-W", "ignore", _SITE, str(port)],
        log=folder / "canaille.log",
        environment={"PATH": os.environ["PATH"]},
        is_ready=site.serves(port, "/.well-known/oauth-authorization-server"),
    ):
        yield Canaille(url=f"http://127.0.0.1:{port}")
