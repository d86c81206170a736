"""Fills the installation with the demo; only in demo mode."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from kit.actor import Actor
from kit.commands import JsonCommand, Result
from retention.management import demo


class Command(JsonCommand):
    """`seed_demo`: safe to repeat."""

    help = "Fills the installation with invented people and sample conversations."

    def act(self, *args: Any, at: datetime, **options: Any) -> Result:  # noqa: ARG002
        if not settings.CUSTOS_DEMO:
            raise CommandError(
                "The demo lets anybody in: set CUSTOS_DEMO=1 where nothing is real."
            )
        return asdict(demo.seed(actor=Actor.operator(), at=at, say=self.note))
