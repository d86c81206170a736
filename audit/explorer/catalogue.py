"""Describes the log to programs: actions, fields of events, the query language."""

from django.utils.translation import gettext as _

from audit.explorer import chips
from audit.log.actions import AREA_LABELS, CATALOG, Action, Area
from audit.log.leaf import Json
from audit.query import vocabulary
from audit.query.vocabulary import Key

OPERATORS = (":", ">=", "<")


def described() -> dict[str, Json]:
    """Everything at once; it is the same for every organization."""
    return {
        "areas": [_area(area) for area in Area],
        "actions": [_action(action) for action in CATALOG.values()],
        "outcomes": list(vocabulary.OUTCOMES),
        "actor_kinds": list(vocabulary.ACTOR_KINDS),
        "fields": _fields(),
        "query": {
            "keys": [_key(key) for key in vocabulary.KEYS.values()],
            "example": "area:retention,holds -outcome:success at>=-7d",
        },
    }


def _area(area: Area) -> Json:
    return {"name": area.value, "label": str(AREA_LABELS[area])}


def _action(action: Action) -> Json:
    app, noun, verb = action.name.split(".")
    return {
        "name": action.name,
        "area": action.area.value,
        "label": str(action.label),
        "label_refused": str(action.refused),
        "app": app,
        "kind": noun.replace("-", "_"),
        "verb": verb,
    }


def _key(key: Key) -> Json:
    operators = OPERATORS if key.has_range else OPERATORS[:1]
    return {
        "key": key.name,
        "label": str(chips.KEY_LABELS[key.name]),
        "operators": list(operators),
        "takes": key.takes,
    }


def _fields() -> Json:
    return {
        "log": _("The tree, epoch and index of the event: its place in the log"),
        "id": _("UUIDv7 of the event"),
        "time": _("When it happened, RFC 3339 in UTC"),
        "organization": _("The organization, by its UUID"),
        "workspace": _("The workspace, where it was about one"),
        "action": _("One of the actions"),
        "area": _("The area of the action"),
        "outcome": _("One of the outcomes"),
        "message": _("The event as one sentence"),
        "actor": _("Who: kind, id, label, role, ip, user_agent, as far as not erased"),
        "target": _("On what: kind and id"),
        "policy": _("The version of the policy that decided"),
        "counts": _("How many, by name"),
        "digests": _("SHA-256 of what it refers to, by name"),
        "changes": _("Settings with their values before and after"),
        "details": _("What else was recorded"),
        "reason": _("Why, in the words of whoever acted"),
        "withheld": _("Names of fields that were erased"),
        "leaf": _("The sealed text, byte for byte"),
    }
