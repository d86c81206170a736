"""Answers for how long entries are kept, how far a log is pruned, and what would go."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.utils.translation import gettext as _

from audit.expiry import guards
from audit.expiry.rules import DEFAULT_DAYS
from audit.log import storage
from audit.log.models import AuditFacet
from audit.log.pruned import BEGINNING, Boundary
from audit.pruning import readers, rules
from audit.pruning.models import AuditPruning
from kit.formatting import grouped
from kit.refusals import Refused

MOST = 262_144
"""Entries that one run takes at most: 1,024 tiles."""

_STAYS = f"(f.at >= %(cutoff)s or {guards.IS_KEPT})"
# Read lazily: it ends at the first entry that stays.
_FIRST_STAYING = f"""
select w.epoch, w.index from (
    select f.epoch, f.index, {_STAYS} as stays from audit_facet f
     where f.organization_id = %(organization)s
       and (f.epoch, f.index) >= (%(epoch)s, %(index)s)
     order by f.epoch, f.index limit %(most)s) w
 where w.stays limit 1
"""  # noqa: S608 -- a constant
_LAST = """
select w.epoch, w.index from (
    select f.epoch, f.index from audit_facet f
     where f.organization_id = %(organization)s
       and (f.epoch, f.index) >= (%(epoch)s, %(index)s)
     order by f.epoch, f.index limit %(most)s) w
 order by w.epoch desc, w.index desc limit 1
"""
_DETAIL_DAYS = """
select days, longer_days, shortened_at from audit_expiry where organization_id = %s
"""
_BETWEEN = """
select count(*), min(f.at), max(f.at) from audit_facet f
 where f.organization_id = %(organization)s
   and (f.epoch, f.index) >= (%(epoch)s, %(index)s)
   and (f.epoch, f.index) < (%(until_epoch)s, %(until_index)s)
"""
_ANY_STAYS = f"""
select exists (select from audit_facet f
                where f.organization_id = %(organization)s and f.epoch = %(epoch)s
                  and f.index >= %(first)s and f.index < %(end)s and {_STAYS})
"""  # noqa: S608 -- a constant


class Pruned(Refused):
    """The entry is gone by the log's own retention; only its hash is kept."""

    status: ClassVar[int] = 410


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a number of days would take: so many entries, made from when to when.

    `is_more` where a further run goes on; `waits_for_hold` where one keeps the next.
    """

    entries: int
    first_at: datetime | None
    last_at: datetime | None
    is_more: bool
    waits_for_hold: bool


def state() -> AuditPruning | None:
    """What the open organization set, and how far its log is pruned."""
    return AuditPruning.objects.first()


def days() -> int | None:
    """For how many days the open organization keeps entries; None: for ever."""
    row = state()
    return row.days if row else None


def boundary() -> Boundary:
    """The place before which nothing is left of the log in the open scope."""
    row = state()
    return row.done if row else BEGINNING


def sentence(done: Boundary) -> str:
    """Up to where a log is pruned, in words; nothing where it is whole."""
    if done == BEGINNING:
        return ""
    return _(
        "Pruned below index %(index)s of epoch %(epoch)s: by the log's own retention,"
        " older entries are gone. Their hashes stay, so every signed head still holds."
    ) % {"index": grouped(done.index), "epoch": done.epoch}


def demand_kept(*, epoch: int, index: int) -> None:
    """Raises Pruned where the log in the open scope was pruned beyond this place."""
    done = boundary()
    if Boundary(epoch=epoch, index=index) < done:
        raise Pruned(sentence(done))


def demand_not_pruned(*, made_at: datetime) -> None:
    """Raises Pruned where what the log in the open scope holds begins later."""
    done = boundary()
    first = AuditFacet.objects.order_by("epoch", "index").values_list("at", flat=True)
    oldest = first.first() if done != BEGINNING else None
    if oldest is not None and made_at < oldest:
        raise Pruned(sentence(done))


def preview(
    *, organization_id: int, days: int, detail_days: int | None = None, at: datetime
) -> Preview:
    """What would go at this time, if entries were kept for so many days.

    With `detail_days` their details would be kept for so many.
    """
    row = state()
    begin = row.done if row else BEGINNING
    found = next_boundary(
        organization_id=organization_id,
        days=days,
        detail_days=detail_days,
        begin=begin,
        at=at,
        using="default",
    )
    entries, first_at, last_at = counted(
        organization_id=organization_id,
        begin=begin,
        end=found.boundary or begin,
        using="default",
    )
    return Preview(
        entries=entries,
        first_at=first_at,
        last_at=last_at,
        is_more=found.is_bounded,
        waits_for_hold=found.waits_for_hold,
    )


@dataclass(frozen=True, kw_only=True)
class Next:
    """Up to where a run may go; None where there is nothing to do."""

    boundary: Boundary | None
    is_bounded: bool
    waits_for_hold: bool


def next_boundary(
    *,
    organization_id: int,
    days: int,
    detail_days: int | None = None,
    begin: Boundary,
    at: datetime,
    using: str,
) -> Next:
    """Up to where the log may be cut now: old entries, none that anybody needs."""
    given = condition(
        organization_id=organization_id,
        days=days,
        detail_days=detail_days,
        at=at,
        using=using,
    )
    given |= {"epoch": begin.epoch, "index": begin.index, "most": MOST}
    stays = _place(storage.rows_named(using, _FIRST_STAYING, **given))
    needed = readers.first_needed(organization_id=organization_id)
    first = min((one for one in (stays, needed) if one is not None), default=None)
    last = None
    if first is None:
        last = _place(storage.rows_named(using, _LAST, **given))
    cut = rules.boundary(stays=first, last=last)
    found = Boundary(epoch=cut[0], index=cut[1]) if cut else begin
    return Next(
        boundary=found if found > begin else None,
        is_bounded=stays is None and _span(given, last) >= MOST,
        waits_for_hold=stays is not None and _is_old(given, stays, using=using),
    )


def condition(
    *,
    organization_id: int,
    days: int,
    detail_days: int | None = None,
    at: datetime,
    using: str,
) -> dict[str, object]:
    """What `stays` is asked with: too young, or what a hold covers.

    Nothing goes before its details: by the days that they are kept, or `detail_days`.
    """
    kept = guards.kept(organization_id=organization_id, at=at, using=using)
    if detail_days is None:
        detail_days = _detail_days(organization_id, at=at, using=using)
    return {
        "organization": organization_id,
        "cutoff": rules.cutoff(days=days, detail_days=detail_days, at=at),
        "workspaces": list(kept.workspaces),
        "people": list(kept.people),
    }


def _detail_days(organization_id: int, *, at: datetime, using: str) -> int:
    found = storage.rows(using, _DETAIL_DAYS, organization_id)
    if not found:
        return DEFAULT_DAYS
    days, longer, shortened_at = found[0]
    return rules.kept_by_details(
        days=days, longer=longer, shortened_at=shortened_at, at=at
    )


def any_stays(
    *, asked: dict[str, object], epoch: int, first: int, end: int, using: str
) -> bool:
    """Whether an entry of a range must stay after all."""
    place = {"epoch": epoch, "first": first, "end": end}
    return bool(storage.rows_named(using, _ANY_STAYS, **asked | place)[0][0])


def counted(
    *, organization_id: int, begin: Boundary, end: Boundary, using: str
) -> tuple[int, datetime | None, datetime | None]:
    """How many entries stand between two places, and from when to when."""
    found = storage.rows_named(
        using,
        _BETWEEN,
        organization=organization_id,
        epoch=begin.epoch,
        index=begin.index,
        until_epoch=end.epoch,
        until_index=end.index,
    )
    return found[0][0], found[0][1], found[0][2]


def _is_old(given: dict[str, object], stays: tuple[int, int], *, using: str) -> bool:
    """Whether it is a hold that keeps the first entry that stays."""
    found = storage.rows(
        using,
        "select at < %s from audit_facet where organization_id = %s and epoch = %s"
        " and index = %s",
        given["cutoff"],
        given["organization"],
        *stays,
    )
    return bool(found and found[0][0])


def _span(given: dict[str, object], last: tuple[int, int] | None) -> int:
    """How many entries of one epoch were looked at."""
    if last is None or last[0] != given["epoch"]:
        return 0
    return last[1] + 1 - int(str(given["index"]))


def _place(found: list[tuple[int, int]]) -> tuple[int, int] | None:
    return (found[0][0], found[0][1]) if found else None
