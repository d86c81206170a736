"""Which certificates and keys a connection has, on either side."""

from workspaces.signin.models import (
    CertificateState,
    IdpCertificate,
    KeyPlace,
    SpKey,
)


def trusted_certificates(*, connection_id: int) -> list[IdpCertificate]:
    """What the other side may sign with, the first one listed first."""
    mine = IdpCertificate.objects.filter(connection_id=connection_id)
    return list(mine.filter(state=CertificateState.TRUSTED).order_by("id"))


def current_key(*, connection_id: int) -> SpKey:
    """The key of ours that signs."""
    return SpKey.objects.get(connection_id=connection_id, place=KeyPlace.CURRENT)


def our_keys(*, connection_id: int) -> list[SpKey]:
    """Our keys of a connection: the one that signs, then the next, then the last."""
    order = [KeyPlace.CURRENT, KeyPlace.NEXT, KeyPlace.PREVIOUS]
    mine = SpKey.objects.filter(connection_id=connection_id)
    return sorted(mine, key=lambda one: order.index(KeyPlace(one.place)))


def published_keys(*, connection_id: int) -> list[SpKey]:
    """What our metadata names: the key that signs, and the one that will."""
    return [
        key
        for key in our_keys(connection_id=connection_id)
        if key.place != KeyPlace.PREVIOUS
    ]


def certificates(*, connection_id: int) -> list[IdpCertificate]:
    """All certificates of the other side, believed or not, the oldest first."""
    mine = IdpCertificate.objects.filter(connection_id=connection_id)
    return list(mine.order_by("id"))
