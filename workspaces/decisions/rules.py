"""Decides how far a batch is executed, and what one of its evaluations asks in all."""

from collections.abc import Iterable, Mapping
from typing import Any

DENY_ON_FIRST_DENY = "deny_on_first_deny"
PERMIT_ON_FIRST_PERMIT = "permit_on_first_permit"
_GPTS = ("gpt", "third_party_gpt")
_ENTITIES = ("subject", "action", "resource", "context")


def completed(one: Mapping[str, Any], *, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """One evaluation with what it leaves out; an entity is taken whole or not."""
    return {
        name: found
        for name in _ENTITIES
        if (found := one.get(name)) is not None
        or (found := defaults.get(name)) is not None
    }


def is_use(kind: str, action: str) -> bool:
    """Whether a question is about a member who is about to use a GPT."""
    return action == "use" and kind in _GPTS


def answered(decisions: Iterable[bool], *, semantic: str) -> int:
    """How many of the decisions are given, in their order."""
    last = {DENY_ON_FIRST_DENY: False, PERMIT_ON_FIRST_PERMIT: True}.get(semantic)
    number = 0
    for decision in decisions:
        number += 1
        if decision is last:
            break
    return number
