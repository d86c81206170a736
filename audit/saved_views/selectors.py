"""Which saved views somebody sees."""

from uuid import UUID

from django.db.models import Q, QuerySet

from audit.saved_views.models import AuditSavedView
from kit.actor import Actor
from kit.permissions import Permission

MOST = 100


def visible_to(
    actor: Actor, *, workspace: UUID | None
) -> "QuerySet[AuditSavedView, AuditSavedView]":
    """The actor's own and the shared ones on these pages, by name."""
    rows = AuditSavedView.objects.filter(
        Q(owner=actor.id) | Q(is_shared=True), workspace=workspace
    )
    return rows.order_by("name", "id")


def may_delete(actor: Actor, view: AuditSavedView) -> bool:
    """One's own; and a shared one for whoever answers for the log."""
    is_own = str(view.owner) == actor.id
    return is_own or (view.is_shared and bool(actor.may(Permission.AUDIT_VERIFY)))
