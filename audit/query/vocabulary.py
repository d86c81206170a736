"""What a query can ask about, and which values each key takes.

A checker gives a value back as it is stored, or raises ValueError with the sentence
that a person reads. None of the values is a name or an address of a person: queries
stand in links and in logs of servers.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from audit.log.actions import CATALOG, Area, names_in
from audit.log.facets import UNREADABLE

OUTCOMES = ("success", "refused", "error", UNREADABLE)
ACTOR_KINDS = ("user", "service", "system", "operator", UNREADABLE)

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")
_RELATIVE = re.compile(r"-(\d{1,5})(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LARGEST = 2**63 - 1
_LARGEST_EPOCH = 2**31 - 1
_FIRST_YEAR, _LAST_YEAR = 1970, 9998


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key of the language: the column behind it, and its values."""

    name: str
    column: str
    check: Callable[[str], str]
    takes: str
    has_range: bool = False


def moment(text: str, *, at: datetime) -> datetime:
    """The moment that a checked value of `at` means for somebody who asks at `at`."""
    if found := _RELATIVE.fullmatch(text):
        return at - timedelta(**{_UNITS[found[2]]: int(found[1])})
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def is_day(text: str) -> bool:
    """Tells whether a checked value of `at` names a whole day."""
    return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None


def names_of(pattern: str) -> list[str]:
    """The actions that a checked value of `action` means."""
    if not pattern.endswith("*"):
        return [pattern]
    return [name for name in CATALOG if name.startswith(pattern[:-1])]


def names_of_area(area: str) -> list[str]:
    """The actions in a checked value of `area`."""
    return names_in(Area(area))


def _one_of(*known: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in known:
            raise ValueError(
                _("“%(value)s” is none of: %(known)s.")
                % {"value": text, "known": ", ".join(known)}
            )
        return text

    return check


def _action(text: str) -> str:
    if text != UNREADABLE and not set(names_of(text)) & CATALOG.keys():
        raise ValueError(_("There is no action “%s”.") % text)
    return text


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError(_("“%s” is no id: give a UUID.") % text) from None


def _actor(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError(
            _("“%s” is no id of an actor: give the id, not a name or an address.")
            % text
        )
    return text


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError(_("“%s” is no kind: give one plain word.") % text)
    return text


def _number(largest: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        is_number = text.isascii() and text.isdigit() and len(text) < 20
        if not is_number or int(text) > largest:
            raise ValueError(_("“%s” is no number of an entry or epoch.") % text)
        return str(int(text))

    return check


def _moment(text: str) -> str:
    if _RELATIVE.fullmatch(text):
        return text
    try:
        read = datetime.fromisoformat(text)
        if not (text.isascii() and _FIRST_YEAR <= read.year <= _LAST_YEAR):
            raise ValueError
    except ValueError:
        raise ValueError(
            _(
                "“%s” is no time. Write 2026-11-01, 2026-11-01T09:00Z, or a time"
                " from now: -15m, -6h, -7d, -4w."
            )
            % text
        ) from None
    return text


_KEYS = (
    Key(
        name="area",
        column="action",
        check=_one_of(*(area.value for area in Area)),
        takes="an area of the catalogue",
    ),
    Key(
        name="action",
        column="action",
        check=_action,
        takes="an action of the catalogue, or its beginning with *",
    ),
    Key(
        name="outcome",
        column="outcome",
        check=_one_of(*OUTCOMES),
        takes=" ".join(OUTCOMES),
    ),
    Key(
        name="actor",
        column="actor",
        check=_actor,
        takes="the id of a person or key, or the name of a part of Custos",
    ),
    Key(
        name="actor_kind",
        column="actor_kind",
        check=_one_of(*ACTOR_KINDS),
        takes=" ".join(ACTOR_KINDS),
    ),
    Key(name="target_kind", column="target_kind", check=_word, takes="a kind"),
    Key(name="target", column="target_id", check=_uuid, takes="a UUID"),
    Key(name="workspace", column="workspace", check=_uuid, takes="a UUID"),
    Key(
        name="index",
        column="index",
        check=_number(_LARGEST),
        takes="the number of an entry",
        has_range=True,
    ),
    Key(
        name="epoch",
        column="epoch",
        check=_number(_LARGEST_EPOCH),
        takes="the number of an epoch",
    ),
    Key(
        name="at",
        column="at",
        check=_moment,
        takes="a day, a time, or a time from now such as -7d",
        has_range=True,
    ),
)
KEYS: Mapping[str, Key] = {key.name: key for key in _KEYS}
