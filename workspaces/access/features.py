"""The features that a workspace can switch: what each may be set to, and begins with.

A value is a word for a switch or a level, and a set of names for what is chosen from a
list; `ALL` in a set stands for every name, also those to come.
"""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from workspaces.tenancy.plans import Plan, of
from workspaces.tenancy.seats import SeatType

Value = str | frozenset[str]


class Feature(StrEnum):
    """The features; the value is stored, and named by those who ask for decisions."""

    GPTS_USE = "gpts.use"
    GPTS_CREATE = "gpts.create"
    GPTS_EDIT = "gpts.edit"
    GPTS_SHARE = "gpts.share"
    GPTS_THIRD_PARTY = "gpts.third_party"
    GPTS_CONNECTORS = "gpts.connectors"
    CONNECTORS_USE = "connectors.use"
    PROJECTS_USE = "projects.use"
    PROJECTS_SHARE = "projects.share"
    MEMORY_USE = "memory.use"
    TEMPORARY_CHATS = "temporary_chats.use"
    LINK_SHARING = "link_sharing.use"
    HISTORY = "history.use"
    FILE_UPLOAD = "file_upload.use"
    WEB_SEARCH = "web_search.use"
    CODE_EXECUTION = "code_execution.use"
    MODELS = "models.use"


class Kind(StrEnum):
    """How the values of a feature compare."""

    SWITCH = "switch"
    LEVEL = "level"
    SET = "set"


_F = Feature
OFF, ON = "off", "on"
ALL = "*"
SWITCH = (OFF, ON)
# From the least to the most.
SHARE_LEVELS = (
    "none",
    "invite_only",
    "workspace_with_link",
    "workspace",
    "anyone_with_link",
    "gpt_store",
)
THIRD_PARTY_LEVELS = ("none", "approved", "all")
_LEVELS = {_F.GPTS_SHARE: SHARE_LEVELS, _F.GPTS_THIRD_PARTY: THIRD_PARTY_LEVELS}

LABELS: dict[Feature, str | Promise] = {
    _F.GPTS_USE: _("Use GPTs"),
    _F.GPTS_CREATE: _("Create GPTs"),
    _F.GPTS_EDIT: _("Edit GPTs"),
    _F.GPTS_SHARE: _("Share GPTs"),
    _F.GPTS_THIRD_PARTY: _("GPTs from outside"),
    _F.GPTS_CONNECTORS: _("Connectors inside GPTs"),
    _F.CONNECTORS_USE: _("Connectors"),
    _F.PROJECTS_USE: _("Projects"),
    _F.PROJECTS_SHARE: _("Share projects"),
    _F.MEMORY_USE: _("Memory"),
    _F.TEMPORARY_CHATS: _("Temporary chats"),
    _F.LINK_SHARING: _("Share conversations by link"),
    _F.HISTORY: _("Keep a history"),
    _F.FILE_UPLOAD: _("Upload files"),
    _F.WEB_SEARCH: _("Web search"),
    _F.CODE_EXECUTION: _("Run code"),
    _F.MODELS: _("Models"),
}
GROUPS: tuple[tuple[str | Promise, tuple[Feature, ...]], ...] = (
    (
        _("GPTs"),
        (
            _F.GPTS_USE,
            _F.GPTS_CREATE,
            _F.GPTS_EDIT,
            _F.GPTS_SHARE,
            _F.GPTS_THIRD_PARTY,
            _F.GPTS_CONNECTORS,
        ),
    ),
    (_("Connectors"), (_F.CONNECTORS_USE,)),
    (_("Projects"), (_F.PROJECTS_USE, _F.PROJECTS_SHARE)),
    (
        _("Conversations"),
        (_F.HISTORY, _F.TEMPORARY_CHATS, _F.LINK_SHARING, _F.MEMORY_USE),
    ),
    (
        _("Models and tools"),
        (_F.MODELS, _F.FILE_UPLOAD, _F.WEB_SEARCH, _F.CODE_EXECUTION),
    ),
)
WORDS: dict[str, str | Promise] = {
    OFF: _("Off"),
    ON: _("On"),
    "none": _("None"),
    "invite_only": _("Invited people"),
    "workspace_with_link": _("Workspace, with the link"),
    "workspace": _("Workspace"),
    "anyone_with_link": _("Anyone with the link"),
    "gpt_store": _("The GPT store"),
    "approved": _("Approved only"),
    "all": _("All"),
}

# What a member who has a seat for code alone can use at all.
_SEATS: dict[SeatType, frozenset[Feature]] = {
    SeatType.CHAT: frozenset(Feature),
    SeatType.CODE: frozenset({_F.CODE_EXECUTION, _F.MODELS}),
}
_WITHOUT_CHAT = frozenset({_F.MODELS, _F.FILE_UPLOAD, _F.WEB_SEARCH, _F.CODE_EXECUTION})
# Closed until an owner opens it, where admins govern.
_CLOSED_AT_FIRST = frozenset({_F.LINK_SHARING})
_FIRST_LEVEL = {_F.GPTS_SHARE: "workspace", _F.GPTS_THIRD_PARTY: "approved"}


def kind_of(feature: Feature) -> Kind:
    """How the values of `feature` compare."""
    if feature is Feature.MODELS:
        return Kind.SET
    return Kind.LEVEL if feature in _LEVELS else Kind.SWITCH


def levels_of(feature: Feature) -> tuple[str, ...]:
    """The words that a switch or a level may be, from the least to the most."""
    return _LEVELS.get(feature, SWITCH)


def nothing_of(feature: Feature) -> Value:
    """The value under which a member has nothing of `feature`."""
    if kind_of(feature) is Kind.SET:
        return frozenset()
    return levels_of(feature)[0]


def on_plan(plan: str) -> frozenset[Feature]:
    """The features that a workspace on `plan` can have at all."""
    promised = of(plan)
    found = frozenset(Feature) if promised.has_chat else _WITHOUT_CHAT
    if not promised.has_connectors:
        found -= {_F.CONNECTORS_USE, _F.GPTS_CONNECTORS}
    return found


def with_seat(seat: str) -> frozenset[Feature]:
    """The features that a seat gives at all."""
    return _SEATS[SeatType(seat)]


def default_of(feature: Feature, *, plan: str) -> Value:
    """What a workspace on `plan` begins with."""
    if feature not in on_plan(plan):
        return nothing_of(feature)
    if feature is _F.MODELS:
        return frozenset({ALL})
    if feature in _FIRST_LEVEL:
        return _FIRST_LEVEL[feature]
    if feature in (_F.CONNECTORS_USE, _F.GPTS_CONNECTORS):
        return ON if of(plan).connectors_on_by_default else OFF
    if feature in _CLOSED_AT_FIRST:
        return ON if Plan(plan) is Plan.TEAM else OFF
    return ON
