"""Proves that an organization holds a mail domain, by DNS or an operator's word."""

import secrets
from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import recording
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.members import addresses
from workspaces.signin.models import MailDomain
from workspaces.tenancy.selectors import OrganizationRef

RECORD_PREFIX = "custos-verification="


class DomainIsTaken(Refused):
    """Another organization has proven this domain."""


def record_name(domain: str) -> str:
    """The DNS name at which the proof stands."""
    return f"_custos.{domain}"


def claim(
    *, actor: Actor, organization: OrganizationRef, domain: str, at: datetime
) -> MailDomain:
    """Begin a proof: the row holds what to publish; an existing claim is returned."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    folded = addresses.fold_domain(domain)
    with scoping.organization(organization_id=organization.id):
        row, is_new = MailDomain.objects.get_or_create(
            organization_id=organization.id,
            domain=folded,
            defaults={
                "challenge": RECORD_PREFIX + secrets.token_hex(16),
                "claimed_at": at,
            },
        )
        if is_new:
            recording.record(
                actor=actor,
                action="workspaces.domain.claimed",
                target=Target(kind="domain", id=row.public_id),
                organization_id=organization.id,
                at=at,
                details={"domain": row.domain},
            )
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
        if row.proven_at is not None or not is_proven:
            return row
        row.proven_at, row.attested_by = at, attested_by
        _save(row)
        recording.record(
            actor=actor,
            action="workspaces.domain.verified",
            target=Target(kind="domain", id=row.public_id),
            organization_id=organization.id,
            at=at,
            details={"domain": row.domain, "by": attested_by or "DNS"},
        )
        return row


def _save(row: MailDomain) -> None:
    try:
        with transaction.atomic():
            row.save(update_fields=["proven_at", "attested_by"])
    except IntegrityError:
        raise DomainIsTaken(
            _("“%(domain)s” is held by another organization of this installation.")
            % {"domain": row.domain}
        ) from None
