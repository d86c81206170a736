"""Makes and opens our own keys of a connection, and rolls them over.

A new key is published first, so that the other side knows it before it signs; the old
one still opens what was encrypted for it, until it is retired.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import certificates, scoping, sealing
from kit.actor import Actor
from kit.certificates import KeyPair
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.signin import authority, selectors
from workspaces.signin.models import ConnectionState, KeyPlace, SamlConnection, SpKey
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.selectors import OrganizationRef


class KeyIsWaiting(Refused):
    """A next key has been prepared already."""


class NoKeyIsWaiting(Refused):
    """There is no next key, or none left over."""


class OldKeyIsKept(Refused):
    """The key of the last rollover is still there."""


def prepare_next(
    *, actor: Actor, organization: OrganizationRef, connection_id: int, at: datetime
) -> SpKey:
    """Make the next key; it is published from now on, and signs nothing yet."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    with scoping.organization(organization_id=organization.id):
        row = selectors.connection(connection_id=connection_id, for_update=True)
        if _in_place(row, KeyPlace.NEXT):
            raise KeyIsWaiting(_("A next key is published already: use it first."))
        sp = selectors.service_provider(slug=row.slug)
        pair = certificates.self_signed(name=sp.entity_id.split("/")[2], at=at)
        made = make(row, pair, place=KeyPlace.NEXT, at=at)
        _record(actor, row, "workspaces.saml.key-prepared", made, at=at)
        return made


def promote_next(
    *, actor: Actor, organization: OrganizationRef, connection_id: int, at: datetime
) -> SpKey:
    """Sign with the next key from now on; the old one still opens messages."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    with scoping.organization(organization_id=organization.id):
        row = selectors.connection(connection_id=connection_id, for_update=True)
        _demand_may_turn(actor, row)
        coming = _in_place(row, KeyPlace.NEXT)
        if coming is None:
            raise NoKeyIsWaiting(_("No next key is prepared: prepare one first."))
        if _in_place(row, KeyPlace.PREVIOUS):
            raise OldKeyIsKept(
                _("The key before this one is still kept: retire it first.")
            )
        mine = SpKey.objects.filter(connection_id=row.pk)
        mine.filter(place=KeyPlace.CURRENT).update(place=KeyPlace.PREVIOUS)
        mine.filter(pk=coming.pk).update(place=KeyPlace.CURRENT)
        _record(actor, row, "workspaces.saml.key-promoted", coming, at=at)
        return selectors.current_key(connection_id=row.pk)


def retire_previous(
    *, actor: Actor, organization: OrganizationRef, connection_id: int, at: datetime
) -> None:
    """Forget the old key: what was encrypted for it can no longer be read."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    with scoping.organization(organization_id=organization.id):
        row = selectors.connection(connection_id=connection_id, for_update=True)
        _demand_may_turn(actor, row)
        old = _in_place(row, KeyPlace.PREVIOUS)
        if old is None:
            raise NoKeyIsWaiting(_("There is no old key to retire."))
        _record(actor, row, "workspaces.saml.key-retired", old, at=at)
        old.delete()


def make(row: SamlConnection, pair: KeyPair, *, place: KeyPlace, at: datetime) -> SpKey:
    """Store a key in that place of the rollover, sealed."""
    sealed = sealing.seal(
        pair.private_pem, key=tenants.organization_key(), aad=_place(row.public_id)
    )
    return SpKey.objects.create(
        organization_id=row.organization_id,
        connection_id=row.pk,
        place=place,
        certificate=pair.certificate,
        sealed_key=sealed,
        created_at=at,
        not_after=certificates.read(pair.certificate).not_after,
    )


def signing_key(row: SamlConnection) -> bytes:
    """The private key, in PEM, that signs what goes through the connection."""
    return opened(row.public_id, [selectors.current_key(connection_id=row.pk)])[0]


def opening_keys(*, connection_id: int, public_id: UUID) -> list[bytes]:
    """All private keys of ours, in PEM: a message may be encrypted for any of them."""
    return opened(public_id, selectors.our_keys(connection_id=connection_id))


def opened(connection: UUID, found: Sequence[SpKey]) -> list[bytes]:
    """The private keys in PEM, of a connection of the organization in scope."""
    key = tenants.organization_key()
    place = _place(connection)
    return [sealing.open_sealed(bytes(k.sealed_key), key=key, aad=place) for k in found]


def _demand_may_turn(actor: Actor, row: SamlConnection) -> None:
    """A provider that does not know the key yet would let nobody in any more."""
    if row.state == ConnectionState.ACTIVE:
        authority.demand_owner(actor)


def _in_place(row: SamlConnection, place: KeyPlace) -> SpKey | None:
    return SpKey.objects.filter(connection_id=row.pk, place=place).first()


def _record(
    actor: Actor, row: SamlConnection, action: str, key: SpKey, *, at: datetime
) -> None:
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="connection", id=row.public_id),
        organization_id=row.organization_id,
        at=at,
        details={"fingerprint": certificates.read(key.certificate).fingerprint},
    )


def _place(connection: UUID) -> bytes:
    # The column that held the only key once; all keys of a connection stay bound to it.
    return sealing.binding(
        table="workspaces_samlconnection", row=connection, column="sp_key"
    )
