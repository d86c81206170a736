"""The facets beside the list: values to narrow by, with how many entries each has."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from audit.explorer import chips, figures
from audit.explorer.figures import Count
from audit.explorer.pages import parameters
from audit.explorer.selectors import Shown
from audit.log.actions import Area
from audit.query.rules import Query
from audit.query.selectors import matching

_KINDS = ("user", "service", "system", "operator")
_OUTCOMES = ("success", "refused", "error")
_PERSONS = 5


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One value of a facet; `url` is the list with it, or without it when chosen."""

    label: str
    url: str
    is_chosen: bool
    count: Count | None


@dataclass(frozen=True, kw_only=True)
class Facet:
    """One key with the values that entries have."""

    label: str
    choices: list[Choice]


Values = dict[str, dict[str, str]]
"""For each key the values with their words."""


def values_of(entries: Sequence[Shown]) -> Values:
    """What can be chosen: fixed words, and the persons and keys on this page."""
    fixed = {
        "area": [area.value for area in Area],
        "actor_kind": _KINDS,
        "outcome": _OUTCOMES,
    }
    found: Values = {
        key: {value: chips.label(key, value) for value in values}
        for key, values in fixed.items()
    }
    found["actor"] = _persons(entries)
    return found


def counted(
    query: Query, values: Values, *, workspace: UUID | None
) -> tuple[Count, dict[tuple[str, str], Count]]:
    """How many entries fit the query, and how many each value would leave."""
    places = [(key, value) for key, known in values.items() for value in known]
    asked = [query, *(figures.choosing(query, key, value) for key, value in places)]
    counts = figures.counted([matching(one, workspace=workspace) for one in asked])
    return counts[0], dict(zip(places, counts[1:], strict=True))


def laid_out(
    query: Query, values: Values, counts: dict[tuple[str, str], Count]
) -> list[Facet]:
    """The facets; a value that nothing has stands only where it is chosen."""
    made = [
        Facet(
            label=str(chips.KEY_LABELS[key]),
            choices=[
                Choice(
                    label=label,
                    url=parameters(query.toggled(key, value)) or "?",
                    is_chosen=value in query.chosen(key),
                    count=counts.get((key, value)),
                )
                for value, label in known.items()
                if _stands(query, key, value, counts)
            ],
        )
        for key, known in values.items()
    ]
    return [one for one in made if one.choices]


def _stands(
    query: Query, key: str, value: str, counts: dict[tuple[str, str], Count]
) -> bool:
    count = counts.get((key, value))
    return count is None or count.number > 0 or value in query.chosen(key)


def _persons(entries: Sequence[Shown]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in entries:
        if one.facet and one.facet.actor and len(found) < _PERSONS:
            found.setdefault(one.facet.actor, one.who or _("Erased"))
    return found
