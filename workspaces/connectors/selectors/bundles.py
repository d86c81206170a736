"""Reads what decides about connectors for many members at once, in five queries.

A bundle of questions costs no more than one: members, their roles and groups, the
settings of connectors, and what was linked are each read once.
"""

from collections.abc import Collection

from django.db.models import F, Q

from workspaces.access import standings
from workspaces.access.features import Feature
from workspaces.access.selectors import Belongings
from workspaces.connectors import setups
from workspaces.connectors.catalogue import ENTRIES
from workspaces.connectors.controls import Ask
from workspaces.connectors.models import Connector, ConnectorGrant
from workspaces.connectors.selectors import settings
from workspaces.connectors.selectors.deciding import Standing
from workspaces.connectors.setups import Setup
from workspaces.members.models import Membership
from workspaces.tenancy.selectors import WorkspaceRef

# What a verdict looks at; no token is read.
_OF_GRANTS = ("connector_id", "membership_id", "account_domain")


def of(
    *,
    members: Collection[Membership],
    workspace: WorkspaceRef,
    connectors: Collection[str] | None = None,
) -> dict[int, Standing]:
    """What decides about these connectors, or all, for each of some members."""
    known, ask = _setups(workspace, connectors)
    bundled = standings.of(members=members, plan=workspace.plan)
    grants = _grants(members, [one.row.pk for one in known.values() if one.row.pk])
    return {
        one.pk: Standing(
            member=one,
            feature=bundled[one.pk].standing.verdict(Feature.CONNECTORS_USE),
            belongings=Belongings(
                role_ids=bundled[one.pk].role_ids, group_ids=bundled[one.pk].group_ids
            ),
            ask=ask,
            setups=known,
            grants=grants[one.pk],
        )
        for one in members
    }


def slugs(*, after: str, size: int) -> list[str]:
    """The connectors of the workspace whose scope is open, those after one of them."""
    custom = Connector.objects.filter(slug__gt=after).order_by("slug")[:size]
    found = {*custom.values_list("slug", flat=True), *ENTRIES}
    return sorted(one for one in found if one > after)[:size]


def _setups(
    workspace: WorkspaceRef, connectors: Collection[str] | None
) -> tuple[dict[str, Setup], Ask]:
    """The connectors by their slugs, and what is asked where one says nothing."""
    wanted = Q() if connectors is None else Q(slug__in=connectors)
    rows = Connector.objects.filter(wanted).annotate(
        usual_ask=F("workspace__connectordefaults__ask")
    )
    found = {row.slug: row for row in rows.defer("sealed_secret")}
    begun = {
        slug: setups.begun(entry, workspace_id=workspace.id, plan=workspace.plan)
        for slug, entry in ENTRIES.items()
        if slug not in found and (connectors is None or slug in connectors)
    }
    if found:
        usual = next(iter(found.values())).usual_ask
        ask = Ask(usual) if usual else setups.USUAL_ASK
    else:
        ask = settings.default_ask()
    return begun | {slug: setups.of_row(row) for slug, row in found.items()}, ask


def _grants(
    members: Collection[Membership], connector_ids: Collection[int]
) -> dict[int, dict[int, ConnectorGrant]]:
    found: dict[int, dict[int, ConnectorGrant]] = {one.pk: {} for one in members}
    if not connector_ids:
        return found
    rows = ConnectorGrant.objects.filter(
        membership_id__in=list(found),
        connector_id__in=connector_ids,
        ended_at__isnull=True,
    )
    for row in rows.only(*_OF_GRANTS):
        found[row.membership_id][row.connector_id] = row
    return found
