"""Writes a log into a ZIP that others can verify."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from audit.log.selectors import logs_for_operator
from audit.verification import services
from kit.actor import Actor
from kit.commands import JsonCommand, Result


class Command(JsonCommand):
    """Exports checkpoint, tiles, entries and opened details."""

    help = "Export an organization's audit log, details included: keep the file safe."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", required=True)
        parser.add_argument("--out", metavar="FILE.zip", type=Path, required=True)

    def act(self, *_args: Any, at: datetime, **options: Any) -> Result:
        log = logs_for_operator(slug=options["organization"])[0]
        with options["out"].open("wb") as file:
            exported = services.export(
                actor=Actor.operator(), log=log, file=file, at=at, using="sequencer"
            )
        return {"entries": exported.entries, "checkpoint": exported.checkpoint}
