"""Which heads of the open scope's log the site's log names."""

from audit.anchors.models import AuditAnchor


def newest(*, count: int) -> list[AuditAnchor]:
    """The newest anchors, newest first."""
    return list(AuditAnchor.objects.order_by("-hour")[:count])
