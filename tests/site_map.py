"""Every URL of the site with the view behind it, for the tests that try them all."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from kit.guard import Entry

# What stands in a URL for an object that does not exist.
_NOBODY = {"uuid": UUID(int=7), "uuidstr": UUID(int=7), "int": 7, "slug": "nothing"}


@dataclass(frozen=True, kw_only=True)
class Page:
    """One URL pattern."""

    name: str
    view: Any
    arguments: dict[str, Any]

    @property
    def entry(self) -> Entry | None:
        """The mark of its guard."""
        found: Entry | None = getattr(self.view, "custos_entry", None)
        return found

    def url(self, **known: object) -> str:
        """Its address, with nothing behind what is not `known`."""
        return reverse(self.name, kwargs={**self.arguments, **known})


def pages() -> list[Page]:
    """All pages but those of Django's admin, which has an entrance of its own."""
    return [page for page in _walk(get_resolver(), "") if "admin" not in page.name]


def _walk(resolver: URLResolver, namespace: str) -> Iterator[Page]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            names = [part for part in (namespace, one.namespace) if part]
            yield from _walk(one, ":".join(names))
        elif isinstance(one, URLPattern):
            yield Page(
                name=":".join(part for part in (namespace, one.name) if part),
                view=one.callback,
                arguments={
                    name: _nobody(converter)
                    for name, converter in one.pattern.converters.items()
                },
            )


def _nobody(converter: object) -> object:
    kind = type(converter).__name__.removesuffix("Converter").lower()
    return _NOBODY.get(kind, "nothing")
