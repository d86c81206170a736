"""Makes operators of the installation, at the command line, and lets them in."""

from collections.abc import MutableMapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from audit import recording
from audit.log import services as log
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from workspaces.members import services as members
from workspaces.members import standing
from workspaces.members.models import User

SITE = standing.INSTALLATION  # also the id of the installation's own audit log


class BadPassword(Refused):
    """A password that is too easy, or that cannot be read."""

    status = 422


def create(*, actor: Actor, email: str, password: str, at: datetime) -> User:
    """Make the person with that address an operator who signs in with `password`."""
    actor.require(Permission.OPERATOR)
    try:
        validate_password(password)
    except ValidationError as weak:
        raise BadPassword(" ".join(weak.messages)) from weak
    log.open_site_log(at=at)
    with scoping.organization(organization_id=SITE):
        person = members.ensure_person(email=email, at=at)
        person.is_operator = True
        person.set_password(password)
        person.save(update_fields=["is_operator", "password"])
        recording.record(
            actor=actor,
            action="workspaces.operator.changed",
            target=Target(kind="user", id=person.public_id),
            organization_id=SITE,
            at=at,
            details={"email": person.email, "is_operator": True},
        )
        return person


def begin_session(
    *, actor: Actor, session: MutableMapping[str, Any], at: datetime
) -> None:
    """Bind a session to the installation: it reaches into no organization."""
    standing.begin(session, organization_id=SITE, accesses=())
    with scoping.organization(organization_id=SITE):
        recording.record(
            actor=actor,
            action="workspaces.operator.signed-in",
            target=Target(kind="installation", id=UUID(int=0)),
            organization_id=SITE,
            at=at,
        )
