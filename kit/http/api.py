"""The HTTP API of the product: one description, problem details, a mark on every view.

Slices register their routers by dotted name in config/api.py. An operation without
something that authenticates it is refused at start-up: nothing here is open by
accident. Cookies are never looked at.
"""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from kit import guard
from kit.http import problem
from kit.http.limited import limited
from kit.limits import Limit

DOCS = "api/docs"
DESCRIPTION = "api/openapi.json"
READERS = Limit(name="api-description", most=60, every_seconds=1, when_down=True)


class OperationIsOpen(Exception):
    """An operation of the API names nothing that authenticates its caller."""


class Api(NinjaAPI):
    """All operations, mounted at the root of the site under the paths they name."""

    def __init__(self, *, title: str, version: str, routers: dict[str, str]) -> None:
        super().__init__(
            title=title,
            version=version,
            openapi_url=None,
            docs_url=None,
            urls_namespace="api",
        )
        for prefix, router in routers.items():
            self.add_router(prefix, router)
        self.add_exception_handler(ValidationError, _invalid)
        self.add_exception_handler(HttpError, _http_error)
        self.add_exception_handler(Http404, _not_found)
        self.add_exception_handler(Exception, _problem)

    def get_root_path(self, path_params: dict[str, Any]) -> str:  # noqa: ARG002
        """Operations name whole paths."""
        return "/"

    def described(self) -> dict[str, Any]:
        """The OpenAPI description."""
        return dict(self.get_openapi_schema())

    def _get_urls(self) -> list[Any]:
        @limited(READERS)
        def description(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
            return JsonResponse(self.described())

        @limited(READERS)
        def docs(request: HttpRequest) -> HttpResponse:
            context = {
                "operations": list(_operations(self.described())),
                "description_url": f"/{DESCRIPTION}",
            }
            return render(request, "api/docs.html", context)

        return [
            path(DESCRIPTION, guard.public(require_safe(description)), name="openapi"),
            path(DOCS, guard.public(require_safe(docs)), name="docs"),
            *self._marked(),
        ]

    def _marked(self) -> Iterator[URLPattern]:
        for bound in self._get_bound_routers():
            for view in bound.path_operations.values():
                for operation in view.operations:
                    if not operation.auth_callbacks:
                        raise OperationIsOpen(operation.path)
            for pattern in bound.urls_paths(bound.prefix):
                guard.keyed(pattern.callback)
                yield pattern


def _problem(request: Any, error: Any) -> HttpResponse:
    request.refusal = error  # the middleware records what somebody known was refused
    answer = problem.of(error)
    if answer is None:
        raise error
    for name, value in getattr(error, "headers", {}).items():
        answer[name] = value
    return answer


def _http_error(request: HttpRequest, error: Any) -> HttpResponse:  # noqa: ARG001
    """What the framework itself refuses, such as a body that is no JSON."""
    return problem.response(status=error.status_code, detail=str(error))


def _not_found(request: HttpRequest, error: Any) -> HttpResponse:  # noqa: ARG001
    return problem.response(status=404, detail=_("There is nothing at this address."))


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:  # noqa: ARG001
    """Names the places and what is wrong there; never what was sent."""
    flaws = [
        {"place": ".".join(map(str, one["loc"])), "flaw": str(one["msg"])}
        for one in error.errors
    ]
    return problem.response(
        status=422,
        detail=_("Some values cannot be used; “errors” names them."),
        extensions={"errors": flaws},
    )


def _operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for place, methods in sorted(schema["paths"].items()):
        for method, one in methods.items():
            yield {
                "method": method.upper(),
                "path": place,
                "summary": one.get("summary", ""),
                "text": one.get("description", ""),
                "parameters": [
                    {"name": parameter["name"], "place": parameter["in"]}
                    for parameter in one.get("parameters", ())
                ],
            }
