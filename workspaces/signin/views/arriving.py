"""The last step of a way in without a provider: into which organization.

A session is for one organization. Somebody who belongs to several chooses; between the
two requests a signed cookie keeps who has proven what, for five minutes.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import auth
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kit import clock, guard
from kit.http.limited import limited
from workspaces.members import standing
from workspaces.members.models import User
from workspaces.signin import selectors, throttles
from workspaces.signin.models import Method
from workspaces.signin.services import arrivals, break_glass
from workspaces.signin.views.paths import safe_path
from workspaces.tenancy.selectors import OrganizationRef

CHOICE_COOKIE = "custos_choice"
_SALT = "custos.choice"
_LIFE = timedelta(minutes=5)
_BACKEND = "django.contrib.auth.backends.ModelBackend"


@guard.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limited(throttles.CHOOSE)
def choose(request: Any) -> HttpResponse:
    """The organizations of a person who has just proven who they are."""
    at = clock.now()
    proven = _proven(request, at)
    if proven is None:
        return redirect("workspaces:sign-in")
    user, method, next_path = proven
    found = _reached(user, method, at)
    slug = request.POST.get("organization", "")
    for one in found:
        if request.method == "POST" and one.slug == slug:
            response = _come_in(request, user, method, one, next_path, at)
            response.delete_cookie(CHOICE_COOKIE, path=request.path, samesite="Lax")
            return response
    context = {"organizations": found, "email": user.email}
    status = 422 if request.method == "POST" else 200
    return render(request, "workspaces/signin/choose.html", context, status=status)


def arrive(
    request: Any, user: User, method: Method, *, next_path: str, at: datetime
) -> HttpResponse:
    """Let the person into their organization, or let them choose one."""
    found = _reached(user, method, at)
    if len(found) == 1:
        return _come_in(request, user, method, found[0], next_path, at)
    path = reverse("workspaces:choose-organization")
    response = redirect(path)
    kept = {
        "user": str(user.public_id),
        "method": method.value,
        "next": next_path,
        "until": (at + _LIFE).timestamp(),
    }
    set_cookie(
        response,
        CHOICE_COOKIE,
        signing.dumps(kept, salt=_SALT),
        path=path,
        seconds=int(_LIFE.total_seconds()),
    )
    return response


def set_cookie(
    response: HttpResponse, name: str, value: str, *, path: str, seconds: int
) -> None:
    """A cookie that only its own pages and no script ever see."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _proven(request: Any, at: datetime) -> tuple[User, Method, str] | None:
    try:
        kept = signing.loads(request.COOKIES.get(CHOICE_COOKIE, ""), salt=_SALT)
    except signing.BadSignature:
        return None
    user = selectors.person(public_id=UUID(kept["user"]))
    if user is None or kept["until"] <= at.timestamp():
        return None
    return user, Method(kept["method"]), safe_path(kept["next"])


def _reached(user: User, method: Method, at: datetime) -> list[OrganizationRef]:
    if method is Method.BREAK_GLASS:
        return selectors.reached_by_break_glass(user_id=user.pk)
    return selectors.entered_by_code(user=user, address=user.email, at=at)


def _come_in(
    request: Any,
    user: User,
    method: Method,
    organization: OrganizationRef,
    next_path: str,
    at: datetime,
) -> HttpResponse:
    origin = {
        "ip": request.META.get("REMOTE_ADDR", ""),
        "user_agent": request.headers.get("user-agent", ""),
    }
    if method is Method.CODE:
        arrivals.welcome(organization=organization, user=user, at=at, **origin)
    before = standing.held(request.session)
    # Nothing of what this browser was before, and a session key that nobody knows.
    request.session.flush()
    auth.login(request, user, backend=_BACKEND)
    if method is Method.BREAK_GLASS:
        break_glass.come_in(
            session=request.session,
            organization=organization,
            user=user,
            before=before,
            at=at,
            **origin,
        )
    else:
        arrivals.arrive(
            session=request.session,
            organization=organization,
            user=user,
            method=method,
            before=before,
            at=at,
            **origin,
        )
    return redirect(next_path or "/")
