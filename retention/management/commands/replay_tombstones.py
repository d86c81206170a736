"""Replays the vault's tombstones after a restore."""

from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime
from typing import Any

from kit import clock
from kit.actor import Actor
from kit.commands import JsonCommand, Result
from retention.restores import services


class Command(JsonCommand):
    """replay_tombstones [--if-restored]"""

    help = "After a restore: hide and purge what was purged before, renew the log."

    def options(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-restored",
            action="store_true",
            help="do nothing where neither database was restored",
        )

    def act(self, *_args: Any, at: datetime, **options: Any) -> Result:  # noqa: ARG002
        if options["if_restored"] and not services.is_needed():
            return {"restored": False}
        done = services.replay(actor=Actor.operator(), now=clock.now)
        return {"restored": True, **asdict(done)}
