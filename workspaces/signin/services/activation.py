"""Puts a connection into use, takes it out, and says where single sign-on is required.

Who controls the connection can sign in as anybody of the organization. So an owner
decides, and only about settings that passed a test sign-in within a day; at most one
connection is in use, and changing over is one transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.signin import authority, selectors
from workspaces.signin.endings import EndReason
from workspaces.signin.models import (
    CertificateState,
    ConnectionState,
    IdpCertificate,
    SamlConnection,
)
from workspaces.signin.services import connections, drafts, sessions
from workspaces.tenancy import services as tenants
from workspaces.tenancy.models import Sso, Workspace
from workspaces.tenancy.selectors import OrganizationRef


class NotTested(Refused):
    """These very settings did not pass a test sign-in by an owner within a day."""


class NotInUse(Refused):
    """The connection is not active."""


class StillRequired(Refused):
    """A workspace requires what would be switched off."""


class CannotBeRequired(Refused):
    """Requiring single sign-on now could lock people out."""


class UnknownWorkspace(Refused):
    """The organization has no such workspace."""

    status = 404


class UnknownCertificate(Refused):
    """The connection has no such certificate that waits."""

    status = 404


def activate(
    *, actor: Actor, organization: OrganizationRef, connection: UUID, at: datetime
) -> SamlConnection:
    """Let people sign in through it, in place of the one that was in use."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    authority.demand_owner(actor)
    with drafts.turn_of(organization):
        row = drafts.locked(connection)
        if row.state == ConnectionState.ACTIVE:
            return row
        _demand_tested(row, at=at)
        connections.stand_down(actor=actor, but=row, at=at)
        row.state = ConnectionState.ACTIVE
        row.save(update_fields=["state"])
        recording.record(
            actor=actor,
            action="workspaces.saml.activated",
            target=Target(kind="connection", id=row.public_id),
            organization_id=organization.id,
            at=at,
            details={"slug": row.slug, "idp": row.idp_entity_id},
        )
        return row


def deactivate(
    *, actor: Actor, organization: OrganizationRef, connection: UUID, at: datetime
) -> SamlConnection:
    """Let nobody sign in through it any more; refused where that is required."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    authority.demand_owner(actor)
    with drafts.turn_of(organization):
        row = drafts.locked(connection)
        if row.state != ConnectionState.ACTIVE:
            raise NotInUse(_("“%s” is not in use.") % row.slug)
        demanding = Workspace.objects.filter(sso=Sso.REQUIRED).order_by("name")
        names = list(demanding.values_list("name", flat=True))
        if names:
            raise StillRequired(
                _("Single sign-on is required in %s: make it optional there first.")
                % ", ".join(names)
            )
        row.state = ConnectionState.INACTIVE
        row.save(update_fields=["state"])
        recording.record(
            actor=actor,
            action="workspaces.saml.deactivated",
            target=Target(kind="connection", id=row.public_id),
            organization_id=organization.id,
            at=at,
            details={"slug": row.slug},
        )
        sessions.end_all_through(
            actor=actor,
            organization_id=organization.id,
            connection_id=row.pk,
            connection=row.public_id,
            reason=EndReason.CONNECTION_OFF,
            at=at,
        )
        return row


def set_sso(
    *,
    actor: Actor,
    organization: OrganizationRef,
    workspace: UUID,
    sso: Sso,
    at: datetime,
) -> Workspace:
    """Say what single sign-on is to a workspace; requiring it has its conditions, and
    what an owner has required only an owner gives up."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    with drafts.turn_of(organization):
        found = Workspace.objects.filter(public_id=workspace).first()
        if found is None:
            raise UnknownWorkspace(_("This organization has no such workspace."))
        if sso == Sso.REQUIRED and found.sso != Sso.REQUIRED:
            _demand_may_require(actor, at=at)
        if found.sso == Sso.REQUIRED and sso != Sso.REQUIRED:
            authority.demand_owner(actor)
        return tenants.set_sso(
            actor=actor,
            workspace=selectors.workspace_ref(found, organization),
            sso=sso,
            at=at,
        )


def why_not_required(*, at: datetime) -> str:
    """What still keeps single sign-on from being required; empty where nothing does."""
    live = selectors.active_connection()
    if live is None:
        return _("No connection is in use yet.")
    if not selectors.is_tested(live, at=at):
        return _(
            "The connection in use needs a test sign-in without failure by an owner, "
            "not older than 24 hours."
        )
    if not selectors.has_break_glass_owner():
        return _(
            "Name an owner who can enter with a password and a second factor first: "
            "if the identity provider failed, nobody could."
        )
    return ""


def confirm_certificate(
    *,
    actor: Actor,
    organization: OrganizationRef,
    connection: UUID,
    fingerprint: str,
    at: datetime,
) -> None:
    """Believe a certificate that came without one that was believed before."""
    with _waiting(actor, organization, connection, fingerprint) as (row, one):
        one.state = CertificateState.TRUSTED
        one.save(update_fields=["state"])
        _record_certificate(
            "workspaces.saml-certificate.confirmed", actor, row, one, at
        )


def refuse_certificate(
    *,
    actor: Actor,
    organization: OrganizationRef,
    connection: UUID,
    fingerprint: str,
    at: datetime,
) -> None:
    """Drop a certificate that waits; it comes back if it is still published."""
    with _waiting(actor, organization, connection, fingerprint) as (row, one):
        _record_certificate("workspaces.saml-certificate.refused", actor, row, one, at)
        one.delete()


def _demand_tested(row: SamlConnection, *, at: datetime) -> None:
    if not selectors.is_tested(row, at=at):
        raise NotTested(
            _(
                "“%s” can be activated once an owner has tested exactly these settings "
                "without a failure, within 24 hours (step 5)."
            )
            % row.slug
        )


def _demand_may_require(actor: Actor, *, at: datetime) -> None:
    authority.demand_owner(actor)
    why = why_not_required(at=at)
    if why:
        raise CannotBeRequired(why)


@contextmanager
def _waiting(
    actor: Actor, organization: OrganizationRef, connection: UUID, fingerprint: str
) -> Iterator[tuple[SamlConnection, IdpCertificate]]:
    actor.require(Permission.ORGANIZATION_MANAGE)
    authority.demand_owner(actor)
    with scoping.organization(organization_id=organization.id):
        row = drafts.locked(connection)
        one = IdpCertificate.objects.filter(
            connection_id=row.pk,
            fingerprint=fingerprint,
            state=CertificateState.PENDING,
        ).first()
        if one is None:
            raise UnknownCertificate(_("No such certificate waits here."))
        yield row, one


def _record_certificate(
    action: str, actor: Actor, row: SamlConnection, one: IdpCertificate, at: datetime
) -> None:
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="connection", id=row.public_id),
        organization_id=row.organization_id,
        at=at,
        details={"fingerprint": one.fingerprint},
    )
