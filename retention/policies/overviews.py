"""Answers which policies a workspace has: the newest version of each scope and kind."""

from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce

from retention.policies.models import Policy, ScopeKind

# The workspace itself names nobody.
_NAMED = Coalesce("membership_id", "group_id", "project_id", Value(0))


def exceptions() -> QuerySet[Policy]:
    """Groups', members' and projects' policies that count, to order by (-id)."""
    return (
        _newest()
        .exclude(scope_kind=ScopeKind.WORKSPACE.value)
        .filter(is_own=False, is_withdrawal=False)
    )


def defaults() -> list[Policy]:
    """The workspace's own policies, of each kind that has one, by kind."""
    found = _newest().filter(scope_kind=ScopeKind.WORKSPACE.value)
    return list(found.order_by("content_kind"))


def _newest() -> QuerySet[Policy]:
    rows = Policy.objects.annotate(named=_NAMED)
    later = rows.filter(
        scope_kind=OuterRef("scope_kind"),
        content_kind=OuterRef("content_kind"),
        named=OuterRef("named"),
        version__gt=OuterRef("version"),
    )
    return rows.filter(~Exists(later))
