"""Custos' own JSON event: what the leaf says, and what is not erased of its details."""

import base64
from typing import Any

from audit.explorer.selectors import Shown
from audit.log.actions import CATALOG
from audit.log.leaf import Json, Leaf
from audit.log.selectors import Log

_CHANGE, _DETAIL = "change.", "detail."
_ACTOR = {"actor_id": "id", "actor_label": "label", "actor_role": "role"} | {
    name: name for name in ("ip", "user_agent")
}


def event(shown: Shown, *, log: Log) -> dict[str, Json]:
    """The event as one JSON object; an absent field does not apply or is withheld.

    `leaf` is the text that was sealed, byte for byte: its SHA-256 behind a zero byte is
    the leaf hash. Bytes that are no entry stand in `leaf_base64`, and nothing else.
    """
    place: dict[str, Json] = {
        "origin": log.origin if shown.epoch is None else log.named(shown.epoch)
    }
    place |= {"epoch": shown.epoch, "index": shown.index}
    if shown.leaf is None:
        raw = base64.b64encode(shown.raw).decode()
        return {"log": place, "message": message(shown), "leaf_base64": raw}
    return {"log": place, **said(shown, shown.leaf), "leaf": shown.raw.decode()}


def message(shown: Shown) -> str:
    """The entry as one sentence."""
    return str(shown.sentence)


def withheld(shown: Shown) -> list[str]:
    """The names of the fields that the entry committed to and that do not open."""
    if shown.leaf is None:
        return []
    return sorted(set(shown.leaf.commit) - set(shown.opened))


def actor(shown: Shown, leaf: Leaf) -> dict[str, Json]:
    """Who acted, as far as it is not withheld."""
    known: dict[str, Json] = {"kind": leaf.actor_kind}
    if leaf.actor:
        known["id"] = leaf.actor
    found = {name: shown.opened.get(field) for field, name in _ACTOR.items()}
    return known | {name: value for name, value in found.items() if value}


def changes(shown: Shown) -> dict[str, Json]:
    """Each setting that was changed, with its values before and after."""
    pairs = (
        (name.removeprefix(_CHANGE), value)
        for name, value in shown.opened.items()
        if name.startswith(_CHANGE) and isinstance(value, list)
    )
    return {
        name: {"before": pair[0], "after": pair[-1]} for name, pair in pairs if pair
    }


def details(shown: Shown) -> dict[str, Json]:
    """What else was recorded."""
    return {
        name.removeprefix(_DETAIL): value
        for name, value in shown.opened.items()
        if name.startswith(_DETAIL)
    }


def said(shown: Shown, leaf: Leaf) -> dict[str, Json]:
    """What the entry says, without its place in the log."""
    action = CATALOG.get(leaf.action)
    fields: dict[str, Any] = {
        "id": str(leaf.id),
        "time": leaf.time.isoformat().replace("+00:00", "Z"),
        "organization": str(leaf.organization),
        "workspace": str(leaf.workspace) if leaf.workspace else None,
        "action": leaf.action,
        "area": action.area.value if action else None,
        "outcome": leaf.outcome,
        "message": message(shown),
        "actor": actor(shown, leaf),
        "target": {"kind": leaf.target_kind, "id": str(leaf.target_id)},
        "policy": leaf.policy,
        "counts": dict(leaf.counts),
        "digests": dict(leaf.digests),
        "changes": changes(shown),
        "details": details(shown),
        "reason": shown.opened.get("reason"),
        "withheld": withheld(shown),
    }
    kept: dict[str, Json] = {name: value for name, value in fields.items() if value}
    # Said only when it is so: what opens is not what the entry was sealed with.
    return kept if shown.is_true else kept | {"contradicts_leaf": True}
