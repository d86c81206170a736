"""Says a query in words: one chip a term, each with the list without it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from audit.explorer import presenters
from audit.explorer.pages import parameters
from audit.log.actions import AREA_LABELS, CATALOG, Area
from audit.query.rules import Query, Term

KEY_LABELS: Mapping[str, str | Promise] = {
    "area": _lazy("Area"),
    "action": _lazy("Action"),
    "outcome": _lazy("Result"),
    "actor": _lazy("Person or key"),
    "actor_kind": _lazy("Done by"),
    "target_kind": _lazy("Kind of object"),
    "target": _lazy("Object"),
    "workspace": _lazy("Workspace"),
    "index": _lazy("Entry"),
    "epoch": _lazy("Epoch"),
    "at": _lazy("When"),
}
_UNITS = {
    "m": _lazy("%s minutes"),
    "h": _lazy("%s hours"),
    "d": _lazy("%s days"),
    "w": _lazy("%s weeks"),
}


@dataclass(frozen=True, kw_only=True)
class Chip:
    """One term in words."""

    field: str
    relation: str
    value: str
    remove_url: str


def of(query: Query) -> list[Chip]:
    """The chips of a query, in its order."""
    return [
        Chip(
            field=str(KEY_LABELS[term.key]),
            relation=_relation(term),
            value=", ".join(_value(term, value) for value in term.values),
            remove_url=parameters(query.dropping(term)) or "?",
        )
        for term in query.terms
    ]


def _relation(term: Term) -> str:
    before = term.relation == "<"
    if term.relation != ":":
        is_late = before == term.is_negated
        if term.key == "at":
            return _("since") if is_late else _("before")
        return _("from") if is_late else _("below")
    return _("is not") if term.is_negated else _("is")


def _value(term: Term, value: str) -> str:
    if term.key == "at" and value.startswith("-"):
        return _("%s ago") % (str(_UNITS[value[-1]]) % value[1:-1])
    if term.key == "action" and value in CATALOG:
        return str(CATALOG[value].label)
    return label(term.key, value)


def label(key: str, value: str) -> str:
    """The words for a value of a key, where it has any."""
    if key == "area":
        return str(AREA_LABELS[Area(value)])
    if key == "outcome":
        return str(presenters.OUTCOME_LABELS.get(value, value))
    if key == "actor_kind":
        return presenters.actor_kind(value)
    return value
