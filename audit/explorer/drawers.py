"""One entry in full: who, from where, on what, what changed, raw, and its proof."""

import json
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from audit.explorer import lasting, presenters
from audit.explorer.lasting import Lasting
from audit.explorer.pages import Pages
from audit.explorer.selectors import Place, Proof, Shown
from audit.verification.models import AuditVerification
from kit import formatting
from kit.formatting import grouped

_HASH_SHOWN = 16


def drawer(
    shown: Shown,
    *,
    pages: Pages,
    proof: Proof | None,
    verification: AuditVerification | None,
    details: Lasting | None,
    beside: tuple[Place | None, Place | None],
    query: str,
    now: datetime,
) -> dict[str, Any]:
    """One entry in full; `query` keeps the list beside it as it was."""
    leaf = shown.leaf
    newer, older = (pages.entry_url(place, query) for place in beside)
    at = leaf.time if leaf else None
    return {
        "label": _("Entry %s") % grouped(shown.index or 0),
        "title": str(shown.sentence),
        "subtitle": at
        and f"{formatting.absolute(at, seconds=True)},"
        f" {formatting.relative(at, now=now)}",
        "previous_url": newer,
        "next_url": older,
        "close_url": pages.list_url() + query,
        "facts": _facts(shown),
        "changes": _changes(shown),
        "is_true": shown.is_true,
        "raw": _pretty(shown),
        "proof": proof and _proof(proof, shown, verification),
        "details": details and lasting.said(details, now=now),
    }


def _facts(shown: Shown) -> list[dict[str, Any]]:
    leaf, opened = shown.leaf, shown.opened
    if leaf is None:
        return []
    role = str(opened.get("actor_role", "")).replace("_", " ")
    kind = presenters.actor_kind(leaf.actor_kind)
    named = ", ".join(part for part in (shown.who or _("Erased"), role or kind) if part)
    facts: list[dict[str, Any]] = [
        {"name": _("Who"), "value": named},
        {"name": _("From"), "value": opened.get("ip"), "is_mono": True},
        {"name": _("With"), "value": opened.get("user_agent")},
        {
            "name": _("On"),
            "value": f"{leaf.target_kind.replace('_', ' ')} {leaf.target_id}",
        },
        {"name": _("Why"), "value": opened.get("reason")},
        {"name": _("Policy"), "value": leaf.policy},
    ]
    facts += [
        {"name": _name(name), "value": grouped(count)}
        for name, count in leaf.counts.items()
    ]
    facts += [
        {"name": _name(name.removeprefix("detail.")), "value": _plain(value)}
        for name, value in opened.items()
        if name.startswith("detail.")
    ]
    return [fact for fact in facts if fact["value"]]


def _changes(shown: Shown) -> list[dict[str, Any]]:
    found = []
    for name, value in shown.opened.items():
        if name.startswith("change.") and isinstance(value, list) and len(value) > 1:
            before, after = value
            if before == after:
                continue
            found.append(
                {
                    "field": name.removeprefix("change."),
                    "before": None if before is None else _plain(before),
                    "after": None if after is None else _plain(after),
                }
            )
    return found


def _proof(
    proof: Proof, shown: Shown, verification: AuditVerification | None
) -> dict[str, Any]:
    if not proof.holds:
        kind, word = "bad", _("Does not lead to the signed head")
    elif _was_verified(shown, verification):
        kind, word = "ok", _("In the verified range")
    else:
        kind, word = "wait", _("Sealed, not verified yet")
    return {
        "kind": kind,
        "word": word,
        "hash": proof.leaf_hash.hex()[:_HASH_SHOWN],
        "steps": len(proof.hashes),
        "size": proof.size,
    }


def _was_verified(shown: Shown, verification: AuditVerification | None) -> bool:
    return (
        verification is not None
        and verification.is_sound
        and shown.index is not None
        and shown.index < verification.entries
    )


def _pretty(shown: Shown) -> str:
    try:
        return json.dumps(json.loads(shown.raw), indent=2, ensure_ascii=False)
    except ValueError:
        return shown.raw.decode(errors="replace")


def _name(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
