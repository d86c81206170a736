"""Examines whether work moves: the broker, workers, the seal, and purges in time."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import redis
from celery import current_app
from django.conf import settings

from audit.limbo import selectors as limbo
from audit.log import selectors as log
from audit.timestamps import selectors as timestamps
from audit.verification import selectors as verification
from audit.witnesses import selectors as witnesses
from kit import scoping
from kit.queues import QUEUES
from retention.deletions import objects
from retention.deletions import selectors as deletions
from retention.incidents import selectors
from retention.incidents.models import IncidentKind
from retention.management.diagnosis.findings import Finding, Probe, asked, bad, ok, warn
from retention.sweeps import services as sweeps
from workspaces.tenancy import plans
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef, workspace_by_slug

# Workers need some seconds to come up; each try waits for answers this long.
TRIES, SECONDS = 6, 1.5
_OUTSIDE_MAY_FAIL = timedelta(days=1)
_START = "Start Redis or Valkey, and compare REDIS_URL."


@asked(way_out=_START)
def broker(_at: datetime) -> Finding:
    """The doorbell answers."""
    with redis.Redis.from_url(
        settings.CELERY_BROKER_URL, socket_timeout=2, socket_connect_timeout=2
    ) as connection:
        connection.ping()
    return ok("The broker answers.")


@asked(way_out=_START)
def workers(_at: datetime) -> Finding:
    """Somebody listens on every queue."""
    missing: list[str] = []
    for _try in range(TRIES):
        served = _served()
        missing = [queue for queue in QUEUES if queue not in served]
        if not missing:
            return ok(f"Workers listen on {', '.join(QUEUES)}.")
    return bad(
        f"No worker listens on {' and '.join(missing)}.",
        way_out="celery -A config.celery worker -Q <queue>, one for each.",
    )


def _served() -> set[str]:
    inspect = current_app.control.inspect(timeout=SECONDS)
    answers: dict[str, Any] = inspect.active_queues() or {}
    return {queue["name"] for queues in answers.values() for queue in queues}


@asked(way_out="Start the content database.")
def seal(at: datetime) -> Finding:
    """Entries are under a signed head soon after they are recorded."""
    stalled = log.stall(at=at)
    if stalled is None:
        return ok("No entry of the audit log waits for its seal.")
    return (bad if stalled.level is log.Level.ALARM else warn)(
        str(stalled),
        way_out="End what holds it back (pg_terminate_backend), or start the worker"
        " of the queue sequencer and beat.",
    )


@asked(way_out="Start the content database.")
def verified(at: datetime) -> Finding:
    """Every log is there, was verified lately, and held."""
    doubts = verification.doubts_for_operator(at=at)
    flaws = [f"{name} (lost)" for name in log.lost_logs_for_operator()]
    flaws += [
        f"{one.origin} ({one.finding}, first at index {one.index})"
        for one in doubts
        if one.finding
    ]
    if flaws:
        return bad(
            f"The audit log does not hold: {'; '.join(flaws)}.",
            way_out="Keep the database as it is and compare it with the newest backup;"
            " manage.py verify_audit verifies again.",
        )
    if doubts:
        return warn(
            f"Not verified since {doubts[0].since}: "
            f"{', '.join(one.origin for one in doubts)}.",
            way_out="Start beat and a worker of the queue slow; its log names a log"
            " that cannot be read.",
        )
    return ok("Every log was verified within two days, and holds.")


@asked(way_out="Start the content database.")
def witness(at: datetime) -> Finding:
    """The witness of the installation's log, where there is one, goes on signing."""
    if witnesses.configured() is None:
        return ok("No witness outside is set.")
    trouble = witnesses.trouble()
    if trouble is None:
        return ok("The witness signed the newest head that it was shown.")
    is_late = at - trouble.since >= _OUTSIDE_MAY_FAIL
    return (bad if trouble.is_contradiction or is_late else warn)(
        f"The witness signs nothing since {trouble.since}: {trouble.sentence}.",
        way_out="docs/audit-integrity.md, A witness, says what each answer asks for.",
    )


@asked(way_out="Start the content database.")
def timestamp(at: datetime) -> Finding:
    """The authority, where there is one, goes on timestamping."""
    if timestamps.configured() is None:
        return ok("No timestamp authority is set.")
    trouble = timestamps.trouble()
    if trouble is None:
        return ok("The authority timestamped the newest head that it was shown.")
    return (bad if at - trouble.since >= _OUTSIDE_MAY_FAIL else warn)(
        f"Nothing is timestamped since {trouble.since}: {trouble.sentence}.",
        way_out="docs/audit-integrity.md, A timestamp, says what to look at.",
    )


@asked(way_out="Start the content database.")
def overdue(at: datetime) -> Finding:
    """What was deleted or expired is gone within the promised days."""
    late: dict[str, int] = {}
    for workspace in _workspaces():
        limit = _days(workspace)
        with scoping.workspace(
            workspace_id=workspace.id, organization_id=workspace.organization.id
        ):
            waiting = deletions.waiting(workspace=workspace, at=at)
            others = objects.overdue(workspace=workspace, days=limit, at=at)
        if number := sum(waiting.by_day[limit:]) + others:
            late[workspace.slug] = number
    if not late:
        return ok("Nothing that should be gone is still stored.")
    where = ", ".join(f"{number} in {slug}" for slug, number in late.items())
    return bad(
        f"Content past the promised day and not held: {where}.",
        way_out="manage.py run_sweep --workspace <slug>; then find out why no sweep"
        " ran before.",
    )


@asked(way_out="Start the content database.")
def stuck(at: datetime) -> Finding:
    """No work of deleting stays in one state for longer than its limit."""
    found = sweeps.stuck(at=at)
    if not found:
        return ok("No work of deleting stands still.")
    states = sorted({f"{one.state} ({one.n})" for one in found})
    return bad(
        f"Work of deleting stands still: {'; '.join(states)}.",
        way_out="See that beat and workers of due, slow and sequencer run, and that"
        " vault and blob store answer; retention/sweeps/limbo.py says what repairs"
        " each.",
    )


@asked(way_out="Start the content database.")
def stuck_logs(at: datetime) -> Finding:
    """No work on audit logs stays in one state for longer than its limit."""
    found = limbo.stuck(at=at)
    if not found:
        return ok("No work on audit logs stands still.")
    numbers: Counter[str] = Counter()
    for one in found:
        numbers[one.state] += one.n
    states = "; ".join(f"{state} ({n})" for state, n in sorted(numbers.items()))
    return bad(
        f"Work on audit logs stands still: {states}.",
        way_out="See that beat and workers of due, slow and sequencer run, and read"
        " their logs; audit/limbo/states.py says what repairs each.",
    )


@asked(way_out="Start the content database.")
def alarms(_at: datetime) -> Finding:
    """No canary outlived its time, no purge left anything, no sweep missed all."""
    lasting = {
        kind.label: len(selectors.lasting_everywhere(kind=kind, using="sweeper"))
        for kind in IncidentKind
        if kind is not IncidentKind.STUCK
    }
    said = [f"{label}: {n} workspaces" for label, n in lasting.items() if n]
    if not said:
        return ok("No sweep missed what was due, and no purge left anything.")
    return bad(
        f"Incidents last: {'; '.join(said)}.",
        way_out="The page Sweeps of each workspace names them; so does the audit log"
        " (retention.incident.opened).",
    )


def _workspaces() -> Iterator[WorkspaceRef]:
    with scoping.operator():
        slugs = list(Workspace.objects.order_by("slug").values_list("slug", flat=True))
    return (workspace_by_slug(slug=slug) for slug in slugs)


def _days(workspace: WorkspaceRef) -> int:
    """After how many days in hiding; where the plan fixes the window there are none."""
    promises = plans.of(workspace.plan)
    return 1 if promises.fixed_retention_days else promises.purge_limit_days


PROBES: dict[str, Probe] = {
    "broker": broker,
    "workers": workers,
    "seal": seal,
    "verification": verified,
    "witness": witness,
    "timestamp": timestamp,
    "overdue purges": overdue,
    "stuck work": stuck,
    "stuck logs": stuck_logs,
    "incidents": alarms,
}
