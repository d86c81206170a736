"""Tells whether one of the databases was restored behind the other's back.

The vault destroys a key only after the content database has committed its doom. So a
tombstone that the content database does not know of means that this one is older, and a
key that it knows as destroyed and that is alive means that the vault is.
"""

import time
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError, connections
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kit import vault

# Whatever was destroyed after the copy was made is among the newest.
_LOOKED_AT = 2_000
_SECONDS = 5.0

_UNKNOWN = "select retention_unknown_keys(%s)"
_DESTROYED = "select retention_destroyed_keys(%s)"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How many of the newest tombstones one side lacks; both 0 when none was restored.

    `unknown` are destroyed keys of which the content database knows nothing, `alive`
    those that it knows as destroyed and the vault still has.
    """

    unknown: int
    alive: int

    @property
    def says(self) -> str:
        """Why nobody may be served, or nothing."""
        if self.unknown:
            return ngettext(
                "The content database was restored from before %(n)s purge that the"
                " vault knows of. Run “manage.py replay_tombstones”.",
                "The content database was restored from before %(n)s purges that the"
                " vault knows of. Run “manage.py replay_tombstones”.",
                self.unknown,
            ) % {"n": self.unknown}
        if self.alive:
            return _(
                "The vault was restored: keys that were destroyed are alive again. Run"
                " “manage.py replay_tombstones”."
            )
        return ""


def standing() -> Standing:
    """How the two databases stand to each other now."""
    keys = [one.key for one in vault.newest_tombstones(limit=_LOOKED_AT)]
    unknown = _keys(_UNKNOWN, keys) if keys else []
    destroyed = _keys(_DESTROYED, _LOOKED_AT)
    alive = vault.alive_among(keys=destroyed) if destroyed else set()
    return Standing(unknown=len(unknown), alive=len(alive))


class Gate:
    """The answer for one process; looks at most every five seconds.

    Who serves asks until it is well, then never again. Who purges asks as long as it
    works: a copy can be loaded under a running process.
    """

    def __init__(self) -> None:
        self._is_well = False
        self._asked_at = -_SECONDS
        self._says = ""

    def refusal(self) -> str:
        """Why this process may not serve, or nothing."""
        return "" if self._is_well else self.refusal_now()

    def refusal_now(self) -> str:
        """Why this process may not purge, or nothing."""
        now = time.monotonic()
        if now - self._asked_at >= _SECONDS:
            self._says = _says()
            self._is_well = not self._says
            self._asked_at = now
        return self._says

    def forget(self) -> None:
        """Looks again at the next question."""
        self.__init__()  # type: ignore[misc]


gate = Gate()


def _says() -> str:
    try:
        return standing().says
    except DatabaseError:
        return _("A database does not answer, so this site cannot tell what is gone.")


def _keys(sql: str, asked: int | list[UUID]) -> list[UUID]:
    with connections["default"].cursor() as cursor:
        cursor.execute(sql, [asked])
        return [row[0] for row in cursor.fetchall()]
