"""Exchanges the key that signs heads, so that every log goes on provably.

What holds, and why:

- The new key is announced for every log before it signs, and takes the place of the
  old one while no head can be signed (the sequencer's row is locked).
- Each log then gets an entry that names the new key; the head over it is signed by
  both keys. After that the old private key is removed.
- A rotation that a crash cut off goes on where it stood when the command runs again.
  Until then the sequencer signs with what lies there, and nothing is lost.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connections, transaction
from django.utils.translation import gettext as _

from audit import recording
from audit.log import checkpoints, heads, keys, selectors, sequencer, storage
from audit.log import services as logs
from audit.log.models import SITE
from audit.log.selectors import Log
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused
from kit.signing import SigningKey, VerifierKey

ACTION = "audit.key.rotated"
_ALIAS = "sequencer"
_LOCK = "select epoch from audit_sequencer for update"


class CannotRotate(Refused):
    """A log disagrees with what was signed: that is cleared up first."""


class RotationIsUnfinished(Refused):
    """A log has no head by the new key yet; run the command again."""


@dataclass(frozen=True, kw_only=True)
class Rotated:
    """The new key of the installation, and how many logs name it."""

    key: VerifierKey
    logs: int


def rotate(*, actor: Actor, reason: str, at: datetime) -> Rotated:
    """Makes a new key, lets both sign one head of each log, and removes the old one."""
    actor.require(Permission.OPERATOR)
    if not reason.strip():
        raise CannotRotate(_("Say why the key is changed: it stands in every log."))
    logs.open_site_log(at=at)
    ring = keys.ring()
    if ring.previous is None:
        _demand_agreement(ring.current)
        _exchange()
        ring = keys.ring()
    found = selectors.logs_for_operator()
    _record(found, key=ring.current, actor=actor, reason=reason, at=at)
    sequencer.seal(at=at)
    _retire(found, ring=ring)
    key = VerifierKey(name=heads.INSTALLATION, public=ring.current.public)
    return Rotated(key=key, logs=len(found))


def _demand_agreement(key: SigningKey) -> None:
    if disagreements := heads.disagreements(key=key):
        raise CannotRotate("; ".join(disagreements[:3]))


def _exchange() -> None:
    fresh = keys.next_key()
    with (
        transaction.atomic(using=_ALIAS),
        connections[_ALIAS].cursor() as cursor,
    ):
        cursor.execute(_LOCK)
        epoch = cursor.fetchone()[0]
        # Under the lock: a log that is opened later begins with the new key.
        for log in selectors.logs_for_operator():
            names = {key.name for key in checkpoints.keys_of(log.uuid)}
            if log.named(epoch) in names:
                heads.announce(log, epoch=epoch, key=fresh)
        public = VerifierKey(name=heads.INSTALLATION, public=fresh.public)
        checkpoints.announce_for_all(public)
        keys.exchange()


def _record(
    found: list[Log], *, key: SigningKey, actor: Actor, reason: str, at: datetime
) -> None:
    """One transaction a log: no lock of one holds up the others."""
    epoch = _epoch()
    for log in found:
        name = key.named(log.named(epoch))
        with scoping.organization(organization_id=log.organization_id):
            recording.record(
                actor=actor,
                action=ACTION,
                target=Target(kind="log", id=log.uuid),
                organization_id=log.organization_id,
                at=at,
                digests={"public_key": key.public.hex()},
                details={"vkey": name.vkey},
                reason=reason if log.organization_id == SITE else "",
            )


def _retire(found: list[Log], *, ring: keys.Ring) -> None:
    if ring.previous is None:
        return
    epoch = _epoch()
    ids = [log.organization_id for log in found]
    blocks = storage.newest_blocks(ids=ids, epoch=epoch, using=_ALIAS)
    named = {log.organization_id: log.named(epoch) for log in found}
    unsigned = [
        named[block.organization_id]
        for block in blocks
        if not keys.signed_by(
            block.note, key=ring.current, origin=named[block.organization_id]
        )
    ]
    if unsigned:
        raise RotationIsUnfinished(
            _("The new key has not signed %s yet: run the command again.")
            % ", ".join(unsigned[:3])
        )
    keys.retire()


def _epoch() -> int:
    found = storage.rows(_ALIAS, "select epoch from audit_sequencer")
    return int(found[0][0])
