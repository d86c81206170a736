"""What the settings of a connector come to, for an action, a member and an account."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

MOST_TRIES = 12
LEASE = timedelta(minutes=2)
ATTEMPT_LIVES = timedelta(minutes=10)
# A token that ends this soon is refreshed before it is handed out.
REFRESH_AHEAD = timedelta(seconds=60)
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=6)

READ, WRITE = "read", "write"


@dataclass(frozen=True, kw_only=True)
class ActionSettings:
    """How actions of a connector are controlled."""

    control: str  # all, read_only, custom
    chosen: frozenset[str] = frozenset()
    # The actions that were there when somebody chose: every other one is new.
    known: frozenset[str] = frozenset()
    new_actions: str = "disable"  # enable, read_only, disable


class Why(StrEnum):
    """What decided about an action."""

    ALL = "all"
    READS = "reads"
    CHANGES = "changes"
    CHOSEN = "chosen"
    NOT_CHOSEN = "not_chosen"
    NEW_ENABLED = "new_enabled"
    NEW_DISABLED = "new_disabled"


def action_allowed(
    settings: ActionSettings, *, name: str, access: str
) -> tuple[bool, Why]:
    """Whether the action may be used, and by which part of the settings."""
    if settings.control == "all":
        return True, Why.ALL
    if settings.control == "read_only":
        return (True, Why.READS) if access == READ else (False, Why.CHANGES)
    if name in settings.known:
        is_chosen = name in settings.chosen
        return is_chosen, Why.CHOSEN if is_chosen else Why.NOT_CHOSEN
    is_enabled = settings.new_actions == "enable" or (
        settings.new_actions == "read_only" and access == READ
    )
    return is_enabled, Why.NEW_ENABLED if is_enabled else Why.NEW_DISABLED


def may_change(settings: ActionSettings, *, actions: Iterable[tuple[str, str]]) -> bool:
    """Whether any action that changes something may be used.

    `actions` are pairs of name and access. Where none are known, as with an MCP server
    whose tools nobody listed, what the settings say about actions yet to come counts.
    """
    listed = list(actions)
    if not listed:
        return action_allowed(settings, name="", access=WRITE)[0]
    return any(
        action_allowed(settings, name=name, access=access)[0]
        for name, access in listed
        if access == WRITE
    )


def must_ask(level: str, *, access: str, is_important: bool) -> bool:
    """Whether a front end asks the member before it uses such an action."""
    if level == "always":
        return True
    if level == "changes":
        return access == WRITE or is_important
    return level == "important" and is_important


def is_for(
    *,
    is_restricted: bool,
    role_ids: Collection[int],
    group_ids: Collection[int],
    own_roles: Collection[int],
    own_groups: Collection[int],
) -> bool:
    """Whether a member is among those whom a connector is for.

    A restriction whose groups and roles have all been deleted is for nobody: deleting a
    group must never let everybody in.
    """
    if not is_restricted:
        return True
    return bool(set(role_ids) & set(own_roles) or set(group_ids) & set(own_groups))


def domain_allowed(domain: str, *, allowed: Collection[str]) -> bool:
    """Whether an account of that domain may be linked; both are folded already."""
    return not allowed or domain in allowed


def scopes_for(
    *, read: Iterable[str], write: Iterable[str], may_write: bool
) -> tuple[str, ...]:
    """What to ask the app for: no right to change where nothing may be changed."""
    return tuple(dict.fromkeys([*read, *(write if may_write else ())]))


def is_fresh(*, expires_at: datetime | None, at: datetime) -> bool:
    """Whether a token can be handed out as it is; one without an end always can."""
    return expires_at is None or expires_at - at > REFRESH_AHEAD


def is_overdue(*, review_on: date | None, today: date) -> bool:
    """Whether the day on which somebody wanted to look again has passed."""
    return review_on is not None and review_on < today


def wait_after(tries: int) -> timedelta | None:
    """How long to wait after that many failed tries to revoke; None gives up."""
    if tries >= MOST_TRIES:
        return None
    return min(_FIRST_WAIT * (1 << (tries - 1)), _LONGEST_WAIT)


def is_address(url: str, *, allow_http: bool) -> bool:
    """Whether an endpoint may be there at all: https, a host, no user, no fragment."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    schemes = ("https", "http") if allow_http else ("https",)
    return bool(
        parts.scheme in schemes
        and parts.hostname
        and "@" not in parts.netloc
        and not parts.fragment
        and port != 0
        and all("!" <= one <= "~" for one in url)
    )
