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
from workspaces.signin.mapping import DEFAULT_MAPPING
from workspaces.signin.models import (
    CertificateState,
    ConnectionState,
    IdpCertificate,
    KeyPlace,
    SamlConnection,
)
from workspaces.signin.services import keys
from workspaces.tenancy import services as tenants
from workspaces.tenancy.selectors import OrganizationRef

_FIELDS = (
    "idp_entity_id",
    "sso_url",
    "slo_url",
    "wants_signed_requests",
    "label",
    "state",
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
        before = _values(found) if found else {}
        row = found or _new(organization, at=at)
        _describe(row, idp, activate=activate)
        if require and row.state != ConnectionState.ACTIVE:
            raise RequiredNeedsActive(
                _(
                    "Single sign-on can only be required once it is active: "
                    "add --activate."
                )
            )
        _save(row)
        if found is None:
            _make_key(row, at=at)
        _list_certificates(row, idp.certificates, at=at)
        _record(actor, row, before, at=at)
        if require:
            tenants.require_sso(actor=actor, organization=organization, at=at)
        return row


def _record(
    actor: Actor, row: SamlConnection, before: dict[str, Any], *, at: datetime
) -> None:
    changes = {
        name: (before.get(name), value)
        for name, value in _values(row).items()
        if before.get(name) != value
    }
    if not changes:
        return
    unlinked = _unlink(row) if before and "idp_entity_id" in changes else 0
    recording.record(
        actor=actor,
        action="workspaces.saml.configured",
        target=Target(kind="connection", id=row.public_id),
        organization_id=row.organization_id,
        at=at,
        changes=changes,
        counts={"unlinked": unlinked} if unlinked else None,
    )


def _new(organization: OrganizationRef, *, at: datetime) -> SamlConnection:
    return SamlConnection(
        organization_id=organization.id,
        public_id=ids.new_uuid(),
        slug=organization.slug,
        attribute_mapping=DEFAULT_MAPPING,
        created_at=at,
    )


def _describe(row: SamlConnection, idp: IdentityProvider, *, activate: bool) -> None:
    row.idp_entity_id = idp.entity_id
    row.sso_url = idp.sso_url
    row.slo_url = idp.slo_url
    row.wants_signed_requests = idp.wants_signed_requests
    row.label = idp.label
    if activate:
        row.state = ConnectionState.ACTIVE


def _save(row: SamlConnection) -> None:
    try:
        row.save()
    except IntegrityError:
        raise ConnectionSlugIsTaken(
            _("Another connection is named “%(slug)s” already.") % {"slug": row.slug}
        ) from None


def _make_key(row: SamlConnection, *, at: datetime) -> None:
    sp = selectors.service_provider(slug=row.slug)
    pair = certificates.self_signed(name=sp.entity_id.split("/")[2], at=at)
    keys.make(row, pair, place=KeyPlace.CURRENT, at=at)


def _list_certificates(
    row: SamlConnection, texts: Sequence[str], *, at: datetime
) -> None:
    """Trust exactly these; what was listed before and still is keeps its row."""
    facts = {text: certificates.read(text) for text in texts}
    mine = IdpCertificate.objects.filter(connection_id=row.pk)
    mine.exclude(fingerprint__in=[one.fingerprint for one in facts.values()]).delete()
    mine.update(state=CertificateState.TRUSTED)
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
                state=CertificateState.TRUSTED,
                added_at=at,
            )
            for text, one in facts.items()
        ),
        ignore_conflicts=True,
    )


def _unlink(row: SamlConnection) -> int:
    linked = SocialAccount.objects.filter(provider=str(row.public_id))
    count: int = linked.delete()[0]
    return count


def _values(row: SamlConnection) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _FIELDS} | {
        "certificates": [
            one.fingerprint
            for one in selectors.trusted_certificates(connection_id=row.pk)
        ]
    }
