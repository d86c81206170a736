"""Decides what a member may do with a GPT, how far it may be shared, what is above."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from workspaces.gpts.levels import NONE, PUBLIC, Visibility, lower_of, rank


class Act(StrEnum):
    """What a member may want to do with a GPT; the decision API says it like this."""

    USE = "use"
    VIEW_CONFIG = "view_config"
    EDIT = "edit"
    SHARE = "share"


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What a share gives; each contains the one before it."""

    can_read: bool = True
    can_view_config: bool = False
    can_write: bool = False

    @classmethod
    def named(cls, name: str) -> "Rights":
        """The rights that a choice on the page means."""
        return {
            "read": cls(),
            "view_config": cls(can_view_config=True),
            "write": cls(can_view_config=True, can_write=True),
        }[name]

    @property
    def name(self) -> str:
        """The choice on the page."""
        if self.can_write:
            return "write"
        return "view_config" if self.can_view_config else "read"

    def allows(self, act: Act) -> bool:
        """Whether a share with these rights is enough; sharing on takes the owner."""
        return {
            Act.USE: self.can_read,
            Act.VIEW_CONFIG: self.can_view_config,
            Act.EDIT: self.can_write,
            Act.SHARE: False,
        }[act]


class Ground(StrEnum):
    """Why a GPT concerns a member."""

    OWNER = "owner"
    PERSON = "person"
    GROUP = "group"
    VISIBILITY = "visibility"


@dataclass(frozen=True, kw_only=True)
class Hold:
    """One ground on which a member reaches a GPT, and what it lets them do."""

    ground: Ground
    acts: frozenset[Act]
    name: str = ""

    def allows(self, act: Act) -> bool:
        return act in self.acts


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How one member stands to one GPT."""

    is_owner: bool
    visibility: str
    person: Rights | None = None
    groups: tuple[tuple[str, Rights], ...] = field(default_factory=tuple)


def grounds(standing: Standing) -> tuple[Hold, ...]:
    """Every ground on which the member reaches the GPT, the strongest first."""
    found = []
    if standing.is_owner:
        found.append(Hold(ground=Ground.OWNER, acts=frozenset(Act)))
    if standing.person is not None:
        found.append(_shared(Ground.PERSON, "", standing.person))
    found += [_shared(Ground.GROUP, name, rights) for name, rights in standing.groups]
    if standing.visibility != Visibility.INVITE_ONLY:
        # Who has the id has the link; outside lists nobody can guess it.
        acts = frozenset({Act.USE})
        name = standing.visibility
        found.append(Hold(ground=Ground.VISIBILITY, acts=acts, name=name))
    return tuple(found)


def may(act: Act, holds: Iterable[Hold]) -> bool:
    """Whether any ground is enough."""
    return any(hold.allows(act) for hold in holds)


def sees_latest(holds: Iterable[Hold]) -> bool:
    """Whether the member works on the GPT, and so gets versions not yet reviewed."""
    return any(hold.allows(Act.VIEW_CONFIG) for hold in holds)


def served_number(*, latest: int, public: int | None, sees_newest: bool) -> int:
    """The version that is served: of a public GPT the reviewed one, to all users."""
    return latest if sees_newest or public is None else public


def _shared(ground: Ground, name: str, rights: Rights) -> Hold:
    acts = frozenset(act for act in Act if rights.allows(act))
    return Hold(ground=ground, acts=acts, name=name)


class Refusal(StrEnum):
    """Why a GPT cannot be shared as wanted."""

    NOTHING = "nothing"
    UNKNOWN = "unknown"
    NOT_OWNER = "not_owner"
    NOT_SHARED = "not_shared"
    ABOVE_CEILING = "above_ceiling"
    PUBLIC_OFF = "public_off"


def share_refusal(
    *, wanted: str, ceiling: str, is_owner: bool, allows_public: bool
) -> Refusal:
    """What stands between the member and sharing at `wanted` (empty: at all)."""
    level = wanted or Visibility.INVITE_ONLY.value
    if level not in list(Visibility):
        return Refusal.UNKNOWN
    if not is_owner:
        return Refusal.NOT_OWNER
    if ceiling == NONE:
        return Refusal.NOT_SHARED
    if level in PUBLIC and not allows_public:
        return Refusal.PUBLIC_OFF
    if rank(level) > rank(ceiling):
        return Refusal.ABOVE_CEILING
    return Refusal.NOTHING


def needs_review(wanted: str) -> bool:
    """Whether somebody else must look at a version before it is shared so far."""
    return wanted in PUBLIC


def ceiling_of(*, feature: str, allows_public: bool) -> str:
    """How far a member may share, the workspace's switch for the public included."""
    if allows_public:
        return feature
    return lower_of(feature, Visibility.WORKSPACE.value)


@dataclass(frozen=True, kw_only=True)
class Lowered:
    """How a GPT above its ceiling would come down to it."""

    visibility: str
    loses_recipients: bool


def lowered(*, visibility: str, recipients: int, ceiling: str) -> Lowered | None:
    """What brings a GPT down to `ceiling`; nothing where it is not above it."""
    if ceiling == NONE:
        if visibility == Visibility.INVITE_ONLY and not recipients:
            return None
        return Lowered(
            visibility=Visibility.INVITE_ONLY.value, loses_recipients=recipients > 0
        )
    if rank(visibility) <= rank(ceiling):
        return None
    return Lowered(visibility=ceiling, loses_recipients=False)


def may_use_third_party(*, allowed: str, is_approved: bool) -> bool:
    """Whether a GPT from outside may be used where `allowed` are."""
    return allowed == "all" or (allowed == "approved" and is_approved)


def may_review(
    *, reviewer_id: int, requester_id: int, owner_id: int, author_id: int
) -> bool:
    """Whether the reviewer has no part in what is to be reviewed."""
    return reviewer_id not in {requester_id, owner_id, author_id}


def may_ask_again(states: Iterable[str]) -> bool:
    """Whether a version may be reviewed that was decided like this; not if rejected."""
    return "rejected" not in set(states)
