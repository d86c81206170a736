"""What a key and a token have in common: how long they live."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from kit.refusals import Refused
from workspaces.keys import rules


class BadLife(Refused):
    """A number of days or hours that no key may live or overlap."""

    status = 422


class AlreadyRotated(Refused):
    """The key has a successor already, or has ended."""


def end(*, days: int, at: datetime) -> datetime:
    """When what is issued at `at` for `days` days ends."""
    if not rules.may_live(days):
        raise BadLife(
            _("A key lives %(least)d to %(most)d days; %(now)s is not possible.")
            % {
                "least": rules.SHORTEST_DAYS,
                "most": rules.LONGEST_DAYS,
                "now": str(days)[:12],
            }
        )
    return at + timedelta(days=days)


def demand_overlap(hours: int) -> None:
    """Refuse an overlap that would make rotation pointless."""
    if not rules.may_overlap(hours):
        raise BadLife(
            _("The old key can work on for 0 to %(most)d hours, not %(now)s.")
            % {"most": rules.LONGEST_OVERLAP_HOURS, "now": str(hours)[:12]}
        )


def demand_in_force(
    *,
    expires_at: datetime,
    rotated_at: datetime | None,
    revoked_at: datetime | None,
    at: datetime,
) -> None:
    """Only a key that works, and has no successor, can be rotated."""
    if revoked_at is not None or expires_at <= at:
        raise AlreadyRotated(
            _("This key has ended and cannot be rotated: issue a new one.")
        )
    if rotated_at is not None:
        raise AlreadyRotated(_("This key was rotated already; its successor works."))
