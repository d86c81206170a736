"""Names the head of every log in the site's log, so that one anchor outside covers all.

At most one entry an hour and log, and only for a head that grew. Beats may ring as
often as they like: who is at it holds a lock, and an hour that is done has its row.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connections

from audit import recording
from audit.anchors.models import AuditAnchor
from audit.log import services as logs
from audit.log import storage
from audit.log.models import SITE
from audit.recording import Target
from audit.verification import acts, selectors
from kit import scoping
from kit.actor import Actor

ACTION = "audit.head.anchored"
BATCH = 100
_ALIAS = "sequencer"
_LOCK = "select pg_try_advisory_xact_lock(hashtext('custos.audit.anchors'))"
# A log that is not signed at present has no head to speak of.
_DUE = """
select l.organization_id, l.uuid, b.epoch, b.first + b.n, b.root
  from audit_log l
 cross join lateral (
    select x.epoch, x.first, x.n, x.root from audit_block x
     where x.organization_id = l.organization_id
     order by x.epoch desc, x.first desc limit 1) b
  left join lateral (
    select y.hour, y.epoch, y.size from audit_anchor y
     where y.organization_id = l.organization_id order by y.hour desc limit 1) a on true
 where l.organization_id <> %s
   and (a.hour is null
        or a.hour < %s and (a.epoch, a.size) <> (b.epoch, b.first + b.n))
   and not exists (
    select from audit_refusal r where r.organization_id = l.organization_id)
 order by l.organization_id limit %s
"""
_UNPROVEN = """
select organization_id, hour, entry_id from audit_anchor
 where index is null order by entry_id limit %s
"""


@dataclass(frozen=True, kw_only=True)
class _Head:
    """A head that no entry of this hour names."""

    organization_id: int
    uuid: UUID
    epoch: int
    size: int
    root: bytes


def anchor(*, actor: Actor, at: datetime) -> int:
    """Names up to a hundred heads that are due; returns how many."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    if not _due(hour):
        return 0
    logs.open_site_log(at=at)
    with scoping.operator():
        if not _is_ours():
            return 0
        found = _due(hour)
        for head in found:
            entry = _recorded(head, actor=actor, at=at)
            with scoping.organization(organization_id=head.organization_id):
                AuditAnchor.objects.create(
                    organization_id=head.organization_id,
                    hour=hour,
                    anchored_at=at,
                    epoch=head.epoch,
                    size=head.size,
                    root=head.root,
                    entry_id=entry,
                )
    return len(found)


def prove() -> int:
    """Adds to anchors whose entry is sealed how it leads to the site's signed head."""
    proven = 0
    for organization_id, hour, entry in storage.rows(_ALIAS, _UNPROVEN, BATCH):
        sealed = selectors.sealed(organization_id=SITE, entry_id=entry, using=_ALIAS)
        if sealed is None:
            break  # the later ones await their seal as well
        head = acts.head_over(
            organization_id=SITE,
            epoch=sealed.epoch,
            index=sealed.index,
            using=_ALIAS,
        )
        path = acts.path(head, index=sealed.index, using=_ALIAS)
        with scoping.organization(organization_id=organization_id):
            proven += AuditAnchor.objects.filter(hour=hour, index=None).update(
                site_epoch=sealed.epoch,
                index=sealed.index,
                leaf=sealed.leaf,
                proof=b"".join(path),
                note=head.note,
            )
    return proven


def _due(hour: datetime) -> list[_Head]:
    return [
        _Head(
            organization_id=organization_id,
            uuid=uuid,
            epoch=epoch,
            size=size,
            root=bytes(root),
        )
        for organization_id, uuid, epoch, size, root in storage.rows(
            _ALIAS, _DUE, SITE, hour, BATCH
        )
    ]


def _is_ours() -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute(_LOCK)
        return bool(cursor.fetchone()[0])


def _recorded(head: _Head, *, actor: Actor, at: datetime) -> int:
    return recording.record(
        actor=actor,
        action=ACTION,
        target=Target(kind="log", id=head.uuid),
        organization_id=SITE,
        at=at,
        counts={"epoch": head.epoch, "size": head.size},
        digests={"root": head.root.hex()},
    )
