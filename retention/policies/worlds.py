"""What governs a workspace's items of one kind, today or under a version to come.

Items that the same scopes may govern are of one sort. A sort is a member's part (their
own policy, their groups) and a project's part; each part has a number, and a sort's
number is their sum.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from retention.eligibility import precedence
from retention.eligibility.precedence import ALL_ALONG, Chain
from retention.eligibility.scopes import CONVERSATIONS, TEMPORARY_CHATS, ScopeKind
from retention.eligibility.weeks import AGE_EDGES
from retention.policies import governing
from retention.policies.governing import Chains, Key
from retention.policies.selectors import Hypothesis
from workspaces.tenancy.selectors import WorkspaceRef


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything that governs one kind; `members` and `projects` hold each one's part.

    A part of 0 is that of whoever has nothing of their own. With `nobody_left`, who
    left a group lately counts as if they were still in it.
    """

    content_kind: str
    chains: Chains
    members: dict[int, int]
    projects: dict[int, int]
    sorts: dict[int, tuple[int, int | None]]
    at: datetime
    nobody_left: bool = False

    def under(self, planned: Hypothesis) -> "World":
        """The same with a version that nobody has set yet."""
        return _world(
            self.chains.workspace_id,
            self.content_kind,
            at=self.at,
            planned=planned,
            nobody_left=self.nobody_left,
        )

    def has_left(self, group_id: int | None) -> bool:
        """Whether somebody left this group lately, or with None any that counts."""
        return any(
            one.left_at is not None and group_id in (None, of_group)
            for (_owner, of_group), stays in self.chains.stays.items()
            for one in stays
        )

    def chain(self, sort: int, kind: str = "") -> Chain:
        """What may govern the items of one sort."""
        owner_id, project_id = self.sorts.get(sort, (0, None))
        return self.chains.of(
            content_kind=kind or self.content_kind,
            owner_id=owner_id,
            project_id=project_id,
        )

    def purge_at(
        self, sort: int, clock: datetime | None, *, at: datetime
    ) -> datetime | None:
        """When an item of this sort and clock goes; None where nothing ages it."""
        if clock is None:
            return None
        return precedence.purge_at(self.chain(sort), clock=clock, at=at)


def today(
    *,
    workspace: WorkspaceRef,
    content_kind: str,
    nobody_left: bool = False,
    at: datetime,
) -> World:
    """What governs a kind now. Temporary chats are counted beside conversations."""
    return _world(
        workspace.id,
        _table_of(content_kind),
        at=at,
        planned=None,
        nobody_left=nobody_left,
    )


def parameters(
    new: World, old: World, *, moments: Sequence[datetime]
) -> dict[str, Any]:
    """What the statement of `weeks` needs, for sweeps at these moments."""
    sorts = sorted(new.sorts)
    rows = {
        f"{name}_{short}": [_weekly(world, sort, short, moments) for sort in sorts]
        for name, world in (("new", new), ("old", old))
        for short in ("purge", "created")
    }
    undo = timedelta(days=new.chain(0).promises.default_undo_days)
    deleted = [moment - undo for moment in moments]
    purge = _all(rows["new_purge"], rows["old_purge"])
    created = _all(rows["new_created"], rows["old_created"])
    edges = sorted(moments[0] - timedelta(days=days) for days in AGE_EDGES)
    return {
        **{name: [_array(times) for times in found] for name, found in rows.items()},
        "at": moments[0],
        "workspace": new.chains.workspace_id,
        "latest_purge": _latest(purge),
        "latest_created": _latest(created),
        "latest_deleted": deleted[-1],
        "deleted": deleted,
        "edges": edges,
        "clocks": sorted({*_after(purge), *edges}),
        "creations": _after(created),
        "deletions": _after(deleted),
        "y_sort": sorts,
        "xm_id": list(new.members),
        "xm_sort": list(new.members.values()),
        "xp_id": list(new.projects),
        "xp_sort": list(new.projects.values()),
    }


def _world(
    workspace_id: int,
    kind: str,
    *,
    at: datetime,
    planned: Hypothesis | None,
    nobody_left: bool,
) -> World:
    extra: dict[Key, Any] = {}
    if planned is not None:
        key = (workspace_id, planned.content_kind, planned.scope)
        extra = {key: planned.planned}
    known = governing.timelines(workspace_ids=[workspace_id], at=at, planned=extra)
    kinds = {kind, TEMPORARY_CHATS} if kind == CONVERSATIONS else {kind}
    scopes = {scope for _w, named, scope in known.pieces if named in kinds}
    stays = governing.stays_in(groups=governing.ids_of(scopes, ScopeKind.GROUP), at=at)
    if nobody_left:
        stays = {
            key: [ALL_ALONG if one.left_at else one for one in found]
            for key, found in stays.items()
        }
    groups = governing.groups_of(stays)
    own = governing.ids_of(scopes, ScopeKind.MEMBER)
    projects = sorted(governing.ids_of(scopes, ScopeKind.PROJECT))
    step = len(projects) + 1
    signatures: dict[tuple[Any, ...], int] = {}
    members: dict[int, int] = {}
    sorts: dict[int, tuple[int, int | None]] = {}
    for member_id in [0, *sorted(own | set(groups))]:
        signature = (
            member_id if member_id in own else 0,
            *((one, *stays[member_id, one]) for one in groups.get(member_id, ())),
        )
        part = signatures.setdefault(signature, len(signatures) * step)
        members[member_id] = part
        for place, project_id in enumerate([None, *projects]):
            sorts.setdefault(part + place, (member_id, project_id))
    return World(
        content_kind=kind,
        chains=Chains(
            workspace_id=workspace_id,
            known=known,
            groups=groups,
            stays=stays,
            deleted=governing.deleted_of(projects=projects),
        ),
        members=members,
        projects={one: place for place, one in enumerate(projects, start=1)},
        sorts=sorts,
        at=at,
        nobody_left=nobody_left,
    )


def _table_of(content_kind: str) -> str:
    return CONVERSATIONS if content_kind == TEMPORARY_CHATS else content_kind


def _weekly(
    world: World, sort: int, what: str, moments: Sequence[datetime]
) -> list[datetime | None]:
    """The cut-offs of each week; what was taken in one week stays taken."""
    kind = TEMPORARY_CHATS if what == "created" else world.content_kind
    if what == "created" and world.content_kind != CONVERSATIONS:
        return [None for _moment in moments]
    chain = world.chain(sort, kind)
    levels = [chain.at(moment) for moment in moments]
    cutoffs = (
        one.expire_before if what == "created" else one.purge_before for one in levels
    )
    return list(accumulate(cutoffs, _later))


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else one or other


def _all(*rows: Sequence[Sequence[datetime | None]]) -> set[datetime]:
    return {
        moment
        for row in rows
        for times in row
        for moment in times
        if moment is not None
    }


def _latest(moments: Iterable[datetime]) -> str:
    """What reaches whatever one of these cut-offs reaches; they may be none."""
    found = max(moments, default=None)
    return "-infinity" if found is None else found.isoformat()


def _after(cutoffs: Iterable[datetime]) -> list[datetime]:
    """The first times that these cut-offs do not reach, in order."""
    return sorted(one + timedelta(microseconds=1) for one in cutoffs)


def _array(moments: Sequence[datetime | None]) -> str:
    texts = ("-infinity" if at is None else at.isoformat() for at in moments)
    return "{" + ",".join(f'"{text}"' for text in texts) + "}"
