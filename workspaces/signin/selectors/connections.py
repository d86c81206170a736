"""What connections an organization has, and what their answers are examined by."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection as database

from kit import statements
from workspaces.signin import rules
from workspaces.signin.assertions import Answering, IdentityProvider, ServiceProvider
from workspaces.signin.models import (
    CertificateState,
    ConnectionState,
    RoleRule,
    SamlConnection,
    SignInAttempt,
)
from workspaces.signin.selectors.certificates import trusted_certificates
from workspaces.tenancy.selectors import (
    OrganizationRef,
)

_ANSWERING = """
select idp_entity_id, sso_url, slo_url, label, wants_signed_requests,
       attribute_mapping, groups_attribute, allows_idp_initiated, keeps_messages_until,
       array(select c.certificate from workspaces_idpcertificate c
              where c.connection_id = s.id and c.state = %s order by c.id)
  from workspaces_samlconnection s where s.id = %s
"""


@dataclass(frozen=True, kw_only=True)
class ConnectionRef:
    """A connection as a URL names it, with the tenant it belongs to."""

    organization: OrganizationRef
    id: int
    public_id: UUID
    slug: str
    state: ConnectionState
    label: str


def connection_by_slug(*, slug: str) -> ConnectionRef | None:
    """The connection that a URL names, in any state; asked before a scope is open."""
    with database.cursor() as cursor:
        cursor.execute("select * from custos_connection(%s)", [slug])
        row = cursor.fetchone()
    if row is None:
        return None
    return ConnectionRef(
        organization=OrganizationRef(
            id=row[0], public_id=row[1], slug=row[2], name=row[3]
        ),
        id=row[4],
        public_id=row[5],
        slug=row[6],
        state=ConnectionState(row[7]),
        label=row[8],
    )


def connection(*, connection_id: int, for_update: bool = False) -> SamlConnection:
    """The row of a connection, in the scope of its organization."""
    rows = SamlConnection.objects.all()
    return (rows.select_for_update() if for_update else rows).get(pk=connection_id)


def answering(*, connection_id: int) -> Answering:
    """What an answer for a connection is examined by, in its organization's scope.

    Read at once and by hand: strangers make us ask often.
    """
    values = [CertificateState.TRUSTED.value, connection_id]
    with statements.planned(_ANSWERING, values, using="default") as cursor:
        row = cursor.fetchone()
    if row is None:
        raise SamlConnection.DoesNotExist
    entity_id, sso_url, slo_url, label, wants_signed, mapping, groups, *more = row
    may_be_unsolicited, keeps_messages_until, certificates = more
    return Answering(
        idp=IdentityProvider(
            entity_id=entity_id,
            sso_url=sso_url,
            slo_url=slo_url,
            certificates=tuple(certificates),
            label=label,
            wants_signed_requests=wants_signed,
        ),
        mapping=json.loads(mapping),
        groups_attribute=groups,
        may_be_unsolicited=may_be_unsolicited,
        keeps_messages_until=keeps_messages_until,
    )


def answering_of(row: SamlConnection) -> Answering:
    """The same, of a row that was read before."""
    return Answering(
        idp=identity_provider(row),
        mapping=row.attribute_mapping,
        groups_attribute=row.groups_attribute,
        may_be_unsolicited=row.allows_idp_initiated,
        keeps_messages_until=row.keeps_messages_until,
    )


def first_connection(*, for_update: bool = False) -> SamlConnection | None:
    """The connection that has the slug of the organization in scope."""
    found = SamlConnection.objects.order_by("id")
    return (found.select_for_update() if for_update else found).first()


def active_connection() -> SamlConnection | None:
    """The connection through which people sign in now."""
    return SamlConnection.objects.filter(state=ConnectionState.ACTIVE).first()


def service_provider(*, slug: str) -> ServiceProvider:
    """Our addresses for a connection, from the settings and never from a request."""
    base = f"{settings.CUSTOS_BASE_URL}/accounts/saml/{slug}"
    return ServiceProvider(
        entity_id=f"{base}/metadata/", acs_url=f"{base}/acs/", sls_url=f"{base}/sls/"
    )


def identity_provider(found: SamlConnection) -> IdentityProvider:
    """The other side of a connection, as plain values."""
    return IdentityProvider(
        entity_id=found.idp_entity_id,
        sso_url=found.sso_url,
        slo_url=found.slo_url,
        certificates=tuple(
            one.certificate for one in trusted_certificates(connection_id=found.pk)
        ),
        label=found.label,
        wants_signed_requests=found.wants_signed_requests,
    )


def connections() -> list[SamlConnection]:
    """The connections of the organization in scope, the oldest first."""
    return list(SamlConnection.objects.order_by("id"))


def connection_by_id(
    *, connection: UUID, for_update: bool = False
) -> SamlConnection | None:
    """One of them by its public id."""
    found = SamlConnection.objects.filter(public_id=connection)
    return (found.select_for_update() if for_update else found).first()


def role_rules(*, connection_id: int) -> list[RoleRule]:
    """What the groups of a connection give, in the order they were written."""
    mine = RoleRule.objects.filter(connection_id=connection_id)
    return list(mine.order_by("workspace_id", "value", "id"))


def settings_digest(row: SamlConnection) -> str:
    """The hash of everything about a connection that a test sign-in proves.

    The address of the metadata is part of it: what stands there later is believed
    where a known certificate stands beside it.
    """
    settings: dict[str, object] = {
        name: getattr(row, name)
        for name in (
            "idp_entity_id",
            "sso_url",
            "slo_url",
            "wants_signed_requests",
            "name_id_format",
            "allows_idp_initiated",
            "publishes_encryption_key",
            "attribute_mapping",
            "groups_attribute",
            "provisions_into_id",
            "default_role",
            "may_grant_owner",
            # Whoever answers there says later which certificates are believed.
            "metadata_url",
        )
    }
    settings["certificates"] = sorted(
        one.fingerprint for one in trusted_certificates(connection_id=row.pk)
    )
    settings["rules"] = sorted(
        (one.workspace_id, one.value, one.role)
        for one in role_rules(connection_id=row.pk)
    )
    return rules.digest_of(settings)


def is_tested(row: SamlConnection, *, at: datetime) -> bool:
    """Whether exactly these settings passed a test within a day."""
    return rules.test_holds(
        digest=settings_digest(row),
        tested_digest=row.tested_digest,
        tested_at=row.tested_at,
        at=at,
    )


def attempts(*, reference: str = "", limit: int = 50) -> list[SignInAttempt]:
    """The newest attempts of the organization in scope."""
    found = SignInAttempt.objects.order_by("-at", "-id")
    if reference:
        found = found.filter(reference=reference.strip().upper())
    return list(found[:limit])
