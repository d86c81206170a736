"""Pure decisions of sign-in."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

CLAIM_WINDOW = timedelta(days=7)
MOST_TRIES = 99
TEST_HOLDS = timedelta(hours=24)
# Days before a certificate ends on which its organization is told, once each.
WARNING_DAYS = (60, 30, 14, 7, 1)
# The role of somebody whose groups match several rules is the first of these.
_STRONGEST_FIRST = (
    "owner",
    "admin",
    "compliance_officer",
    "analytics_viewer",
    "member",
)

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


def claim_has_lapsed(*, claimed_at: datetime, attempts: int, at: datetime) -> bool:
    """Whether an unproven claim of a domain must be made anew to be tried again."""
    return at >= claimed_at + CLAIM_WINDOW or attempts >= MOST_TRIES


def digest_of(settings: Mapping[str, object]) -> str:
    """The hash of settings: equal for equal ones, however they are ordered."""
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(text.encode()).hexdigest()


def test_holds(
    *, digest: str, tested_digest: str, tested_at: datetime | None, at: datetime
) -> bool:
    """Whether exactly these settings passed a test sign-in within a day."""
    is_same = bool(tested_digest) and digest == tested_digest
    return is_same and tested_at is not None and at < tested_at + TEST_HOLDS


def vouched_for(*, known: Collection[str], listed: Collection[str]) -> bool:
    """Whether new certificates come beside one that is believed already."""
    return not known or bool(set(known) & set(listed))


def warning_due(
    *, not_after: datetime, warned_days: int | None, at: datetime
) -> int | None:
    """The warning to give now, by its days; none where it was given already."""
    left = not_after - at
    reached = [days for days in WARNING_DAYS if left <= timedelta(days=days)]
    if not reached:
        return None
    nearest = min(reached)
    return nearest if warned_days is None or nearest < warned_days else None


def strongest(roles: Iterable[str], *, may_grant_owner: bool) -> str | None:
    """The role that a person's groups give, if any; owner only where allowed."""
    found = {role for role in roles if may_grant_owner or role != "owner"}
    return next((role for role in _STRONGEST_FIRST if role in found), None)
