"""Replays the vault's tombstones, so that a restored installation may serve again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from audit.log import heads, sequencer
from audit.log import services as log
from audit.log.epochs import open_epoch
from audit.recording import Target, record
from kit import scoping, signing
from kit.actor import Actor
from kit.permissions import Permission
from retention.restores.selectors import gate, standing
from retention.sweeps import selectors as sweeps
from retention.sweeps import services as sweeping
from retention.sweeps.models import Sweep, Trigger
from retention.sweeps.services import Outcome, SweepIsRunning, replaying
from retention.sweeps.services.planning import TOMBSTONES
from workspaces.operators.services import SITE
from workspaces.tenancy.models import Workspace
from workspaces.tenancy.selectors import WorkspaceRef, workspace_by_slug

_INSTALLATION = Target(kind="installation", id=UUID(int=0))


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """What a replay did.

    `hidden` rows were in store although their keys are destroyed: `purged` went,
    `held` are kept by holds of the restored database (hidden, and unreadable for
    good), `waiting` go with a sweep that was under way in the copy. `settled` are
    tombstones without a row in the doom queue, `destroyed` keys that a restored vault
    had revived; `epoch` is the log's new one, or None.
    """

    hidden: int
    purged: int
    held: int
    waiting: int
    settled: int
    destroyed: int
    epoch: int | None


def replay(*, actor: Actor, now: Callable[[], datetime]) -> Replayed:
    """Purges what the tombstones name; doing it twice changes nothing.

    Nothing else is purged: what the restored database calls due may be under a hold
    that was placed after the copy, and must be placed again first.
    """
    actor.require(Permission.OPERATOR)
    epoch = _epoch()
    destroyed = replaying.destroy_again(at=now())
    hidden = replaying.hide(at=now())
    swept = [_swept(one, now=now) for one in _workspaces()]
    done = [one for one in swept if one is not None]
    replayed = Replayed(
        hidden=hidden,
        purged=sum(n for n, _held in done),
        held=sum(held for _n, held in done),
        waiting=len(swept) - len(done),
        settled=replaying.settle(),
        destroyed=destroyed,
        epoch=epoch,
    )
    _record(actor, replayed, at=now())
    gate.forget()
    return replayed


def is_needed() -> bool:
    """Whether one of the databases was restored."""
    return bool(standing().says)


def _epoch() -> int | None:
    """A new epoch before the first write, where the log would not go on."""
    key = signing.load(Path(settings.CUSTOS_LOG_KEY_FILE))
    return open_epoch() if heads.disagreements(key=key) else None


def _workspaces() -> list[WorkspaceRef]:
    ids = replaying.workspaces_left()
    with scoping.operator():
        slugs = list(
            Workspace.objects.filter(pk__in=ids)
            .order_by("id")
            .values_list("slug", flat=True)
        )
    return [workspace_by_slug(slug=slug) for slug in slugs]


def _swept(
    workspace: WorkspaceRef, *, now: Callable[[], datetime]
) -> tuple[int, int] | None:
    """Purged and held of the workspace's own sweep; None while another is under way."""
    try:
        opened = sweeping.open_run(
            actor=TOMBSTONES, workspace=workspace, trigger=Trigger.COMMAND, at=now()
        )
    except SweepIsRunning:
        return None
    while sweeping.work(run_id=opened.run_id, budget_seconds=30, now=now) is not (
        Outcome.CLOSED
    ):
        sequencer.run(at=now())
        time.sleep(0.05)
    with scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    ):
        return _numbers(Sweep.objects.get(pk=opened.pk))


def _numbers(sweep: Sweep) -> tuple[int, int]:
    others = sweeps.others(sweep=sweep)
    purged = sweep.purged_n + sum(one.purged_n for one in others)
    return purged, sweep.held_n + sum(one.held_n for one in others)


def _record(actor: Actor, replayed: Replayed, *, at: datetime) -> None:
    log.open_site_log(at=at)
    counts = {
        "hidden": replayed.hidden,
        "purged": replayed.purged,
        "held": replayed.held,
        "keys": replayed.destroyed,
        "tombstones": replayed.settled,
        "epoch": replayed.epoch or 0,
    }
    with scoping.organization(organization_id=SITE):
        record(
            actor=actor,
            action="retention.tombstones.replayed",
            target=_INSTALLATION,
            organization_id=SITE,
            at=at,
            counts=counts,
        )
