"""The words by which admins control a connector; their values are stored."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Access(StrEnum):
    """What an action does to the connected app."""

    READ = "read"
    WRITE = "write"


class ActionControl(StrEnum):
    """Which actions of a connector may be used."""

    ALL = "all"
    READ_ONLY = "read_only"
    CUSTOM = "custom"


class NewActions(StrEnum):
    """What happens to an action that appears after somebody chose."""

    ENABLE = "enable"
    READ_ONLY = "read_only"
    DISABLE = "disable"


class Ask(StrEnum):
    """When a front end asks the member before it uses an action."""

    ALWAYS = "always"
    CHANGES = "changes"
    IMPORTANT = "important"
    NEVER = "never"


class Risk(StrEnum):
    """How much harm a misuse could do, as an admin judged it."""

    UNRATED = "unrated"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Kind(StrEnum):
    """Where a connector comes from."""

    CATALOGUE = "catalogue"
    OAUTH = "oauth"
    MCP = "mcp"


class ClientAuth(StrEnum):
    """How our client proves itself to the connected app (RFC 8414 names)."""

    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    NONE = "none"


class Cause(StrEnum):
    """Why grants were cut."""

    RESTRICTED = "restricted"
    MEMBER_LEFT = "member_left"
    RIGHT_LOST = "right_lost"
    DELETED = "deleted"


class End(StrEnum):
    """Why a grant ended."""

    UNLINKED = "unlinked"
    CUT = "cut"
    REVOKED_AT_SOURCE = "revoked_at_source"
    EXPIRED = "expired"
    REFUSED = "refused"


Label = str | Promise
ACCESS_LABELS: dict[Access, Label] = {
    Access.READ: _("reads"),
    Access.WRITE: _("changes"),
}
ACTION_CONTROL_LABELS: dict[ActionControl, Label] = {
    ActionControl.ALL: _("All actions"),
    ActionControl.READ_ONLY: _("Actions that only read"),
    ActionControl.CUSTOM: _("Chosen actions"),
}
NEW_ACTION_LABELS: dict[NewActions, Label] = {
    NewActions.ENABLE: _("Enable all new actions"),
    NewActions.READ_ONLY: _("Enable new actions that only read"),
    NewActions.DISABLE: _("Disable new actions"),
}
ASK_LABELS: dict[Ask, Label] = {
    Ask.ALWAYS: _("Always ask"),
    Ask.CHANGES: _("Ask before any change"),
    Ask.IMPORTANT: _("Ask before important actions"),
    Ask.NEVER: _("Never ask"),
}
RISK_LABELS: dict[Risk, Label] = {
    Risk.UNRATED: _("Not rated"),
    Risk.LOW: _("Low"),
    Risk.MEDIUM: _("Medium"),
    Risk.HIGH: _("High"),
}
KIND_LABELS: dict[Kind, Label] = {
    Kind.CATALOGUE: _("From the catalogue"),
    Kind.OAUTH: _("Custom (OAuth)"),
    Kind.MCP: _("Custom (MCP)"),
}
CAUSE_LABELS: dict[Cause, Label] = {
    Cause.RESTRICTED: _("An admin restricted the connector"),
    Cause.MEMBER_LEFT: _("The member was suspended or removed"),
    Cause.RIGHT_LOST: _("Role, group, seat or feature no longer gives the connector"),
    Cause.DELETED: _("An admin deleted the connector"),
}
END_LABELS: dict[End, Label] = {
    End.UNLINKED: _("Unlinked by the member"),
    End.CUT: _("Cut by the workspace"),
    End.REVOKED_AT_SOURCE: _("Ended at the connected app"),
    End.EXPIRED: _("Ran out, with no way to renew it"),
    End.REFUSED: _("The account is of a domain that is not allowed"),
}
