"""Decides from policy versions what has expired and what may be purged, as cut-offs.

An item with clock value c expires under a version of d days at c + d. It may be
purged when it has been expired without a gap for the undo window, across however
many versions were in force meanwhile; otherwise each change of policy would put the
purge off. The later its clock, the later an item's expired run begins, so the set
that may be purged is all items up to one cut-off, and SQL compares a column with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar, cast

from workspaces.tenancy.plans import Promises


@dataclass(frozen=True, kw_only=True)
class Version:
    """What the rules need of one policy version; `days` None means keep.

    Under a withdrawal the scope has no policy of its own. `label` names the version in
    the log.
    """

    number: int
    days: int | None
    undo_days: int
    set_at: datetime
    in_force_at: datetime
    is_withdrawal: bool = False
    label: str = ""


class _Dated(Protocol):
    """A version of anything: of a policy, or of the bounds of a workspace."""

    @property
    def number(self) -> int: ...
    @property
    def set_at(self) -> datetime: ...
    @property
    def in_force_at(self) -> datetime: ...


_D = TypeVar("_D", bound=_Dated)


@dataclass(frozen=True, kw_only=True)
class Cutoffs:
    """The times that conversations of one scope are compared with; None matches none.

    `expire_before` and `purge_before` are for the last activity, `created_before` for
    the creation of temporary conversations (of all, where `by_creation`), and
    `deleted_before` for the moment of an explicit delete, whose undo window is the
    plan's: a policy's own window is for what expires.
    """

    expire_before: datetime | None
    purge_before: datetime | None
    deleted_before: datetime
    created_before: datetime
    by_creation: bool


def as_seen(version: _D, *, at: datetime) -> _D:
    """The version to a clock that reads `at`: nothing was set after now.

    Where the setter's clock ran ahead, the version is one that was set just now, and in
    force if it was to be at once. The clock that asks never moves: with it would move
    the cut-offs of all that is deleted and temporary.
    """
    if version.set_at <= at:
        return version
    is_immediate = version.in_force_at == version.set_at
    in_force_at = at if is_immediate else version.in_force_at
    return cast("_D", replace(cast("Any", version), set_at=at, in_force_at=in_force_at))


def timeline(versions: Sequence[_D]) -> list[_D]:
    """The versions that took or will take force, in order.

    One that another was set after, before it took force, never does.
    """
    ordered = sorted(versions, key=lambda version: version.number)
    return [
        version
        for place, version in enumerate(ordered)
        if not any(later.set_at < version.in_force_at for later in ordered[place + 1 :])
    ]


def in_force(versions: Sequence[_D], *, at: datetime) -> _D | None:
    """The version in force at `at`."""
    begun = [version for version in timeline(versions) if version.in_force_at <= at]
    return begun[-1] if begun else None


def pending(versions: Sequence[Version], *, at: datetime) -> Version | None:
    """The version that will take force after `at`."""
    coming = [version for version in timeline(versions) if version.in_force_at > at]
    return coming[-1] if coming else None


def cutoffs(
    versions: Sequence[Version], *, at: datetime, promises: Promises
) -> Cutoffs:
    """The cut-offs of one scope at `at`, under what its plan promises."""
    current = in_force(versions, at=at)
    undo_days = current.undo_days if current else promises.default_undo_days
    undo = timedelta(days=min(undo_days, promises.purge_limit_days))
    fixed = promises.fixed_retention_days
    follows_policy = current is not None and fixed is None
    return Cutoffs(
        expire_before=_before(at, current.days)
        if current is not None and follows_policy
        else None,
        purge_before=_purge_before(versions, since=at - undo, at=at)
        if follows_policy
        else None,
        deleted_before=at - timedelta(days=promises.default_undo_days),
        created_before=at - timedelta(days=fixed or promises.history_off_days),
        by_creation=fixed is not None,
    )


def waited(
    versions: Sequence[Version], *, at: datetime, promises: Promises, days: int
) -> Cutoffs:
    """Cut-offs that reach what has been deleted or expired for so many days."""
    found = cutoffs(
        [replace(version, undo_days=days) for version in versions],
        at=at,
        promises=replace(promises, purge_limit_days=max(days, 1)),
    )
    return replace(
        found,
        deleted_before=at - timedelta(days=days),
        created_before=found.created_before - timedelta(days=days),
    )


def expired_since(
    versions: Sequence[Version], *, clock: datetime, at: datetime
) -> datetime | None:
    """Since when an item with this clock value has been expired without a gap."""
    since = None
    ends_at: datetime | None = None
    for version in reversed(timeline(versions)):
        if version.in_force_at > at or version.in_force_at == ends_at:
            continue
        begins = _expires_at(version, clock)
        if begins is None or begins > at or (ends_at is not None and begins >= ends_at):
            return since
        since = begins
        if begins > version.in_force_at:
            return since
        ends_at = version.in_force_at
    return since


def expires_at(
    versions: Sequence[Version], *, clock: datetime, at: datetime
) -> datetime | None:
    """When an item expires, or has expired, if nothing else is set."""
    found = _next_expiry(versions, clock=clock, at=at)
    return found[0] if found else None


def purge_at(
    versions: Sequence[Version], *, clock: datetime, at: datetime
) -> datetime | None:
    """When an item may be purged if nothing else is set; None while it is kept."""
    found = _next_expiry(versions, clock=clock, at=at)
    return found[0] + timedelta(days=found[1].undo_days) if found else None


def _next_expiry(
    versions: Sequence[Version], *, clock: datetime, at: datetime
) -> tuple[datetime, Version] | None:
    """Since or from when an item is expired, and under which version at that time."""
    steps = timeline(versions)
    for place, version in enumerate(steps):
        ends_at = steps[place + 1].in_force_at if place + 1 < len(steps) else None
        if ends_at is not None and ends_at <= at:
            continue
        begins = _expires_at(version, clock)
        if begins is None or (ends_at is not None and begins >= ends_at):
            continue
        if version.in_force_at <= at:
            begins = expired_since(versions, clock=clock, at=at) or begins
        return begins, version
    return None


def is_gapless(versions: Sequence[Version], *, since: datetime, at: datetime) -> bool:
    """Whether some version, no withdrawal, was in force all the time since then."""
    steps = timeline(versions)
    if not steps or steps[0].in_force_at > since:
        return False
    return not any(step.is_withdrawal for step in _between(steps, since, at))


def governed_lately(
    versions: Sequence[Version], *, since: datetime, at: datetime
) -> bool:
    """Whether any version, no withdrawal, was in force at a time since then."""
    steps = _between(timeline(versions), since, at)
    return any(not step.is_withdrawal for step in steps)


def purge_before(
    versions: Sequence[Version], *, since: datetime, at: datetime
) -> datetime | None:
    """Up to which clock value items were expired under what was in force since then.

    Under each version in force during that time an item must have been expired when
    the version's share of it began. While none was, nothing is asked of it.
    """
    bounds = [
        _before(max(version.in_force_at, since), version.days)
        for version in _between(timeline(versions), since, at)
        if not version.is_withdrawal
    ]
    known = [bound for bound in bounds if bound is not None]
    return min(known, default=None) if len(known) == len(bounds) else None


def _between(steps: Sequence[Version], since: datetime, at: datetime) -> list[Version]:
    """The versions that were in force at any time from `since` to `at`."""
    found = []
    for place, version in enumerate(steps):
        ends_at = steps[place + 1].in_force_at if place + 1 < len(steps) else None
        if version.in_force_at > at or version.in_force_at == ends_at:
            continue
        if ends_at is not None and ends_at <= since:
            continue
        found.append(version)
    return found


def _purge_before(
    versions: Sequence[Version], *, since: datetime, at: datetime
) -> datetime | None:
    """Up to which clock value items were expired all the time from `since` to `at`."""
    if not is_gapless(versions, since=since, at=at):
        return None
    return purge_before(versions, since=since, at=at)


def _before(moment: datetime, days: int | None) -> datetime | None:
    return None if days is None else moment - timedelta(days=days)


def _expires_at(version: Version, clock: datetime) -> datetime | None:
    if version.days is None:
        return None
    return max(clock + timedelta(days=version.days), version.in_force_at)
