"""Collects what must be well before this process may serve; slices register a look.

A look gives nothing while all is well, and otherwise the sentence that says why not.
"""

from collections.abc import Callable

Look = Callable[[], str]

_looks: dict[str, Look] = {}


def register(name: str, look: Look) -> None:
    """Adds a need; called once, when the app is ready."""
    _looks[name] = look


def needs() -> dict[str, Look]:
    """Everything registered, by name."""
    return dict(_looks)


def refusal() -> str:
    """The first sentence why this process may not serve, or nothing."""
    return next((says for look in _looks.values() if (says := look())), "")
