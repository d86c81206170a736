"""Gives what hides the rows of one workspace, for querysets of conversations and kinds.

Where a workspace has no narrower policy these are constants, and nothing more is asked.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import connection

from kit import content_kinds
from retention.eligibility import conditions, kinds
from retention.eligibility.conditions import Known
from retention.eligibility.scopes import CONVERSATIONS, WORKSPACE
from retention.policies import selectors


def known(
    *,
    workspace_id: int,
    content_kind: str = CONVERSATIONS,
    membership_id: int | None = None,
    at: datetime,
) -> Known:
    """What governs a workspace's rows of one kind; of one owner, where it is given."""
    scopes = selectors.cutoffs_at(workspace_ids=[workspace_id], at=at)
    parameters = conditions.parameters(scopes, at=at, kind=content_kind)
    own = next(
        one
        for one in conditions.of_kind(scopes, content_kind)
        if one.scope == WORKSPACE
    )
    cutoffs = conditions.with_created(own, scopes)
    if not parameters["s_id"]:
        return Known(cutoffs=cutoffs)
    with connection.cursor() as cursor:
        cursor.execute(conditions.NARROWER, parameters)
        rows = cursor.fetchall()
    maps: dict[str, dict[str, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
    # The narrowest first, which is how they are looked up.
    for column, row_id, expire_before, created_before in sorted(rows, reverse=True):
        if column == "owner_id" and membership_id not in (None, row_id):
            continue
        if expire_before is not None:
            maps["expire_before"][column][row_id] = expire_before
        if created_before is not None:
            maps["created_before"][column][row_id] = created_before
    return Known(cutoffs=cutoffs, narrower=maps)


def unexpired(rows: Any, *, kind: str, workspace_id: int, at: datetime) -> Any:
    """Those rows of a simple kind, a queryset, that no policy hides."""
    found, storage = next(one for one in content_kinds.simple() if one[0].name == kind)
    governed = known(workspace_id=workspace_id, content_kind=kind, at=at)
    hidden = conditions.bound(
        kinds.expired_of(found), known=governed, table=storage.table, at=at
    )
    return rows.exclude(hidden)
