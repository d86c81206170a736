"""Counts what a draft would do now, for its page."""

from datetime import datetime
from typing import Any

from kit import content_kinds
from retention.policies import breakdowns, previews, showing, wording
from retention.policies.drafts.models import PolicyDraft
from retention.policies.selectors import Standing
from workspaces.tenancy.selectors import WorkspaceRef


def of_draft(
    draft: PolicyDraft, *, workspace: WorkspaceRef, standing: Standing, at: datetime
) -> dict[str, Any]:
    """The preview part of the page; a scheduled draft is counted for its own time."""
    found = previews.preview(
        workspace=workspace,
        scope=draft.scope,
        content_kind=draft.content_kind,
        days=draft.days,
        undo_days=draft.undo_days,
        is_withdrawal=draft.is_withdrawal,
        override=draft.due_at is not None,
        at=draft.due_at or at,
    )
    number = draft.base_version + 1
    kind = content_kinds.governed_named(draft.content_kind)
    undo_days = wording.undo_days(kind, draft.undo_days)
    return {
        "preview": found,
        "number": number,
        "figures": showing.figures(found, standing, scope=draft.scope),
        "chart": showing.weeks_chart(
            found, kind=kind, number=number, today=standing.version
        ),
        "breakdowns": breakdowns.breakdowns(found),
        "dates": breakdowns.dates(found),
        "when": showing.when_bar(found, undo_days=undo_days, at=at),
        "consequence": showing.consequence(
            found, kind=kind, undo_days=undo_days, now=at
        ),
    }
