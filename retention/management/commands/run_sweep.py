"""Sweeps one workspace to the end, or tells what a sweep would purge."""

import time
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from audit.log import sequencer
from kit import clock, scoping
from kit.actor import Actor
from kit.commands import JsonCommand, Result
from kit.refusals import Refused
from retention.conversations import selectors as conversations
from retention.sweeps import selectors, services
from retention.sweeps.breaker import selectors as breaker
from retention.sweeps.breaker import services as confirming
from retention.sweeps.models import Sweep, SweepState, Trigger
from retention.sweeps.services import Outcome, SweepIsRunning
from workspaces.tenancy.selectors import WorkspaceRef, workspace_by_slug


class SweepWasStopped(Refused):
    """The circuit breaker stopped the sweep; nothing is gone."""


class Command(JsonCommand):
    """The command of the contract."""

    help = "Sweep a workspace: purge what is due, destroy its keys, sign a receipt."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True)
        parser.add_argument("--dry-run", action="store_true")
        parser.add_argument(
            "--override", action="store_true", help="go on where the breaker stopped it"
        )
        parser.add_argument("--reason", default="")

    def act(self, *_args: Any, at: datetime, **options: Any) -> Result:
        found = workspace_by_slug(slug=options["workspace"])
        if options["dry_run"]:
            return _dry_run(found, at=at)
        sweep = _swept(found, *_run_id(found, at=at))
        if sweep.state == SweepState.STOPPED:
            if not options["override"]:
                raise SweepWasStopped(
                    "It would purge far more than usual, and was stopped before its"
                    " first batch. Look at its numbers; then use --override --reason."
                )
            sweep = _confirmed(found, reason=options["reason"], at=at)
        return {
            "id": sweep.public_id,
            "purged": sweep.purged_n,
            "held": sweep.held_n,
            "failed": sweep.failed_n,
        }


def _dry_run(workspace: WorkspaceRef, *, at: datetime) -> Result:
    with _scope(workspace):
        counts = conversations.counts(workspace=workspace, at=at)
    return {"id": None, "purged": counts.due, "held": counts.held, "failed": 0}


def _run_id(workspace: WorkspaceRef, *, at: datetime) -> tuple[int, int]:
    """A run of its own, or the one that is under way already."""
    try:
        sweep = services.open_run(
            actor=Actor.operator(), workspace=workspace, trigger=Trigger.COMMAND, at=at
        )
    except SweepIsRunning:
        with _scope(workspace):
            running = selectors.running_sweep()
        if running is None:
            raise
        sweep = running
    return sweep.run_id, sweep.pk


def _confirmed(workspace: WorkspaceRef, *, reason: str, at: datetime) -> Sweep:
    """Lets the stopped sweep go on; every owner of the organization hears of it."""
    with _scope(workspace):
        stop = breaker.open_stop()
        if stop is None:
            raise SweepWasStopped("Another sweep was planned meanwhile.")
        sweep = confirming.override(
            workspace=workspace, stop=stop.public_id, reason=reason, at=at
        )
    return _swept(workspace, sweep.run_id, sweep.pk)


def _swept(workspace: WorkspaceRef, run_id: int, sweep_id: int) -> Sweep:
    while services.work(run_id=run_id, budget_seconds=30, now=clock.now) is not (
        Outcome.CLOSED
    ):
        # No worker need run: the command seals the plan and goes on by itself.
        sequencer.run(at=clock.now())
        time.sleep(0.05)
    with _scope(workspace):
        return selectors.sweeps().get(pk=sweep_id)


def _scope(workspace: WorkspaceRef) -> Any:
    return scoping.workspace(
        workspace_id=workspace.id, organization_id=workspace.organization.id
    )
