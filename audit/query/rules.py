"""Reads and writes the query language of the log.

A query is a row of terms, and an entry fits when it fits them all:

    area:retention -outcome:success actor_kind:user,service at>=-7d

`key:a,b` is either of them, `-` turns a term around, `at` and `index` also take `>=`
and `<`, and a value with a space or a comma is quoted. docs/audit.md lists the keys.
"""

import re
from dataclasses import dataclass, replace
from typing import ClassVar

from django.utils.translation import gettext as _

from audit.query.vocabulary import KEYS, Key, is_day
from kit.refusals import Refused

LONGEST = 4_000
MOST_TERMS = 50
MOST_VALUES = 50

_HEAD = re.compile(r"(-?)([A-Za-z_]*)(>=|<=|:|<|>|=)?")
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_BARE = re.compile(r'[^\s,"]+')
_SPACE = re.compile(r"\s*")
_NEEDS_QUOTES = re.compile(r'[\s,"\\]')


class QueryRefused(Refused):
    """A text is no query; `position` is the character, from 0, where it goes wrong."""

    status: ClassVar[int] = 400
    code = "bad_query"

    def __init__(self, sentence: str, position: int) -> None:
        words = _("At character %(place)s of the query: %(sentence)s") % {
            "place": position + 1,
            "sentence": sentence,
        }
        super().__init__(words)
        self.sentence = sentence
        self.position = position


@dataclass(frozen=True, kw_only=True)
class Term:
    """One condition: `relation` is `:`, `>=` or `<`."""

    key: str
    values: tuple[str, ...]
    relation: str = ":"
    is_negated: bool = False

    @property
    def text(self) -> str:
        """The term as it is written."""
        values = ",".join(_written(value) for value in self.values)
        return f"{'-' if self.is_negated else ''}{self.key}{self.relation}{values}"


@dataclass(frozen=True, kw_only=True)
class Query:
    """Terms that an entry must all fit; without any, every entry fits."""

    terms: tuple[Term, ...] = ()

    @property
    def text(self) -> str:
        """The one text of this query; parsing it gives the same query."""
        return " ".join(term.text for term in self.terms)

    def without(self, *keys: str) -> "Query":
        """The query without its terms of these keys."""
        return Query(terms=tuple(one for one in self.terms if one.key not in keys))

    def dropping(self, term: Term) -> "Query":
        """The query without one term."""
        return Query(terms=tuple(one for one in self.terms if one != term))

    def having(self, *terms: Term) -> "Query":
        """The query with more terms."""
        fresh = [term for term in dict.fromkeys(terms) if term not in self.terms]
        return Query(terms=(*self.terms, *fresh))

    def chosen(self, key: str) -> tuple[str, ...]:
        """The values that a key is asked to have."""
        return next((one.values for one in self.terms if _is_plain(one, key)), ())

    def toggled(self, key: str, value: str) -> "Query":
        """The query with one more value of a key, or without it where it is asked."""
        old = next((one for one in self.terms if _is_plain(one, key)), None)
        if old is None:
            return self.having(Term(key=key, values=(value,)))
        if value not in old.values:
            values = (*old.values, value)
        else:
            values = tuple(one for one in old.values if one != value)
        changed = (replace(old, values=values),) if values else ()
        return Query(
            terms=tuple(
                one
                for term in self.terms
                for one in (changed if term is old else [term])
            )
        )


EVERYTHING = Query()


def parse(text: str) -> Query:
    """The query that a text says; QueryRefused names the place where it says none."""
    if len(text) > LONGEST:
        raise QueryRefused(
            _("a query has at most %s characters.") % LONGEST, position=LONGEST
        )
    terms: list[Term] = []
    position = _after_space(text, 0)
    while position < len(text):
        if len(terms) == MOST_TERMS:
            raise QueryRefused(
                _("a query has at most %s terms.") % MOST_TERMS, position
            )
        term, position = _term(text, position)
        terms.append(term)
        position = _after_space(text, position)
    return EVERYTHING.having(*terms)


def _term(text: str, start: int) -> tuple[Term, int]:
    head = _HEAD.match(text, start)
    minus, name, relation = head.groups() if head else ("", "", None)
    at = start + len(minus)
    if not name or not relation:
        word = text[start:].split(maxsplit=1)[0]
        raise QueryRefused(
            _("“%s” is no filter. Write key:value, as in area:retention.") % word[:40],
            start,
        )
    key = KEYS.get(name)
    if key is None:
        raise QueryRefused(
            _("there is no “%(name)s”. There are: %(known)s.")
            % {"name": name[:40], "known": ", ".join(KEYS)},
            at,
        )
    at += len(name)
    _demand_relation(key, relation, at)
    values, end = _values(text, at + len(relation), key=key, relation=relation)
    term = Term(key=name, values=values, relation=relation, is_negated=bool(minus))
    return term, end


def _demand_relation(key: Key, relation: str, at: int) -> None:
    known = (":", ">=", "<") if key.has_range else (":",)
    if relation not in known:
        raise QueryRefused(
            _("“%(key)s” is followed by %(known)s, not by “%(relation)s”.")
            % {"key": key.name, "known": " ".join(known), "relation": relation},
            at,
        )


def _values(
    text: str, start: int, *, key: Key, relation: str
) -> tuple[tuple[str, ...], int]:
    values: list[str] = []
    position = start
    while True:
        if len(values) == MOST_VALUES:
            raise QueryRefused(
                _("a key has at most %s values.") % MOST_VALUES, position
            )
        value, end = _value(text, position, key=key)
        if key.name == "at" and relation == ":" and not is_day(value):
            raise QueryRefused(
                _("“at:” takes a day. Use at>= and at< for times."), position
            )
        values.append(value)
        if not text.startswith(",", end):
            break
        position = end + 1
    if relation != ":" and len(values) > 1:
        raise QueryRefused(_("“%s” takes one value.") % relation, position)
    _demand_space(text, end)
    return tuple(dict.fromkeys(values)), end


def _value(text: str, start: int, *, key: Key) -> tuple[str, int]:
    quoted = text.startswith('"', start)
    found = (_QUOTED if quoted else _BARE).match(text, start)
    if found is None:
        sentence = (
            _("the quotation mark is never closed.") if quoted else _no_value(key)
        )
        raise QueryRefused(sentence, start)
    value = re.sub(r"\\(.)", r"\1", found[1]) if quoted else found[0]
    try:
        return key.check(value), found.end()
    except ValueError as error:
        raise QueryRefused(str(error), start) from None


def _no_value(key: Key) -> str:
    return _("a value of “%(key)s” is missing: %(takes)s.") % {
        "key": key.name,
        "takes": key.takes,
    }


def _demand_space(text: str, at: int) -> None:
    if at < len(text) and not text[at].isspace():
        raise QueryRefused(_("put a space between two terms."), at)


def _after_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start


def _is_plain(term: Term, key: str) -> bool:
    return term.key == key and term.relation == ":" and not term.is_negated


def _written(value: str) -> str:
    if not _NEEDS_QUOTES.search(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
