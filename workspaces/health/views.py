"""Tells a load balancer whether to send people here; names nothing secret."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kit import clock, guard
from kit.http.limited import limited
from kit.limits import Limit
from workspaces.health import selectors

# It asks databases; a probe every second is far below.
READY = Limit(name="ready", most=60, every_seconds=0.5, when_down=True)


@guard.public
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """This process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@guard.public
@never_cache
@require_safe
@limited(READY)
def readyz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """What stands behind this process answers too."""
    found = selectors.checks(at=clock.now())
    is_ready = all(check.is_well for check in found if check.is_needed)
    body: dict[str, Any] = {
        "ready": is_ready,
        "checks": {check.name: "ok" if check.is_well else "late" for check in found}
        if is_ready
        else {check.name: "ok" if check.is_well else "failed" for check in found},
    }
    if says := [check.says for check in found if check.says]:
        body["says"] = says
    return JsonResponse(body, status=200 if is_ready else 503)
