"""Tells programs where decisions are asked for."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from kit import guard
from kit.http.api import READERS
from kit.http.limited import limited

_ENDPOINTS = {
    "access_evaluation_endpoint": "api:evaluation",
    "access_evaluations_endpoint": "api:evaluations",
    "search_subject_endpoint": "api:search_subject",
    "search_resource_endpoint": "api:search_resource",
    "search_action_endpoint": "api:search_action",
}
_KEPT_SECONDS = 3600


@guard.public
@require_safe
@limited(READERS)
def authzen_configuration(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The metadata of this decision point, the same for everybody."""
    base = settings.CUSTOS_BASE_URL.rstrip("/")
    answer = JsonResponse(
        {
            "policy_decision_point": base,
            **{name: f"{base}{reverse(url)}" for name, url in _ENDPOINTS.items()},
        }
    )
    answer["Cache-Control"] = f"public, max-age={_KEPT_SECONDS}"
    return answer
