"""What becomes of the projects of a removed member: handed over, or deleted with them.

Deleting hides at once and changes no bytes, as everywhere. What a hold on the leaver
covers is not handed over, since the hold would no longer find it: a shared one stays
where it is, one of their own is hidden and its bytes are kept.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.recording import Target, record
from kit.actor import Actor
from kit.departures import Leaver, Projects
from retention.deletions import objects
from workspaces.projects import services as projects

_KIND = "projects"
_BY_DEPARTURE = "departure"


@dataclass(frozen=True, kw_only=True)
class Left:
    """How many projects went to somebody else, and how many were deleted."""

    handed_over: int = 0
    deleted: int = 0


def end_projects(*, actor: Actor, leaver: Leaver, at: datetime) -> Left:
    """Hand over or delete the live projects of a removed member.

    The caller has taken the lock of holds as the first thing in its transaction.
    """
    if not leaver.is_removed:
        return Left()
    kind, storage = objects.kind_named(_KIND)
    mine = kind.rows.filter(owner_id=leaver.membership_id, deleted_at__isnull=True)
    rows = list(mine.select_for_update(no_key=True).order_by("id"))
    if not rows:
        return Left()
    held = objects.held_among(storage=storage, ids=[one.pk for one in rows], at=at)
    heirs = projects.heirs(projects=[one.pk for one in rows], leaver=leaver)
    if leaver.projects is Projects.DELETE:
        heirs = {}
    given = [one for one in rows if one.pk in heirs and one.pk not in held]
    for row in given:
        projects.hand_over(actor=actor, leaver=leaver, row=row, to=heirs[row.pk], at=at)
    gone = [one for one in rows if one.pk not in heirs]
    kind.rows.filter(pk__in=[one.pk for one in gone]).update(
        deleted_at=at, deleted_by=_BY_DEPARTURE
    )
    for row in gone:
        _record(actor, leaver, row, at, is_held=row.pk in held)
    return Left(handed_over=len(given), deleted=len(gone))


def _record(
    actor: Actor, leaver: Leaver, row: Any, at: datetime, *, is_held: bool
) -> None:
    kept = {"kept_by_hold": 1} if is_held else {}
    record(
        actor=actor,
        action="retention.project.deleted",
        target=Target(kind="project", id=row.public_id),
        organization_id=leaver.organization_id,
        workspace=leaver.workspace,
        at=at,
        counts={"bytes": row.byte_count, **kept},
        details={"because": _BY_DEPARTURE},
    )
