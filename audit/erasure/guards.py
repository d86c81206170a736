"""Who may say that a person must stay in the log: whoever keeps holds, from above."""

from collections.abc import Callable
from datetime import datetime

Guard = Callable[[int, str, datetime], str]
"""(organization id, the person's id, when) to the reason why not, or nothing."""

_known: list[Guard] = []


def register(guard: Guard) -> None:
    """Adds who is asked; registering the same again changes nothing."""
    if guard not in _known:
        _known.append(guard)


def reason(*, organization_id: int, person: str, at: datetime) -> str:
    """Why a person must stay, in a sentence; empty where nothing says so."""
    answers = (guard(organization_id, person, at) for guard in _known)
    return next((answer for answer in answers if answer), "")
