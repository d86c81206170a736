"""Answers what drafts a workspace has, how one stands, and whose approvals count."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connections
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from kit.permissions import Permission
from kit.refusals import Refused
from retention.holds import authority
from retention.policies import selectors as policies
from retention.policies.drafts import planning, snapshots
from retention.policies.drafts.digests import digest
from retention.policies.drafts.models import (
    UNDER_WAY,
    DraftState,
    DraftStep,
    PolicyDraft,
    StepKind,
)
from retention.policies.safeguards import selectors as safeguards
from retention.policies.selectors import Standing
from workspaces.access.holders import holders_of
from workspaces.members.models import User
from workspaces.tenancy.selectors import WorkspaceRef

_DUE = """
select d.public_id, d.workspace_id, w.organization_id
from retention_policydraft d join workspaces_workspace w on w.id = d.workspace_id
where d.state = 'scheduled' and d.due_at <= %(at)s order by d.due_at, d.id
limit 100
"""


class DraftIsGone(Refused):
    """The workspace has no such draft."""

    status = 404


@dataclass(frozen=True, kw_only=True)
class Due:
    """A scheduled draft whose time has come."""

    public_id: UUID
    workspace_id: int
    organization_id: int


def drafts() -> QuerySet[PolicyDraft]:
    """The drafts of the open workspace, to order by (-drafted_at, -id)."""
    return PolicyDraft.objects.all()


def under_way() -> list[PolicyDraft]:
    """What waits for an approval or for its time, newest first."""
    return list(
        PolicyDraft.objects.filter(state__in=UNDER_WAY).order_by("-drafted_at", "-id")
    )


def one(*, draft: UUID) -> PolicyDraft:
    """The draft of the open workspace with that public id."""
    found = PolicyDraft.objects.filter(public_id=draft).first()
    if found is None:
        raise DraftIsGone(_("This workspace has no such draft."))
    return found


def steps_of(*, draft: PolicyDraft) -> list[DraftStep]:
    """What was done with a draft, oldest first."""
    return list(DraftStep.objects.filter(draft=draft).order_by("at", "id"))


def due(*, at: datetime) -> list[Due]:
    """Scheduled drafts of all workspaces whose time has come; for the beat tick."""
    with connections["sweeper"].cursor() as cursor:
        cursor.execute(_DUE, {"at": at})
        return [
            Due(public_id=row[0], workspace_id=row[1], organization_id=row[2])
            for row in cursor.fetchall()
        ]


def standing(draft: PolicyDraft, *, workspace: WorkspaceRef, at: datetime) -> Standing:
    """What is in force for the draft's scope and kind."""
    return policies.standing(
        workspace=workspace,
        scope=draft.scope,
        content_kind=draft.content_kind,
        at=at,
    )


def shortens(draft: PolicyDraft, *, workspace: WorkspaceRef, at: datetime) -> bool:
    """Whether the draft lets anything go earlier, and so waits for a grace period."""
    # Whatever the grace period of the workspace: only what lets go waits for one.
    made = planning.planned(draft, workspace=workspace, grace=timedelta(hours=1), at=at)
    return made.version.in_force_at > at


def asks_second_person(*, workspace: WorkspaceRef, draft: PolicyDraft) -> bool:
    """Whether another person has to approve, by the threshold as it is now."""
    return _asks(workspace, draft, newly_due=previewed(draft))


def previewed(draft: PolicyDraft) -> int:
    """How much its preview said is at stake."""
    return snapshots.at_stake(draft.preview)


def would_ask_second_person(
    *, workspace: WorkspaceRef, draft: PolicyDraft, at: datetime
) -> bool:
    """The same, counted afresh as if it took force now.

    Policies of other scopes, bounds, members of groups and what is stored may have
    changed since its preview: drafts that let nothing go alone can do so together.
    """
    if not safeguards.protection(workspace=workspace).threshold.is_on:
        return False
    found = planning.preview(draft, workspace=workspace, grace=timedelta(0), at=at)
    return _asks(workspace, draft, newly_due=found.at_stake)


def lets_more_go_than_agreed(*, workspace: WorkspaceRef, draft: PolicyDraft) -> bool:
    """Whether what goes beyond its preview would ask for a second person by itself.

    Counted for the time of its preview, so that nothing counts that only grew older.
    """
    if not safeguards.protection(workspace=workspace).threshold.is_on:
        return False
    grace = policies.grace_of(workspace=workspace)
    found = planning.preview(
        draft, workspace=workspace, grace=grace, at=draft.previewed_at
    )
    more = found.at_stake - previewed(draft)
    return more > 0 and _asks(workspace, draft, newly_due=more)


def is_by_author(draft: PolicyDraft, *, person: str) -> bool:
    """Whether a person wrote the draft, or last changed it."""
    return person in (draft.author, draft.edited_by)


def approvers(*, workspace: WorkspaceRef, draft: PolicyDraft) -> list[str]:
    """Whose approvals count: of exactly these values, by others who still may.

    They could already when the draft was sent.
    """
    asked = _asked(draft)
    given = DraftStep.objects.filter(
        draft=draft, kind=StepKind.APPROVED, digest=digest(draft)
    ).order_by("id")
    return [
        step.by
        for step in given
        if not is_by_author(draft, person=step.by)
        and (asked is None or step.by in asked)
        and authority.still_holds(
            person=step.by, permission=Permission.POLICIES_MANAGE, workspace=workspace
        )
    ]


def may_approve(*, workspace: WorkspaceRef, draft: PolicyDraft) -> list[User]:
    """Everybody whose approval of the draft counts, or would if it were sent now."""
    asked = _asked(draft) if draft.state == DraftState.AWAITING else None
    found = holders_of(permission=Permission.POLICIES_MANAGE, workspace=workspace)
    return [
        one
        for one in found
        if not is_by_author(draft, person=str(one.public_id))
        and (asked is None or str(one.public_id) in asked)
    ]


def was_asked(*, draft: PolicyDraft, person: str) -> bool:
    """Whether somebody could approve a draft already when it was sent."""
    asked = _asked(draft)
    return asked is None or person in asked


def waiting_for(*, person: str) -> list[PolicyDraft]:
    """The drafts that wait for approval by this person."""
    sent = DraftStep.objects.filter(draft=OuterRef("pk"), kind=StepKind.SENT)
    rows = PolicyDraft.objects.filter(state=DraftState.AWAITING).annotate(
        asked=Subquery(sent.order_by("-id").values("asked")[:1])
    )
    theirs = rows.filter(Q(asked__isnull=True) | Q(asked__contains=[person]))
    others = theirs.exclude(author=person).exclude(edited_by=person)
    return list(others.order_by("-drafted_at", "-id"))


def told(*, draft: PolicyDraft) -> frozenset[str]:
    """Who was asked for this revision already, unless Custos returned it since."""
    newest = (
        DraftStep.objects.filter(
            draft=draft,
            revision=draft.revision,
            kind__in=[StepKind.SENT, StepKind.RETURNED],
        )
        .order_by("-id")
        .first()
    )
    return frozenset((newest.asked if newest else None) or ())


def _asked(draft: PolicyDraft) -> list[str] | None:
    """Who could approve when a draft was last sent; None where that was not kept."""
    sent = DraftStep.objects.filter(draft=draft, kind=StepKind.SENT).order_by("-id")
    found = sent.values_list("asked", flat=True).first()
    return None if found is None else list(found)


def _asks(workspace: WorkspaceRef, draft: PolicyDraft, *, newly_due: int) -> bool:
    return safeguards.asks_second_person(
        workspace=workspace, content_kind=draft.content_kind, newly_due=newly_due
    )
