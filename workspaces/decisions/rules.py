"""Decides how far a batch is executed, and what one of its evaluations asks in all."""

from collections.abc import Iterable, Mapping
from typing import Any

DENY_ON_FIRST_DENY = "deny_on_first_deny"
PERMIT_ON_FIRST_PERMIT = "permit_on_first_permit"
_ENTITIES = ("subject", "action", "resource", "context")


def completed(one: Mapping[str, Any], *, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """One evaluation with what it leaves out; an entity is taken whole or not."""
    return {
        name: found
        for name in _ENTITIES
        if (found := one.get(name)) is not None
        or (found := defaults.get(name)) is not None
    }


def answered(decisions: Iterable[bool], *, semantic: str) -> int:
    """How many of the decisions are given, in their order."""
    last = {DENY_ON_FIRST_DENY: False, PERMIT_ON_FIRST_PERMIT: True}.get(semantic)
    number = 0
    for decision in decisions:
        number += 1
        if decision is last:
            break
    return number
