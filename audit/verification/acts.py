"""Finds acts in a log and proves their places: the leaf, the hashes, the signed head.

What it gives convinces whoever holds the log's public key, without the log.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.log import storage, tree
from audit.log.models import AuditFacet
from audit.log.storage import Block
from audit.log.tiles import WIDTH, Tile, nodes_of
from audit.recording import Outcome
from kit.http import keyset

_ACT = """
select f.epoch, f.index, e.leaf
  from audit_facet f join audit_entry e
    on e.id = f.entry_id and e.organization_id = f.organization_id
 where f.organization_id = %(organization)s and f.action = %(action)s
   and f.target_id = %(target)s and f.workspace = %(workspace)s
   and (f.epoch, f.index) > (%(epoch)s, %(index)s)
 order by f.epoch, f.index limit 1
"""
_LEAF = """
select e.leaf from audit_facet f join audit_entry e
    on e.id = f.entry_id and e.organization_id = f.organization_id
 where f.organization_id = %s and f.epoch = %s and f.index = %s
"""
_HEAD = """
select b.first + b.n from audit_block b
 where b.organization_id = %s and b.epoch = %s and b.first <= %s
 order by b.first desc limit 1
"""


@dataclass(frozen=True, kw_only=True)
class Proven:
    """One entry, and the hashes that lead from it to the root of a signed head."""

    leaf: bytes
    epoch: int
    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a sealed entry stands in its log, and when its act was."""

    epoch: int
    index: int
    at: datetime


def proven(
    *,
    organization_id: int,
    workspace: UUID,
    action: str,
    target: UUID,
    beyond: tuple[int, int] = (0, -1),
) -> Proven | None:
    """The first entry about `target` beyond a place; None until it is sealed.

    `beyond` is the (epoch, index) of an entry that is known to be earlier: without one
    every entry of that action is looked at. The head is the one that sealed the entry,
    so that the answer stays the same.
    """
    found = storage.rows_named(
        "default",
        _ACT,
        organization=organization_id,
        workspace=workspace,
        action=action,
        target=target,
        epoch=beyond[0],
        index=beyond[1],
    )
    if not found:
        return None
    epoch, index, leaf = found[0]
    return _proven(organization_id, epoch, index, bytes(leaf))


def proven_at(*, organization_id: int, place: Place) -> Proven | None:
    """The entry at a place, proven as in `proven`; None once it is pruned."""
    epoch, index = place.epoch, place.index
    found = storage.rows("default", _LEAF, organization_id, epoch, index)
    if not found:
        return None
    return _proven(organization_id, epoch, index, bytes(found[0][0]))


def newest_refused(
    *, actions: Collection[str], workspace: UUID, targets: Collection[UUID]
) -> dict[UUID, Place]:
    """Where each of `targets` was last refused one of these, in the open scope."""
    found = (
        AuditFacet.objects.filter(
            target_id__in=targets,
            action__in=actions,
            workspace=workspace,
            outcome=Outcome.REFUSED,
        )
        .order_by("target_id", "-epoch", "-index")
        .distinct("target_id")
    )
    return {
        one.target_id: Place(epoch=one.epoch, index=one.index, at=one.at)
        for one in found
        if one.target_id
    }


def policy_of(*, target: str, action: str) -> str:
    """SQL: the policy that the sealed entry of an act on `target` names.

    `target` is a column; the parameter `organization` is the log, in an open scope.
    """
    return (
        "(select convert_from(e.leaf, 'UTF8')::json ->> 'policy'"  # noqa: S608
        " from audit_facet f join audit_entry e"
        " on e.id = f.entry_id and e.organization_id = f.organization_id"
        " where f.organization_id = %(organization)s"
        f" and f.target_id = {target} and f.action = '{action}'"
        " order by f.at, f.epoch, f.index limit 1)"
    )


def path(head: Block, *, index: int, using: str = "default") -> list[bytes]:
    """The hashes from leaf `index` to the root of a head, under the log's scope."""
    nodes = nodes_of(lambda level, number: _tile(head, level, number, using=using))
    return tree.inclusion_proof(index=index, size=head.end, nodes=nodes)


def consistency(head: Block, *, old: int, using: str = "default") -> list[bytes]:
    """The hashes that show the first `old` entries unchanged below a head."""
    nodes = nodes_of(lambda level, number: _tile(head, level, number, using=using))
    return tree.consistency_proof(old=old, size=head.end, nodes=nodes)


def newest_checkpoint(*, organization_id: int) -> str:
    """The newest signed head of a log, or nothing while there is none."""
    epochs = storage.epochs_of(organization_id=organization_id, using="default")
    if not epochs:
        return ""
    (head,) = storage.newest_blocks(
        ids=[organization_id], epoch=epochs[-1], using="default"
    )
    return head.note


def by(
    *, actor: str, actions: Collection[str], workspace: UUID, after: str | None
) -> keyset.Page[AuditFacet]:
    """A page of the acts of one person in the open scope, newest first."""
    return keyset.page(
        AuditFacet.objects.filter(actor=actor, action__in=actions, workspace=workspace),
        order=(("epoch", "desc"), ("index", "desc")),
        after=after,
        size=50,
    )


def did(*, actor: str, actions: Collection[str], target: UUID) -> datetime | None:
    """When a person last did one of these to `target`, in the open scope."""
    return (
        AuditFacet.objects.filter(actor=actor, action__in=actions, target_id=target)
        .order_by("-epoch", "-index")
        .values_list("at", flat=True)
        .first()
    )


def head_over(
    *, organization_id: int, epoch: int, index: int, using: str = "default"
) -> Block:
    """The signed head that sealed entry `index`."""
    (size,) = storage.rows(using, _HEAD, organization_id, epoch, index)[0]
    head = storage.block_ending_at(
        organization_id=organization_id, epoch=epoch, size=size, using=using
    )
    if head is None:
        raise LookupError(f"no block ends at {size}")
    return head


def _proven(organization_id: int, epoch: int, index: int, leaf: bytes) -> Proven:
    head = head_over(organization_id=organization_id, epoch=epoch, index=index)
    return Proven(
        leaf=leaf,
        epoch=epoch,
        index=index,
        hashes=tuple(path(head, index=index)),
        checkpoint=head.note,
    )


def _tile(head: Block, level: int, number: int, *, using: str) -> bytes:
    count = (head.end >> (8 * level)) - number * WIDTH
    return storage.tile_hashes(
        organization_id=head.organization_id,
        epoch=head.epoch,
        tile=Tile(level=level, number=number, width=min(count, WIDTH)),
        using=using,
    )
