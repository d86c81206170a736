"""Counts what a draft would do now, for its page."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from kit import content_kinds
from retention.policies import breakdowns, selectors, showing, wording
from retention.policies.drafts import planning
from retention.policies.drafts.models import PolicyDraft
from retention.policies.selectors import Standing
from workspaces.tenancy.selectors import WorkspaceRef


def of_draft(
    draft: PolicyDraft, *, workspace: WorkspaceRef, standing: Standing, at: datetime
) -> dict[str, Any]:
    """The preview part of the page; a scheduled draft is counted for its own time."""
    grace = selectors.grace_of(workspace=workspace)
    found = planning.preview(
        draft,
        workspace=workspace,
        grace=timedelta(0) if draft.due_at is not None else grace,
        at=draft.due_at or at,
    )
    number = draft.base_version + 1
    kind = content_kinds.governed_named(draft.content_kind)
    undo_days = wording.undo_days(kind, draft.undo_days)
    return {
        "preview": found,
        "number": number,
        "figures": showing.figures(
            found,
            compared_with=_("compared with the bounds of today")
            if draft.is_bounds
            else showing.compared_with(standing, draft.scope),
        ),
        "chart": showing.weeks_chart(
            found,
            kind=kind,
            number=number,
            today=0 if draft.is_bounds else standing.version,
        ),
        "breakdowns": breakdowns.breakdowns(found),
        "dates": breakdowns.dates(found),
        "when": showing.when_bar(found, undo_days=undo_days, at=at),
        "consequence": showing.consequence(
            found, kind=kind, undo_days=undo_days, now=at
        ),
        "losses": wording.losses(kind),
    }
