"""Turns an entry into a sentence: its action, and the name of what it was done to."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from audit.log.actions import AREA_LABELS, CATALOG
from audit.log.leaf import Json, Leaf
from kit.formatting import grouped

# Which detail names a target of this kind. A kind that is not here has no name of its
# own: its sentence is the action alone.
NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "organization": ("detail.name",),
    "workspace": ("detail.name",),
    "member": ("detail.email",),
    "user": ("detail.email",),
    "domain": ("detail.domain",),
    "hold": ("detail.matter",),
    "job": ("detail.kind",),
    "third_party_gpt": ("detail.name",),
    "audit_view": ("detail.name",),
    "stream": ("detail.name",),
    "group": ("change.displayName",),
    "custom_role": ("change.name",),
    "invitation": ("detail.email",),
    "join-request": ("detail.email",),
    "api_key": ("detail.name",),
    "connector": ("detail.connector",),
    "action_domain": ("change.domain",),
}
# Which count says how much an act was about.
_COUNTED: Mapping[str, str | Promise] = {
    "conversations": _lazy("%s conversations"),
    "purged": _lazy("%s purged"),
    "entries": _lazy("%s entries"),
    "covered": _lazy("%s conversations covered"),
}
KIND_LABELS: Mapping[str, str | Promise] = {
    "user": _lazy("Person"),
    "service": _lazy("API key"),
    "system": _lazy("Custos itself"),
    "operator": _lazy("Operator"),
    "unreadable": _lazy("Unreadable"),
}
OUTCOME_LABELS: Mapping[str, str | Promise] = {
    "success": _lazy("Done"),
    "refused": _lazy("Refused"),
    "error": _lazy("Failed"),
    "unreadable": _lazy("Unreadable"),
}


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """What an entry says: the act, then the thing in bold, then how much."""

    act: str
    thing: str
    amount: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.act, self.thing, self.amount) if part)


def sentence(leaf: Leaf | None, *, opened: Mapping[str, Json]) -> Sentence:
    """The sentence of one entry; `opened` is what is not erased of its details."""
    if leaf is None:
        return Sentence(act=_("An entry that cannot be read"), thing="", amount="")
    names = NAMED_BY.get(leaf.target_kind, ())
    thing = next(filter(None, (_said(opened.get(name)) for name in names)), "")
    return Sentence(act=act(leaf), thing=thing, amount=_amount(leaf))


def _said(value: Json) -> str:
    """A detail as it is; of a change what it became, or what it was before."""
    if isinstance(value, list):
        value = next((one for one in reversed(value) if one), None)
    return "" if value is None else str(value)


def act(leaf: Leaf) -> str:
    """The words of the action; its bare name where the catalogue lost it."""
    action = CATALOG.get(leaf.action)
    if action is None:
        return leaf.action
    return str(action.refused if leaf.outcome == "refused" else action.label)


def actor_kind(kind: str) -> str:
    """The words for a kind of actor."""
    return str(KIND_LABELS.get(kind, kind))


def area(leaf: Leaf) -> str:
    """The words for the area of an entry."""
    action = CATALOG.get(leaf.action)
    return str(AREA_LABELS[action.area]) if action else ""


def _amount(leaf: Leaf) -> str:
    for name, words in _COUNTED.items():
        count = leaf.counts.get(name)
        if isinstance(count, int):
            return f"({str(words) % grouped(count)})"
    return ""
