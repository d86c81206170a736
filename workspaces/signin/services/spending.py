"""Uses up the ids of messages: each is good for once, whoever brings it again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import connection as database

from kit import scoping
from workspaces.signin.reasons import Reason, SignInRefused
from workspaces.signin.selectors import ConnectionRef

_DRIFT = timedelta(minutes=5)
# By hand, since every sign-in and many attacks come through here. Of two that bring
# one id at once, the second waits for the first.
_INSERT = """
insert into workspaces_spentassertion
    (organization_id, connection_id, expires_at, id_hash)
select %s, %s, %s, one from unnest(%s::bytea[]) one
on conflict (connection_id, id_hash) do nothing
"""


def spend(*, ref: ConnectionRef, ids: Sequence[str], expires_at: datetime) -> None:
    """Remember the ids until the message would be refused as expired anyway.

    A refusal must end the transaction that the caller has open, if any.
    """
    hashes = [sha256(one.encode()).digest() for one in ids]
    values: list[Any] = [ref.organization.id, ref.id, expires_at + _DRIFT, hashes]
    with (
        scoping.organization(organization_id=ref.organization.id),
        database.cursor() as cursor,
    ):
        cursor.execute(_INSERT, values)
        if cursor.rowcount != len(hashes):
            raise SignInRefused(Reason.REPLAYED)
