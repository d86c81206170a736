"""What the pages show: entries found by their facets and read from their leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from audit.explorer.presenters import Sentence, sentence
from audit.log import details, storage, tree
from audit.log.leaf import Json, Leaf, LeafRefused
from audit.log.models import AuditDetail, AuditEntry, AuditFacet, Part
from audit.log.selectors import Log
from audit.log.storage import Block
from audit.query.rules import EVERYTHING
from audit.query.selectors import matching
from audit.verification import acts
from kit.http import keyset
from kit.sealing import CannotOpen

Place = tuple[int, int]
"""(epoch, index) of a sealed entry."""

SIZE = 50
WAITING = 20
# By time, since people ask by time; what happened in one moment by its place.
ORDER: keyset.Order = (("at", "desc"), ("epoch", "desc"), ("index", "desc"))


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One entry as a page shows it; without an index it awaits its seal.

    `opened` is what is not erased; `is_true` tells that it matches the commitments.
    """

    raw: bytes
    leaf: Leaf | None
    opened: dict[str, Json]
    is_true: bool
    epoch: int | None = None
    index: int | None = None
    facet: AuditFacet | None = None

    @property
    def sentence(self) -> Sentence:
        """What the entry says."""
        return sentence(self.leaf, opened=self.opened)

    @property
    def who(self) -> str:
        """The actor's name, or the part of Custos; empty when erased."""
        if self.leaf is not None and self.leaf.actor:
            return self.leaf.actor.capitalize()
        return str(self.opened.get("actor_label", ""))


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One page of entries, newest first."""

    entries: list[Shown]
    next: str | None
    previous: str | None


@dataclass(frozen=True, kw_only=True)
class Proof:
    """How an entry leads to the signed head."""

    leaf_hash: bytes
    hashes: list[bytes]
    size: int
    holds: bool


def listed(
    *,
    log: Log,
    found: "QuerySet[AuditFacet]",
    after: str | None,
    order: keyset.Order = ORDER,
    size: int = SIZE,
) -> Listed:
    """One page of the sealed entries that were found; newest first if not told else."""
    page = keyset.page(found, order=order, after=after, size=size)
    entries = _shown(log, page.rows)
    return Listed(entries=entries, next=page.next, previous=page.previous)


def waiting(*, log: Log, workspace: UUID | None) -> list[Shown]:
    """The newest entries that await their seal."""
    found = storage.rows(
        "default",
        "select e.id from audit_entry e, audit_sequencer s left join audit_refusal r"
        " on r.organization_id = %s where e.organization_id = %s"
        " and (e.epoch, e.xid, e.id) > (coalesce(r.after_epoch, s.bound_epoch),"
        " coalesce(r.after_xid, s.bound_xid), coalesce(r.after_id, s.bound_id))"
        " order by e.epoch desc, e.xid desc, e.id desc limit %s",
        log.organization_id,
        log.organization_id,
        WAITING,
    )
    ids = [entry_id for (entry_id,) in found]
    shown = _read(log, ids)
    kept = [shown[entry_id] for entry_id in ids if entry_id in shown]
    return [
        one
        for one in kept
        if workspace is None or (one.leaf and one.leaf.workspace == workspace)
    ]


def entry(
    *, log: Log, epoch: int, index: int, workspace: UUID | None = None
) -> Shown | None:
    """One sealed entry."""
    rows = matching(EVERYTHING, workspace=workspace).filter(epoch=epoch, index=index)
    return next(iter(_shown(log, list(rows))), None)


def beside(
    *, found: "QuerySet[AuditFacet]", shown: Shown
) -> tuple[Place | None, Place | None]:
    """Where the next newer and the next older entry of the same list stand."""
    if shown.facet is None:
        return None, None
    newer, older = keyset.neighbors(found, order=ORDER, row=shown.facet)
    return _place(newer), _place(older)


def proof(*, log: Log, epoch: int, index: int, raw: bytes) -> Proof | None:
    """The inclusion proof of an entry up to the newest head of its epoch."""
    newest = storage.newest_blocks(
        ids=[log.organization_id], epoch=epoch, using="default"
    )
    if not newest or newest[0].end <= index:
        return None
    head = newest[0]
    hashed = tree.leaf_hash(raw)
    hashes = acts.path(head, index=index)
    return Proof(
        leaf_hash=hashed,
        hashes=hashes,
        size=head.end,
        holds=_holds(hashed, hashes, index=index, head=head),
    )


def shown(*, log: Log, facets: Sequence[AuditFacet]) -> list[Shown]:
    """These entries with what opens of them, in the order given."""
    return _shown(log, facets)


def _holds(hashed: bytes, hashes: list[bytes], *, index: int, head: Block) -> bool:
    try:
        tree.check_inclusion(
            hashed=hashed, index=index, size=head.end, proof=hashes, root=head.root
        )
    except tree.ProofRefused:
        return False
    return True


def _place(facet: AuditFacet | None) -> Place | None:
    return (facet.epoch, facet.index) if facet else None


def _shown(log: Log, facets: Sequence[AuditFacet]) -> list[Shown]:
    read = _read(log, [facet.entry_id for facet in facets], facets=facets)
    return [read[facet.entry_id] for facet in facets if facet.entry_id in read]


def _read(
    log: Log, ids: list[int], *, facets: Sequence[AuditFacet] = ()
) -> dict[int, Shown]:
    """Leaves and details of a page, in two statements."""
    by_id = {facet.entry_id: facet for facet in facets}
    mine = {"organization_id": log.organization_id}
    entries = AuditEntry.objects.filter(id__in=ids, **mine)
    leaves = dict(entries.values_list("id", "leaf"))
    sealed: dict[int, list[AuditDetail]] = {}
    for row in AuditDetail.objects.filter(entry_id__in=ids, **mine):
        sealed.setdefault(row.entry_id, []).append(row)
    return {
        entry_id: _one(log, bytes(raw), sealed.get(entry_id, []), by_id.get(entry_id))
        for entry_id, raw in leaves.items()
    }


def _one(
    log: Log, raw: bytes, sealed: list[AuditDetail], facet: AuditFacet | None
) -> Shown:
    try:
        leaf = Leaf.parse(raw)
    except LeafRefused:
        leaf = None
    opened = _opened(log, leaf, sealed) if leaf else []
    return Shown(
        raw=raw,
        leaf=leaf,
        opened={detail.name: detail.value for detail in opened},
        is_true=leaf is not None
        and all(leaf.commit.get(one.name) == one.commitment for one in opened),
        epoch=facet.epoch if facet else None,
        index=facet.index if facet else None,
        facet=facet,
    )


def _opened(log: Log, leaf: Leaf, sealed: list[AuditDetail]) -> list[details.Detail]:
    found: list[details.Detail] = []
    for row in sealed:
        try:
            found += details.opened(
                bytes(row.sealed),
                leaf_id=leaf.id,
                part=Part(row.part),
                key_id=log.key_id,
            )
        except (CannotOpen, details.DetailsAreGone):
            continue  # erased, or moved here from another entry: withheld
    return found
