"""The one address of an identity provider: a token comes in, a SCIM answer goes out.

Never a session, a cookie or a query parameter: only the `Authorization` header counts.
No token, a wrong one, and one of another workspace are the same to a caller.
"""

import time
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from kit import clock, guard
from kit.http import limited
from kit.limits import Limit
from workspaces.keys import selectors as keys
from workspaces.keys.authentication import bearer_of
from workspaces.keys.selectors import PresentedToken
from workspaces.keys.services import scim_tokens
from workspaces.scim import core
from workspaces.scim.services import requests, serving
from workspaces.scim.services.requests import Seen
from workspaces.scim.services.serving import Answer, Incoming

# Tokens have 256 random bits: this spares us lookups, it stops no guessing.
STRANGERS = Limit(name="scim", most=60, every_seconds=1, when_down=True)
_PASSED_ON = ("Content-Type", "If-Match", "If-None-Match")


@csrf_exempt
@guard.public
def endpoint(request: HttpRequest, workspace: UUID, rest: str = "") -> HttpResponse:
    """Everything below /scim/v2/<workspace>."""
    began = time.monotonic()
    at = clock.now()
    token = _token(request)
    named: Any = request
    named.token = token  # the middleware records what it was refused
    if token is None or token.workspace.public_id != workspace:
        named.refused_tenant = True
        return _to_stranger(request)
    answer = _answer(request, token, rest, at=at)
    named.refusal_is_recorded = answer.is_recorded
    scim_tokens.note_use(token=token, at=at)
    seen = Seen(
        method=request.method or "",
        path=f"/{rest}",
        status=answer.status,
        outcome=answer.outcome,
        token=token.public_id,
        user_agent=request.headers.get("User-Agent", ""),
        took_ms=round((time.monotonic() - began) * 1000),
    )
    requests.remember(workspace=token.workspace, seen=seen, at=at)
    return _response(answer)


def _to_stranger(request: HttpRequest) -> HttpResponse:
    """Only whoever has no token is limited; providers send as much as they have."""
    wait = limited.wait_of(request, STRANGERS)
    if not wait:
        return _response(serving.refused(core.UnauthorizedException()))
    response = _response(serving.refused(core.TooManyRequests()))
    response["Retry-After"] = str(wait)
    return response


def _token(request: HttpRequest) -> PresentedToken | None:
    """The token of the header, if it opens anything now."""
    secret = bearer_of(request)
    return keys.presented_token(secret=secret, at=clock.now()) if secret else None


def _answer(
    request: HttpRequest, token: PresentedToken, rest: str, *, at: Any
) -> Answer:
    ip = request.META.get("REMOTE_ADDR", "")
    if not keys.may_come_from(token, ip=ip):
        named: Any = request
        named.refused_network = True
        return serving.refused(
            core.ForbiddenException(detail="This token may not be used from here")
        )
    return serving.serve(
        caller=serving.caller_with(
            token, ip=ip, user_agent=request.headers.get("User-Agent", "")
        ),
        incoming=_incoming(request, rest),
        at=at,
    )


def _incoming(request: HttpRequest, rest: str) -> Incoming:
    headers = {
        name: request.headers[name] for name in _PASSED_ON if name in request.headers
    }
    return Incoming(
        method=request.method or "",
        path=rest,
        query=request.GET.dict(),
        headers=headers,
        # One byte more than is accepted tells a body that is too large.
        body=request.read(core.MAX_BODY + 1),
    )


def _response(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status)
    for name, value in answer.headers.items():
        response[name] = value
    if answer.status in {204, 304}:
        del response["Content-Type"]
    response["Cache-Control"] = "no-store"
    return response
