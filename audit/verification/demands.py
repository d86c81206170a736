"""What a log must hold: the heads kept outside the database, and what they bind.

A head of each epoch was published, and the site's log names one an hour; the heads of a
later epoch bind how the one before ended; and a key was announced for each. A witness
may have cosigned heads of the site's log, an authority timestamped some. What one of
them names and the database lacks was cut off.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from audit.log import checkpoints, cosignatures, note, storage
from audit.log.heads import epochs_named
from audit.log.leaf import Leaf, LeafRefused
from audit.log.models import SITE
from audit.log.note import Checkpoint, NoteRefused
from audit.log.selectors import Log
from kit.signing import VerifierKey

Head = tuple[int, bytes]
"""Size and root."""

ANCHORED = "audit.head.anchored"
# Seen by whoever may read the site's log: commands and workers, as the sequencer.
_ANCHORS = """
select e.leaf from audit_facet f join audit_entry e on e.id = f.entry_id
 where f.organization_id = %s and f.action = %s and f.target_id = %s
   and e.organization_id = f.organization_id
"""
_SHOWN = """
select epoch, note from audit_witness where organization_id = %(id)s and note <> ''
union
select epoch, note from audit_timestamp where organization_id = %(id)s and note <> ''
union
select site_epoch, cosigned from audit_anchor where %(id)s = %(site)s and cosigned <> ''
union
select site_epoch, stamped from audit_anchor where %(id)s = %(site)s and stamped <> ''
"""


class HeadIsNotOurs(Exception):
    """A head from outside the database is not signed by whom it must be."""

    def __init__(self, epoch: int) -> None:
        super().__init__(epoch)
        self.epoch = epoch


@dataclass(kw_only=True)
class Demand:
    """What one epoch must show; `final` is its size if a later one binds it."""

    heads: set[Head] = field(default_factory=set)
    final: int | None = None

    @property
    def size(self) -> int:
        """The entries that must be there."""
        return max((size for size, _root in self.heads), default=0)


def published(log: Log, *, keys: list[VerifierKey]) -> dict[int, Checkpoint]:
    """The heads kept outside the database, by epoch."""
    found = {}
    for epoch, text in sorted(checkpoints.last_heads(log.uuid).items()):
        try:
            head = note.opened(text, keys=keys)
        except NoteRefused:
            raise HeadIsNotOurs(epoch or 1) from None
        if head.origin != log.named(epoch):
            raise HeadIsNotOurs(epoch or 1)
        found[epoch] = head
    return found


def of(
    log: Log, *, heads: dict[int, Checkpoint], keys: list[VerifierKey], using: str
) -> dict[int, Demand]:
    """What each epoch must show, in the order of epochs.

    A key that was announced for an epoch beyond all heads signed nothing yet.
    """
    sealed = storage.epochs_of(organization_id=log.organization_id, using=using)
    newest = max([*heads, *sealed], default=0)
    named = [epoch for epoch in epochs_named(keys) if epoch <= newest]
    made = {epoch: Demand() for epoch in {*heads, *sealed, *named}}
    for epoch, head in heads.items():
        made[epoch].heads.add((head.size, head.root))
    for epoch, size, root in _anchored(log, using=using):
        made.setdefault(epoch, Demand()).heads.add((size, root))
    for epoch, head in _attested(log, keys=keys, using=using):
        made.setdefault(epoch, Demand()).heads.add((head.size, head.root))
    for head in [*heads.values(), *_newest(log, sealed, keys=keys, using=using)]:
        if head.previous is not None:
            bound = made.setdefault(head.previous.epoch, Demand())
            bound.heads.add((head.previous.size, head.previous.root))
            bound.final = max(bound.final or 0, head.previous.size)
    return dict(sorted(made.items()))


def _anchored(log: Log, *, using: str) -> Iterator[tuple[int, int, bytes]]:
    """The heads that the site's log names: it is signed and published on its own."""
    for (leaf,) in storage.rows(using, _ANCHORS, SITE, ANCHORED, log.uuid):
        try:
            said = Leaf.parse(bytes(leaf))
            root = bytes.fromhex(said.digests["root"])
            yield said.counts["epoch"], said.counts["size"], root
        except (LeafRefused, KeyError, ValueError):
            continue  # the site's own verification names what was done to it


def _attested(
    log: Log, *, keys: list[VerifierKey], using: str
) -> Iterator[tuple[int, Checkpoint]]:
    """All heads that somebody outside attested; only the site's log has them.

    The newest of each epoch stands with who attested it, every one with the anchors.
    """
    witness = cosignatures.configured_key()
    shown = storage.rows_named(using, _SHOWN, id=log.organization_id, site=SITE)
    for epoch, text in shown:
        try:
            head = note.opened(text, keys=keys)
            if witness is not None:
                cosignatures.on(text, key=witness)
        except NoteRefused:
            raise HeadIsNotOurs(epoch) from None
        if head.origin != log.named(epoch):
            raise HeadIsNotOurs(epoch)
        yield epoch, head


def _newest(
    log: Log, epochs: Iterable[int], *, keys: list[VerifierKey], using: str
) -> list[Checkpoint]:
    """The newest heads in the database that hold; the walk finds those that do not."""
    found = []
    for epoch in epochs:
        for block in storage.newest_blocks(
            ids=[log.organization_id], epoch=epoch, using=using
        ):
            try:
                head = note.opened(block.note, keys=keys)
            except NoteRefused:
                continue
            if head.origin == log.named(epoch):
                found.append(head)
    return found
