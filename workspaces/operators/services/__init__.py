"""The verbs of operators: make one, let one in, refuse who only tries."""

from workspaces.operators.services.entrance import (
    SITE,
    TooManyTries,
    begin_session,
    refuse,
    take_try,
)
from workspaces.operators.services.making import BadPassword, create

__all__ = [
    "SITE",
    "BadPassword",
    "TooManyTries",
    "begin_session",
    "create",
    "refuse",
    "take_try",
]
