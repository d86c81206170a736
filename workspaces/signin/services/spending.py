"""Uses up the ids of messages: each is good for once, whoever brings it again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from kit import scoping, statements
from workspaces.signin.reasons import Reason, SignInRefused
from workspaces.signin.selectors import ConnectionRef

_DRIFT = timedelta(minutes=5)
_USE_NOTED_EVERY = timedelta(hours=1)
# By hand and in one statement, since every sign-in and many attacks come through here.
# Of two that bring one id at once, the second waits for the first.
_SPEND = """
with noted as (
    update workspaces_idpcertificate set last_used_at = %(at)s
     where connection_id = %(connection)s
       and fingerprint = any(string_to_array(%(signers)s, ' '))
       and (last_used_at is null or last_used_at < %(noted_before)s)
)
insert into workspaces_spentassertion
    (organization_id, connection_id, expires_at, id_hash)
select %(organization)s::bigint, %(connection)s::bigint, %(expires_at)s,
       decode(one, 'hex')
  from unnest(string_to_array(%(hashes)s, ' ')) one
on conflict (connection_id, id_hash) do nothing
"""


def spend(
    *,
    ref: ConnectionRef,
    ids: Sequence[str],
    expires_at: datetime,
    signed_by: Sequence[str],
    at: datetime,
) -> None:
    """Remember the ids until the message would be refused as expired anyway.

    Also notes, by the hour, that the certificates with these fingerprints were needed.
    A refusal must end the transaction that the caller has open, if any.
    """
    hashes = [sha256(one.encode()).hexdigest() for one in ids]
    values: dict[str, Any] = {
        "organization": ref.organization.id,
        "connection": ref.id,
        "expires_at": expires_at + _DRIFT,
        # Words in one text: writing arrays out takes longer than all the rest here.
        "hashes": " ".join(hashes),
        "signers": " ".join(signed_by),
        "at": at,
        "noted_before": at - _USE_NOTED_EVERY,
    }
    with (
        scoping.organization(organization_id=ref.organization.id),
        statements.planned(_SPEND, values, using="default") as cursor,
    ):
        if cursor.rowcount != len(hashes):
            raise SignInRefused(Reason.REPLAYED)
