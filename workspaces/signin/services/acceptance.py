"""Accepts a posted answer for one connection: verified, and used up."""

from datetime import datetime, timedelta

from django.db import connection as database

from kit import scoping
from workspaces.signin import messages, responses, selectors
from workspaces.signin.assertions import VerifiedAssertion
from workspaces.signin.models import ConnectionState
from workspaces.signin.reasons import Reason, SignInRefused
from workspaces.signin.selectors import ConnectionRef
from workspaces.signin.services import keys, spending

_USE_NOTED_EVERY = timedelta(hours=1)
_NOTE_USE = """
update workspaces_idpcertificate set last_used_at = %s
where connection_id = %s and fingerprint = any(%s)
  and (last_used_at is null or last_used_at < %s)
"""


def accept(*, ref: ConnectionRef, text: str, at: datetime) -> VerifiedAssertion:
    """The assertion inside `text`; nothing is stored before every check has passed."""
    if ref.state is not ConnectionState.ACTIVE:
        raise SignInRefused(Reason.CONNECTION_OFF)
    message = messages.decode(text)
    with scoping.organization(organization_id=ref.organization.id):
        row = selectors.connection(connection_id=ref.id)
        assertion = responses.verify(
            message,
            sp=selectors.service_provider(slug=ref.slug),
            idp=selectors.identity_provider(row),
            mapping=row.attribute_mapping,
            keys=keys.opening_keys(row) if responses.is_encrypted(message) else [],
            may_be_unsolicited=row.allows_idp_initiated,
            at=at,
        )
        spending.spend(
            ref=ref,
            ids=[f"r:{assertion.response_id}", f"a:{assertion.assertion_id}"],
            expires_at=assertion.expires_at,
        )
        note_use(connection_id=ref.id, fingerprints=assertion.signed_by, at=at)
    return assertion


def note_use(
    *, connection_id: int, fingerprints: tuple[str, ...], at: datetime
) -> None:
    """Remember, by the hour, that these certificates of the other side were needed."""
    with database.cursor() as cursor:
        cursor.execute(
            _NOTE_USE,
            [at, connection_id, list(fingerprints), at - _USE_NOTED_EVERY],
        )
