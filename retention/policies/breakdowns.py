"""Tells what the first sweep under a policy takes: by kind, age, group and owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from kit import content_kinds
from kit.formatting import absolute, grouped, size
from retention.policies import naming
from retention.policies.models import Scope, ScopeKind
from retention.policies.previews import AgeShare, Preview, Share


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """One table: what it is by, and its rows of name, number and size."""

    id: str
    title: str
    rows: list[dict[str, Any]]


def breakdowns(preview: Preview) -> list[Breakdown]:
    """The tables that have something to tell, in the order of the page."""
    owners = _named(ScopeKind.MEMBER, preview.by_owner)
    groups = _named(ScopeKind.GROUP, preview.by_group)
    kinds = {kind.name: str(kind.labels) for kind in content_kinds.governed()}
    found = [
        Breakdown(id="by-kind", title=_("By kind"), rows=_rows(preview.by_kind, kinds)),
        Breakdown(id="by-age", title=_("By age"), rows=_ages(preview.by_age)),
        Breakdown(
            id="by-group", title=_("By group"), rows=_rows(preview.by_group, groups)
        ),
        Breakdown(
            id="by-owner",
            title=_("By owner, the largest"),
            rows=_rows(preview.by_owner, owners),
        ),
    ]
    return [one for one in found if one.rows]


def dates(preview: Preview) -> list[dict[str, Any]]:
    """When the first and the last of it goes, and what holds and the rule keep."""
    nothing = _("nothing within 12 weeks")
    first, last = preview.first_purge_at, preview.last_purge_at
    return [
        {"name": _("First purge"), "value": absolute(first) if first else nothing},
        {
            "name": _("Last purge of what is shown"),
            "value": absolute(last) if last else nothing,
        },
        {"name": _("Size kept by holds"), "value": size(preview.held_bytes)},
        {
            "name": _("Kept that today's rule would purge"),
            "value": grouped(preview.fewer_than_today),
        },
    ]


def _named(kind: ScopeKind, shares: Sequence[Share]) -> dict[str | int, str]:
    scopes = [Scope(kind, int(share.key)) for share in shares]
    labels = naming.labels(scopes)
    return {scope.id: labels[scope] for scope in scopes if scope.id is not None}


def _rows(shares: Sequence[Share], names: Mapping[Any, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": names.get(share.key, _("no longer here")),
            "number": grouped(share.items),
            "size": size(share.bytes),
        }
        for share in shares
    ]


def _ages(shares: Sequence[AgeShare]) -> list[dict[str, Any]]:
    return [
        {
            "name": _age(share),
            "number": grouped(share.items),
            "size": size(share.bytes),
        }
        for share in shares
        if share.items
    ]


def _age(share: AgeShare) -> str:
    if share.to_days is None:
        return _("over %s days") % grouped(share.from_days)
    return _("%(from)s to %(to)s days") % {
        "from": grouped(share.from_days),
        "to": grouped(share.to_days),
    }
