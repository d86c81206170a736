"""Exchanges the key that signs the audit log's heads."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from audit.rotation import services
from kit.actor import Actor
from kit.commands import JsonCommand, Result


class Command(JsonCommand):
    """rotate_log_key --reason TEXT"""

    help = "Make a new signing key for the audit log; both sign one head of each log."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", required=True)

    def act(self, *_args: Any, at: datetime, **options: Any) -> Result:
        done = services.rotate(actor=Actor.operator(), reason=options["reason"], at=at)
        return {"key": done.key.vkey, "logs": done.logs}
