"""Builds a connection step by step: each verb keeps what one step of the wizard asks.

A draft needs nothing of the identity provider, so that our own values exist first. On
a connection that people sign in through, what decides who they are is changed by an
owner only, and never to another provider: that is a second connection, tested beside
the first.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.roles.matrix import Role
from workspaces.signin import authority, presets, selectors
from workspaces.signin.assertions import IdentityProvider
from workspaces.signin.mapping import DEFAULT_MAPPING
from workspaces.signin.models import (
    ConnectionState,
    IdpCertificate,
    Preset,
    RoleRule,
    SamlConnection,
    SignInAttempt,
    SpentAssertion,
    SpKey,
)
from workspaces.signin.services import adoption, connections
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.models import Organization
from workspaces.tenancy.selectors import OrganizationRef

MOST_CONNECTIONS = 5
MOST_RULES = 200


class UnknownConnection(Refused):
    """The organization has no such connection."""

    status = 404


class TooManyConnections(Refused):
    """An organization has so many connections already."""


class OnlyDraftsGo(Refused):
    """A connection through which people have signed in stays, switched off."""


class RuleIsWrong(Refused):
    """A rule names no workspace or role of the organization."""

    status = 422


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Whoever has `value` among their groups is `role` in a workspace."""

    workspace_id: int
    value: str
    role: str


def begin(
    *, actor: Actor, organization: OrganizationRef, at: datetime
) -> SamlConnection:
    """Make a draft with addresses and a key of its own."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    with scoping.organization(organization_id=organization.id):
        number = SamlConnection.objects.count()
        if number >= MOST_CONNECTIONS:
            raise TooManyConnections(
                _("An organization has %d connections at most; discard a draft first.")
                % MOST_CONNECTIONS
            )
        row = connections.new(organization, slug=_free_slug(organization), at=at)
        connections.save(row)
        connections.make_key(row, at=at)
        recording.record(
            actor=actor,
            action="workspaces.saml.drafted",
            target=Target(kind="connection", id=row.public_id),
            organization_id=organization.id,
            at=at,
            details={"slug": row.slug},
        )
        return row


def choose_preset(
    *,
    actor: Actor,
    organization: OrganizationRef,
    connection: UUID,
    preset: Preset,
    at: datetime,
) -> SamlConnection:
    """Say which product it is; fields that nobody edited take what it sends."""
    with changing(actor, organization, connection, at=at) as row:
        untouched = [DEFAULT_MAPPING, _mapping_of(row.preset)]
        row.preset = preset
        if row.attribute_mapping in untouched and not _is_live(row):
            row.attribute_mapping = _mapping_of(preset)
            row.name_id_format = presets.SHEETS[preset].name_id_format
        return row


def take_over(
    *,
    actor: Actor,
    organization: OrganizationRef,
    connection: UUID,
    idp: IdentityProvider,
    at: datetime,
) -> SamlConnection:
    """Take what an admin brought: a file, pasted text, or values by hand."""
    with changing(actor, organization, connection, at=at, decides=True) as row:
        row.metadata_url, row.metadata_due_at = "", None
        row.metadata_read_at, row.metadata_problem = at, ""
        adoption.adopt(row, idp, at=at)
        return row


def read_from(
    *,
    actor: Actor,
    organization: OrganizationRef,
    connection: UUID,
    url: str,
    at: datetime,
) -> SamlConnection:
    """Have metadata read from an address, now and from time to time."""
    with changing(actor, organization, connection, at=at, decides=True) as row:
        adoption.demand_readable(url)
        row.metadata_url, row.metadata_due_at = url, at
        row.metadata_problem = ""
        return row


def map_attributes(
    *,
    actor: Actor,
    organization: OrganizationRef,
    connection: UUID,
    mapping: Mapping[str, list[str]],
    groups_attribute: str,
    name_id_format: str,
    allows_idp_initiated: bool,
    publishes_encryption_key: bool,
    at: datetime,
) -> SamlConnection:
    """Say which attribute means what, and what is asked of the other side."""
    with changing(actor, organization, connection, at=at, decides=True) as row:
        row.attribute_mapping = dict(mapping)
        row.groups_attribute = groups_attribute
        row.name_id_format = name_id_format
        row.allows_idp_initiated = allows_idp_initiated
        row.publishes_encryption_key = publishes_encryption_key
        return row


def provision(
    *,
    actor: Actor,
    organization: OrganizationRef,
    connection: UUID,
    into: int | None,
    default_role: str,
    may_grant_owner: bool,
    rules: Sequence[Rule],
    at: datetime,
) -> SamlConnection:
    """Say who becomes a member by signing in, and which groups give which role."""
    with changing(actor, organization, connection, at=at) as row:
        _demand_known(into, default_role, rules)
        is_more = default_role != Role.MEMBER or may_grant_owner
        if is_more or _differ(row, rules):
            # A rule takes roles as well: of several the strongest that fits stays.
            authority.demand_owner(actor)
        row.provisions_into_id, row.default_role = into, default_role
        row.may_grant_owner = may_grant_owner
        RoleRule.objects.filter(connection_id=row.pk).delete()
        RoleRule.objects.bulk_create(
            RoleRule(
                organization_id=row.organization_id,
                connection_id=row.pk,
                workspace_id=one.workspace_id,
                value=one.value,
                role=one.role,
            )
            for one in rules
        )
        return row


def discard(
    *, actor: Actor, organization: OrganizationRef, connection: UUID, at: datetime
) -> str:
    """Remove a draft with its key; its name in addresses is free again."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    with scoping.organization(organization_id=organization.id):
        row = locked(connection)
        if row.state != ConnectionState.DRAFT:
            raise OnlyDraftsGo(
                _("“%s” was in use: it can be deactivated, and stays on record.")
                % row.slug
            )
        recording.record(
            actor=actor,
            action="workspaces.saml.discarded",
            target=Target(kind="connection", id=row.public_id),
            organization_id=organization.id,
            at=at,
            details={"slug": row.slug},
        )
        for model in (RoleRule, IdpCertificate, SpKey, SpentAssertion, SignInAttempt):
            model.objects.filter(connection_id=row.pk).delete()
        row.delete()
        return row.slug


@contextmanager
def changing(
    actor: Actor,
    organization: OrganizationRef,
    connection: UUID,
    *,
    at: datetime,
    decides: bool = False,
) -> Iterator[SamlConnection]:
    """The locked row; what differs at the end is stored and recorded.

    `decides` is for what says who people are: while it is in use, owners only.
    """
    actor.require(Permission.ORGANIZATION_MANAGE)
    with scoping.organization(organization_id=organization.id):
        row = locked(connection)
        if decides and _is_live(row):
            authority.demand_owner(actor)
        before = connections.values_of(row)
        yield row
        connections.save(row)
        connections.record_change(actor, row, before, at=at)


@contextmanager
def turn_of(organization: OrganizationRef) -> Iterator[None]:
    """The organization's scope, one at a time for what could lock everybody out.

    Which connection is in use, where it is required and who may enter without it
    depend on each other: of two changes at once the second sees the first.
    """
    with scoping.organization(organization_id=organization.id):
        # Only against each other: rows that refer to the organization go on.
        Organization.objects.select_for_update(no_key=True).get(pk=organization.id)
        yield


def locked(connection: UUID) -> SamlConnection:
    """The row of a connection of the organization in scope, for a change."""
    row = selectors.connection_by_id(connection=connection, for_update=True)
    if row is None:
        raise UnknownConnection(_("This organization has no such connection."))
    return row


def _differ(row: SamlConnection, rules: Sequence[Rule]) -> bool:
    found = selectors.role_rules(connection_id=row.pk)
    before = {(one.workspace_id, one.value, one.role) for one in found}
    return before != {(one.workspace_id, one.value, one.role) for one in rules}


def _is_live(row: SamlConnection) -> bool:
    return row.state == ConnectionState.ACTIVE


def _mapping_of(preset: str) -> dict[str, list[str]]:
    sheet = presets.SHEETS[preset]
    return {
        "email": [sheet.email],
        "first_name": [sheet.first_name],
        "last_name": [sheet.last_name],
    }


def _free_slug(organization: OrganizationRef) -> str:
    """The organization's own slug for its first connection, then with a number.

    A name that another organization has, or could want for its first one, is left.
    """
    number = 1
    while True:
        end = "" if number == 1 else f"-{number}"
        slug = f"{organization.slug[: 63 - len(end)]}{end}"
        if selectors.connection_by_slug(slug=slug) is None and (
            number == 1 or not _is_organization(slug)
        ):
            return slug
        number += 1


def _is_organization(slug: str) -> bool:
    try:
        tenants.organization_by_slug(slug=slug)
    except tenants.UnknownTenant:
        return False
    return True


def _demand_known(into: int | None, default_role: str, rules: Sequence[Rule]) -> None:
    known = {row.pk for row in selectors.workspaces()}
    roles = {role.value for role in Role}
    named = {one.workspace_id for one in rules} | ({into} if into else set())
    given = {one.role for one in rules} | {default_role}
    if not named <= known or not given <= roles or default_role == Role.OWNER:
        raise RuleIsWrong(_("A rule names no workspace or role of this organization."))
    if len(rules) > MOST_RULES:
        raise RuleIsWrong(_("At most %d rules fit here.") % MOST_RULES)
