"""Signing in with a code by mail: ask for one, and enter it.

Both pages answer alike whoever the address belongs to. What is remembered between them
stands in a signed cookie: strangers' posts store nothing.
"""

import secrets
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kit import clock, guard, limits
from kit.evenly import evenly
from kit.http import limited
from kit.http.limited import limited as limit
from workspaces.signin import tasks, throttles
from workspaces.signin.forms import CodeForm, DiscoveryForm
from workspaces.signin.models import Method
from workspaces.signin.services import codes
from workspaces.signin.views.arriving import arrive, set_cookie
from workspaces.signin.views.paths import safe_path

CODE_COOKIE = "custos_code"
_SALT = "custos.code"
_SECONDS = int(codes.LIFE.total_seconds())
_PATH = "/"  # also the first page sends codes
# Writing a code takes longer than finding nobody; both take this long.
_LONGEST_ASK = 0.25


@guard.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit(throttles.CODE, methods=frozenset({"POST"}))
def code(request: Any) -> HttpResponse:
    """Ask for a code; every address gets the same answer."""
    next_path = safe_path(request.POST.get("next") or request.GET.get("next"))
    known = request.user.email if request.user.is_authenticated else ""
    form = DiscoveryForm(request.POST or None, initial={"email": known})
    if form.is_bound and form.is_valid():
        return send(request, form.cleaned_data["email"], next_path)
    status = 422 if form.errors else 200
    context = {"form": form, "next": next_path}
    return render(request, "workspaces/signin/code.html", context, status=status)


@guard.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@limit(throttles.CODE_ENTER, methods=frozenset({"POST"}))
def code_enter(request: Any) -> HttpResponse:
    """Enter the code that was mailed, in the browser that asked for it."""
    next_path = safe_path(request.POST.get("next") or request.GET.get("next"))
    asked = _asked(request)
    if asked is None:
        return redirect(
            f"{reverse('workspaces:code')}?{urlencode({'next': next_path})}"
        )
    address, browser = asked
    form = CodeForm(request.POST or None)
    if form.is_bound and form.is_valid():
        at = clock.now()
        try:
            user = codes.enter(
                address=address,
                browser=browser,
                code=form.cleaned_data["code"],
                at=at,
            )
        except codes.WrongCode as wrong:
            form.add_error("code", str(wrong))
        else:
            response = arrive(request, user, Method.CODE, next_path=next_path, at=at)
            response.delete_cookie(CODE_COOKIE, path=_PATH, samesite="Lax")
            return response
    context = {"form": form, "email": address, "next": next_path}
    status = 422 if form.errors else 200
    return render(request, "workspaces/signin/code_enter.html", context, status=status)


def send(request: Any, address: str, next_path: str) -> HttpResponse:
    """Send a code if there is anyone to send it to, and go on to where it is typed."""
    at = clock.now()
    ip = request.META.get("REMOTE_ADDR", "")
    here = f"{limits.asker_at(ip)} {address}"
    wait = limits.take(throttles.CODE_TO, asker=here, at=at) or limits.take(
        throttles.CODES_TO, asker=address, at=at
    )
    if wait:
        return limited.page(request, wait)
    asked = _asked(request)
    browser = asked[1] if asked and asked[0] == address else secrets.token_urlsafe(24)
    with evenly(_LONGEST_ASK):
        if codes.ask(address=address, browser=browser, ip=ip, at=at):
            tasks.ring()
    query = f"?{urlencode({'next': next_path})}" if next_path else ""
    response = redirect(f"{reverse('workspaces:code-enter')}{query}")
    kept = signing.dumps([address, browser], salt=_SALT)
    set_cookie(response, CODE_COOKIE, kept, path=_PATH, seconds=_SECONDS)
    return response


def _asked(request: Any) -> tuple[str, str] | None:
    try:
        address, browser = signing.loads(
            request.COOKIES.get(CODE_COOKIE, ""), salt=_SALT
        )
    except signing.BadSignature:
        return None
    return address, browser
