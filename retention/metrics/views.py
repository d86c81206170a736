"""Figures for a monitoring system, in the OpenMetrics text format; few lines by hand.

Strangers get 404. Whoever presents the operator's token also gets the figures of single
workspaces by name; without a token, programs on this machine get sums only.
"""

import hmac
from collections.abc import Iterable
from ipaddress import ip_address
from itertools import groupby

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kit import clock, guard
from kit.http.limited import limited
from kit.limits import Limit
from retention.metrics import selectors
from retention.metrics.selectors import Sample

TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
LIMIT = Limit(name="metrics", most=60, every_seconds=0.5, when_down=True)
# A proxy on this machine connects from here too: what it passes on is a stranger's.
_FORWARDED = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")


@guard.public
@never_cache
@require_safe
@limited(LIMIT)
def metrics(request: HttpRequest) -> HttpResponse:
    """Every gauge, or 404 for whoever may not know that they exist."""
    has_token = _has_token(request)
    if not has_token and (settings.CUSTOS_METRICS_TOKEN or not _is_local(request)):
        raise Http404
    found = selectors.samples(at=clock.now(), with_names=has_token)
    return HttpResponse(written(found), content_type=TYPE)


def written(samples: Iterable[Sample]) -> str:
    """The samples as OpenMetrics text; those of one gauge stand together."""
    lines: list[str] = []
    for name, group in groupby(samples, key=lambda sample: sample.name):
        members = list(group)
        lines += [f"# TYPE {name} gauge", f"# HELP {name} {members[0].help}"]
        lines += [f"{name}{_labels(one)} {one.value:g}" for one in members]
    return "\n".join([*lines, "# EOF", ""])


def _labels(sample: Sample) -> str:
    if not sample.labels:
        return ""
    # Names of queues and slugs: letters, digits and hyphens, nothing to escape.
    pairs = ",".join(f'{name}="{value}"' for name, value in sample.labels)
    return "{" + pairs + "}"


def _has_token(request: HttpRequest) -> bool:
    token = settings.CUSTOS_METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(token) and hmac.compare_digest(given.encode(), token.encode())


def _is_local(request: HttpRequest) -> bool:
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
