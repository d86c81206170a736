"""Shows the promise of deletion, with what stands behind it right now."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit import evidence, scoping
from kit.evidence import Finding
from retention.promise.models import PromiseStanding
from retention.promise.rules import LIMIT


def register() -> None:
    """Called once, when the app is ready."""
    evidence.register("deletion", gone_within_thirty_days)


def gone_within_thirty_days(at: datetime) -> Finding:
    """Nothing is stored past its day, as far as the watch has looked."""
    with scoping.operator():
        late = PromiseStanding.objects.filter(oldest_at__lt=at - LIMIT).count()
        looked = PromiseStanding.objects.count()
    says = ngettext(
        "%(n)s workspace stores something past its day.",
        "%(n)s workspaces store something past their day.",
        late,
    ) % {"n": late}
    return Finding(
        holds=not late,
        says=says if late else _("Nothing is past its day in %s workspaces.") % looked,
    )
