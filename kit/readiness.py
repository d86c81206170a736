"""Collects what must be well before this process may serve; slices register a look.

A look gives nothing while all is well, and otherwise the sentence that says why not. A
worker looks again before each task, since what it does may not be undone.
"""

from collections.abc import Callable

Look = Callable[[], str]

_looks: dict[str, Look] = {}
_looks_of_workers: dict[str, Look] = {}


def register(name: str, look: Look, *, of_workers: Look) -> None:
    """Adds a need; called once, when the app is ready."""
    _looks[name] = look
    _looks_of_workers[name] = of_workers


def needs() -> dict[str, Look]:
    """Everything registered, by name."""
    return dict(_looks)


def refusal() -> str:
    """The first sentence why this process may not serve, or nothing."""
    return _first(_looks)


def refusal_of_work() -> str:
    """The first sentence why a task may not run now, or nothing."""
    return _first(_looks_of_workers)


def _first(looks: dict[str, Look]) -> str:
    return next((says for look in looks.values() if (says := look())), "")
