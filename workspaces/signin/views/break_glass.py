"""Emergency sign-in, and setting it up with the code that was mailed."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from kit import clock, guard
from kit.http.limited import limited
from workspaces.signin import second_step, throttles
from workspaces.signin.forms import BreakGlassForm, SetUpCodeForm, SetUpForm
from workspaces.signin.models import Method
from workspaces.signin.services import break_glass
from workspaces.signin.views.arriving import arrive

_POST = frozenset({"POST"})


@guard.public
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@limited(throttles.BREAK_GLASS, methods=_POST)
def enter(request: Any) -> HttpResponse:
    """Address, password and second step at once; one answer to whatever is wrong."""
    form = BreakGlassForm(request.POST or None)
    if form.is_bound and form.is_valid():
        at = clock.now()
        asked = form.cleaned_data
        try:
            user = break_glass.enter(
                address=asked["email"],
                password=asked["password"],
                code=asked["code"],
                ip=request.META.get("REMOTE_ADDR", ""),
                at=at,
            )
        except break_glass.CannotEnter as refusal:
            form.add_error(None, str(refusal))
        else:
            return arrive(request, user, Method.BREAK_GLASS, next_path="", at=at)
    status = 422 if form.errors else 200
    name = "workspaces/signin/break_glass.html"
    return render(request, name, {"form": form}, status=status)


@guard.public
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@limited(throttles.BREAK_GLASS, methods=_POST)
def set_up(request: Any) -> HttpResponse:
    """First the mailed code, then password and authenticator app on one page."""
    if request.POST.get("app_secret"):
        return _finish(request)
    form = SetUpCodeForm(request.POST or None)
    if form.is_bound and form.is_valid():
        asked = form.cleaned_data
        try:
            secret = break_glass.app_secret_for(
                address=asked["email"], code=asked["code"], at=clock.now()
            )
        except break_glass.WrongSetUpCode as wrong:
            form.add_error(None, str(wrong))
        else:
            return _second_page(
                request, SetUpForm(initial={**asked, "app_secret": secret})
            )
    status = 422 if form.errors else 200
    name = "workspaces/signin/break_glass_code.html"
    return render(request, name, {"form": form}, status=status)


def _finish(request: Any) -> HttpResponse:
    form = SetUpForm(request.POST)
    if form.is_valid():
        asked = form.cleaned_data
        chosen = break_glass.SetUp(
            address=asked["email"],
            code=asked["code"],
            password=asked["password"],
            app_secret=asked["app_secret"],
            app_code=asked["app_code"],
        )
        ip = request.META.get("REMOTE_ADDR", "")
        try:
            spare = break_glass.set_up(chosen=chosen, ip=ip, at=clock.now())
        except break_glass.WeakPassword as weak:
            form.add_error("password", str(weak))
        except break_glass.WrongAppCode as wrong:
            form.add_error("app_code", str(wrong))
        except break_glass.WrongSetUpCode as wrong:
            form.add_error(None, str(wrong))
        else:
            name = "workspaces/signin/break_glass_done.html"
            return render(request, name, {"spare": spare})
    return _second_page(request, form, status=422)


def _second_page(request: Any, form: SetUpForm, *, status: int = 200) -> HttpResponse:
    secret, email = str(form["app_secret"].value()), str(form["email"].value())
    is_whole = second_step.is_secret(secret)
    address = second_step.address_of(secret=secret, email=email) if is_whole else ""
    context = {
        "form": form,
        "address": address,
        "picture": second_step.picture_of(address) if address else "",
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
    }
    name = "workspaces/signin/break_glass_set_up.html"
    return render(request, name, context, status=status)
