"""How far a GPT can be shared: the five levels, in their order, and no level at all."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NONE = "none"


class Visibility(StrEnum):
    """Who finds a GPT; each level reaches further than the one before.

    The value is stored; the Compliance API writes it with hyphens.
    """

    INVITE_ONLY = "invite_only"
    WORKSPACE_WITH_LINK = "workspace_with_link"
    WORKSPACE = "workspace"
    ANYONE_WITH_LINK = "anyone_with_link"
    GPT_STORE = "gpt_store"


ORDER: tuple[str, ...] = (NONE, *Visibility)
PUBLIC = frozenset({Visibility.ANYONE_WITH_LINK, Visibility.GPT_STORE})
# Whose names admins may see: somebody has shown them to all, or asks to.
SHOWN_TO_ALL = frozenset({Visibility.WORKSPACE, *PUBLIC})

LABELS: dict[str, str | Promise] = {
    NONE: _("Nobody else"),
    Visibility.INVITE_ONLY: _("Invited people and groups"),
    Visibility.WORKSPACE_WITH_LINK: _("Workspace, with the link"),
    Visibility.WORKSPACE: _("Workspace"),
    Visibility.ANYONE_WITH_LINK: _("Anyone with the link"),
    Visibility.GPT_STORE: _("Public store"),
}
# For where there is little room, such as below a bar.
SHORT: dict[str, str | Promise] = {
    Visibility.INVITE_ONLY: _("Invited"),
    Visibility.WORKSPACE_WITH_LINK: _("Link"),
    Visibility.WORKSPACE: _("All here"),
    Visibility.ANYONE_WITH_LINK: _("Outside"),
    Visibility.GPT_STORE: _("Store"),
}
EXPLAINED: dict[str, str | Promise] = {
    Visibility.INVITE_ONLY: _("Only you, and whom you name."),
    Visibility.WORKSPACE_WITH_LINK: _(
        "Every member who has the link; it is in no list."
    ),
    Visibility.WORKSPACE: _("Every member finds it in the list."),
    Visibility.ANYONE_WITH_LINK: _(
        "Also people outside, with the link. After a review."
    ),
    Visibility.GPT_STORE: _("Everybody finds it in the store. After a review."),
}


def rank(level: str) -> int:
    """The place of a level in the order; an unknown one is a ValueError."""
    return ORDER.index(level)


def lower_of(one: str, other: str) -> str:
    """The level that reaches less far."""
    return one if rank(one) <= rank(other) else other
