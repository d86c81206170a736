"""Uses up the ids of messages: each is good for once, whoever brings it again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import IntegrityError

from kit import scoping
from workspaces.signin.models import SpentAssertion
from workspaces.signin.reasons import Reason, SignInRefused
from workspaces.signin.selectors import ConnectionRef

_DRIFT = timedelta(minutes=5)


def spend(*, ref: ConnectionRef, ids: Sequence[str], expires_at: datetime) -> None:
    """Remember the ids until the message would be refused as expired anyway.

    A refusal must end the transaction that the caller has open, if any.
    """
    with scoping.organization(organization_id=ref.organization.id):
        try:
            SpentAssertion.objects.bulk_create(
                SpentAssertion(
                    organization_id=ref.organization.id,
                    connection_id=ref.id,
                    id_hash=sha256(one.encode()).digest(),
                    expires_at=expires_at + _DRIFT,
                )
                for one in ids
            )
        except IntegrityError:
            raise SignInRefused(Reason.REPLAYED) from None
