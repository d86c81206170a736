"""Tells the audit log why a person must stay in it."""

from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from audit.erasure import guards


def register() -> None:
    """Called once, when the app is ready."""
    guards.register(why_they_stay)


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
    }
    return str(sentences.get(why, ""))
