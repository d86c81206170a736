"""Speaks OAuth 2.0 with connected apps: oauthlib for the messages, kit for the wire.

What holds: PKCE with S256 in every sign-in; answers are read as JSON of bounded size;
no redirect is followed; nothing that an app answers reaches a log or a page, except the
registered error words of RFC 6749.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient

from kit.outbound import Client, OutboundFailed, OutboundRefused, Response
from workspaces.connectors.catalogue import Account, Endpoints, Revocation
from workspaces.connectors.controls import ClientAuth

_LONGEST_TOKEN = 16_384
_LONGEST_LIFE = 366 * 86_400
_ERROR = re.compile(r"[a-z_]{1,40}")
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class App:
    """A connected app, and our client there."""

    endpoints: Endpoints
    revocation: Revocation
    account: Account
    client_auth: ClientAuth
    client_id: str
    secret: str = field(repr=False)
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What an app gave for a member's account."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    kind: str
    scopes: tuple[str, ...]
    expires_at: datetime | None

    def stored(self) -> dict[str, str]:
        """The part that is a secret."""
        return {"access": self.access, "refresh": self.refresh, "kind": self.kind}


@dataclass(frozen=True, kw_only=True)
class Whose:
    """Whose account was linked, as the app says; empty where it does not."""

    name: str
    domain: str


class AppRefused(Exception):
    """The app answered with an error of OAuth 2.0; `code` is its registered word."""

    def __init__(self, code: str) -> None:
        self.code = code if _ERROR.fullmatch(code) else "invalid_response"
        super().__init__(self.code)


class AppUnreachable(Exception):
    """The app could not be asked, or answered with something else."""


def may_use_http() -> bool:
    """Only an operator who opens private addresses may go without TLS there."""
    return bool(settings.CUSTOS_OUTBOUND_ALLOW_PRIVATE)


def wire() -> Client:
    """How connected apps are asked: soon, in short, and never our own network."""
    return Client(
        allow_http=may_use_http(),
        connect_seconds=3,
        read_seconds=6,
        total_seconds=8,
        largest_body=262_144,
    )


def new_verifier() -> str:
    """A fresh PKCE verifier: 64 unreserved characters."""
    verifier: str = WebApplicationClient("").create_code_verifier(64)
    return verifier


def sign_in_url(
    app: App,
    *,
    redirect_uri: str,
    scopes: Sequence[str],
    state: str,
    verifier: str,
) -> str:
    """Where the member's browser goes to sign in to the app."""
    client = WebApplicationClient(app.client_id)
    challenge = client.create_code_challenge(verifier, "S256")
    more = dict(app.extra)
    if app.endpoints.resource:
        more["resource"] = app.endpoints.resource
    # Whether an app may be without TLS was decided when its address was stored; the
    # library asks an environment variable.
    scheme, _colon, rest = app.endpoints.authorize.partition(":")
    url: str = client.prepare_request_uri(
        f"https:{rest}",
        redirect_uri=redirect_uri,
        scope=" ".join(scopes),
        state=state,
        code_challenge=challenge,
        code_challenge_method="S256",
        **more,
    )
    return scheme + url.removeprefix("https")


def exchange(
    app: App, *, code: str, redirect_uri: str, verifier: str, at: datetime
) -> Tokens:
    """The tokens for a code that came back."""
    client = WebApplicationClient(app.client_id)
    body: str = client.prepare_request_body(
        code=code,
        redirect_uri=redirect_uri,
        code_verifier=verifier,
        include_client_id=app.client_auth is not ClientAuth.BASIC,
        **_own(app),
    )
    return _tokens(client, _asked(app, body), at=at)


def refreshed(app: App, *, refresh_token: str, at: datetime) -> Tokens:
    """New tokens; an app that does not rotate keeps the refresh token that it gave."""
    client = WebApplicationClient(app.client_id)
    own = {**_own(app)}
    if app.client_auth is not ClientAuth.BASIC:
        own["client_id"] = app.client_id
    body: str = client.prepare_refresh_body(refresh_token=refresh_token, **own)
    found = _tokens(client, _asked(app, body), at=at)
    if found.refresh:
        return found
    return Tokens(
        access=found.access,
        refresh=refresh_token,
        kind=found.kind,
        scopes=found.scopes,
        expires_at=found.expires_at,
    )


def revoke(app: App, tokens: Mapping[str, str]) -> None:
    """End the grant at its source; what is unknown there counts as ended."""
    if app.revocation is Revocation.NONE:
        return
    if app.revocation is Revocation.GITHUB:
        _end_at_github(app, tokens.get("access", ""))
        return
    # The refresh token first: it is what would make new ones.
    for hint in ("refresh", "access"):
        if token := tokens.get(hint):
            _end_token(app, token, hint=f"{hint}_token")


def whose(app: App, tokens: Tokens) -> Whose:
    """Whose account the tokens open."""
    if app.account is Account.NONE or not app.endpoints.account:
        return Whose(name="", domain="")
    headers = {
        "Authorization": f"Bearer {tokens.access}",
        "Accept": "application/json",
    }
    found = _json(_sent(lambda: wire().get(app.endpoints.account, headers=headers)))
    return read_account(app.account, found)


def read_account(style: Account, found: Any) -> Whose:
    """The account in an answer of that style."""
    if style is Account.SLACK:
        url = found.get("url") if isinstance(found, dict) else None
        host = (urlsplit(url).hostname or "") if isinstance(url, str) else ""
        return Whose(name=host[:253], domain=host[:253])
    email = _email(style, found)
    return Whose(name=email, domain=email.rpartition("@")[2].lower())


def _email(style: Account, found: Any) -> str:
    if style is Account.GITHUB:
        rows = found if isinstance(found, list) else []
        good = [
            one
            for one in rows
            if isinstance(one, dict) and one.get("primary") and one.get("verified")
        ]
        found = good[0] if good else {}
    if not isinstance(found, dict) or found.get("email_verified") is False:
        return ""
    email = found.get("email")
    return email if isinstance(email, str) and len(email) <= 254 else ""


def _own(app: App) -> dict[str, str]:
    """How our client proves itself inside the body, and what the token is for."""
    own = {}
    if app.client_auth is ClientAuth.POST:
        own["client_secret"] = app.secret
    if app.endpoints.resource:
        own["resource"] = app.endpoints.resource
    return own


def _headers(app: App) -> dict[str, str]:
    headers = {"Content-Type": _FORM, "Accept": "application/json"}
    if app.client_auth is ClientAuth.BASIC:
        headers["Authorization"] = _basic(app)
    return headers


def _basic(app: App) -> str:
    # RFC 6749 2.3.1: both parts are form-encoded before they are joined.
    pair = f"{quote(app.client_id, safe='')}:{quote(app.secret, safe='')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _asked(app: App, body: str) -> Any:
    return _json(
        _sent(
            lambda: wire().post(
                app.endpoints.token, body=body.encode(), headers=_headers(app)
            )
        )
    )


def _tokens(client: WebApplicationClient, found: Any, *, at: datetime) -> Tokens:
    if not isinstance(found, dict):
        raise AppUnreachable("the answer is no object")
    if found.get("ok") is False or "error" in found:
        raise AppRefused(str(found.get("error", "")))
    # Some apps part scopes by commas, and leave out the type that they all mean.
    answer = {"token_type": "Bearer", **found}
    if isinstance(answer.get("scope"), str):
        answer["scope"] = answer["scope"].replace(",", " ")
    answer["expires_in"] = _seconds(answer.get("expires_in"))
    if answer["expires_in"] is None:
        del answer["expires_in"]
    try:
        client.parse_request_body_response(json.dumps(answer))
    except (OAuth2Error, Warning, ValueError, TypeError) as error:
        raise AppRefused(str(getattr(error, "error", ""))) from None
    return Tokens(
        access=_secret(answer.get("access_token")),
        refresh=_secret(answer.get("refresh_token") or ""),
        kind=str(answer["token_type"])[:40],
        scopes=tuple(str(answer.get("scope") or "").split()[:100]),
        expires_at=_end(answer.get("expires_in"), at=at),
    )


def _seconds(told: Any) -> int | None:
    try:
        found = int(told)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if 0 < found <= _LONGEST_LIFE else None


def _end(seconds: int | None, *, at: datetime) -> datetime | None:
    return None if seconds is None else at + timedelta(seconds=seconds)


def _secret(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TOKEN:
        raise AppRefused("invalid_response")
    return value


def _end_token(app: App, token: str, *, hint: str) -> None:
    fields = {"token": token, "token_type_hint": hint}
    if app.client_auth is not ClientAuth.BASIC:
        fields["client_id"] = app.client_id
    if app.client_auth is ClientAuth.POST:
        fields["client_secret"] = app.secret
    body = urlencode(fields).encode()
    answer = _sent(
        lambda: wire().post(app.endpoints.revoke, body=body, headers=_headers(app))
    )
    if answer.status < 300 or _is_gone(answer):
        return
    raise AppUnreachable(f"revocation answered {answer.status}")


def _is_gone(answer: Response) -> bool:
    """Whether the app says that it no longer knows the token."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("error") in {
        "invalid_token",
        "token_revoked",
    }


def _end_at_github(app: App, token: str) -> None:
    headers = {"Authorization": _basic(app), "Accept": "application/vnd.github+json"}
    url = app.endpoints.revoke.format(client_id=quote(app.client_id, safe=""))
    body = json.dumps({"access_token": token}).encode()
    answer = _sent(lambda: wire().delete(url, body=body, headers=headers))
    if answer.status not in (204, 404, 422):
        raise AppUnreachable(f"revocation answered {answer.status}")


def _sent(send: Any) -> Response:
    try:
        answer: Response = send()
    except (OutboundFailed, OutboundRefused) as error:
        raise AppUnreachable(str(error)) from None
    if answer.status >= 500 or answer.status == 429:
        raise AppUnreachable(f"the app answered {answer.status}")
    return answer


def _json(answer: Response) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise AppUnreachable("the answer is no JSON") from None
