"""Reads what a page of the log is asked for, and says where that is no query."""

from dataclasses import dataclass
from typing import Any

from audit.explorer.forms import ADDS, AddForm, RangeForm
from audit.query import rules
from audit.query.rules import EVERYTHING, Query, QueryRefused


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The query; or the text that is none, with the refusal that says where."""

    text: str
    query: Query
    refusal: QueryRefused | None
    add: AddForm
    span: RangeForm
    is_changed: bool

    @property
    def good(self) -> str:
        """The text up to where it goes wrong."""
        return self.text[: self.refusal.position] if self.refusal else self.text

    @property
    def bad(self) -> str:
        """The text from where it goes wrong."""
        return self.text[self.refusal.position :] if self.refusal else ""


def of(parameters: Any) -> Asked:
    """What a query string asks; terms that a form adds are merged into the query."""
    text = parameters.get("q", "")
    is_adding = "value" in parameters
    has_span = "begin" in parameters or "end" in parameters
    add = AddForm(parameters if is_adding else None)
    span = RangeForm(parameters if has_span else None)
    refusal, query = None, EVERYTHING
    try:
        query = rules.parse(text)
    except QueryRefused as error:
        refusal = error
    query = _added(query, add)
    if has_span and span.is_valid():
        query = span.put_on(query)
    is_changed = any(name in parameters for name in ADDS) and not (
        refusal or add.errors or span.errors
    )
    return Asked(
        text=text if refusal else query.text,
        query=query,
        refusal=refusal,
        add=add,
        span=span,
        is_changed=is_changed,
    )


def _added(query: Query, add: AddForm) -> Query:
    if not (add.is_bound and add.is_valid()):
        return query
    try:
        return add.added_to(query)
    except QueryRefused as error:
        add.add_error("value", error.sentence)
        return query
