"""Asks an MCP server which tools it offers: JSON-RPC 2.0 over its streamable HTTP.

Bounded in time, bytes, pages and tools, through `kit.outbound` like every address that
a customer typed. What a server says of its tools is a claim of whoever runs it: only
names and hints are taken, no description, and nothing vouches for either.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from kit.outbound import OutboundFailed, OutboundRefused, Response
from kit.refusals import Refused
from workspaces.connectors import oauth
from workspaces.connectors.catalogue import Action
from workspaces.connectors.controls import Access

MOST_TOOLS = 100
_MOST_PAGES = 10
_VERSION = "2025-06-18"
_NAME = re.compile(r"[a-z0-9][a-z0-9._:/-]{0,99}", re.IGNORECASE)
_WORD = re.compile(r"[\x21-\x7e]{1,512}")  # what may stand in a header


class CannotReadTools(Refused):
    """The server does not say which tools it offers."""

    status = 422


class SignInIsNeeded(CannotReadTools):
    """The server tells its tools only to somebody who has signed in to it."""


@dataclass(frozen=True, kw_only=True)
class Offered:
    """The tools of a server; `skipped` have names that no action can have."""

    tools: tuple[Action, ...]
    skipped: int = 0


def offered(*, address: str, token: str = "") -> Offered:
    """The tools that the MCP server at `address` offers to the holder of the token."""
    talk = _Talk(address=address, token=token)
    talk.begin()
    found: list[Any] = []
    cursor: str | None = None
    for _page in range(_MOST_PAGES):
        page = talk.ask("tools/list", {"cursor": cursor} if cursor else {})
        tools = page.get("tools")
        found += tools if isinstance(tools, list) else []
        cursor = page.get("nextCursor")
        if not isinstance(cursor, str) or not cursor:
            return _offered(found)
    raise CannotReadTools(_("The server does not come to the end of its tools."))


class _Talk:
    """One conversation with a server, in the session that it gives."""

    def __init__(self, *, address: str, token: str) -> None:
        self._address = address
        self._headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
        }
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._number = 0

    def begin(self) -> None:
        """Say who asks, and agree on a version."""
        client = {"name": "Custos", "version": "1"}
        told = {"protocolVersion": _VERSION, "capabilities": {}, "clientInfo": client}
        version = self.ask("initialize", told).get("protocolVersion")
        if isinstance(version, str) and _WORD.fullmatch(version):
            self._headers["MCP-Protocol-Version"] = version
        self._sent({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def ask(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a request."""
        self._number += 1
        answer = self._sent(
            {
                "jsonrpc": "2.0",
                "id": self._number,
                "method": method,
                "params": dict(params),
            }
        )
        session = answer.headers.get("mcp-session-id", "")
        if _WORD.fullmatch(session):
            self._headers["Mcp-Session-Id"] = session
        for message in _messages(answer):
            if message.get("id") == self._number:
                result = message.get("result")
                if isinstance(result, dict):
                    return result
        raise CannotReadTools(_("The server answers, but not as an MCP server does."))

    def _sent(self, message: Mapping[str, Any]) -> Response:
        body = json.dumps(message).encode()
        try:
            answer = oauth.wire().post(self._address, body=body, headers=self._headers)
        except (OutboundFailed, OutboundRefused) as error:
            raise CannotReadTools(_("It cannot be asked: %s") % str(error)) from None
        if answer.status in (401, 403):
            raise SignInIsNeeded(
                _(
                    "The server tells its tools only to somebody who has signed in:"
                    " sign in to it under Connections, then read them again."
                )
            )
        if answer.status >= 300:
            raise CannotReadTools(_("The server answers with %d.") % answer.status)
        return answer


def _messages(answer: Response) -> list[dict[str, Any]]:
    """The messages of an answer: one as JSON, or some as a stream of events."""
    text = answer.body.decode("utf-8", "replace")
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    texts = _events(text) if kind == "text/event-stream" else [text]
    found = []
    for one in texts:
        try:
            message = json.loads(one)
        except (ValueError, RecursionError):
            continue
        found += message if isinstance(message, list) else [message]
    return [one for one in found if isinstance(one, dict)]


def _events(text: str) -> list[str]:
    """The data of each event of a stream (HTML, server-sent events)."""
    blocks = re.split(r"\n\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    return [
        "\n".join(
            line[5:].removeprefix(" ")
            for line in block.split("\n")
            if line.startswith("data:")
        )
        for block in blocks
    ]


def _offered(found: list[Any]) -> Offered:
    tools: dict[str, Action] = {}
    skipped = 0
    for one in found:
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str) and _NAME.fullmatch(name) and name not in tools:
            tools[name] = _action(name, one.get("annotations"))
        else:
            skipped += 1
    if len(tools) > MOST_TOOLS:
        raise CannotReadTools(
            _("The server offers more than %d tools.") % MOST_TOOLS,
        )
    return Offered(tools=tuple(tools.values()), skipped=skipped)


def _action(name: str, hints: Any) -> Action:
    """A tool that says nothing of itself changes something, and is important."""
    hints = hints if isinstance(hints, dict) else {}
    reads = hints.get("readOnlyHint") is True
    return Action(
        name=name,
        label=name,
        access=Access.READ if reads else Access.WRITE,
        is_important=not reads and hints.get("destructiveHint") is not False,
    )
