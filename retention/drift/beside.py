"""What is asked about what a sweep took and its purge list does not name."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from retention.drift import runs
from retention.eligibility import conditions
from retention.eligibility.scopes import (
    CONVERSATIONS,
    TEMPORARY_CHATS,
    WORKSPACE,
    ScopeKind,
)
from retention.eligibility.subjects import subject
from retention.policies.listing import selectors as lists
from retention.policies.listing.models import PurgeList
from retention.policies.models import Policy, PolicyBounds
from retention.sweeps.models import Sweep
from workspaces.tenancy.selectors import WorkspaceRef

_TEMPORARY = "temporary chats"


def parameters(
    purge_list: PurgeList, *, workspace: WorkspaceRef
) -> dict[str, Any] | None:
    """What the statement of `beside` needs; None where nobody can tell, or not yet."""
    sweep = runs.first_sweep(purge_list)
    if sweep is None or purge_list.listed_at is None or not can_tell(purge_list):
        return None
    of = subject(purge_list.content_kind)
    reached = _reached(purge_list, at=runs.first_sweep_at(purge_list))
    later = _reached(purge_list, at=sweep.planned_at or sweep.opened_at)
    labels = [label for label in reached if label in later]
    is_whole = purge_list.scope == WORKSPACE
    return {
        "list": purge_list.pk,
        "organization": workspace.organization.id,
        "sweep": sweep.pk,
        "kind": of.swept,
        "only": None if is_whole else lists.label_of(purge_list),
        "highest": purge_list.highest_id,
        "labels": labels,
        "reached": [reached[label] for label in labels],
        "later": [later[label] for label in labels],
        "created": reached.get(_TEMPORARY),
        "created_later": later.get(_TEMPORARY),
        "policies_changed": _policies_changed(purge_list, sweep),
        "has_narrower": not is_whole or _has_narrower(purge_list),
    }


def _reached(purge_list: PurgeList, *, at: datetime) -> dict[str, datetime]:
    """Up to which time each version let go of items at `at`, as it was listed.

    Where several scopes have versions of one name it is the one that reaches least.
    """
    scopes = lists.as_listed(
        purge_list, known_at=purge_list.listed_at or purge_list.requested_at, at=at
    )
    kind = subject(purge_list.content_kind).swept
    found: dict[str, datetime] = {}
    for one in conditions.of_kind(scopes, kind):
        before = one.cutoffs.purge_before
        if before is not None:
            found[one.label] = min(before, found.get(one.label, before))
        if kind == CONVERSATIONS and one.scope == WORKSPACE:
            found[_TEMPORARY] = conditions.with_created(one, scopes).created_before
    return found


def _has_narrower(purge_list: PurgeList) -> bool:
    scopes = lists.as_listed(
        purge_list,
        known_at=purge_list.listed_at or purge_list.requested_at,
        at=purge_list.first_sweep_at,
    )
    kind = subject(purge_list.content_kind).swept
    return any(one.scope != WORKSPACE for one in conditions.of_kind(scopes, kind))


def can_tell(purge_list: PurgeList) -> bool:
    """Whether what went beside the list can be told from what it was never about.

    The log names a group's or project's policy, but no member, and no temporary chat.
    """
    if purge_list.content_kind == TEMPORARY_CHATS:
        return False
    return purge_list.scope.kind is not ScopeKind.MEMBER


def _policies_changed(purge_list: PurgeList, sweep: Sweep) -> bool:
    since = Q(
        set_at__gt=purge_list.listed_at,
        in_force_at__lte=sweep.planned_at,
    )
    if purge_list.is_bounds:
        own = Q(content_kind=purge_list.content_kind, version=purge_list.version)
        others = PolicyBounds.objects.filter(since).exclude(own)
        return others.exists() or Policy.objects.filter(since).exists()
    own = Q(
        scope_kind=purge_list.scope_kind,
        membership_id=purge_list.membership_id,
        group_id=purge_list.group_id,
        project_id=purge_list.project_id,
        content_kind=purge_list.content_kind,
        version=purge_list.version,
    )
    return (
        Policy.objects.filter(since).exclude(own).exists()
        or PolicyBounds.objects.filter(since).exists()
    )
