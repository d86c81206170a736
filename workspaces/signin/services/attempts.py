"""Keeps a trace of sign-ins that an administrator can find by its reference.

Strangers cause these rows and entries, so they hold ids, codes and two bounded values,
there is one per connection, reason and source a minute, so many of a connection from
all sources together, and of an organization the newest fifty rows stay: posts cannot
grow anything. An answer itself is kept only where
an owner asked for it, sealed, for a day.
"""

import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256

from django.core.cache import cache
from django.db.models import F
from redis import RedisError

from audit.denials import services as denials
from audit.denials.rules import Denial
from kit import limits, scoping, sealing, vault
from kit.actor import Actor
from kit.limits import Limit
from workspaces.signin import selectors
from workspaces.signin.assertions import VerifiedAssertion
from workspaces.signin.models import SamlConnection, SignInAttempt
from workspaces.signin.reasons import SignInRefused
from workspaces.signin.selectors import ConnectionRef

logger = logging.getLogger(__name__)

SIGN_IN = "workspaces.session.signed-in"
SIGN_OUT = "workspaces.session.signed-out"
MOST_KEPT = 50
ANSWERS_STAY = timedelta(hours=24)
_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
_LENGTH = 8
_QUIET_SECONDS = 60
_HELD_SECONDS = 120
_UNRECORDED = "-"  # before a reference that stands in no row and no entry
_VALUE_MAX = 300
# Refusals of one connection that become entries, from all sources together.
_RECORDED = Limit(name="refusals", most=300, every_seconds=10, when_down=False)


def refused(
    *,
    ref: ConnectionRef,
    refusal: SignInRefused,
    ip: str,
    at: datetime,
    action: str = SIGN_IN,
    text: str = "",
    assertion: VerifiedAssertion | None = None,
) -> str:
    """Record the refusal unless one like it was just recorded; its reference."""
    reference = new_reference()
    source = sha256(limits.asker_at(ip).encode()).hexdigest()[:16]
    key = f"signin-refused:{ref.id}:{refusal.reason}:{source}"
    denial = _denial(ref, refusal, ip=ip, source=source, action=action)
    try:
        if not cache.add(key, reference, _QUIET_SECONDS):
            return _again(ref, denial, str(cache.get(key, reference)), at=at)
    except RedisError:
        # Without the cache nothing bounds the entries; the process log has to do.
        logger.warning("sign-in refused: %s %s", refusal.reason.value, reference)
        return reference
    if limits.take(_RECORDED, asker=str(ref.id), at=at):
        # Many sources at once: what they send must not fill the log for ever, nor
        # what each of them sends again.
        logger.warning("sign-in refused: %s %s", refusal.reason.value, reference)
        with suppress(RedisError):
            cache.set(key, _UNRECORDED + reference, _QUIET_SECONDS)
        return reference
    with scoping.organization(organization_id=ref.organization.id):
        note(
            ref=ref,
            reference=reference,
            refusal=refusal,
            assertion=assertion,
            text=text,
            at=at,
        )
        denials.note(denial=denial(reference), at=at)
    return reference


def _denial(
    ref: ConnectionRef, refusal: SignInRefused, *, ip: str, source: str, action: str
) -> Callable[[str], Denial]:
    """What is gathered under one reference: a minute of one source."""

    def referred(reference: str) -> Denial:
        return Denial(
            actor=Actor.system("signin"),
            action=action,
            target_kind="connection",
            target=ref.public_id,
            organization_id=ref.organization.id,
            address=source,
            details={"code": refusal.reason.value, "reference": reference},
            also={"ip": ip},
        )

    return referred


def note(
    *,
    ref: ConnectionRef,
    reference: str,
    at: datetime,
    refusal: SignInRefused | None = None,
    assertion: VerifiedAssertion | None = None,
    text: str = "",
    is_test: bool = False,
) -> None:
    """Store one attempt, and let go of all but the newest fifty."""
    with scoping.organization(organization_id=ref.organization.id):
        name_id = assertion.name_id if assertion else ""
        SignInAttempt.objects.create(
            organization_id=ref.organization.id,
            connection_id=ref.id,
            at=at,
            code=refusal.reason.value if refusal else "",
            reference=reference,
            is_test=is_test,
            name_id_hash=sha256(name_id.encode()).digest() if name_id else None,
            expected=refusal.expected[:_VALUE_MAX] if refusal else "",
            received=refusal.received[:_VALUE_MAX] if refusal else "",
            sealed_message=_sealed(ref, text, assertion, at=at),
        )
        newest = SignInAttempt.objects.order_by("-at", "-id").values("pk")[:MOST_KEPT]
        SignInAttempt.objects.exclude(pk__in=[row["pk"] for row in newest]).delete()


def hold(*, ref: ConnectionRef, assertion: VerifiedAssertion, text: str) -> None:
    """Keep an accepted answer until its last step notes the attempt."""
    with scoping.organization(organization_id=ref.organization.id):
        sealed = seal(selectors.connection(connection_id=ref.id), text)
    try:
        cache.set(_held_key(ref.id, assertion), sealed, _HELD_SECONDS)
    except RedisError:
        logger.warning("an answer could not be kept")


def keeps_answers(row: SamlConnection, *, at: datetime) -> bool:
    """Whether an owner asked for the answers of these hours."""
    return is_within(row.keeps_messages_until, at=at)


def is_within(until: datetime | None, *, at: datetime) -> bool:
    """The same, by the end of those hours."""
    return until is not None and at < until


def seal(row: SamlConnection, text: str) -> bytes:
    """The answer, to be opened by the organization's key only."""
    key_id = row.organization.key_id
    return sealing.seal(
        text.encode(), key=vault.read_keys([key_id])[key_id], aad=_place(row)
    )


def opened(row: SamlConnection, sealed: bytes) -> bytes:
    """The answer as it was posted, in base64."""
    key_id = row.organization.key_id
    return sealing.open_sealed(
        sealed, key=vault.read_keys([key_id])[key_id], aad=_place(row)
    )


def new_reference() -> str:
    """Eight characters that can be read aloud."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def _sealed(
    ref: ConnectionRef, text: str, assertion: VerifiedAssertion | None, *, at: datetime
) -> bytes | None:
    row = selectors.connection(connection_id=ref.id)
    if not keeps_answers(row, at=at):
        return None
    if text:
        return seal(row, text)
    try:
        return cache.get(_held_key(ref.id, assertion)) if assertion else None
    except RedisError:
        return None


def _held_key(connection_id: int, assertion: VerifiedAssertion) -> str:
    name = sha256(assertion.response_id.encode()).hexdigest()
    return f"signin-answer:{connection_id}:{name}"


def _again(
    ref: ConnectionRef, denial: Callable[[str], Denial], known: str, *, at: datetime
) -> str:
    """Count one more of a source of this minute; the reference that it was given."""
    if known.startswith(_UNRECORDED):
        return known.removeprefix(_UNRECORDED)
    with scoping.organization(organization_id=ref.organization.id):
        same = SignInAttempt.objects.filter(reference=known, connection_id=ref.id)
        same.update(count=F("count") + 1)
    denials.note(denial=denial(known), at=at)
    return known


def _place(row: SamlConnection) -> bytes:
    return sealing.binding(
        table="workspaces_signinattempt", row=row.public_id, column="sealed_message"
    )
