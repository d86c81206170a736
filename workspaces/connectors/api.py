"""`/v1/manage/connectors/<connector>/token`: a chat front end takes a member's token.

The token is of the member's own account at the connected app. It is handed out only for
an action that this member may use right now, to a key with the scope
`connectors.release`, and each time is recorded.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema

from kit import clock, limits
from kit.http import problem
from kit.limits import Limit
from kit.refusals import Refused
from workspaces.connectors import services
from workspaces.connectors.services import Released
from workspaces.keys.authentication import Bearer, TooManyRequests
from workspaces.keys.scopes import Scope
from workspaces.keys.selectors import PresentedKey

# One member's app is not asked for faster than a person chats; a key that leaked does
# not empty all sign-ins of a workspace at once.
MEMBERS = Limit(name="connector-token", most=60, every_seconds=1, when_down=True)
PER_MINUTE = 1_200

router = Router(tags=["connectors"])


class KeyIsOfNoWorkspace(Refused):
    """A key of an organization does not say which workspace's members are meant."""

    status = 403


class AppDoesNotAnswer(Refused):
    """The sign-in has to be renewed, and the app does not do it just now."""

    status = 503

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.headers = {"Retry-After": "30"}


class TokenRequest(Schema):
    """Whose token, and for what."""

    member: UUID
    action: str = Field(min_length=1, max_length=100)


class Token(Schema):
    """A token of the member's own account, to be used for that action and no other."""

    access_token: str
    token_type: str
    scopes: list[str]
    expires_at: datetime | None
    must_ask: bool
    ask: str


@router.post(
    "/{connector}/token",
    auth=Bearer(Scope.CONNECTORS_RELEASE, per_minute=PER_MINUTE),
    response=Token,
    summary="A member's token for one action of a connector",
    description=(
        "Answers 403 with the reason, and with what was asked (`trail`), where the"
        " member may not use it, or has not signed in to the app. Keep the token no"
        " longer than the action takes: a cut refuses the next request."
    ),
)
def token(
    request: Any, connector: str, asked: TokenRequest, response: HttpResponse
) -> Any:
    """The member's token."""
    caller: PresentedKey = request.caller
    if caller.workspace is None:
        raise KeyIsOfNoWorkspace(
            _("Use a key of the workspace whose members use the connector.")
        )
    at = clock.now()
    asker = f"{caller.workspace.public_id} {asked.member} {connector}"
    if wait := limits.take(MEMBERS, asker=asker, at=at):
        raise TooManyRequests(wait=wait)
    released = services.release(
        actor=request.actor,
        workspace=caller.workspace,
        member=asked.member,
        connector=connector,
        action=asked.action,
        at=at,
    )
    response["Cache-Control"] = "no-store"
    if released.is_unreachable:
        raise AppDoesNotAnswer(released.verdict.reason)
    if not released.verdict.allowed:
        request.refusal_is_recorded = True
        return _refused(released)
    return Token(
        access_token=released.token,
        token_type=released.kind,
        scopes=list(released.scopes),
        expires_at=released.expires_at,
        must_ask=released.must_ask,
        ask=str(released.verdict.value),
    )


def _refused(released: Released) -> HttpResponse:
    """Why not, for the member to read, and what was asked, for programs."""
    trail = [
        {
            "where": source.where.value,
            "name": source.name,
            "said": sorted(source.said)
            if isinstance(source.said, frozenset)
            else source.said,
            "decided": source.decided,
        }
        for source in released.verdict.trail
    ]
    return problem.response(
        status=403,
        detail=released.verdict.reason,
        type="urn:custos:problem:connector-is-closed",
        extensions={"trail": trail},
    )
