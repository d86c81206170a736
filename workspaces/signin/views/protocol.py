"""The addresses of SAML: metadata, the way out, the way back, and its last step.

The answer arrives by a cross-site post, which carries no session cookie. So it is
verified without one, and a redirect to the last step, which does carry the session,
proves that this browser asked for it.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_safe,
)

from kit import clock, guard, scoping
from kit.http.limited import limited
from workspaces.members import addresses, standing
from workspaces.members.models import User
from workspaces.members.standing import Held
from workspaces.signin import (
    logout_messages,
    messages,
    metadata,
    redirects,
    selectors,
    throttles,
    tickets,
)
from workspaces.signin.adapters import ConnectionProvider, app_of
from workspaces.signin.assertions import VerifiedAssertion
from workspaces.signin.messages import Posted
from workspaces.signin.models import ConnectionState, Method
from workspaces.signin.reasons import Audience, Reason, SignInRefused
from workspaces.signin.redirects import Query
from workspaces.signin.responses import DRIFT
from workspaces.signin.selectors import ConnectionRef
from workspaces.signin.services import (
    acceptance,
    attempts,
    departures,
    entrance,
    logouts,
    sessions,
    trials,
)
from workspaces.signin.views.landing import SESSION_NAMED
from workspaces.signin.views.paths import login_url, safe_path
from workspaces.signin.views.trials import where_after_a_test

SESSION_CONNECTION = "custos_connection"
TICKET_COOKIE = "custos_sign_in"
# A browser that only came to sign in needs no session longer than its request lives.
_WAITING_SECONDS = 600


@guard.public
@never_cache
@require_http_methods(["GET", "POST"])
@limited(throttles.LOGIN)
def login(request: HttpRequest, connection: str) -> HttpResponse:
    """Send the browser to the identity provider, with a request of its own.

    With `fresh` the person is to sign in there anew, and the answer must say so.
    """
    ref, at = _ref(connection), clock.now()
    is_fresh = "fresh" in request.GET or "fresh" in request.POST
    hint = request.POST.get("login_hint") or request.GET.get("login_hint") or ""
    next_path = safe_path(request.POST.get("next") or request.GET.get("next"))
    try:
        going = departures.depart(
            ref=ref, login_hint=_folded(hint), is_forced=is_fresh, at=at
        )
    except SignInRefused as refusal:
        return _refusal_page(request, ref, refusal)
    if not request.user.is_authenticated:
        request.session.set_expiry(_WAITING_SECONDS)
    _provider(request, ref).stash_redirect_state(
        request,
        AuthProcess.LOGIN,
        next_path,
        data={"fresh_since": at.isoformat()} if is_fresh else None,
        state_id=going.request_id,
    )
    return HttpResponseRedirect(going.url)


@guard.public
@never_cache
@csrf_exempt
@limited(throttles.ACS)
def acs(request: HttpRequest, connection: str) -> HttpResponse:
    """Receive the identity provider's answer; accepted, it goes on to `finish`.

    One that nobody asked for signs nobody in, where it is allowed at all: the browser
    is sent to ask for one of its own. One that answers a test only shows its checks.
    """
    ref, text = _ref(connection), ""
    try:
        if request.method != "POST":
            raise SignInRefused(Reason.WRONG_METHOD)
        posted = messages.read_post(request, "SAMLResponse")
        text = posted.text
        if trials.answered(ref=ref, text=text, at=clock.now()):
            return _see(where_after_a_test(ref))
        assertion = acceptance.accept(ref=ref, text=text, at=clock.now())
        if not assertion.request_id:
            return _see(login_url(ref.slug, next_path=safe_path(posted.relay_state)))
        token = tickets.keep(ref=ref, assertion=assertion)
    except SignInRefused as refusal:
        return _refusal_page(request, ref, refusal, text=text)
    path = reverse("workspaces:saml-finish", args=[ref.slug])
    response = _see(path)
    response.set_cookie(
        TICKET_COOKIE,
        token,
        max_age=tickets.LIFE_SECONDS,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@guard.public
@never_cache
@require_GET
@limited(throttles.FINISH)
def finish(request: HttpRequest, connection: str) -> HttpResponse:
    """Sign the person in, if this browser asked for the answer that it brings."""
    ref, at, assertion = _ref(connection), clock.now(), None
    before = standing.held(request.session)  # signing in empties the session
    try:
        token = request.COOKIES.get(TICKET_COOKIE, "")
        assertion = tickets.take(ref=ref, token=token)
        _demand_still_good(ref, assertion, at=at)
        next_path = _asked_here(request, ref, assertion)
        user = entrance.admit(
            ref=ref,
            assertion=assertion,
            ip=request.META.get("REMOTE_ADDR", ""),
            user_agent=request.headers.get("user-agent", "")[:400],
            at=at,
        )
        response = _signed_in(request, ref, assertion, user, next_path)
    except SignInRefused as refusal:
        response = _refusal_page(request, ref, refusal, assertion=assertion)
    else:
        attempts.note(
            ref=ref, reference=attempts.new_reference(), assertion=assertion, at=at
        )
        _begin_session(request, ref, assertion, user, before=before, at=at)
    response.delete_cookie(TICKET_COOKIE, path=request.path, samesite="Lax")
    return response


@guard.public
@require_safe
@limited(throttles.METADATA)
def sp_metadata(request: HttpRequest, connection: str) -> HttpResponse:  # noqa: ARG001
    """Our side of the connection, for the identity provider's administrator."""
    ref = _ref(connection)
    with scoping.organization(organization_id=ref.organization.id):
        row = selectors.connection(connection_id=ref.id)
        keys = selectors.published_keys(connection_id=ref.id)
    document = metadata.service_provider(
        selectors.service_provider(slug=ref.slug),
        certificates=[key.certificate for key in keys],
        signs_requests=row.wants_signed_requests,
        is_encryption_offered=row.publishes_encryption_key,
        name_id_format=row.name_id_format,
    )
    return HttpResponse(document, content_type="application/samlmetadata+xml")


@guard.public
@never_cache
@csrf_exempt
@limited(throttles.SLS)
def sls(request: HttpRequest, connection: str) -> HttpResponse:
    """Receive a sign-out message of the identity provider, with or without a cookie."""
    ref = _ref(connection)
    try:
        sent = _sent(request)
        url = logouts.receive(ref=ref, sent=sent, at=clock.now())
    except SignInRefused as refusal:
        return _refusal_page(request, ref, refusal, action=attempts.SIGN_OUT)
    return _see(url or reverse("workspaces:sign-in"))


def _sent(request: HttpRequest) -> Query | Posted:
    names = (logout_messages.REQUEST, logout_messages.RESPONSE)
    if request.method == "GET":
        return redirects.read(request.META.get("QUERY_STRING", ""), *names)
    if request.method == "POST":
        return messages.read_post(request, *names)
    raise SignInRefused(Reason.WRONG_METHOD)


def _see(path: str) -> HttpResponseRedirect:
    response = HttpResponseRedirect(path)
    response.status_code = 303
    return response


def _ref(slug: str) -> ConnectionRef:
    found = selectors.connection_by_slug(slug=slug)
    if found is None:
        raise Http404
    return found


def _provider(request: HttpRequest, ref: ConnectionRef) -> ConnectionProvider:
    return ConnectionProvider(request, app=app_of(slug=ref.slug, uuid=ref.public_id))


def _demand_still_good(
    ref: ConnectionRef, assertion: VerifiedAssertion, *, at: datetime
) -> None:
    """What was so when the answer was accepted may have ended since."""
    if ref.state is not ConnectionState.ACTIVE:
        raise SignInRefused(Reason.CONNECTION_OFF)
    if assertion.session_ends_at is not None and assertion.session_ends_at <= at:
        raise SignInRefused(Reason.EXPIRED)


def _asked_here(
    request: HttpRequest, ref: ConnectionRef, assertion: VerifiedAssertion
) -> str:
    """Use up the request that the answer names; its next path."""
    try:
        state = _provider(request, ref).unstash_redirect_state(
            request, assertion.request_id
        )
    except PermissionDenied:
        raise SignInRefused(Reason.OTHER_BROWSER) from None
    since = (state.get("data") or {}).get("fresh_since")
    if since and not assertion.is_since(datetime.fromisoformat(since) - DRIFT):
        raise SignInRefused(Reason.NOT_FRESH)
    return str(state.get("next") or "/")


def _signed_in(
    request: HttpRequest,
    ref: ConnectionRef,
    assertion: VerifiedAssertion,
    user: User,
    next_path: str,
) -> HttpResponse:
    social_login: Any = _provider(request, ref).sociallogin_from_response(
        request, assertion
    )
    social_login.state = {"process": AuthProcess.LOGIN, "next": next_path}
    response: HttpResponse = complete_social_login(request, social_login)
    if request.user != user:  # allauth wants another step, or means someone else
        raise SignInRefused(Reason.UNAVAILABLE)
    return response


def _begin_session(
    request: HttpRequest,
    ref: ConnectionRef,
    assertion: VerifiedAssertion,
    user: User,
    *,
    before: Held | None,
    at: datetime,
) -> None:
    """Tie the fresh session to one organization, one connection and one end."""
    sessions.begin(
        session=request.session,
        organization_id=ref.organization.id,
        user=user,
        method=Method.SAML,
        connection_id=ref.id,
        name_id=assertion.name_id,
        session_index=assertion.session_index,
        ends_at=assertion.session_ends_at,
        ip=request.META.get("REMOTE_ADDR", ""),
        user_agent=request.headers.get("user-agent", ""),
        before=before,
        at=at,
    )
    request.session[SESSION_CONNECTION] = str(ref.public_id)
    # Kept on the server only, for as long as the session: the name to sign out by.
    request.session[SESSION_NAMED] = {"slug": ref.slug} | asdict(assertion.named)


def _folded(hint: str) -> str:
    try:
        return addresses.fold(hint) if hint else ""
    except addresses.BadAddress:
        return ""


def _refusal_page(
    request: HttpRequest,
    ref: ConnectionRef,
    refusal: SignInRefused,
    *,
    action: str = attempts.SIGN_IN,
    text: str = "",
    assertion: VerifiedAssertion | None = None,
) -> HttpResponse:
    reference = attempts.refused(
        ref=ref,
        refusal=refusal,
        ip=request.META.get("REMOTE_ADDR", ""),
        text=text,
        assertion=assertion,
        at=clock.now(),
        action=action,
    )
    context = {
        "refusal": refusal,
        "is_sign_out": action == attempts.SIGN_OUT,
        "is_personal": refusal.explanation.audience is Audience.PERSON,
        "organization_name": ref.organization.name,
        "owners": _owners(ref) if refusal.reason is Reason.NOT_A_MEMBER else [],
        "facts": _facts(ref, refusal, reference),
        "again_url": login_url(ref.slug),
    }
    response = render(
        request,
        "workspaces/signin/refused.html",
        context,
        status=refusal.explanation.status,
    )
    if refusal.reason is Reason.WRONG_METHOD:
        response["Allow"] = "GET, POST" if action == attempts.SIGN_OUT else "POST"
    return response


def _owners(ref: ConnectionRef) -> list[str]:
    with scoping.organization(organization_id=ref.organization.id):
        return [owner.name or owner.email for owner in selectors.owners()]


def _facts(
    ref: ConnectionRef, refusal: SignInRefused, reference: str
) -> list[dict[str, object]]:
    """What an administrator needs to find the attempt and its cause."""
    values = (
        (_("Reference"), reference, True),
        (_("Reason"), refusal.reason.value, True),
        (_("Organization"), ref.organization.name, False),
        (_("Connection"), ref.slug, True),
        (_("Expected"), refusal.expected, True),
        (_("Received"), refusal.received, True),
    )
    return [
        {"name": name, "value": value, "is_mono": is_mono}
        for name, value, is_mono in values
        if value
    ]
