"""Which role the groups of a member add up to, and how long leaving one is known."""

from collections.abc import Collection
from unicodedata import normalize

# The strongest first; the first of those that a member's groups give is theirs.
STRENGTH = ("owner", "admin", "compliance_officer", "analytics_viewer", "member")

KEPT_DAYS = 60
"""How long it is known who left a group: longer than any grace or undo window."""


def fold(name: str) -> str:
    """The one spelling of a name that is compared: NFC, in small letters."""
    return normalize("NFC", normalize("NFC", name).lower())


def strongest(roles: Collection[str], *, may_own: bool) -> str:
    """The role that counts, or nothing; ownership only where that is allowed."""
    allowed = [role for role in roles if may_own or role != "owner"]
    return min(allowed, key=STRENGTH.index, default="")


def next_role(*, current: str, given: str, wanted: str) -> str:
    """What a member's role becomes when their groups give `wanted` (or nothing).

    `given` is what groups gave before. An owner whom somebody made owner by hand stays
    owner; a role that came from a group goes with it.
    """
    if current == "owner" and given != "owner":
        return current
    if wanted:
        return wanted
    return "member" if given and current == given else current
