"""What a session may enter: one organization, and memberships of known generation.

A session is for one organization only, and names the row of its sign-in, which is
asked at every request. A session also remembers the
generation of each membership that it has used: suspending or removing a member raises
the number, so that what they hold ends at their next request, and stays ended when
they are let in again until they sign in anew.
"""

from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from workspaces.tenancy.selectors import Access

ORGANIZATION = "custos_organization"
INSTALLATION = 0  # in place of an organization: an operator's session
_SIGN_IN = "custos_sign_in"
_GENERATIONS = "custos_generations"

Session = MutableMapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Held:
    """A row of a sign-in, as the browser's session names it."""

    organization_id: int
    sign_in: UUID


def begin(
    session: Session,
    *,
    organization_id: int,
    accesses: Iterable[Access],
    sign_in: UUID | None = None,
) -> None:
    """Remember what a sign-in has just seen, and forget what was before."""
    session[ORGANIZATION] = organization_id
    session[_SIGN_IN] = None if sign_in is None else str(sign_in)
    session[_GENERATIONS] = {_name(one): one.generation for one in accesses}


def is_for(session: Session, *, organization_id: int) -> bool:
    """Whether the session reaches into that organization; none by default."""
    return bool(session.get(ORGANIZATION) == organization_id)


def held(session: Session) -> Held | None:
    """The sign-in that this session stands on; operators' sessions have none."""
    sign_in = session.get(_SIGN_IN)
    if sign_in is None:
        return None
    return Held(organization_id=session[ORGANIZATION], sign_in=UUID(sign_in))


def holds(session: Session, accesses: Iterable[Access]) -> list[Access]:
    """Those of the accesses whose generation is the one that the session saw.

    A membership that is younger than the session begins with its first use.
    """
    found = list(accesses)
    seen: dict[str, int] = session.get(_GENERATIONS, {})
    fresh = {_name(one): one.generation for one in found if _name(one) not in seen}
    if fresh:
        seen = session[_GENERATIONS] = seen | fresh
    return [one for one in found if seen[_name(one)] == one.generation]


def _name(access: Access) -> str:
    return str(access.membership_id)
