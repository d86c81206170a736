"""Answers what work on logs stands still, of all organizations."""

from dataclasses import dataclass
from datetime import datetime

from audit.limbo.states import STATES
from audit.log import storage

_ALIAS = "sweeper"
_NOW = "select clock_timestamp()"


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """What of one organization stands in one state for too long."""

    state: str
    organization_id: int
    n: int


def stuck(*, at: datetime) -> list[Stuck]:
    """Whatever is past the limit of its state."""
    ((now,),) = storage.rows(_ALIAS, _NOW)
    return [
        Stuck(state=state.name, organization_id=organization, n=n)
        for state in STATES
        for organization, n in storage.rows_named(
            _ALIAS, state.sql, before=at - state.limit, since=now - state.limit
        )
    ]
