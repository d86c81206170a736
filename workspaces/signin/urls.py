"""URLs of sign-in; allauth's own are not mounted anywhere."""

from django.urls import path

from workspaces.signin.views import (
    accepting,
    arriving,
    break_glass,
    codes,
    connections,
    domains,
    landing,
    networks,
    owners,
    protocol,
    sessions,
    trials,
    wizard,
)

_SAML = "accounts/saml/<slug:connection>"
_O = "o/<slug:organization>"
_MEMBER = "w/<slug:workspace>/members/<uuid:member>/sessions"
_ONE = f"{_O}/sign-in/<uuid:saml>"

urlpatterns = [
    path("", landing.sign_in, name="sign-in"),
    path("sign-out/", landing.sign_out, name="sign-out"),
    path(f"{_SAML}/login/", protocol.login, name="saml-login"),
    path(f"{_SAML}/acs/", protocol.acs, name="saml-acs"),
    path(f"{_SAML}/finish/", protocol.finish, name="saml-finish"),
    path(f"{_SAML}/metadata/", protocol.sp_metadata, name="saml-metadata"),
    path(f"{_SAML}/sls/", protocol.sls, name="saml-sls"),
    path("invitation/accept/", accepting.invitation_accept, name="invitation-accept"),
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
    path(f"{_O}/domains/", domains.domains_list, name="domains"),
    path(
        f"{_O}/domains/<uuid:domain>/check/", domains.domain_check, name="domain-check"
    ),
    path(
        f"{_O}/domains/<uuid:domain>/release/",
        domains.domain_release,
        name="domain-release",
    ),
    path(f"{_O}/sign-in/", connections.sso, name="sso"),
    path(f"{_O}/sign-in/attempts/", connections.sso_attempts, name="sso-attempts"),
    path(f"{_O}/sign-in/answer/", connections.sso_answer, name="sso-answer"),
    path(f"{_O}/sign-in/workspaces/", trials.sso_workspace, name="sso-workspace"),
    path(f"{_O}/sign-in/new/", wizard.sso_begin, name="sso-begin"),
    path(f"{_ONE}/values/", wizard.sso_values, name="sso-values"),
    path(f"{_ONE}/provider/", wizard.sso_provider, name="sso-provider"),
    path(f"{_ONE}/metadata/", wizard.sso_metadata, name="sso-metadata"),
    path(f"{_ONE}/certificate/", wizard.sso_certificate, name="sso-certificate"),
    path(f"{_ONE}/key/", wizard.sso_key, name="sso-key"),
    path(f"{_ONE}/attributes/", wizard.sso_attributes, name="sso-attributes"),
    path(f"{_ONE}/members/", wizard.sso_provisioning, name="sso-provisioning"),
    path(f"{_ONE}/test/", trials.sso_test, name="sso-test"),
    path(f"{_ONE}/test/begin/", trials.sso_test_begin, name="sso-test-begin"),
    path(f"{_ONE}/activate/", trials.sso_activate, name="sso-activate"),
    path(f"{_ONE}/deactivate/", trials.sso_deactivate, name="sso-deactivate"),
    path(f"{_ONE}/discard/", trials.sso_discard, name="sso-discard"),
    path(f"{_ONE}/answers/", connections.sso_answers, name="sso-answers"),
]
