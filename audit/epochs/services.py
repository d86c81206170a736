"""Opens a new epoch on an operator's word, where logs may not be signed any more.

A database that was restored from a backup is behind the heads that were published; the
sequencer refuses to sign it, and only a new epoch, which says so, goes on. Each log
that was refused gets an entry that names its last known head and the reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from audit import recording
from audit.log import checkpoints, epochs, heads, keys, selectors, sequencer
from audit.log import services as logs
from audit.log.models import SITE
from audit.log.note import Checkpoint, NoteRefused, opened
from audit.log.selectors import Log
from audit.recording import Target
from kit import scoping
from kit.actor import Actor
from kit.permissions import Permission
from kit.refusals import Refused

ACTION = "audit.epoch.opened"


class NothingWasRefused(Refused):
    """Every log agrees with what was signed: a new epoch would only raise questions."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """The new epoch, and why logs were not signed in the one before."""

    epoch: int
    disagreements: list[str]


def open_new(*, actor: Actor, reason: str, at: datetime) -> Opened:
    """Opens the next epoch, records it in every log, and seals what waited."""
    actor.require(Permission.OPERATOR)
    if not reason.strip():
        raise NothingWasRefused(_("Say why: it stands in every log."))
    disagreements = heads.disagreements(key=keys.ring().current)
    if not disagreements:
        raise NothingWasRefused(
            _("No log is refused: there is nothing to open a new epoch for.")
        )
    epoch = epochs.open_epoch()
    logs.open_site_log(at=at)
    _record(
        selectors.logs_for_operator(), epoch=epoch, actor=actor, reason=reason, at=at
    )
    sequencer.seal(at=at)
    return Opened(epoch=epoch, disagreements=disagreements)


def _record(
    found: Iterable[Log], *, epoch: int, actor: Actor, reason: str, at: datetime
) -> None:
    """One transaction a log: no lock of one holds up the others."""
    for log in found:
        last = _last_known(log)
        counts = {"epoch": epoch}
        if last is not None:
            counts |= {"previous_epoch": last.epoch, "previous_size": last.size}
        with scoping.organization(organization_id=log.organization_id):
            recording.record(
                actor=actor,
                action=ACTION,
                target=Target(kind="log", id=log.uuid),
                organization_id=log.organization_id,
                at=at,
                counts=counts,
                digests={"previous_root": last.root.hex()} if last else {},
                reason=reason if log.organization_id == SITE else "",
            )


def _last_known(log: Log) -> Checkpoint | None:
    text = checkpoints.published(log.uuid)
    try:
        return opened(text, keys=checkpoints.keys_of(log.uuid)) if text else None
    except NoteRefused:
        return None
