"""Configures the connection of an organization to its identity provider."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import certificates, ids, scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.signin import selectors
from workspaces.signin.assertions import IdentityProvider
from workspaces.signin.endings import EndReason
from workspaces.signin.mapping import DEFAULT_MAPPING
from workspaces.signin.models import (
    CertificateState,
    ConnectionState,
    IdpCertificate,
    KeyPlace,
    SamlConnection,
)
from workspaces.signin.services import keys, sessions
from workspaces.tenancy import services as tenants
from workspaces.tenancy.selectors import OrganizationRef

_FIELDS = (
    "idp_entity_id",
    "sso_url",
    "slo_url",
    "wants_signed_requests",
    "label",
    "state",
    "preset",
    "name_id_format",
    "allows_idp_initiated",
    "publishes_encryption_key",
    "attribute_mapping",
    "groups_attribute",
    "provisions_into_id",
    "default_role",
    "may_grant_owner",
    "metadata_url",
)
_SUBJECT_MAX = 300


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
        before = values_of(found) if found else {}
        row = found or new(organization, slug=organization.slug, at=at)
        describe(row, idp)
        if activate:
            stand_down(actor=actor, but=row, at=at)
            row.state = ConnectionState.ACTIVE
        if require and row.state != ConnectionState.ACTIVE:
            raise RequiredNeedsActive(
                _(
                    "Single sign-on can only be required once it is active: "
                    "add --activate."
                )
            )
        save(row)
        if found is None:
            make_key(row, at=at)
        trust_exactly(row, idp.certificates, at=at)
        record_change(actor, row, before, at=at)
        if require:
            tenants.require_sso(actor=actor, organization=organization, at=at)
        return row


def record_change(
    actor: Actor, row: SamlConnection, before: dict[str, Any], *, at: datetime
) -> None:
    """Record what differs now, if anything does."""
    changes = {
        name: (before.get(name), value)
        for name, value in values_of(row).items()
        if before.get(name) != value
    }
    if not changes:
        return
    unlinked = unlink(row) if before and "idp_entity_id" in changes else 0
    recording.record(
        actor=actor,
        action="workspaces.saml.configured",
        target=Target(kind="connection", id=row.public_id),
        organization_id=row.organization_id,
        at=at,
        changes=changes,
        counts={"unlinked": unlinked} if unlinked else None,
    )


def new(organization: OrganizationRef, *, slug: str, at: datetime) -> SamlConnection:
    """A connection that is not stored yet."""
    return SamlConnection(
        organization_id=organization.id,
        public_id=ids.new_uuid(),
        slug=slug,
        attribute_mapping=DEFAULT_MAPPING,
        created_at=at,
    )


def stand_down(*, actor: Actor, but: SamlConnection, at: datetime) -> None:
    """Make room for one: the connection that is active now becomes inactive."""
    live = SamlConnection.objects.filter(state=ConnectionState.ACTIVE)
    for row in live.exclude(pk=but.pk).select_for_update():
        row.state = ConnectionState.INACTIVE
        row.save(update_fields=["state"])
        recording.record(
            actor=actor,
            action="workspaces.saml.deactivated",
            target=Target(kind="connection", id=row.public_id),
            organization_id=row.organization_id,
            at=at,
            details={"slug": row.slug, "replaced_by": but.slug},
        )
        sessions.end_all_through(
            actor=actor,
            organization_id=row.organization_id,
            connection_id=row.pk,
            connection=row.public_id,
            reason=EndReason.CONNECTION_OFF,
            at=at,
        )


def describe(row: SamlConnection, idp: IdentityProvider) -> None:
    """Take over what the identity provider says of itself."""
    row.idp_entity_id = idp.entity_id
    row.sso_url = idp.sso_url
    row.slo_url = idp.slo_url
    row.wants_signed_requests = idp.wants_signed_requests
    row.label = idp.label


def save(row: SamlConnection) -> None:
    """Store it under its name, which no other connection may have."""
    try:
        row.save()
    except IntegrityError:
        raise ConnectionSlugIsTaken(
            _("Another connection is named “%(slug)s” already.") % {"slug": row.slug}
        ) from None


def make_key(row: SamlConnection, *, at: datetime) -> None:
    """Give a new connection a key of ours."""
    sp = selectors.service_provider(slug=row.slug)
    pair = certificates.self_signed(name=sp.entity_id.split("/")[2], at=at)
    keys.make(row, pair, place=KeyPlace.CURRENT, at=at)


def trust_exactly(row: SamlConnection, texts: Sequence[str], *, at: datetime) -> None:
    """Trust exactly these; what was listed before and still is keeps its row."""
    facts = {text: certificates.read(text) for text in texts}
    mine = IdpCertificate.objects.filter(connection_id=row.pk)
    mine.exclude(fingerprint__in=[one.fingerprint for one in facts.values()]).delete()
    mine.update(state=CertificateState.TRUSTED)
    add_certificates(row, texts, state=CertificateState.TRUSTED, at=at)


def add_certificates(
    row: SamlConnection,
    texts: Sequence[str],
    *,
    state: CertificateState,
    at: datetime,
) -> None:
    """List certificates that are not listed yet; those that are keep their state."""
    facts = {text: certificates.read(text) for text in texts}
    IdpCertificate.objects.bulk_create(
        (
            IdpCertificate(
                organization_id=row.organization_id,
                connection_id=row.pk,
                certificate=text,
                fingerprint=one.fingerprint,
                subject=one.subject[:_SUBJECT_MAX],
                not_before=one.not_before,
                not_after=one.not_after,
                state=state,
                added_at=at,
            )
            for text, one in facts.items()
        ),
        ignore_conflicts=True,
    )


def unlink(row: SamlConnection) -> int:
    """Forget whom the identities of a connection meant: another provider named them."""
    linked = SocialAccount.objects.filter(provider=str(row.public_id))
    count: int = linked.delete()[0]
    return count


def values_of(row: SamlConnection) -> dict[str, Any]:
    """The settings of a connection as the log keeps them."""
    return {name: getattr(row, name) for name in _FIELDS} | {
        "certificates": [
            one.fingerprint
            for one in selectors.trusted_certificates(connection_id=row.pk)
        ],
        "rules": [
            [str(one.workspace_id), one.value, one.role]
            for one in selectors.role_rules(connection_id=row.pk)
        ],
    }
