"""Gives a run one driver at a time, by database time and a number that only rises."""

from dataclasses import dataclass

from retention.sweeps.storage import changed, rows

LEASE_SECONDS = 60

_CLAIM = """
update retention_sweeprun set claimed_by = %(worker)s, fence = fence + 1,
       lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
where id = (
    select id from retention_sweeprun
    where id = %(run)s and state <> 'closed'
      and (lease_until is null or lease_until < clock_timestamp())
    for update skip locked)
returning fence
"""
_BEAT = """
update retention_sweeprun
set lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
where id = %(run)s and fence = %(fence)s and lease_until is not null
returning state, passes
"""
# Left as a lapsed lease: the time when somebody was there last.
_LET_GO = """
update retention_sweeprun set lease_until = clock_timestamp()
where id = %(run)s and fence = %(fence)s
"""


class LeaseLost(Exception):
    """Another worker drives the run now; this one must stop before its next step."""


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to drive one run, as long as the heart beats."""

    run_id: int
    fence: int


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a driver reads with each heartbeat."""

    state: str
    passes: int


def claim(*, run_id: int, worker: str) -> Lease | None:
    """The lease of a run that nobody drives, or None."""
    found = rows(_CLAIM, run=run_id, worker=worker[:80], seconds=LEASE_SECONDS)
    return Lease(run_id=run_id, fence=found[0][0]) if found else None


def beat(lease: Lease) -> Standing:
    """Prolongs the lease; inside a transaction it also locks the run until its end."""
    found = rows(_BEAT, run=lease.run_id, fence=lease.fence, seconds=LEASE_SECONDS)
    if not found:
        raise LeaseLost(f"run {lease.run_id} has another driver")
    return Standing(state=found[0][0], passes=found[0][1])


def let_go(lease: Lease) -> None:
    """Gives the run back, so that the next worker need not wait for the lapse."""
    changed(_LET_GO, run=lease.run_id, fence=lease.fence)
