"""The mail of the organization whose scope is open."""

from kit.http import keyset
from workspaces.notices.models import Notice

_ORDER: keyset.Order = (("created_at", "desc"), ("id", "desc"))


def page(*, after: str | None = None) -> keyset.Page[Notice]:
    """One page of notices, newest first."""
    return keyset.page(Notice.objects.all(), order=_ORDER, after=after)
