"""Who may give or take which role: nobody one that may do more than their own."""

from collections.abc import Set as AbstractSet
from enum import StrEnum


class Lack(StrEnum):
    """Why a permission is missing."""

    NOTHING = "nothing"
    PLAN = "plan"
    ROLE = "role"


def lack(
    permission: str,
    *,
    held: AbstractSet[str],
    on_any_plan: AbstractSet[str],
) -> Lack:
    """What stands between a role and `permission`; plans take away after roles give."""
    if permission in held:
        return Lack.NOTHING
    return Lack.PLAN if permission in on_any_plan else Lack.ROLE


def may_give(*, own: AbstractSet[str], other: AbstractSet[str]) -> bool:
    """Whether someone who may do `own` may give, or act on, a role that may `other`."""
    return other <= own
