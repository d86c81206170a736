"""Shows where two values part, down to the character."""

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One value in three parts: what both share, what differs, what both share."""

    head: str
    differs: str
    tail: str
    words: str = ""


def between(expected: str, received: str) -> tuple[Difference, Difference]:
    """Both values, each with the part that the other lacks."""
    head = _shared(expected, received)
    rest = min(len(expected), len(received)) - head
    tail = min(rest, _shared(expected[::-1], received[::-1]))
    return (
        _parts(expected, head, tail),
        _parts(received, head, tail, words=in_words(expected, received)),
    )


def in_words(expected: str, received: str) -> str:
    """What a person would call the difference, where it is a common one."""
    if not expected or expected == received:
        return ""
    if not received:
        return _("nothing was sent")
    if received == expected.removesuffix("/"):
        return _("slash missing")
    if received == f"{expected}/":
        return _("one slash too many")
    if received.strip() == expected:
        return _("spaces around it")
    if received.casefold() == expected.casefold():
        return _("capital letters differ")
    if received.removeprefix("http://") == expected.removeprefix("https://"):
        return _("http in place of https")
    return ""


def _shared(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next(
        (n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other))
    )


def _parts(text: str, head: int, tail: int, *, words: str = "") -> Difference:
    end = len(text) - tail
    return Difference(
        head=text[:head], differs=text[head:end], tail=text[end:], words=words
    )
