"""Lets web processes and workers ask whether a database was restored."""

from typing import Any

from celery.signals import worker_init
from django.db import connections

from kit import readiness
from retention.restores.selectors import gate


def register() -> None:
    """Called once, when the app is ready."""
    readiness.register("restore", gate.refusal, of_workers=gate.refusal_now)
    worker_init.connect(_refuse_to_start)


def _refuse_to_start(**_: Any) -> None:
    """A worker that began would purge, and its broker would hand it more."""
    says = gate.refusal()
    # Children must not inherit a connection of their parent.
    connections.close_all()
    if says:
        raise SystemExit(says)
