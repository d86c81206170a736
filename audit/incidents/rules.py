"""Decides what in the log makes an incident, who is paged next, and what follows what.

A rule watches acts with some outcome. It holds at an entry when that entry is the n-th
of its kind within the window, counted in the order of the log: by index, not by the
time that an entry names, so that one that was sealed late is neither missed nor counted
twice.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    """What was found; the value is stored."""

    BREAK_GLASS = "break_glass"
    VERIFICATION = "verification"
    REFUSED_SIGN_INS = "refused_sign_ins"
    OVERDUE_PURGE = "overdue_purge"
    DELETION = "deletion"
    MASS_EXPORT = "mass_export"
    PUBLIC_SHARING = "public_sharing"
    KEY_OUTSIDE = "key_outside"
    STREAM = "stream"
    DENIED = "denied"


class Severity(StrEnum):
    """How bad it is at worst; pages say it."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"


class By(StrEnum):
    """What one incident is about: entries about another one open another."""

    ORGANIZATION = "organization"
    WORKSPACE = "workspace"
    TARGET = "target"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`threshold` entries within `minutes`; what an organization may set of it.

    `actions` are names of the catalogue; one that begins with a dot means every act
    whose name ends so.
    """

    kind: Kind
    actions: tuple[str, ...]
    outcomes: tuple[str, ...]
    by: By
    severity: Severity = Severity.HIGH
    threshold: int = 1
    minutes: int = 60

    @property
    def window(self) -> timedelta:
        """How far apart the first and the last of them may be."""
        return timedelta(minutes=self.minutes)


MOST = 1_000
LONGEST_MINUTES = 1_440

_FAILED = ("error",)
_DONE = ("success",)
_REFUSED = ("refused",)
RULES: dict[Kind, Rule] = {
    rule.kind: rule
    for rule in (
        Rule(
            kind=Kind.BREAK_GLASS,
            actions=("workspaces.break-glass.used",),
            outcomes=_DONE,
            by=By.ORGANIZATION,
        ),
        Rule(
            kind=Kind.VERIFICATION,
            actions=("audit.log.verified",),
            outcomes=_FAILED,
            by=By.ORGANIZATION,
            severity=Severity.CRITICAL,
        ),
        Rule(
            kind=Kind.REFUSED_SIGN_INS,
            actions=("workspaces.session.signed-in", "workspaces.break-glass.used"),
            outcomes=_REFUSED,
            by=By.ORGANIZATION,
            threshold=20,
            minutes=10,
        ),
        Rule(
            kind=Kind.OVERDUE_PURGE,
            actions=("retention.promise.overdue",),
            outcomes=_FAILED,
            by=By.WORKSPACE,
            severity=Severity.CRITICAL,
        ),
        Rule(
            kind=Kind.DELETION,
            actions=("retention.incident.opened",),
            outcomes=_FAILED,
            by=By.WORKSPACE,
        ),
        Rule(
            kind=Kind.MASS_EXPORT,
            actions=(".exported", ".downloaded"),
            outcomes=_DONE,
            by=By.ORGANIZATION,
            severity=Severity.MEDIUM,
            threshold=5,
        ),
        Rule(
            kind=Kind.PUBLIC_SHARING,
            actions=("workspaces.gpt.published",),
            outcomes=_DONE,
            by=By.WORKSPACE,
            severity=Severity.MEDIUM,
        ),
        Rule(
            kind=Kind.KEY_OUTSIDE,
            actions=("workspaces.api-key.used", "workspaces.scim-token.used"),
            outcomes=_REFUSED,
            by=By.TARGET,
        ),
        Rule(
            kind=Kind.DENIED,
            actions=("workspaces.access.asked",),
            outcomes=_REFUSED,
            by=By.WORKSPACE,
            severity=Severity.MEDIUM,
            threshold=50,
            minutes=10,
        ),
        Rule(
            kind=Kind.STREAM,
            actions=("audit.stream.fell-behind", "audit.stream.gap-found"),
            outcomes=_FAILED,
            by=By.TARGET,
        ),
    )
}


class State(StrEnum):
    """How far an incident is; the value is stored."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


NEXT: dict[State, frozenset[State]] = {
    State.OPEN: frozenset({State.ACKNOWLEDGED, State.RESOLVED}),
    State.ACKNOWLEDGED: frozenset({State.RESOLVED}),
    State.RESOLVED: frozenset({State.ACKNOWLEDGED}),
}
"""What may follow: whoever opens a resolved incident again has it already."""

ROUNDS = 5
"""How often a page goes around the whole rota before it goes on slowly."""
SLOW = timedelta(hours=6)
"""Between two pages from then on, until somebody acknowledges."""
MOST_CONTACTS = 8
DEFAULT_WAIT = 15
"""Minutes until the next contact is paged."""
_MOST_TRIES = 10


def by_default(*, owners: Sequence[UUID]) -> Sequence[UUID]:
    """Who is paged where no rota is set: the first owners, as many as a rota holds."""
    return owners[:MOST_CONTACTS]


def turn(
    *, step: int, contacts: Sequence[UUID], reachable: Container[UUID]
) -> tuple[int, UUID] | None:
    """The next step at which somebody can be paged, and whom; None if nobody can.

    Who may not see incidents any more is passed over at once.
    """
    for at in range(step, step + len(contacts)):
        who = contacts[at % len(contacts)]
        if who in reachable:
            return at, who
    return None


def wait_after(*, step: int, contacts: int, minutes: int) -> timedelta:
    """Until the next page, `step` pages having been due to a rota of `contacts`."""
    usual = timedelta(minutes=minutes)
    return max(usual, SLOW) if step >= ROUNDS * max(contacts, 1) else usual


def retry_after(tries: int) -> timedelta | None:
    """How long a webhook rests after so many failures; None gives it up."""
    if tries >= _MOST_TRIES:
        return None
    return timedelta(minutes=1 << (tries - 1))
