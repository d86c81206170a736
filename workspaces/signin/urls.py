"""URLs of sign-in; allauth's own are not mounted anywhere."""

from django.urls import path

from workspaces.signin.views import (
    arriving,
    break_glass,
    codes,
    landing,
    networks,
    owners,
    protocol,
    sessions,
)

_SAML = "accounts/saml/<slug:connection>"
_O = "o/<slug:organization>"
_MEMBER = "w/<slug:workspace>/members/<uuid:member>/sessions"

urlpatterns = [
    path("", landing.sign_in, name="sign-in"),
    path("sign-out/", landing.sign_out, name="sign-out"),
    path(f"{_SAML}/login/", protocol.login, name="saml-login"),
    path(f"{_SAML}/acs/", protocol.acs, name="saml-acs"),
    path(f"{_SAML}/finish/", protocol.finish, name="saml-finish"),
    path(f"{_SAML}/metadata/", protocol.sp_metadata, name="saml-metadata"),
    path(f"{_SAML}/sls/", protocol.sls, name="saml-sls"),
    path("code/", codes.code, name="code"),
    path("code/enter/", codes.code_enter, name="code-enter"),
    path("choose-organization/", arriving.choose, name="choose-organization"),
    path("break-glass/", break_glass.enter, name="break-glass"),
    path("break-glass/set-up/", break_glass.set_up, name="break-glass-set-up"),
    path(f"{_O}/break-glass/", owners.break_glass_owners, name="break-glass-owners"),
    path(
        f"{_O}/break-glass/<uuid:person>/",
        owners.break_glass_owner,
        name="break-glass-owner",
    ),
    path(f"{_O}/networks/", networks.networks, name="networks"),
    path("me/sessions/", sessions.my_sessions, name="my-sessions"),
    path("me/sessions/end/", sessions.my_sessions_end, name="my-sessions-end"),
    path(
        "me/sessions/<uuid:session>/end/",
        sessions.my_session_end,
        name="my-session-end",
    ),
    path(f"{_MEMBER}/", sessions.member_sessions, name="member-sessions"),
    path(f"{_MEMBER}/end/", sessions.member_sessions_end, name="member-sessions-end"),
    path(
        f"{_MEMBER}/<uuid:session>/end/",
        sessions.member_session_end,
        name="member-session-end",
    ),
]
