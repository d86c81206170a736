"""What an accepted answer of an identity provider says, as plain values."""

from collections.abc import Mapping, Sequence
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
class Answering:
    """What an answer for one connection is examined by.

    `mapping` names, for each field of ours, the attributes it may come from;
    `keeps_messages_until` ends the hours for which an owner asked to keep answers.
    """

    idp: IdentityProvider
    mapping: Mapping[str, Sequence[str]]
    groups_attribute: str
    may_be_unsolicited: bool
    keeps_messages_until: datetime | None


@dataclass(frozen=True, kw_only=True)
class Named:
    """The name that the other side has for a person, and for a session of theirs."""

    name_id: str
    format: str
    qualifier: str
    own_qualifier: str
    session_index: str


@dataclass(frozen=True, kw_only=True)
class VerifiedAssertion:
    """The values of a signed assertion that passed every check of the message.

    `request_id` is empty where nobody asked. `signed_by` are the fingerprints of the
    certificates whose key fits a signature of the message. `groups` is None where the
    connection's attribute for them was not sent at all.
    """

    response_id: str
    assertion_id: str
    request_id: str
    name_id: str
    name_id_format: str
    name_id_qualifier: str
    name_id_own_qualifier: str
    session_index: str
    authenticated_at: datetime | None
    signed_by: tuple[str, ...]
    email: str
    first_name: str
    last_name: str
    session_ends_at: datetime | None
    expires_at: datetime
    groups: tuple[str, ...] | None = None

    def is_since(self, at: datetime) -> bool:
        """Whether the person signed in at the other side no earlier than that."""
        return self.authenticated_at is not None and self.authenticated_at >= at

    @property
    def named(self) -> Named:
        """The name with what stands beside it."""
        return Named(
            name_id=self.name_id,
            format=self.name_id_format,
            qualifier=self.name_id_qualifier,
            own_qualifier=self.name_id_own_qualifier,
            session_index=self.session_index,
        )
