"""Pure decisions of sign-in."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

_FREE_FAILURES = 5
_LONGEST_WAIT = timedelta(minutes=15)


class Need(StrEnum):
    """What a session lacks to open something."""

    NOTHING = "nothing"
    SSO = "sso"
    CODE = "code"


def need(*, sso: str, method: str, is_bound: bool) -> Need:
    """What has to happen before a session opens what `sso` stands before.

    Required binds people whose address lies in a proven domain of the organization
    (`is_bound`); for others no identity provider can vouch. Break-glass opens all: it
    is for the day on which single sign-on does not work.
    """
    if method == "break_glass" or sso == "optional":
        return Need.NOTHING
    if sso == "off":
        return Need.CODE if method == "saml" else Need.NOTHING
    return Need.NOTHING if method == "saml" or not is_bound else Need.SSO


def may_use_code(
    *, ssos: Iterable[str], runs_it: bool, is_bound: bool, strict: bool
) -> bool:
    """Whether a code opens anything of an organization for a person.

    `ssos` are the settings of their workspaces; `runs_it`: they run the organization
    itself, which is as strict as its strictest workspace (`strict`).
    """
    if runs_it and not (strict and is_bound):
        return True
    return any(
        need(sso=one, method="code", is_bound=is_bound) is Need.NOTHING for one in ssos
    )


def wait_after(failures: int) -> timedelta:
    """How long the next try waits: nothing at first, a quarter of an hour at most."""
    if failures < _FREE_FAILURES:
        return timedelta(0)
    doubled = timedelta(minutes=1 << min(failures - _FREE_FAILURES, 10))
    return min(doubled, _LONGEST_WAIT)


def domain_of(address: str) -> str:
    """The domain of a folded address."""
    return address.rpartition("@")[2]


def session_seconds(
    *, own_max: timedelta, ends_at: datetime | None, at: datetime
) -> int:
    """How long a session lasts: never beyond what the identity provider allows."""
    allowed = own_max if ends_at is None else min(own_max, ends_at - at)
    return max(1, int(allowed.total_seconds()))
