"""Answers why an object of any kind is kept, hidden or due, in the words of `reasons`.

State, due and held are the engine's own conditions of the kind; its dates come from the
chain of policies that the cut-offs are made from. A kind that no policy governs goes by
an explicit delete alone. A copy that Custos made (an export of a matter) is nobody's:
no hold keeps it, and nobody brings a deleted one back.

What hangs on a whole goes with it: a file of a project or a GPT also by its own delete
or policy, whichever comes first; a file of a conversation by nothing else.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kit import content_kinds
from kit.content_kinds import ContentKind, Governed, Storage
from retention.conversations import reasons, selectors, standing
from retention.conversations.reasons import (
    Considered,
    Dates,
    WayOut,
    Whole,
    Why,
)
from retention.conversations.selectors import UnknownConversation
from retention.conversations.standing import Standing
from retention.eligibility import precedence
from retention.holds import coverage
from retention.holds import selectors as holds
from retention.policies import governing
from retention.policies.governing import Chains
from workspaces.tenancy import plans
from workspaces.tenancy.selectors import WorkspaceRef

CONVERSATION = _("conversation")
_NOBODY = 0
"""Stands for the owner of what has none: no policy of a member governs it."""
_UNGOVERNED = Considered(versions=[], winner=None, kept_days=None, bounds=None)


@dataclass(frozen=True, kw_only=True)
class Explained:
    """One stored object of any kind, unread, and why it goes or stays.

    `owner_id` is None of what is nobody's.
    """

    kind: str
    label: str | Promise
    row: Any
    owner_id: int | None
    why: Why


def explain(
    *, workspace: WorkspaceRef, public_id: UUID, kind: str = "", at: datetime
) -> Explained:
    """The object with that id; UnknownConversation where none is stored.

    Refused where members alone see theirs. Without `kind` it is looked for in each.
    """
    if kind in ("", coverage.CONVERSATIONS):
        try:
            return _conversation(workspace, public_id, at=at)
        except UnknownConversation:
            if kind:
                raise
    selectors.refuse_where_private(workspace)
    for known, storage in content_kinds.explained():
        found = kind in ("", known.name)
        row = known.rows.filter(public_id=public_id).first() if found else None
        if row is not None:
            why = why_object(
                workspace=workspace, kind=known, storage=storage, row=row, at=at
            )
            return Explained(
                kind=known.name,
                label=storage.label,
                row=row,
                owner_id=getattr(row, storage.owner),
                why=why,
            )
    return _part(workspace, public_id, kind, at=at)


def _conversation(
    workspace: WorkspaceRef, public_id: UUID, *, at: datetime
) -> Explained:
    row = selectors.metadata_of(workspace=workspace, public_id=public_id)
    why = reasons.why(workspace=workspace, conversation=row, at=at)
    return Explained(
        kind=coverage.CONVERSATIONS,
        label=CONVERSATION,
        row=row,
        owner_id=row.owner_id,
        why=why,
    )


def _part(
    workspace: WorkspaceRef, public_id: UUID, kind: str, *, at: datetime
) -> Explained:
    """What has no rule of its own: the answer is its whole's."""
    for known in content_kinds.registered():
        if known.purged_with is None or kind not in ("", known.name):
            continue
        if not known.has_public_ids:
            continue
        of = known.owner.partition(".")[0]
        # In one statement: a sweep takes the whole and its parts at once.
        rows = known.rows.filter(public_id=public_id).select_related(of)
        row = rows.first()
        if row is None:
            continue
        whole = getattr(row, of)
        found = explain(
            workspace=workspace,
            public_id=whole.public_id,
            kind=known.purged_with,
            at=at,
        )
        label = _("part of a %s") % found.label
        why = replace(found.why, goes_with=_whole(found))
        return replace(found, kind=known.name, label=label, row=row, why=why)
    raise UnknownConversation(public_id)


def _whole(found: Explained) -> Whole:
    return Whole(kind=found.kind, label=found.label, public_id=found.row.public_id)


def why_object(
    *,
    workspace: WorkspaceRef,
    kind: ContentKind,
    storage: Storage,
    row: Any,
    at: datetime,
) -> Why:
    """The engine's decision about one stored object of a simple kind.

    UnknownConversation where a sweep took it since it was read.
    """
    own = _by_itself(workspace, kind, storage, row, at=at)
    found = _hangs_on(storage, row)
    if found is None:
        return own
    whole_kind, whole_storage, whole = found
    of_whole = why_object(
        workspace=workspace, kind=whole_kind, storage=whole_storage, row=whole, at=at
    )
    named = Whole(
        kind=whole_kind.name, label=whole_storage.label, public_id=whole.public_id
    )
    return _with_whole(own, of_whole, named)


def _hangs_on(storage: Storage, row: Any) -> tuple[ContentKind, Storage, Any] | None:
    """The whole of which a row is a part, with its kind; None for what is whole."""
    for kind, whole in content_kinds.simple():
        for part in whole.parts:
            if part.table == storage.table:
                found = kind.rows.filter(pk=getattr(row, part.parent)).first()
                return None if found is None else (kind, whole, found)
    return None


def _with_whole(own: Why, whole: Why, found: Whole) -> Why:
    """What is decided about a part: it goes by its own rule, or with its whole.

    Whatever holds the part holds the whole; a hold of the whole alone lets the part go
    by its own rule.
    """
    if whole.state != "deleted":
        return own
    by_own = own.is_due and not own.is_held
    with_whole = whole.is_due and not whole.is_held
    moments = [at for at in (own.purge_at, whole.purge_at) if at]
    undo = [at for at in (own.undo_ends_at, whole.undo_ends_at) if at]
    return replace(
        own,
        state="deleted",
        is_due=own.is_due or whole.is_due,
        is_held=not (by_own or with_whole) and (own.is_held or whole.is_held),
        deleted_by=own.deleted_by or whole.deleted_by,
        holds=own.holds or whole.holds,
        undo_ends_at=min(undo, default=None),
        purge_at=min(moments, default=None),
        ways_out=own.ways_out if own.state == "deleted" else whole.ways_out,
        goes_with=None if own.state == "deleted" else found,
    )


def _by_itself(
    workspace: WorkspaceRef,
    kind: ContentKind,
    storage: Storage,
    row: Any,
    *,
    at: datetime,
) -> Why:
    stands = standing.of_objects(
        workspace=workspace, kind=kind, storage=storage, ids=[row.pk], at=at
    ).get(row.pk)
    if stands is None:
        raise UnknownConversation(row.public_id)
    owner_id = getattr(row, storage.owner) or _NOBODY
    chains = governing.chains(workspace_id=workspace.id, owner_ids=[owner_id], at=at)
    governed = next((g for g in content_kinds.governed() if g.name == kind.name), None)
    found = _UNGOVERNED
    if governed is not None:
        found = reasons.considered(
            workspace=workspace,
            chains=chains,
            content_kind=kind.name,
            owner_id=owner_id,
            project_id=_project(governed, row),
            at=at,
        )
    dates = _dates(workspace, governed, row, owner_id, chains, at)
    return Why(
        state=stands.state,
        is_due=stands.is_due,
        is_held=stands.is_held,
        is_past_policy=dates.expires_at is not None and dates.expires_at <= at,
        considered=found.versions,
        winner=found.winner,
        kept_days=found.kept_days,
        bounds=found.bounds,
        deleted_by=row.deleted_by or "",
        holds=holds.holds_over(conversation=row, kind=coverage.of_storage(storage)),
        expires_at=dates.expires_at,
        undo_ends_at=None if kind.is_planted else dates.undo_ends_at,
        purge_at=dates.purge_at,
        ways_out=_ways_out(kind, stands, row, has_policy=governed is not None),
        ages_by_message=False,
    )


def _dates(
    workspace: WorkspaceRef,
    governed: Governed | None,
    row: Any,
    owner_id: int,
    chains: Chains,
    at: datetime,
) -> Dates:
    promised = plans.of(workspace.plan)
    undo = timedelta(days=promised.default_undo_days)
    expires_at = policy_purge_at = None
    if governed is not None and promised.fixed_retention_days is None:
        chain = chains.of(
            content_kind=governed.name,
            owner_id=owner_id,
            project_id=_project(governed, row),
        )
        clock = getattr(row, governed.clock)
        expires_at = precedence.expires_at(chain, clock=clock, at=at)
        policy_purge_at = precedence.purge_at(chain, clock=clock, at=at)
    undo_ends_at = None if row.deleted_at is None else row.deleted_at + undo
    causes = [moment for moment in (undo_ends_at, policy_purge_at) if moment]
    return Dates(
        expires_at=expires_at,
        undo_ends_at=undo_ends_at,
        purge_at=min(causes, default=None),
    )


def _ways_out(
    kind: ContentKind, stands: Standing, row: Any, *, has_policy: bool
) -> tuple[WayOut, ...]:
    if kind.is_planted:
        is_gone = stands.state == "deleted"
        return () if is_gone else (WayOut.LENGTHEN_POLICY, WayOut.DELETE)
    return reasons.ways_out(
        stands.state,
        is_due=stands.is_due,
        is_held=stands.is_held,
        has_policy=has_policy,
        by_message=False,
        deleted_by=row.deleted_by or "",
    )


def _project(governed: Governed, row: Any) -> int | None:
    return getattr(row, governed.project) if governed.project else None
