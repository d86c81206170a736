"""Reads JSON value by value through a window that cannot outgrow its limits.

Python's own scanner does the parsing, so that texts come back exactly as they were:
streaming parsers replace lone surrogates and round numbers. A value that breaks off at
the window's edge is scanned again in a doubled window, which costs one more pass.
"""

import codecs
import json
import math
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

from django.utils.translation import gettext as _

from workspaces.content.formats.flaws import Flaw
from workspaces.content.formats.limits import Limits

_FIRST_READ = 256 * 1024
_SPACE = re.compile(r"[ \t\r\n]*")
_LONGEST_CUT_TOKEN = 16
_CUT_STRING = "Unterminated string"
_NUL_ESCAPE = "\\u0000"


class JsonText:
    """A JSON text of any length; one value at a time is in memory."""

    def __init__(self, raw: BinaryIO, *, limits: Limits) -> None:
        self._raw = raw
        self._limits = limits
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._dropped = 0
        self._has_ended = False

    def peek(self) -> str:
        """The next character that is no space, or nothing at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._grow():
                return ""

    def elements(self) -> Iterator[Any]:
        """The values of the array that begins here."""
        for _index in self._items("[", "]"):
            yield self.value()

    def names(self) -> Iterator[str]:
        """The keys of the object that begins here; read each value before the next."""
        for _index in self._items("{", "}"):
            key = self.value()
            if not isinstance(key, str):
                raise self._broken()
            self._take(":")
            yield key

    def value(self) -> Any:
        """The whole value that begins here."""
        self.peek()
        while True:
            try:
                value, end = parse(self._text, self._at, limits=self._limits)
            except json.JSONDecodeError as error:
                flaw = self._flaw(error)  # before the window moves on
                if not self._may_go_on(error) or not self._grow():
                    raise flaw from None
                continue
            if end < len(self._text) or not self._grow():
                self._at = end
                return value

    def end(self) -> None:
        """Nothing but space may follow."""
        if self.peek():
            raise self._broken()

    def _items(self, first: str, last: str) -> Iterator[int]:
        self._take(first)
        if self.peek() != last:
            index = 0
            yield index
            while self.peek() == ",":
                self._at += 1
                index += 1
                yield index
        self._take(last)

    def _take(self, char: str) -> None:
        if self.peek() != char:
            raise self._broken()
        self._at += 1

    def _grow(self) -> bool:
        if self._has_ended:
            return False
        rest = len(self._text) - self._at
        if rest > self._limits.conversation_chars:
            raise too_long(self._limits)
        chunk = self._raw.read(max(_FIRST_READ, rest))
        try:
            more = self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            raise Flaw(_("the text is not UTF-8.")) from None
        self._text = self._text[self._at :] + more
        self._dropped += self._at
        self._at = 0
        self._has_ended = not chunk
        return not self._has_ended

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        """Whether the value may go on behind the window, rather than being wrong."""
        near_the_end = error.pos >= len(self._text) - _LONGEST_CUT_TOKEN
        return near_the_end or error.msg.startswith(_CUT_STRING)

    def _flaw(self, error: json.JSONDecodeError) -> Flaw:
        if error.pos >= len(self._text) or error.msg.startswith(_CUT_STRING):
            return Flaw(_("the JSON breaks off at its end."))
        return not_json(self._dropped + error.pos)

    def _broken(self) -> Flaw:
        if self._at >= len(self._text):
            return Flaw(_("the JSON breaks off at its end."))
        return not_json(self._dropped + self._at)


def parse(text: str, at: int, *, limits: Limits) -> tuple[Any, int]:
    """The value at `at` and where it ends, within the limits of depth and density."""
    _check_density(text, at, limits)
    try:
        value, end = _DECODER.raw_decode(text, at)
    except RecursionError:
        raise _too_deep(limits) from None
    except json.JSONDecodeError:
        raise
    except ValueError:
        raise Flaw(_("it holds a number of too many digits.")) from None
    length = end - at
    has_nul = text.find(_NUL_ESCAPE, at, end) >= 0
    _check(value, limits, check_strings=has_nul or length > limits.string_chars)
    return value, end


def not_json(at: int) -> Flaw:
    """The text is wrong at a place, counted from 0."""
    return Flaw(_("this is not JSON at character %(at)s.") % {"at": f"{at + 1:,}"})


def too_long(limits: Limits) -> Flaw:
    """One conversation, or one line, is larger than it may be."""
    return Flaw(
        _("one conversation is longer than %(n)s characters.")
        % {"n": f"{limits.conversation_chars:,}"}
    )


def _check_density(text: str, at: int, limits: Limits) -> None:
    """Before parsing: how many values the rest of the window could unfold to."""
    if len(text) - at <= limits.values:
        return
    if sum(text.count(mark, at) for mark in ",{[") > limits.values:
        raise Flaw(
            _("one conversation holds more than %(n)s values.")
            % {"n": f"{limits.values:,}"}
        )


def _check(value: Any, limits: Limits, *, check_strings: bool) -> None:
    """Depth and, where one can be wrong, the strings."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > limits.depth:
            raise _too_deep(limits)
        deeper: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is dict:
                deeper.extend(item.values())
                if check_strings:
                    deeper.extend(item)
            elif kind is list:
                deeper.extend(item)
            elif check_strings and kind is str:
                _check_string(item, limits)
        level = deeper


def _check_string(text: str, limits: Limits) -> None:
    if "\0" in text:
        raise Flaw(_("a text holds a NUL character."))
    if len(text) > limits.string_chars:
        raise Flaw(
            _("a text is longer than %(n)s characters.")
            % {"n": f"{limits.string_chars:,}"}
        )


def _too_deep(limits: Limits) -> Flaw:
    return Flaw(_("the JSON is nested deeper than %(n)s levels.") % {"n": limits.depth})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    item = dict(pairs)
    if len(item) != len(pairs):
        raise Flaw(_("an object names the same key twice."))
    return item


def _no_constant(name: str) -> NoReturn:
    raise Flaw(_("%(name)s is not a number in JSON.") % {"name": name})


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Flaw(_("it holds a number that is too large."))
    return number


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
)
