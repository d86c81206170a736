"""Turns a draft into the version that it would become, of a policy or of bounds."""

from datetime import datetime, timedelta

from retention.policies import previews, selectors
from retention.policies.drafts.models import PolicyDraft
from retention.policies.previews import Preview
from retention.policies.selectors import Hypothesis
from workspaces.tenancy.selectors import WorkspaceRef


def planned(
    draft: PolicyDraft, *, workspace: WorkspaceRef, grace: timedelta, at: datetime
) -> Hypothesis:
    """The version that the draft's values would add if they were set at `at`."""
    if draft.bounds is not None:
        return selectors.bounds_hypothesis(
            workspace=workspace,
            content_kind=draft.content_kind,
            wanted=draft.bounds,
            grace=grace,
            at=at,
        )
    return selectors.hypothesis(
        workspace=workspace,
        scope=draft.scope,
        content_kind=draft.content_kind,
        days=draft.days,
        undo_days=draft.undo_days,
        is_withdrawal=draft.is_withdrawal,
        grace=grace,
        at=at,
    )


def preview(
    draft: PolicyDraft, *, workspace: WorkspaceRef, grace: timedelta, at: datetime
) -> Preview:
    """What that version would purge."""
    made = planned(draft, workspace=workspace, grace=grace, at=at)
    return previews.preview_of(made, workspace=workspace, at=at)


def newest_version(draft: PolicyDraft, *, workspace: WorkspaceRef) -> int:
    """The newest version of what the draft proposes to change; 0: there is none."""
    if draft.is_bounds:
        newest = selectors.newest_bounds(content_kind=draft.content_kind)
        return newest.version if newest else 0
    return selectors.newest_version(
        workspace=workspace, scope=draft.scope, content_kind=draft.content_kind
    )
