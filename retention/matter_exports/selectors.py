"""Answers what an export would hold, what was exported, and what comes next in one.

What is covered is asked of `coverage` alone, so that an export holds what the hold
keeps from purges. What was written under a plan that lets no admin take content out
(Team) stays with its member: it is counted, and never opened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Sum
from django.utils.translation import gettext as _

from kit import content_kinds, vault
from kit.refusals import Refused
from kit.sealing import binding, open_sealed
from retention.eligibility import conditions, kinds
from retention.holds import coverage
from retention.holds.coverage import Kind
from retention.holds.models import Hold
from retention.matter_exports.kinds import EXPORTS
from retention.matter_exports.models import MatterExport, MatterExportPart, Outcome
from retention.policies import visible
from workspaces.tenancy import plans
from workspaces.tenancy.plans import Plan

TABLE = "retention_matterexport"
_OF_HOLD = "h.hold_id = %(hold)s and h.released_at is null"
_MAY_LEAVE = "c.plan_written = any(%(plans)s::text[])"
_COUNTS = """
select '{kind}', count(*) filter (where {may}),
       coalesce(sum(c.byte_count) filter (where {may}), 0)::bigint,
       count(*) filter (where not {may})
from {table} c where {stored} and c.id in (select id from ({covering}) found)
"""
_PAGE = """
select c.id, {may} from {table} c
where c.workspace_id = %(workspace)s and c.id > %(after)s and {stored} and {held}
order by c.id limit %(limit)s
"""


class UnknownExport(Refused):
    """There is no such export, it is over, or it is not this person's to fetch."""

    status = 404


@dataclass(frozen=True)
class Share:
    """What of one kind an export holds; `withheld` stays with its members."""

    kind: str
    objects: int
    bytes: int
    withheld: int


@dataclass(frozen=True, kw_only=True)
class Written:
    """What the parts of one export hold together."""

    parts: int
    objects: int
    files: int
    withheld: int
    unreadable: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Next:
    """Where an export goes on: a kind, the ids to open, and the last one looked at."""

    kind: str
    ids: tuple[int, ...]
    last_id: int
    withheld: tuple[int, ...]


def preview(*, hold: Hold) -> list[Share]:
    """What an export of the hold would hold now, by kind; empty kinds are left out."""
    found = " union all ".join(
        _COUNTS.format(
            kind=of.name,
            table=of.table,
            may=_MAY_LEAVE,
            stored=_stored(of),
            covering=coverage.covering(of, where=_OF_HOLD),
        )
        for of in coverage.kinds()
    )
    with connection.cursor() as cursor:
        cursor.execute(found, {"hold": hold.pk, "plans": _plans()})
        shares = [Share(*row) for row in cursor.fetchall()]
    return [one for one in shares if one.objects or one.withheld]


def following(
    *, export: MatterExport, after: MatterExportPart | None, limit: int
) -> Next | None:
    """The next objects after a part, in the order of kinds and ids; None at the end."""
    known = coverage.kinds()
    names = [of.name for of in known]
    first = names.index(after.kind) if after else 0
    for place, of in enumerate(known[first:]):
        reached = after.last_id if after and place == 0 else 0
        if found := _page(of, export, after=reached, limit=limit):
            return Next(
                kind=of.name,
                ids=tuple(pk for pk, may_leave in found if may_leave),
                last_id=found[-1][0],
                withheld=tuple(pk for pk, may_leave in found if not may_leave),
            )
    return None


def _page(
    of: Kind, export: MatterExport, *, after: int, limit: int
) -> list[tuple[int, bool]]:
    statement = _PAGE.format(
        table=of.table,
        may=_MAY_LEAVE,
        stored=_stored(of),
        held=coverage.held(of, active=_OF_HOLD),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "workspace": export.workspace_id,
                "hold": export.hold_id,
                "plans": _plans(),
                "after": after,
                "limit": limit,
            },
        )
        return list(cursor.fetchall())


def exports_of(*, hold: Hold, most: int = 50) -> list[MatterExport]:
    """The exports of a matter that are not purged, newest first."""
    return list(MatterExport.objects.filter(hold=hold).order_by("-id")[:most])


def one(*, hold: Hold, public_id: UUID) -> MatterExport:
    """One export of a matter; UnknownExport otherwise."""
    found = MatterExport.objects.filter(hold=hold, public_id=public_id).first()
    if found is None:
        raise UnknownExport(_("There is no such export."))
    return found


def parts_of(*, export: MatterExport) -> list[MatterExportPart]:
    """Its parts in the order of the archive."""
    return list(MatterExportPart.objects.filter(export=export).order_by("number"))


def written(*, export: MatterExport) -> Written:
    """What its parts hold."""
    rows = MatterExportPart.objects.filter(export=export)
    columns = {
        "objects": "objects_n",
        "files": "files_n",
        "withheld": "withheld_n",
        "unreadable": "unreadable_n",
        "bytes": "byte_count",
    }
    sums = {name: Sum(column, default=0) for name, column in columns.items()}
    return Written(parts=rows.count(), **rows.aggregate(**sums))


def is_over(*, export: MatterExport, at: datetime) -> bool:
    """Whether it was deleted or its time has passed: a sweep takes it."""
    return export.pk in over_among(exports=[export], at=at)


def over_among(*, exports: Sequence[MatterExport], at: datetime) -> set[int]:
    """Those of these exports that are over, by the engine's own condition."""
    if not exports:
        return set()
    (kind,) = (kind for kind, _s in content_kinds.swept() if kind.name == EXPORTS)
    workspace_id = exports[0].workspace_id
    known = visible.known(workspace_id=workspace_id, content_kind=EXPORTS, at=at)
    hidden = conditions.bound(kinds.expired_of(kind), known=known, table=TABLE, at=at)
    mine = MatterExport.objects.filter(pk__in=[one.pk for one in exports])
    there = mine.filter(deleted_at__isnull=True).exclude(hidden)
    return {one.pk for one in exports} - set(there.values_list("pk", flat=True))


def is_fetchable(*, export: MatterExport, person: str, at: datetime) -> bool:
    """Whether this person can download it now: whoever asked, while it is there."""
    is_theirs = export.requested_by == person and export.outcome == Outcome.DONE
    return is_theirs and not is_over(export=export, at=at)


def may_be_asked_again(*, export: MatterExport, hold: Hold) -> bool:
    """Whether it ended without an archive, under a hold that is still in force."""
    is_short = export.outcome in (Outcome.STOPPED, Outcome.FAILED)
    return is_short and hold.released_at is None


def failed_for(*, person: str, since: datetime) -> list[MatterExport]:
    """This person's exports that could not be written, where none of its matter came
    after it; newest first."""
    later = MatterExport.objects.filter(
        hold=OuterRef("hold"), requested_by=person, pk__gt=OuterRef("pk")
    )
    failed = MatterExport.objects.filter(
        outcome=Outcome.FAILED, requested_by=person, ended_at__gte=since
    )
    fresh = failed.filter(~Exists(later)).select_related("hold")
    return list(fresh.order_by("-id")[:20])


def reason_of(*, export: MatterExport) -> str:
    """Why somebody asked; empty where its key is gone."""
    key = vault.read_keys([export.key_id]).get(export.key_id)
    if key is None:
        return ""
    place = binding(table=TABLE, row=export.public_id, column="sealed")
    return open_sealed(bytes(export.sealed), key=key, aad=place).decode()


def _stored(of: Kind) -> str:
    """What a failed or running import left behind is nobody's content yet."""
    return "c.staged_by_id is null" if of is coverage.CONVERSATION else "true"


def _plans() -> list[str]:
    """The plans under which content may leave for others than its member."""
    return [plan.value for plan in Plan if plans.of(plan).admins_may_export_content]
