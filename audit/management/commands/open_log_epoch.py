"""Opens a new epoch of the audit log after a restore."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from audit.epochs import services
from kit.actor import Actor
from kit.commands import JsonCommand, Result


class Command(JsonCommand):
    """open_log_epoch --reason TEXT"""

    help = "Where logs are refused (a restored backup): go on in a new epoch."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", required=True)

    def act(self, *_args: Any, at: datetime, **options: Any) -> Result:
        done = services.open_new(
            actor=Actor.operator(), reason=options["reason"], at=at
        )
        return {"epoch": done.epoch, "refused": done.disagreements}
