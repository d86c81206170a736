"""Proves that an organization holds a mail domain, by DNS or an operator's word."""

import secrets
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.members import addresses
from workspaces.signin import authority, rules
from workspaces.signin.models import MailDomain
from workspaces.tenancy.selectors import OrganizationRef

RECORD_PREFIX = "custos-verification="
MOST_DOMAINS = 200


class DomainIsTaken(Refused):
    """Another organization has proven this domain."""


class ClaimHasLapsed(Refused):
    """An unproven claim was tried for too long, or too often."""


class TooManyDomains(Refused):
    """An organization holds so many domains already."""


class UnknownDomain(Refused):
    """The organization has made no such claim."""

    status = 404


def record_name(domain: str) -> str:
    """The DNS name at which the proof stands."""
    return f"_custos.{domain}"


def claim(
    *, actor: Actor, organization: OrganizationRef, domain: str, at: datetime
) -> MailDomain:
    """Begin a proof: the row holds what to publish; an existing claim is returned.

    One that lapsed begins anew, with a new record to publish.
    """
    actor.require(Permission.ORGANIZATION_MANAGE)
    folded = addresses.fold_domain(domain)
    with scoping.organization(organization_id=organization.id):
        found = MailDomain.objects.filter(domain=folded).select_for_update().first()
        if found is not None and not has_lapsed(found, at=at):
            return found
        if found is None and MailDomain.objects.count() >= MOST_DOMAINS:
            raise TooManyDomains(
                _("An organization has %d domains at most; release one first.")
                % MOST_DOMAINS
            )
        row = _begun(found, organization, folded, at=at)
        _record(actor, "workspaces.domain.claimed", row, at=at)
        return row


def verify(
    *,
    actor: Actor,
    organization: OrganizationRef,
    domain: str,
    records: Collection[str] = (),
    attested_by: str = "",
    at: datetime,
) -> MailDomain:
    """Prove the domain if its challenge is among `records` or an operator vouches.

    What is proven stays proven; without proof the claim is returned as it is.
    """
    if attested_by:
        actor.require(Permission.OPERATOR)
    claimed = claim(actor=actor, organization=organization, domain=domain, at=at)
    with scoping.organization(organization_id=organization.id):
        row = MailDomain.objects.select_for_update().get(pk=claimed.pk)
        is_proven = bool(attested_by) or row.challenge in records
        if row.proven_at is None and is_proven:
            _prove(actor, row, attested_by=attested_by, at=at)
        return row


def check(
    *,
    actor: Actor,
    organization: OrganizationRef,
    domain: UUID,
    records: Collection[str],
    at: datetime,
) -> MailDomain:
    """Try a claim with what DNS answered; every try counts, and they are bounded."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    with scoping.organization(organization_id=organization.id):
        row = _locked(domain)
        if row.proven_at is not None:
            return row
        demand_open(row, at=at)
        row.attempts += 1
        row.tried_at = at
        row.save(update_fields=["attempts", "tried_at"])
        if row.challenge in records:
            _prove(actor, row, attested_by="", at=at)
        return row


def release(
    *, actor: Actor, organization: OrganizationRef, domain: UUID, at: datetime
) -> str:
    """Give a domain up: nobody is let in by its addresses any more; its name."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    with scoping.organization(organization_id=organization.id):
        row = _locked(domain)
        if row.proven_at is not None:
            # Its people are no longer bound to single sign-on where that is required.
            authority.demand_owner(actor)
        _record(actor, "workspaces.domain.released", row, at=at)
        row.delete()
        return row.domain


def has_lapsed(row: MailDomain, *, at: datetime) -> bool:
    """Whether the claim must be made anew before it is tried again."""
    return row.proven_at is None and rules.claim_has_lapsed(
        claimed_at=row.claimed_at, attempts=row.attempts, at=at
    )


def demand_open(row: MailDomain, *, at: datetime) -> None:
    """Refuse to try a claim that has lapsed."""
    if not has_lapsed(row, at=at):
        return
    raise ClaimHasLapsed(
        _(
            "The claim of %(domain)s was open for 7 days or was tried %(most)d times. "
            "Claim it again: there will be a new record to publish."
        )
        % {"domain": row.domain, "most": rules.MOST_TRIES}
    )


def _begun(
    found: MailDomain | None,
    organization: OrganizationRef,
    domain: str,
    *,
    at: datetime,
) -> MailDomain:
    row = found or MailDomain(organization_id=organization.id, domain=domain)
    row.challenge = RECORD_PREFIX + secrets.token_hex(16)
    row.claimed_at, row.attempts, row.tried_at = at, 0, None
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        # Somebody else of the organization claimed it in this moment.
        return MailDomain.objects.get(domain=domain)
    return row


def _locked(domain: UUID) -> MailDomain:
    row = MailDomain.objects.filter(public_id=domain).select_for_update().first()
    if row is None:
        raise UnknownDomain(_("This organization has claimed no such domain."))
    return row


def _prove(actor: Actor, row: MailDomain, *, attested_by: str, at: datetime) -> None:
    row.proven_at, row.attested_by = at, attested_by
    try:
        with transaction.atomic():
            row.save(update_fields=["proven_at", "attested_by"])
    except IntegrityError:
        raise DomainIsTaken(
            _("“%(domain)s” is held by another organization of this installation.")
            % {"domain": row.domain}
        ) from None
    _record(
        actor, "workspaces.domain.verified", row, at=at, by=row.attested_by or "DNS"
    )


def _record(
    actor: Actor, action: str, row: MailDomain, *, at: datetime, **details: str
) -> None:
    recording.record(
        actor=actor,
        action=action,
        target=Target(kind="domain", id=row.public_id),
        organization_id=row.organization_id,
        at=at,
        details={"domain": row.domain, **details},
    )
