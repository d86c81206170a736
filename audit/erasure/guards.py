"""Who may say that a person must stay in the log, and who forgets them elsewhere.

Whoever keeps holds says the first, from above; the second too, since whom the log no
longer names must not stand in the rows of people either.
"""

from collections.abc import Callable
from datetime import datetime

Guard = Callable[[int, str, datetime], str]
"""(organization id, the person's id, when) to the reason why not, or nothing."""

Forget = Callable[[int, str, list[str], datetime, str], bool]
"""(organization id, the person's id, their addresses, when, database alias) to whether
they are forgotten; False where they must stay after all. Runs in the open transaction
of that alias."""

_known: list[Guard] = []
_forgetting: list[Forget] = []


def register(guard: Guard) -> None:
    """Adds who is asked; registering the same again changes nothing."""
    if guard not in _known:
        _known.append(guard)


def reason(*, organization_id: int, person: str, at: datetime) -> str:
    """Why a person must stay, in a sentence; empty where nothing says so."""
    answers = (guard(organization_id, person, at) for guard in _known)
    return next((answer for answer in answers if answer), "")


def register_forgetting(forget: Forget) -> None:
    """Adds who forgets a person elsewhere; registering again changes nothing."""
    if forget not in _forgetting:
        _forgetting.append(forget)


def forget(
    *, organization_id: int, person: str, addresses: list[str], at: datetime, using: str
) -> bool:
    """Has a person forgotten everywhere else; False where one of all refuses."""
    return all(
        one(organization_id, person, addresses, at, using) for one in _forgetting
    )
