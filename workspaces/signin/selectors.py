"""Which connection a URL or an address means, and what an organization has proven."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import connection as database
from django.db.models import Q
from django.utils.translation import gettext as _

from kit import statements
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.invitations import selectors as invitations
from workspaces.invitations.selectors import Offer
from workspaces.members.models import Membership, User
from workspaces.roles import selectors as roles
from workspaces.roles.matrix import ORGANIZATION_PERMISSIONS, permissions_of
from workspaces.signin import rules
from workspaces.signin.assertions import Answering, IdentityProvider, ServiceProvider
from workspaces.signin.identities import uid_of
from workspaces.signin.models import (
    BreakGlassCredential,
    BreakGlassOwner,
    CertificateState,
    ConnectionState,
    IdpCertificate,
    KeyPlace,
    MailDomain,
    Method,
    RoleRule,
    SamlConnection,
    SignInAttempt,
    SignInSession,
    SpKey,
)
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy.models import (
    Organization,
    OrganizationAdministrator,
    OrganizationRole,
    Workspace,
)
from workspaces.tenancy.selectors import (
    Access,
    Administration,
    OrganizationRef,
    WorkspaceRef,
)

_TRUSTED = """
select certificate from workspaces_idpcertificate
where connection_id = %s and state = %s order by id
"""
_ANSWERING = """
select idp_entity_id, sso_url, slo_url, label, wants_signed_requests,
       attribute_mapping, groups_attribute, allows_idp_initiated, keeps_messages_until,
       array(select c.certificate from workspaces_idpcertificate c
              where c.connection_id = s.id and c.state = %s order by c.id)
  from workspaces_samlconnection s where s.id = %s
"""
MOST_SESSIONS = 100


class AboveOwnRole(Refused):
    """The sessions of somebody who may do more are not the actor's to see or end."""

    status = 403


@dataclass(frozen=True, kw_only=True)
class ConnectionRef:
    """A connection as a URL names it, with the tenant it belongs to."""

    organization: OrganizationRef
    id: int
    public_id: UUID
    slug: str
    state: ConnectionState
    label: str


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """Where people of a mail domain sign in; all that a stranger may learn.

    Some workspace takes single sign-on (`takes_sso`), some takes codes (`takes_code`).
    """

    organization_name: str
    label: str
    slug: str
    takes_sso: bool
    takes_code: bool


@dataclass(frozen=True, kw_only=True)
class Presence:
    """A session that has not ended, and what decides where it reaches.

    `is_bound_to_sso`: the person's address lies in a domain that the organization has
    proven. `organization_requires_sso`: one of its workspaces does.
    """

    organization_id: int
    user_id: int
    method: Method
    connection_id: int | None
    seen_at: datetime
    expires_at: datetime
    portal_networks: tuple[str, ...]
    is_bound_to_sso: bool
    organization_requires_sso: bool


def presence(*, sign_in: UUID) -> Presence | None:
    """The session of that name, if it has not ended; asked before a scope is open."""
    with database.cursor() as cursor:
        cursor.execute("select * from custos_session(%s)", [sign_in])
        row = cursor.fetchone()
    if row is None:
        return None
    return Presence(
        organization_id=row[0],
        user_id=row[1],
        method=Method(row[2]),
        connection_id=row[3],
        seen_at=row[4],
        expires_at=row[5],
        portal_networks=tuple(json.loads(row[6])),
        is_bound_to_sso=row[7],
        organization_requires_sso=row[8],
    )


def session(*, sign_in: UUID) -> SignInSession | None:
    """The row of a session of the organization in scope."""
    return SignInSession.objects.filter(public_id=sign_in).first()


def living_sessions(*, user: User, at: datetime) -> list[SignInSession]:
    """The sessions of a person in the organization in scope, newest first."""
    found = SignInSession.objects.filter(user=user, ended_at=None, expires_at__gt=at)
    return list(found.order_by("-began_at", "-id")[:MOST_SESSIONS])


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


def entrance_of(*, domain: str) -> Entrance | None:
    """Where people of a folded, proven mail domain sign in, if anywhere."""
    with database.cursor() as cursor:
        cursor.execute("select * from custos_entrance(%s)", [domain])
        row = cursor.fetchone()
    if row is None:
        return None
    return Entrance(
        organization_name=row[0],
        label=row[1],
        slug=row[2],
        takes_sso=row[3],
        takes_code=row[4],
    )


def reached_by_code(*, user_id: int) -> list[OrganizationRef]:
    """The organizations in which a code opens something for a person, by name.

    Asks the same number of questions whoever that is, also nobody.
    """
    mine = tenants.accesses_of(user_id=user_id)
    run = {one.organization.id for one in tenants.administrations_of(user_id=user_id)}
    with database.cursor() as cursor:
        cursor.execute("select * from custos_sso_of(%s)", [user_id])
        rows = cursor.fetchall()
    return [
        OrganizationRef(id=row[0], public_id=row[1], slug=row[2], name=row[3])
        for row in rows
        if rules.may_use_code(
            ssos=[one.sso for one in mine if one.workspace.organization.id == row[0]],
            runs_it=row[0] in run,
            is_bound=row[4],
            strict=row[5],
        )
    ]


def entered_by_code(
    *, user: User | None, address: str, at: datetime
) -> list[OrganizationRef]:
    """Where a code lets somebody in: as who they are, or by an invitation."""
    found = reached_by_code(user_id=user.pk if user else 0)
    known = {one.id for one in found}
    invited = {
        one.workspace.organization.id: one.workspace.organization
        for one in acceptable(address=address, method=Method.CODE, at=at)
    }
    return found + [one for key, one in invited.items() if key not in known]


def acceptable(
    *,
    address: str,
    method: Method,
    at: datetime,
    organization_id: int | None = None,
) -> list[Offer]:
    """The invitations of an address to workspaces that this way of signing in opens."""
    return [
        one
        for one in invitations.offers_to(address=address, at=at)
        if organization_id in (None, one.workspace.organization.id)
        and rules.need(sso=one.sso, method=method, is_bound=one.is_bound)
        is rules.Need.NOTHING
    ]


def reached_by_break_glass(*, user_id: int) -> list[OrganizationRef]:
    """The organizations that named a person for break-glass, and that they own."""
    with database.cursor() as cursor:
        cursor.execute("select * from custos_break_glass_of(%s)", [user_id])
        rows = cursor.fetchall()
    return [
        OrganizationRef(id=row[0], public_id=row[1], slug=row[2], name=row[3])
        for row in rows
    ]


@dataclass(frozen=True, kw_only=True)
class Keyholder:
    """An owner of the organization in scope, and how far they are with break-glass."""

    user: User
    named: BreakGlassOwner | None
    armed_at: datetime | None

    @property
    def is_ready(self) -> bool:
        """Named, with password and second step set."""
        return self.named is not None and self.armed_at is not None


def keyholders() -> list[Keyholder]:
    """Every owner of the organization in scope, in the order in which they came."""
    people = all_owners()
    named = {one.user_id: one for one in BreakGlassOwner.objects.all()}
    armed = dict(
        BreakGlassCredential.objects.filter(user__in=people).values_list(
            "user_id", "armed_at"
        )
    )
    return [
        Keyholder(user=one, named=named.get(one.pk), armed_at=armed.get(one.pk))
        for one in people
    ]


def has_break_glass_owner() -> bool:
    """Whether somebody can enter the organization in scope without its provider."""
    return any(one.is_ready for one in keyholders())


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


def has_proven(*, domain: str) -> bool:
    """Whether the organization in scope has proven this folded domain."""
    return MailDomain.objects.filter(domain=domain, proven_at__isnull=False).exists()


def person_linked(*, connection_uuid: UUID, name_id: str) -> User | None:
    """The person to whom a connection's name for them is linked."""
    found = SocialAccount.objects.filter(
        provider=str(connection_uuid), uid=uid_of(name_id)
    )
    return User.objects.filter(pk__in=found.values("user_id")).first()


def is_linked(*, connection_uuid: UUID, user: User) -> bool:
    """Whether the person has any identity of the connection already."""
    mine = SocialAccount.objects.filter(provider=str(connection_uuid), user=user)
    return bool(mine.exists())


def accesses(*, user: User, organization_id: int | None) -> list[Access]:
    """The workspaces of one organization that the person may enter; None means all."""
    return [
        access
        for access in tenants.accesses_of(user_id=user.pk)
        if organization_id in {None, access.workspace.organization.id}
    ]


def administrations(*, user: User, organization_id: int | None) -> list[Administration]:
    """The organization itself, if the person runs it; None means all they run."""
    return [
        one
        for one in tenants.administrations_of(user_id=user.pk)
        if organization_id in {None, one.organization.id}
    ]


def permissions_in(*, user_id: int, organization_id: int) -> frozenset[Permission]:
    """All that a person may do anywhere in an organization."""
    found: frozenset[Permission] = frozenset()
    for access in tenants.accesses_of(user_id=user_id):
        if access.workspace.organization.id == organization_id:
            found |= permissions_of(
                role=access.role, plan=access.workspace.plan, granted=access.granted
            )
    for one in tenants.administrations_of(user_id=user_id):
        if one.organization.id == organization_id:
            found |= ORGANIZATION_PERMISSIONS[one.role]
    return found


def person_below(*, actor: Actor, member: Membership) -> User:
    """The person behind a membership, if the actor may do all that they may.

    Sessions reach into the whole organization, so what counts is what the member may
    do anywhere in it, and not in this workspace only.
    """
    organization_id = actor.organization_id or 0
    plan = tenants.access_of(actor=actor).workspace.plan
    granted = roles.granted_to(membership_id=member.pk)
    here = permissions_of(role=member.role, plan=plan, granted=granted)
    theirs = permissions_in(user_id=member.user_id, organization_id=organization_id)
    own = permissions_in(user_id=actor.user_id or 0, organization_id=organization_id)
    if not (here <= actor.permissions and theirs <= own):
        raise AboveOwnRole(
            _(
                "This member may do more than you, here or elsewhere in the "
                "organization. Someone with at least their role can see and end "
                "their sessions."
            )
        )
    return User.objects.get(pk=member.user_id)


def belongs(*, user: User, organization_id: int) -> bool:
    """Whether the person is a member or administrator of the organization."""
    return bool(
        accesses(user=user, organization_id=organization_id)
        or administrations(user=user, organization_id=organization_id)
    )


def owners() -> list[User]:
    """Who can help someone who may not enter the organization in scope."""
    rows = OrganizationAdministrator.objects.filter(role=OrganizationRole.OWNER)
    return [row.user for row in rows.select_related("user").order_by("id")[:3]]


def all_owners() -> list[User]:
    """Every owner of the organization in scope: who is told of what matters to all."""
    rows = OrganizationAdministrator.objects.filter(role=OrganizationRole.OWNER)
    return [row.user for row in rows.select_related("user").order_by("id")]


def person(*, public_id: UUID) -> User | None:
    """The person with this id, if their account is open."""
    return User.objects.filter(public_id=public_id, is_active=True).first()


def person_by_address(*, address: str) -> User | None:
    """The person with this folded address."""
    return User.objects.filter(email=address).first()


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
        certificates=_signing_certificates(found.pk),
        label=found.label,
        wants_signed_requests=found.wants_signed_requests,
    )


def _signing_certificates(connection_id: int) -> tuple[str, ...]:
    """What `trusted_certificates` says, read by hand: strangers make us ask often."""
    with database.cursor() as cursor:
        cursor.execute(_TRUSTED, [connection_id, CertificateState.TRUSTED.value])
        return tuple(row[0] for row in cursor.fetchall())


def domains() -> list[MailDomain]:
    """The domains that the organization in scope has claimed, by name."""
    return list(MailDomain.objects.order_by("domain"))


def domain_by_id(*, domain: UUID) -> MailDomain | None:
    """One of them."""
    return MailDomain.objects.filter(public_id=domain).first()


def connections() -> list[SamlConnection]:
    """The connections of the organization in scope, the oldest first."""
    return list(SamlConnection.objects.order_by("id"))


def connection_by_id(
    *, connection: UUID, for_update: bool = False
) -> SamlConnection | None:
    """One of them by its public id."""
    found = SamlConnection.objects.filter(public_id=connection)
    return (found.select_for_update() if for_update else found).first()


def certificates(*, connection_id: int) -> list[IdpCertificate]:
    """All certificates of the other side, believed or not, the oldest first."""
    mine = IdpCertificate.objects.filter(connection_id=connection_id)
    return list(mine.order_by("id"))


def role_rules(*, connection_id: int) -> list[RoleRule]:
    """What the groups of a connection give, in the order they were written."""
    mine = RoleRule.objects.filter(connection_id=connection_id)
    return list(mine.order_by("workspace_id", "value", "id"))


def workspaces() -> list[Workspace]:
    """The workspaces of the organization in scope, by name."""
    return list(Workspace.objects.order_by("name", "id"))


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


def connections_in_use() -> list[SamlConnection]:
    """The connection that people of the organization in scope sign in through."""
    return list(SamlConnection.objects.filter(state=ConnectionState.ACTIVE))


def organization_slug() -> str:
    """The slug of the organization in scope."""
    return str(Organization.objects.values_list("slug", flat=True).get())


def workspace_ref(row: Workspace, organization: OrganizationRef) -> WorkspaceRef:
    """A workspace of the organization as every slice passes it on."""
    return WorkspaceRef(
        organization=organization,
        id=row.pk,
        public_id=row.public_id,
        slug=row.slug,
        name=row.name,
        plan=row.plan,
    )


def is_elsewhere(*, user: User, organization_id: int) -> bool:
    """Whether the person also belongs to another organization."""
    places = {
        one.workspace.organization.id
        for one in accesses(user=user, organization_id=None)
    }
    places |= {
        one.organization.id for one in administrations(user=user, organization_id=None)
    }
    return bool(places - {organization_id})


@dataclass(frozen=True, kw_only=True)
class Worry:
    """A certificate of the connection in use that somebody has to look after."""

    connection: UUID
    label: str
    not_after: datetime
    is_ours: bool
    is_waiting: bool


def worries(*, at: datetime) -> list[Worry]:
    """What ends soon or waits to be confirmed, the most urgent first."""
    live = connections_in_use()
    if not live:
        return []
    (row,) = live
    soon = at + timedelta(days=max(rules.WARNING_DAYS))
    theirs = IdpCertificate.objects.filter(connection_id=row.pk)
    pending = CertificateState.PENDING
    found = [
        (one.not_after, False, one.state == pending)
        for one in theirs.filter(Q(state=pending) | Q(not_after__lte=soon))
    ]
    ours = SpKey.objects.filter(connection_id=row.pk, not_after__lte=soon)
    found += [(one.not_after, True, False) for one in ours]
    return [
        Worry(
            connection=row.public_id,
            label=row.label,
            not_after=not_after,
            is_ours=is_ours,
            is_waiting=is_waiting,
        )
        for not_after, is_ours, is_waiting in sorted(found)
    ]
