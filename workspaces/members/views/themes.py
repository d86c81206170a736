"""Light, dark or automatic, as a person chose."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from kit import guard
from workspaces.members import services


@guard.about_session
@require_POST
def theme(request: Any) -> HttpResponse:
    """Keep light, dark or automatic with the account, and come back."""
    services.choose_theme(user_id=request.user.pk, theme=request.POST.get("theme", ""))
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    path = request.POST.get("next", "")
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(
        path, allowed_hosts=None
    )
    return path if is_ours else "/"
