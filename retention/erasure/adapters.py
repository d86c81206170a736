"""Tells the audit log why a person must stay in it, and forgets whom it has erased."""

from datetime import datetime

from django.db import connection, connections
from django.utils.translation import gettext as _

from audit.erasure import guards
from retention.holds import locking


def register() -> None:
    """Called once, when the app is ready."""
    guards.register(why_they_stay)
    guards.register_forgetting(forget)


def why_they_stay(organization_id: int, person: str, at: datetime) -> str:
    """A sentence for somebody under a hold, or still a member; empty for others."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select custos_why_in_log(%s, %s::uuid, %s)", [organization_id, person, at]
        )
        (why,) = cursor.fetchone()
    sentences = {
        "held": _(
            "A legal hold is over this person: until it is released they stay in the"
            " audit log. The hold's officer can release it."
        ),
        "member": _(
            "This person is still a member of a workspace of the organization: they"
            " stay in the audit log until they have left."
        ),
        "administrator": _(
            "This person is an owner or admin of the organization: they stay in the"
            " audit log until somebody takes that from them."
        ),
    }
    return str(sentences.get(why, ""))


def forget(
    organization_id: int, person: str, addresses: list[str], at: datetime, using: str
) -> bool:
    """Takes name, addresses and sign-ins of a person out of the organization's rows.

    False where a hold or a membership came meanwhile, or a list of people is worked
    through: nothing is changed then. The lock keeps holds from being placed until the
    open transaction has ended.
    """
    locking.before_purging(using=using)
    with connections[using].cursor() as cursor:
        cursor.execute(
            "select custos_forget_person(%s, %s::uuid, %s, %s)",
            [organization_id, person, addresses, at],
        )
        (why,) = cursor.fetchone()
    return not why
