"""Whether groups may make owners here; the slice where that is switched tells."""

from collections.abc import Callable

_asked: dict[str, Callable[[], bool]] = {}


def register(*, name: str, may_own: Callable[[], bool]) -> None:
    """Called once by the slice that knows, when the app is ready."""
    _asked[name] = may_own


def may_own() -> bool:
    """Whether groups may make owners in the workspace whose scope is open."""
    return any(ask() for ask in _asked.values())
