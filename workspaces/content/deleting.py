"""Marks conversations deleted and takes the mark away again.

Only `retention.deletions` may import this: it asks the holds first, records the act,
and opens the scope in which these run.
"""

from collections.abc import Collection
from datetime import datetime

from workspaces.content.models import Conversation


def mark_deleted(*, ids: Collection[int], by: str, at: datetime) -> int:
    """Hides conversations at once; returns how many were not marked before.

    `by` says through which door: it is stored, and is not a person's name.
    """
    visible = Conversation.objects.filter(id__in=ids, staged_by__isnull=True)
    return visible.filter(deleted_at__isnull=True).update(deleted_at=at, deleted_by=by)


def unmark(*, ids: Collection[int]) -> int:
    """Brings deleted conversations back; returns how many were marked."""
    marked = Conversation.objects.filter(id__in=ids, deleted_at__isnull=False)
    return marked.update(deleted_at=None, deleted_by=None)
