"""Makes and opens our own keys of a connection."""

from datetime import datetime

from kit import certificates, sealing, vault
from kit.certificates import KeyPair
from workspaces.signin import selectors
from workspaces.signin.models import KeyPlace, SamlConnection, SpKey
from workspaces.tenancy.models import Organization


def make(row: SamlConnection, pair: KeyPair, *, place: KeyPlace, at: datetime) -> SpKey:
    """Store a key in that place of the rollover, sealed."""
    key_id = Organization.objects.get(pk=row.organization_id).key_id
    sealed = sealing.seal(
        pair.private_pem, key=vault.read_keys([key_id])[key_id], aad=_place(row)
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
    return opened(row, selectors.current_key(connection_id=row.pk))


def opened(row: SamlConnection, key: SpKey) -> bytes:
    """The private key in PEM."""
    key_id = row.organization.key_id
    return sealing.open_sealed(
        bytes(key.sealed_key),
        key=vault.read_keys([key_id])[key_id],
        aad=_place(row),
    )


def _place(row: SamlConnection) -> bytes:
    # The column that held the only key once; all keys of a connection stay bound to it.
    return sealing.binding(
        table="workspaces_samlconnection", row=row.public_id, column="sp_key"
    )
