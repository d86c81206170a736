"""Reads what decides about connectors for many members at once, in one statement.

Front ends ask this before every use, so it is written by hand: how the connectors are
set up, and who linked which, come back together. No token and no secret is read.
"""

import json
from collections.abc import Collection
from typing import Any

from kit import columns, statements
from workspaces.access.features import Feature
from workspaces.access.selectors import Belongings
from workspaces.access.standings import Bundled
from workspaces.connectors import setups
from workspaces.connectors.catalogue import ENTRIES
from workspaces.connectors.controls import Ask
from workspaces.connectors.models import Connector, ConnectorGrant
from workspaces.connectors.selectors.deciding import Standing
from workspaces.connectors.setups import Setup
from workspaces.tenancy.selectors import WorkspaceRef

# What a verdict looks at; the rest is deferred.
_OF_CONNECTORS = columns.of(
    Connector,
    *("id", "workspace_id", "slug", "kind", "name", "endpoints", "scopes", "actions"),
    *("is_allowed", "is_restricted", "role_ids", "group_ids", "action_control"),
    *("chosen_actions", "known_actions", "new_actions", "ask", "domains"),
)
_OF_GRANTS = columns.of(
    ConnectorGrant,
    *("id", "workspace_id", "membership_id", "connector_id", "account_domain"),
)
_READ = f"""
with c as materialized (
    select {", ".join(_OF_CONNECTORS)} from workspaces_connector
    where workspace_id = %(workspace)s and deleted_at is null
        and (%(all)s or slug = any(%(slugs)s))
)
select
    (select ask from workspaces_connectordefaults where workspace_id = %(workspace)s),
    (select json_agg(json_build_array(
        {", ".join(f"c.{name}" for name in _OF_CONNECTORS)})) from c),
    (select json_agg(json_build_array(
        {", ".join(f"g.{name}" for name in _OF_GRANTS)}))
    from workspaces_connectorgrant g
    where g.workspace_id = %(workspace)s
        and g.membership_id = any(%(members)s::bigint[])
        and g.ended_at is null and g.connector_id in (select c.id from c))
"""  # noqa: S608 -- constants


def of(
    *,
    members: Collection[Bundled],
    workspace: WorkspaceRef,
    connectors: Collection[str] | None = None,
) -> dict[int, Standing]:
    """What decides about these connectors, or all, for each of some members."""
    people = {one.member.pk: one for one in members}
    ask, rows, granted = _read(list(people), workspace, connectors)
    known = _setups(rows, workspace, connectors)
    grants: dict[int, dict[int, ConnectorGrant]] = {pk: {} for pk in people}
    for one in granted:
        grant = ConnectorGrant.from_db("default", list(_OF_GRANTS), one)
        grants[grant.membership_id][grant.connector_id] = grant
    return {
        pk: Standing(
            member=one.member,
            feature=one.standing.verdict(Feature.CONNECTORS_USE),
            belongings=Belongings(role_ids=one.role_ids, group_ids=one.group_ids),
            ask=Ask(ask) if ask else setups.USUAL_ASK,
            setups=known,
            grants=grants[pk],
        )
        for pk, one in people.items()
    }


def slugs(*, after: str, size: int) -> list[str]:
    """The connectors of the workspace whose scope is open, those after one of them."""
    rows = Connector.objects.filter(slug__gt=after, deleted_at__isnull=True)
    custom = rows.order_by("slug")[:size]
    found = {*custom.values_list("slug", flat=True), *ENTRIES}
    return sorted(one for one in found if one > after)[:size]


def _read(
    members: list[int], workspace: WorkspaceRef, connectors: Collection[str] | None
) -> tuple[str | None, list[list[Any]], list[list[Any]]]:
    ask, *lists = statements.row(
        _READ,
        {
            "workspace": workspace.id,
            "all": connectors is None,
            "slugs": list(connectors or ()),
            "members": members,
        },
    )
    rows, granted = (
        json.loads(one) if isinstance(one, str) else one or [] for one in lists
    )
    return ask, rows, granted


def _setups(
    rows: list[list[Any]], workspace: WorkspaceRef, connectors: Collection[str] | None
) -> dict[str, Setup]:
    found = [Connector.from_db("default", list(_OF_CONNECTORS), one) for one in rows]
    stored = {row.slug: setups.of_row(row) for row in found}
    begun = {
        slug: setups.begun(entry, workspace_id=workspace.id, plan=workspace.plan)
        for slug, entry in ENTRIES.items()
        if slug not in stored and (connectors is None or slug in connectors)
    }
    return begun | stored
