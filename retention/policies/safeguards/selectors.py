"""Answers what protects a workspace, and how much it stores of each kind."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from retention.eligibility import subjects
from retention.eligibility.scopes import CONVERSATIONS
from retention.policies import selectors as policies
from retention.policies.safeguards.models import FACTOR, MINIMUM, PERCENT, Safeguards
from retention.policies.safeguards.rules import Threshold, needs_second_person
from workspaces.tenancy.selectors import WorkspaceRef


@dataclass(frozen=True, kw_only=True)
class Protection:
    """The safeguards of a workspace, set or by default."""

    grace: timedelta
    threshold: Threshold
    breaker_factor: int
    breaker_minimum: int
    breaker_percent: int


def protection(*, workspace: WorkspaceRef) -> Protection:
    """What holds in the workspace whose scope is open."""
    row = Safeguards.objects.first()
    return Protection(
        grace=policies.grace_of(workspace=workspace),
        threshold=Threshold(
            percent=row.approval_percent if row else None,
            number=row.approval_number if row else None,
        ),
        breaker_factor=row.breaker_factor if row else FACTOR,
        breaker_minimum=row.breaker_minimum if row else MINIMUM,
        breaker_percent=row.breaker_percent if row else PERCENT,
    )


def stored(*, workspace: WorkspaceRef, content_kind: str) -> int:
    """How many objects of a governed kind the workspace stores, whatever their state.

    Conversations count with the temporary ones, as their previews do.
    """
    one = subjects.subject(content_kind)
    whole = " and c.staged_by_id is null" if one.swept == CONVERSATIONS else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"select count(*) from {one.table} c"  # noqa: S608 -- constants
            f" where c.workspace_id = %s{whole}{one.only}",
            [workspace.id],
        )
        return int(cursor.fetchone()[0])


def asks_second_person(
    *, workspace: WorkspaceRef, content_kind: str, newly_due: int
) -> bool:
    """Whether another person has to agree to this much, by the threshold of now."""
    threshold = protection(workspace=workspace).threshold
    return threshold.is_on and needs_second_person(
        threshold,
        newly_due=newly_due,
        stored=stored(workspace=workspace, content_kind=content_kind),
    )
