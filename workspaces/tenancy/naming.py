"""Which slugs and names a tenant may bear, with a sentence for what it may not."""

import re
import unicodedata

from django.utils.translation import gettext as _

from kit.refusals import Refused

SLUG_LENGTH = 63
NAME_LENGTH = 200

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
# Controls, surrogates, private and unassigned characters, line separators.
_UNPRINTABLE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
# They reorder what stands around them: a name could show another one's.
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e") | {
    "\u2066",
    "\u2067",
    "\u2068",
    "\u2069",
}


class BadSlug(Refused):
    """A slug that cannot stand in a URL."""

    status = 422


class SlugIsTaken(Refused):
    """Another organization has a workspace of that slug."""


class BadName(Refused):
    """A name that cannot stand on a page."""

    status = 422


def slug(text: str) -> str:
    """`text` if it can be a slug; it is never changed, since URLs depend on it."""
    if len(text) > SLUG_LENGTH:
        raise BadSlug(
            _("A slug has at most %(most)d characters, this one has %(now)d.")
            % {"most": SLUG_LENGTH, "now": len(text)}
        )
    if not _SLUG.fullmatch(text):
        raise BadSlug(
            _(
                "“%s” cannot be a slug: use a to z, 0 to 9 and hyphens between them, "
                "for example halden-engineering."
            )
            % printable(text)
        )
    return text


def name(text: str) -> str:
    """`text` without spaces around it, composed, if it can be a name."""
    clean = unicodedata.normalize("NFC", text).strip()
    if not clean:
        raise BadName(_("A name needs at least one character."))
    if len(clean) > NAME_LENGTH:
        raise BadName(
            _("A name has at most %(most)d characters, this one has %(now)d.")
            % {"most": NAME_LENGTH, "now": len(clean)}
        )
    if printable(clean) != clean:
        raise BadName(
            _("“%s” cannot be a name: it contains characters that cannot be seen.")
            % printable(clean)
        )
    return clean


def printable(text: str) -> str:
    """`text` with every invisible or reordering character replaced, shortened."""
    shown = "".join("\ufffd" if _is_hidden(one) else one for one in text)
    return shown if len(shown) <= NAME_LENGTH else f"{shown[:NAME_LENGTH]}…"


def is_visible(character: str) -> bool:
    """Whether a character can stand in a name."""
    return not _is_hidden(character)


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _UNPRINTABLE or character in _REORDERING
