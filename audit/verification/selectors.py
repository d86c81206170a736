"""What is sealed and what was verified."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from audit.log import storage
from audit.log.leaf import Leaf
from audit.log.tree import leaf_hash
from audit.verification.models import AuditVerification, State


def sealed_through(
    *, organization_id: int, entry_id: int, using: str = "default"
) -> bool:
    """Tells whether an entry is under a signed checkpoint."""
    found = storage.rows(
        using,
        "select exists (select from audit_block b where b.organization_id ="
        " e.organization_id and (b.last_epoch, b.last_xid, b.last_id) >="
        " (e.epoch, e.xid, e.id) and (b.first_epoch, b.first_xid, b.first_id) <="
        " (e.epoch, e.xid, e.id)) from audit_entry e"
        " where e.id = %s and e.organization_id = %s",
        entry_id,
        organization_id,
    )
    return bool(found and found[0][0])


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """Where one entry stands in its log, and a signed checkpoint above it."""

    entry: UUID
    epoch: int
    index: int
    leaf: bytes
    hashed: bytes
    checkpoint: str


_SEALED = """
select b.epoch, b.first + (
    select count(*) from audit_entry x
     where x.organization_id = e.organization_id
       and (x.epoch, x.xid, x.id) >= (b.first_epoch, b.first_xid, b.first_id)
       and (x.epoch, x.xid, x.id) < (e.epoch, e.xid, e.id)), e.leaf, b.note
  from audit_entry e join audit_block b on b.organization_id = e.organization_id
   and (b.last_epoch, b.last_xid, b.last_id) >= (e.epoch, e.xid, e.id)
   and (b.first_epoch, b.first_xid, b.first_id) <= (e.epoch, e.xid, e.id)
 where e.id = %s and e.organization_id = %s
"""


def sealed(
    *, organization_id: int, entry_id: int, using: str = "default"
) -> Sealed | None:
    """The place of an entry for whoever must name it elsewhere; None until sealed."""
    found = storage.rows(using, _SEALED, entry_id, organization_id)
    if not found:
        return None
    epoch, index, leaf, note = found[0]
    return Sealed(
        entry=Leaf.parse(bytes(leaf)).id,
        epoch=epoch,
        index=index,
        leaf=bytes(leaf),
        hashed=leaf_hash(bytes(leaf)),
        checkpoint=note,
    )


def newest() -> AuditVerification | None:
    """The newest verification in the open scope, ended or not."""
    return AuditVerification.objects.order_by("-requested_at", "-id").first()


def newest_ended() -> AuditVerification | None:
    """The newest result in the open scope."""
    ended = AuditVerification.objects.filter(state=State.DONE)
    return ended.order_by("-requested_at", "-id").first()


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """A log whose newest result names a flaw, or that nobody verified for long.

    `finding` is empty where it is only late; `index` is that of the first wrong entry.
    """

    origin: str
    finding: str
    index: int | None
    since: datetime


LATE = timedelta(days=2)
_DOUBTS = """
select l.origin, coalesce(n.finding, ''), n.first_bad_index,
       coalesce(n.ended_at, l.opened_at)
  from audit_log l left join lateral (
    select v.finding, v.first_bad_index, v.ended_at from audit_verification v
     where v.organization_id = l.organization_id and v.state = 'done'
     order by v.requested_at desc, v.id desc limit 1) n on true
 where n.finding <> '' or coalesce(n.ended_at, l.opened_at) < %s
 order by coalesce(n.finding, '') = '', l.organization_id limit %s
"""


def doubts_for_operator(*, at: datetime, limit: int = 20) -> list[Doubt]:
    """Logs of all organizations that are in doubt, those with a flaw first."""
    found = storage.rows("sweeper", _DOUBTS, at - LATE, limit)
    return [
        Doubt(origin=origin, finding=finding, index=index, since=since)
        for origin, finding, index, since in found
    ]
