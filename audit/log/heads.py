"""Whether a head in the database may be extended: it must be one that we signed.

And how the epoch before ended, which the heads of an epoch bind.
"""

from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from audit.log import checkpoints, note, selectors, storage
from audit.log.note import Checkpoint, Ended, NoteRefused
from audit.log.selectors import Log
from audit.log.storage import Block
from kit.refusals import Refused
from kit.signing import SigningKey, VerifierKey

_STATE = """
select s.epoch, s.system_identifier = c.system_identifier
  from audit_sequencer s, pg_control_system() c
"""
_FIRST = 1
INSTALLATION = "custos-log"
"""The name of a key of the installation where no log is meant."""
_LOGS = "select organization_id from audit_log order by organization_id"


class RefusesToSign(Refused):
    """Signing would contradict what was signed before, or another cluster."""


def demand_agreement(
    log: Log, *, epoch: int, newest: Block | None, key: SigningKey
) -> None:
    """Raises RefusesToSign unless database, published head and key agree."""
    ours = key.named(log.named(epoch))
    try:
        known = checkpoints.keys_of(log.uuid)
        if ours not in known and any(one.name == ours.name for one in known):
            raise RefusesToSign(f"{ours.name}: the log key is not the one announced")
        if newest is not None:
            _demand_signed(newest, keys=[*known, ours])
        text = checkpoints.published(log.uuid)
        published = note.opened(text, keys=known) if text else None
    except ValueError as error:  # NoteRefused, or files and rows that are not ours
        raise RefusesToSign(f"{ours.name}: {error}") from error
    if published is not None:
        _demand_extension(log, epoch=epoch, newest=newest, published=published)


def disagreements(*, key: SigningKey) -> list[str]:
    """What would keep the sequencer from signing, for each log; nothing is changed."""
    epoch, is_ours = storage.rows("sequencer", _STATE)[0]
    if not is_ours:
        return ["the database is another cluster than the one that was sealed"]
    ids = [row[0] for row in storage.rows("sequencer", _LOGS)]
    logs = selectors.logs_by_id(ids=ids, using="sequencer")
    blocks = storage.newest_blocks(ids=ids, epoch=epoch, using="sequencer")
    newest = {block.organization_id: block for block in blocks}
    found = []
    for one in ids:
        try:
            demand_agreement(logs[one], epoch=epoch, newest=newest.get(one), key=key)
        except RefusesToSign as refusal:
            found.append(str(refusal))
    return found


def announce(log: Log, *, epoch: int, key: SigningKey) -> None:
    """Publishes the verifier key before the first head it signs."""
    _announce(settings.CUSTOS_CHECKPOINT_DIR, log.uuid, key.named(log.named(epoch)))


@lru_cache(maxsize=4096)
def _announce(_folder: str, uuid: UUID, key: VerifierKey) -> None:
    checkpoints.announce_for_all(VerifierKey(name=INSTALLATION, public=key.public))
    checkpoints.announce(uuid, key)


def ended_before(
    log: Log, *, epoch: int, newest: Block | None, using: str
) -> Ended | None:
    """How the epoch before `epoch` ended: what every head of `epoch` binds.

    `newest` is the block that the next head extends: what it binds stays bound.
    Otherwise the larger of the published head and of the head in the database counts,
    since a database may be behind and a sequencer may have died before it published.
    """
    if epoch == _FIRST:
        return None
    keys = checkpoints.keys_of(log.uuid)
    if newest is not None:
        bound = _opened(newest.note, keys=keys)
        if bound is not None and bound.previous is not None:
            return bound.previous
    for earlier in sorted(epochs_named(keys), reverse=True):
        found = _last_head(log, epoch=earlier, keys=keys, using=using)
        if earlier < epoch and found is not None:
            return Ended(epoch=earlier, size=found.size, root=found.root)
    return None


def keep_ended(log: Log, *, epoch: int, using: str) -> None:
    """Keeps the last head of each epoch before `epoch` outside the database.

    An installation that once kept the newest head alone has those of earlier epochs in
    its database only; a sequencer may also have died before it published one.
    """
    keys = checkpoints.keys_of(log.uuid)
    for earlier in (named for named in epochs_named(keys) if named < epoch):
        for block in _newest(log, epoch=earlier, using=using):
            head = _opened(block.note, keys=keys)
            if head is not None and head.origin == log.named(earlier):
                checkpoints.publish(log.uuid, block.note)


def epochs_named(keys: Iterable[VerifierKey]) -> set[int]:
    """The epochs for which a key was announced."""
    ends = (key.name.rpartition("/")[2] for key in keys)
    return {int(end) for end in ends if end.isdecimal()}


def _last_head(
    log: Log, *, epoch: int, keys: list[VerifierKey], using: str
) -> Checkpoint | None:
    texts = [block.note for block in _newest(log, epoch=epoch, using=using)]
    texts += [checkpoints.last_heads(log.uuid).get(epoch, "")]
    found = (_opened(text, keys=keys) for text in texts)
    heads = [head for head in found if head and head.origin == log.named(epoch)]
    return max(heads, key=lambda head: head.size, default=None)


def _newest(log: Log, *, epoch: int, using: str) -> list[Block]:
    return storage.newest_blocks(ids=[log.organization_id], epoch=epoch, using=using)


def _opened(text: str, *, keys: list[VerifierKey]) -> Checkpoint | None:
    try:
        return note.opened(text, keys=keys)
    except NoteRefused:
        return None


def _demand_signed(block: Block, *, keys: list[VerifierKey]) -> None:
    head = note.opened(block.note, keys=keys)
    if (head.size, head.root) != (block.end, block.root):
        raise NoteRefused(f"the head at {block.end} is not the one that was signed")
    if block.tree().root != block.root:
        raise NoteRefused(f"the peaks at {block.end} do not lead to the signed root")


def _demand_extension(
    log: Log, *, epoch: int, newest: Block | None, published: Checkpoint
) -> None:
    if published.epoch < epoch:
        return
    end = newest.end if newest else 0
    if published.epoch > epoch or published.size > end:
        raise RefusesToSign(
            f"{published.origin}: the database holds {end} entries, the published head"
            f" covers {published.size}: restored backup? Open a new epoch first"
        )
    known = newest
    if newest is None or newest.end != published.size:
        known = storage.block_ending_at(
            organization_id=log.organization_id,
            epoch=epoch,
            size=published.size,
            using="sequencer",
        )
    if known is None or known.root != published.root:
        raise RefusesToSign(f"{published.origin}: the published head is another one")
