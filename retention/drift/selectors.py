"""Answers what became of the items of a purge list, and what went beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import connection

from kit.http.keyset import BadCursor
from retention.drift import beside as of_beside
from retention.drift import runs, statements
from retention.eligibility import conditions
from retention.eligibility.precedence import ScopeCutoffs
from retention.eligibility.scopes import (
    TEMPORARY_CHATS,
)
from retention.eligibility.subjects import Subject, subject
from retention.holds.models import Hold
from retention.policies.listing import selectors as lists
from retention.policies.listing.models import PurgeList
from retention.sweeps.breaker import selectors as stops
from workspaces.tenancy.selectors import WorkspaceRef

PAGE = 50
_WINDOW = 20_000
_SALT = "retention.drift"
_HOLDS = """
select id, min(hold_id) from ({kept}) k where id = any(%(ids)s) group by id
"""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item with its cause; `hold` is one that keeps it."""

    id: int
    public_id: UUID
    kind: str
    cause: str
    hold: Hold | None = None


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some items in the order of the list; `next` goes on, None at the end."""

    rows: list[Item]
    next: str | None


def page(
    purge_list: PurgeList,
    *,
    workspace: WorkspaceRef,
    causes: Sequence[str] | None,
    after: str,
    at: datetime,
) -> Page:
    """A page of the list; with `causes` of those alone, looked for in one window."""
    found = _rows(
        statements.compared(subject(purge_list.content_kind)) + statements.PAGE,
        {
            **_parameters(purge_list, workspace=workspace, at=at),
            "after": _read(after),
            "window": _WINDOW if causes else PAGE + 1,
            "causes": list(causes) if causes else None,
            "size": PAGE + 1,
        },
    )
    items = [_item(purge_list, *row[2:]) for row in found if row[2] is not None]
    last, seen = found[0][0], found[0][1]
    if len(items) > PAGE:
        items = items[:PAGE]
        return Page(rows=_with_holds(purge_list, items, at=at), next=_token(items))
    is_more = bool(causes) and seen == _WINDOW
    return Page(
        rows=_with_holds(purge_list, items, at=at),
        next=signing.dumps(last, salt=_SALT) if is_more else None,
    )


def counts(
    purge_list: PurgeList, *, workspace: WorkspaceRef, at: datetime
) -> dict[str, int]:
    """How many items have each cause; what went beside the list is counted too."""
    of = subject(purge_list.content_kind)
    asked = {
        **_parameters(purge_list, workspace=workspace, at=at),
        "after": 0,
        "window": None,
    }
    found = _rows(statements.compared(of) + statements.COUNTS, asked)
    beside = of_beside.parameters(purge_list, workspace=workspace)
    if beside is not None:
        found += _rows(statements.beside(of) + statements.BESIDE_COUNTS, beside)
    return dict(found)


def beside(
    purge_list: PurgeList, *, workspace: WorkspaceRef, after: str
) -> Page | None:
    """What its first sweep took and it does not name; None where nobody can tell."""
    asked = of_beside.parameters(purge_list, workspace=workspace)
    if asked is None:
        return None
    of = subject(purge_list.content_kind)
    found = _rows(
        statements.beside(of) + statements.BESIDE_PAGE,
        {**asked, "after": _read(after), "size": PAGE + 1},
    )
    items = [
        Item(id=row[0], public_id=row[1], kind=of.swept, cause=row[2]) for row in found
    ]
    return Page(
        rows=items[:PAGE], next=_token(items[:PAGE]) if len(items) > PAGE else None
    )


def _parameters(
    purge_list: PurgeList, *, workspace: WorkspaceRef, at: datetime
) -> dict[str, Any]:
    first = runs.first_sweep_at(purge_list)
    of = subject(purge_list.content_kind)
    moment = max(first, at)
    sweep = runs.sweeps(purge_list).order_by("-planned_at").first()
    swept_at = (sweep and sweep.planned_at) or purge_list.requested_at
    listed_at = purge_list.listed_at or purge_list.requested_at
    worlds = {
        "now": (lists.as_it_stands(purge_list, at=moment), moment),
        "listed": (lists.as_listed(purge_list, known_at=listed_at, at=moment), moment),
        "swept": (lists.as_known(purge_list, known_at=swept_at), swept_at),
    }
    found = {
        f"{name}_{key}": value
        for name, (cutoffs, when) in worlds.items()
        for key, value in _world(cutoffs, of, at=when).items()
    }
    return {
        **found,
        # Holds are asked about as they are: a grace that ends later still keeps.
        "now_at": at,
        "list": purge_list.pk,
        "workspace": workspace.id,
        "organization": workspace.organization.id,
        "kind": of.swept,
        "first": first,
        "is_time": at >= first,
        "is_stopped": stops.open_stop() is not None,
        "sweep": sweep.pk if sweep else None,
    }


def _world(
    cutoffs: Sequence[ScopeCutoffs], of: Subject, *, at: datetime
) -> dict[str, Any]:
    return conditions.parameters(cutoffs, at=at, kind=of.swept)


def _with_holds(
    purge_list: PurgeList, items: list[Item], *, at: datetime
) -> list[Item]:
    ids = [item.id for item in items if item.cause in ("held", "kept")]
    if not ids:
        return items
    of = subject(purge_list.content_kind)
    asked = {"ids": ids, "workspace": purge_list.workspace_id, "at": at}
    by_item = dict(_rows(_HOLDS.format(kept=of.kept), asked))
    known = Hold.objects.in_bulk(set(by_item.values()))
    return [
        Item(
            id=item.id,
            public_id=item.public_id,
            kind=item.kind,
            cause=item.cause,
            hold=known.get(by_item.get(item.id, 0)),
        )
        for item in items
    ]


def _item(
    purge_list: PurgeList,
    row_id: int,
    public_id: UUID,
    is_temporary: bool,  # noqa: FBT001 -- a column
    cause: str,
) -> Item:
    swept = subject(purge_list.content_kind).swept
    kind = TEMPORARY_CHATS if is_temporary else swept
    return Item(id=row_id, public_id=public_id, kind=kind, cause=cause)


def _token(items: Sequence[Item]) -> str:
    return signing.dumps(items[-1].id, salt=_SALT)


def _read(after: str) -> int:
    if not after:
        return 0
    try:
        return int(signing.loads(after, salt=_SALT))
    except (signing.BadSignature, TypeError, ValueError) as wrong:
        raise BadCursor from wrong


def _rows(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
