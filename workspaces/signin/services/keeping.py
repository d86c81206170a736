"""Keeps the answers of an identity provider for a day, where an owner asks for it."""

import base64
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
from workspaces.signin.models import SamlConnection, SignInAttempt
from workspaces.signin.services import attempts, drafts
from workspaces.tenancy.selectors import OrganizationRef


class NoAnswerKept(Refused):
    """There is no answer under that reference, or no longer."""


def keep_answers(
    *, actor: Actor, organization: OrganizationRef, connection: UUID, at: datetime
) -> SamlConnection:
    """Keep what is posted in the next day, each answer for a day."""
    return _set(actor, organization, connection, at + attempts.ANSWERS_STAY, at=at)


def discard_answers(
    *, actor: Actor, organization: OrganizationRef, connection: UUID, at: datetime
) -> SamlConnection:
    """Keep no more, and discard what is there."""
    return _set(actor, organization, connection, None, at=at)


def download(
    *, actor: Actor, organization: OrganizationRef, reference: str, at: datetime
) -> bytes:
    """The XML of a kept answer, for an owner; recorded."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    authority.demand_owner(actor)
    with scoping.organization(organization_id=organization.id):
        found = SignInAttempt.objects.filter(reference=reference).first()
        if found is None or found.sealed_message is None or found.connection_id is None:
            raise NoAnswerKept(_("No answer is kept under this reference."))
        row = selectors.connection(connection_id=found.connection_id)
        text = attempts.opened(row, bytes(found.sealed_message))
        recording.record(
            actor=actor,
            action="workspaces.saml-answer.downloaded",
            target=Target(kind="connection", id=row.public_id),
            organization_id=organization.id,
            at=at,
            details={"reference": reference},
        )
        return _document(text)


def _set(
    actor: Actor,
    organization: OrganizationRef,
    connection: UUID,
    until: datetime | None,
    *,
    at: datetime,
) -> SamlConnection:
    actor.require(Permission.ORGANIZATION_MANAGE)
    authority.demand_owner(actor)
    with scoping.organization(organization_id=organization.id):
        row = drafts.locked(connection)
        row.keeps_messages_until = until
        row.save(update_fields=["keeps_messages_until"])
        if until is None:
            SignInAttempt.objects.filter(connection_id=row.pk).update(
                sealed_message=None
            )
        action = (
            "workspaces.saml-answers.kept"
            if until
            else "workspaces.saml-answers.discarded"
        )
        recording.record(
            actor=actor,
            action=action,
            target=Target(kind="connection", id=row.public_id),
            organization_id=organization.id,
            at=at,
        )
        return row


def _document(text: bytes) -> bytes:
    """What stands in the base64; what is none is handed out as it came."""
    try:
        return base64.b64decode(text)
    except ValueError:
        return text
