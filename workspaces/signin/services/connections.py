"""Configures the connection of an organization to its identity provider."""

from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import certificates, ids, scoping, sealing, vault
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.signin import selectors
from workspaces.signin.assertions import IdentityProvider
from workspaces.signin.mapping import DEFAULT_MAPPING
from workspaces.signin.models import ConnectionState, SamlConnection
from workspaces.tenancy.models import Organization
from workspaces.tenancy.selectors import OrganizationRef

_FIELDS = (
    "idp_entity_id",
    "sso_url",
    "slo_url",
    "certificates",
    "wants_signed_requests",
    "label",
    "state",
    "is_required",
)


class RequiredNeedsActive(Refused):
    """Single sign-on cannot be required before anyone can sign in with it."""


class ConnectionSlugIsTaken(Refused):
    """Another organization has a connection with this name in its URLs."""


def configure(
    *,
    actor: Actor,
    organization: OrganizationRef,
    idp: IdentityProvider,
    activate: bool = False,
    require: bool = False,
    at: datetime,
) -> SamlConnection:
    """Set the organization's first connection; the same again changes nothing.

    A new entity ID is another provider, whose names for people may mean others: the
    identities linked through the old one are unlinked.
    """
    actor.require(Permission.ORGANIZATION_MANAGE)
    with scoping.organization(organization_id=organization.id):
        found = selectors.first_connection(for_update=True)
        before = _values(found) if found else dict.fromkeys(_FIELDS)
        row = found or _new(organization, at=at)
        _describe(row, idp, activate=activate, require=require)
        changes = {
            name: (before[name], value)
            for name, value in _values(row).items()
            if before[name] != value
        }
        if not changes:
            return row
        _save(row)
        unlinked = _unlink(row) if found and "idp_entity_id" in changes else 0
        recording.record(
            actor=actor,
            action="workspaces.saml.configured",
            target=Target(kind="connection", id=row.public_id),
            organization_id=organization.id,
            at=at,
            changes=changes,
            counts={"unlinked": unlinked} if unlinked else None,
        )
        return row


def signing_key(row: SamlConnection) -> bytes:
    """Our private key of a connection, opened with the organization's key."""
    key_id = row.organization.key_id
    return sealing.open_sealed(
        bytes(row.sp_key),
        key=vault.read_keys([key_id])[key_id],
        aad=_place(row.public_id),
    )


def _new(organization: OrganizationRef, *, at: datetime) -> SamlConnection:
    sp = selectors.service_provider(slug=organization.slug)
    pair = certificates.self_signed(name=sp.entity_id.split("/")[2], at=at)
    public_id = ids.new_uuid()
    key_id = Organization.objects.get(pk=organization.id).key_id
    sealed = sealing.seal(
        pair.private_pem, key=vault.read_keys([key_id])[key_id], aad=_place(public_id)
    )
    return SamlConnection(
        organization_id=organization.id,
        public_id=public_id,
        slug=organization.slug,
        attribute_mapping=DEFAULT_MAPPING,
        sp_certificate=pair.certificate,
        sp_key=sealed,
        created_at=at,
    )


def _describe(
    row: SamlConnection, idp: IdentityProvider, *, activate: bool, require: bool
) -> None:
    row.idp_entity_id = idp.entity_id
    row.sso_url = idp.sso_url
    row.slo_url = idp.slo_url
    row.certificates = list(idp.certificates)
    row.wants_signed_requests = idp.wants_signed_requests
    row.label = idp.label
    if activate:
        row.state = ConnectionState.ACTIVE
    if require and row.state != ConnectionState.ACTIVE:
        raise RequiredNeedsActive(
            _("Single sign-on can only be required once it is active: add --activate.")
        )
    row.is_required = row.is_required or require


def _save(row: SamlConnection) -> None:
    try:
        row.save()
    except IntegrityError:
        raise ConnectionSlugIsTaken(
            _("Another connection is named “%(slug)s” already.") % {"slug": row.slug}
        ) from None


def _unlink(row: SamlConnection) -> int:
    linked = SocialAccount.objects.filter(provider=str(row.public_id))
    count: int = linked.delete()[0]
    return count


def _values(row: SamlConnection) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FIELDS}


def _place(public_id: UUID) -> bytes:
    return sealing.binding(
        table="workspaces_samlconnection", row=public_id, column="sp_key"
    )
