"""Answers which floor and ceiling a workspace has, and what they meet."""

from kit import content_kinds
from retention.policies import overviews, selectors
from retention.policies.bounding.rules import NONE, Limits
from retention.policies.drafts import selectors as drafts
from retention.policies.models import WORKSPACE, PolicyBounds
from workspaces.tenancy.selectors import WorkspaceRef


def newest(*, content_kind: str) -> PolicyBounds | None:
    """The newest bounds of a kind in the open workspace."""
    rows = PolicyBounds.objects.filter(content_kind=content_kind)
    return rows.order_by("-version").first()


def limits(*, content_kind: str) -> Limits:
    """The floor and ceiling that count; bounds take force when they are set."""
    found = newest(content_kind=content_kind)
    if found is None:
        return NONE
    return Limits(floor_days=found.floor_days, ceiling_days=found.ceiling_days)


def policies_met(*, workspace: WorkspaceRef, content_kind: str) -> list[int | None]:
    """How long each policy of the kind keeps: in force, or waiting to take it.

    A draft under way is one of them: what its preview counted, and so whether it needed
    a second person, was inside the bounds of then.
    """
    found: list[int | None] = list(
        overviews.exceptions()
        .filter(content_kind=content_kind)
        .values_list("days", flat=True)
    )
    found += [
        draft.days
        for draft in drafts.under_way()
        if draft.content_kind == content_kind and not draft.is_withdrawal
    ]
    versions = selectors.versions_of(
        workspace=workspace, scope=WORKSPACE, content_kind=content_kind
    )
    if not versions:
        return [*found, content_kinds.governed_named(content_kind).default_days]
    # The newest may wait for its grace period; the one before it still counts then.
    return [*found, *(version.days for version in versions[:2])]
