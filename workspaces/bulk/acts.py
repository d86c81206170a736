"""What can be done to many members at once, and why somebody is left out."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Act(StrEnum):
    """The acts; two of them need a value, two end what members hold."""

    ROLE = "role"
    SEAT = "seat"
    SUSPEND = "suspend"
    REACTIVATE = "reactivate"
    REMOVE = "remove"


ENDING = frozenset({Act.SUSPEND, Act.REMOVE})
ABOUT_STATUS = ENDING | {Act.REACTIVATE}


class Left(StrEnum):
    """Why a chosen member is left out."""

    GONE = "gone"
    SAME = "same"
    SCIM = "scim"
    ABOVE = "above"
    YOU = "you"
    LAST_OWNER = "last_owner"
    NO_SEAT = "no_seat"


LEFT_LABELS: dict[Left, str | Promise] = {
    Left.GONE: _("Removed before: they are no members any more."),
    Left.SAME: _("Nothing to change: they have it already."),
    Left.SCIM: _(
        "Kept by your identity provider: suspend, let back in or remove them there."
    ),
    Left.ABOVE: _("They may do more than you: an owner can."),
    Left.YOU: _("Yourself."),
    Left.LAST_OWNER: _("The last owner: a workspace always has one."),
    Left.NO_SEAT: _("No seat is free for them."),
}


@dataclass(frozen=True, kw_only=True)
class Order:
    """An act with its value: a role, a seat, or nothing."""

    act: Act
    value: str = ""
