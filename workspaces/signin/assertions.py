"""What an accepted answer of an identity provider says, as plain values."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class ServiceProvider:
    """Our side of one connection: constants of the installation, never of a request."""

    entity_id: str
    acs_url: str
    sls_url: str


@dataclass(frozen=True, kw_only=True)
class IdentityProvider:
    """Their side of one connection, from its metadata."""

    entity_id: str
    sso_url: str
    slo_url: str
    certificates: tuple[str, ...]
    label: str
    wants_signed_requests: bool


@dataclass(frozen=True, kw_only=True)
class VerifiedAssertion:
    """The values of a signed assertion that passed every check of the message."""

    response_id: str
    assertion_id: str
    request_id: str
    name_id: str
    email: str
    first_name: str
    last_name: str
    session_ends_at: datetime | None
    expires_at: datetime
