"""Makes operators of the installation, at the command line."""

from datetime import datetime

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
from workspaces.members.models import User
from workspaces.operators.services.entrance import SITE


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
