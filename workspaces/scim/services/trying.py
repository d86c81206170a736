"""Asks what a provider asks first, through everything but the token."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from kit.ids import new_uuid
from workspaces.scim.services import serving
from workspaces.scim.services.serving import Caller, Incoming


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One question, and whether the answer is what a provider expects."""

    name: str
    request: str
    status: int
    is_fine: bool


def try_out(*, caller: Caller, at: datetime) -> list[Tried]:
    """Discovery, a search for nobody, and an id of nobody: nothing changes."""
    return list(_tried(caller, at))


def _tried(caller: Caller, at: datetime) -> Iterator[Tried]:
    nobody = new_uuid().hex
    questions: tuple[tuple[str, str, dict[str, str], int], ...] = (
        (_("What the server can do"), "ServiceProviderConfig", {}, 200),
        (_("Which schemas it speaks"), "Schemas", {}, 200),
        (
            _("A search for nobody finds an empty list"),
            "Users",
            {"filter": f'userName eq "{nobody}"'},
            200,
        ),
        (_("The first user"), "Users", {"count": "1"}, 200),
        (_("An unknown id is not there"), f"Users/{nobody}", {}, 404),
    )
    for name, path, query, expected in questions:
        incoming = Incoming(method="GET", path=path, query=query)
        answer = serving.serve(caller=caller, incoming=incoming, at=at)
        is_empty = not query.get("filter") or _total(answer.body) == 0
        yield Tried(
            name=name,
            request=f"GET /{path.partition('/')[0]}",
            status=answer.status,
            is_fine=answer.status == expected and is_empty,
        )


def _total(body: bytes) -> int | None:
    found = json.loads(body)
    total: int | None = found.get("totalResults") if isinstance(found, dict) else None
    return total
