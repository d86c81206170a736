"""Adopts what an identity provider says of itself, or keeps it for an admin to confirm.

On a connection in use, a new certificate is believed only where one that is believed
already is still listed beside it: whoever could replace the metadata could otherwise
sign in as anybody. Until an owner confirms, nothing else of it is adopted either.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from kit import certificates
from kit.refusals import Refused
from workspaces.signin import metadata, rules, selectors
from workspaces.signin.assertions import IdentityProvider
from workspaces.signin.models import CertificateState, ConnectionState, SamlConnection
from workspaces.signin.services import connections

_URL_MAX = 1024


class AnotherProvider(Refused):
    """A connection that was in use stays with its identity provider."""


class UnreadableAddress(Refused):
    """Metadata is not read from such an address."""

    status = 422


def adopt(row: SamlConnection, idp: IdentityProvider, *, at: datetime) -> list[str]:
    """Take it over; fingerprints that wait for an owner instead."""
    if row.state == ConnectionState.ACTIVE and row.idp_entity_id != idp.entity_id:
        raise AnotherProvider(
            _(
                "People sign in through %(now)s here; this names %(new)s. Begin a "
                "second connection for it and test that one first."
            )
            % {"now": row.idp_entity_id, "new": idp.entity_id}
        )
    if row.state != ConnectionState.ACTIVE:
        connections.describe(row, idp)
        connections.trust_exactly(row, idp.certificates, at=at)
        return []
    listed = [certificates.read(text).fingerprint for text in idp.certificates]
    known = [
        one.fingerprint for one in selectors.trusted_certificates(connection_id=row.pk)
    ]
    if rules.vouched_for(known=known, listed=listed):
        connections.describe(row, idp)
        connections.trust_exactly(row, idp.certificates, at=at)
        return []
    seen = {one.fingerprint for one in selectors.certificates(connection_id=row.pk)}
    connections.add_certificates(
        row, idp.certificates, state=CertificateState.PENDING, at=at
    )
    return [one for one in listed if one not in seen]


def demand_readable(url: str) -> None:
    """Refuse an address that would never be asked."""
    if not url.startswith("https://"):
        raise UnreadableAddress(
            _("Metadata is read over https only; the address must begin with https://.")
        )
    if len(url) > _URL_MAX:
        raise UnreadableAddress(_("The address is longer than 1,024 characters."))
    try:
        metadata.demand_web_address(url)
    except metadata.UnusableMetadata as bad:
        raise UnreadableAddress(str(bad)) from None
