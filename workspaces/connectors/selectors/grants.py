"""Who linked what, what new settings would cut, and what receipts list."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from kit.http import keyset
from kit.refusals import Refused
from workspaces.access.models import RoleAssignment
from workspaces.connectors.models import Connector, ConnectorCut, ConnectorGrant
from workspaces.connectors.setups import Setup
from workspaces.groups.models import GroupMember
from workspaces.members.models import Membership

_GRANTS_ORDER: keyset.Order = (("id", "asc"),)
_CUTS_ORDER: keyset.Order = (("cut_at", "desc"), ("id", "desc"))


class UnknownReceipt(Refused):
    """There is no such receipt here."""

    status = 404


def working(*, connector_id: int) -> "QuerySet[ConnectorGrant]":
    """The grants of a connector that have not ended."""
    return ConnectorGrant.objects.filter(
        connector_id=connector_id, ended_at__isnull=True
    )


def working_counts() -> dict[int, int]:
    """How many grants of each connector have not ended."""
    rows = (
        ConnectorGrant.objects.filter(ended_at__isnull=True)
        .values("connector_id")
        .annotate(number=Count("id"))
        .order_by("connector_id")
    )
    return {row["connector_id"]: row["number"] for row in rows}


def outside(setup: Setup) -> "QuerySet[ConnectorGrant]":
    """The working grants that the settings of `setup` no longer allow."""
    found = working(connector_id=setup.row.pk or 0)
    if not setup.row.is_allowed:
        return found
    kept = Q()
    if setup.row.is_restricted:
        kept &= _of_audience(setup.row)
    if setup.row.domains:
        kept &= Q(account_domain__in=setup.row.domains)
    lost = ~kept if kept else Q(pk__in=())
    return found.filter(lost | Q(scopes__overlap=list(setup.too_much)))


def too_wide(setup: Setup) -> "QuerySet[ConnectorGrant]":
    """The working grants with a right at the app that nothing may use any more."""
    found = working(connector_id=setup.row.pk or 0)
    return found.filter(scopes__overlap=list(setup.too_much))


def _of_audience(row: Connector) -> Q:
    """Grants of members in the roles and groups of a connector."""
    assigned = RoleAssignment.objects.filter(role_id__in=row.role_ids)
    through = assigned.filter(group_id__isnull=False).values("group_id")
    grouped = GroupMember.objects.filter(
        Q(group_id__in=row.group_ids) | Q(group_id__in=through),
        membership_id__isnull=False,
    )
    direct = assigned.filter(membership_id__isnull=False)
    return Q(membership_id__in=direct.values("membership_id")) | Q(
        membership_id__in=grouped.values("membership_id")
    )


def grant_of(*, member: Membership, connector_id: int) -> ConnectorGrant | None:
    """What the member linked there, if it has not ended."""
    return working(connector_id=connector_id).filter(membership_id=member.pk).first()


def last_ends(*, member: Membership) -> dict[int, ConnectorGrant]:
    """The last ended grant of the member at each connector."""
    rows = ConnectorGrant.objects.filter(
        membership_id=member.pk, ended_at__isnull=False
    ).order_by("ended_at", "id")
    return {row.connector_id: row for row in rows}


def cuts(
    *, connector_id: int | None = None, after: str | None = None, size: int = 20
) -> keyset.Page[ConnectorCut]:
    """The receipts, newest first."""
    found = ConnectorCut.objects.all()
    if connector_id is not None:
        found = found.filter(connector_id=connector_id)
    return keyset.page(found, order=_CUTS_ORDER, after=after, size=size)


def cut(*, receipt: UUID) -> ConnectorCut:
    """The receipt with that public id."""
    found = ConnectorCut.objects.filter(public_id=receipt).first()
    if found is None:
        raise UnknownReceipt(_("There is no such receipt in this workspace."))
    return found


def cut_grants(
    *, cut: ConnectorCut, after: str | None = None, size: int = 50
) -> keyset.Page[ConnectorGrant]:
    """What was cut, in the order of linking."""
    found = ConnectorGrant.objects.filter(cut_id=cut.pk)
    return keyset.page(found, order=_GRANTS_ORDER, after=after, size=size)


def all_cut_grants(*, cut: ConnectorCut) -> list[ConnectorGrant]:
    """All that was cut, for the document of the receipt."""
    found = ConnectorGrant.objects.filter(cut_id=cut.pk)
    return list(found.defer("sealed_tokens", "sealed_account").order_by("id"))


@dataclass(frozen=True, kw_only=True)
class AtSource:
    """How far a receipt is with telling the source."""

    revoked: int
    waiting: int
    given_up: int
    not_offered: int


def at_source(*, cut: ConnectorCut) -> AtSource:
    """Where the grants of a receipt stand at their source."""
    gone, up = Q(revoked_at__isnull=False), Q(given_up_at__isnull=False)
    due = Q(revoke_due_at__isnull=False)
    counted = ConnectorGrant.objects.filter(cut_id=cut.pk).aggregate(
        all=Count("id"),
        revoked=Count("id", filter=gone),
        given_up=Count("id", filter=up),
        waiting=Count("id", filter=due),
    )
    told = counted["revoked"] + counted["given_up"] + counted["waiting"]
    return AtSource(
        revoked=counted["revoked"],
        waiting=counted["waiting"],
        given_up=counted["given_up"],
        not_offered=counted["all"] - told,
    )
