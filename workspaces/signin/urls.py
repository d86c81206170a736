"""URLs of sign-in; allauth's own are not mounted anywhere."""

from django.urls import path

from workspaces.signin.views import landing, protocol

_SAML = "accounts/saml/<slug:connection>"

urlpatterns = [
    path("", landing.sign_in, name="sign-in"),
    path("sign-out/", landing.sign_out, name="sign-out"),
    path(f"{_SAML}/login/", protocol.login, name="saml-login"),
    path(f"{_SAML}/acs/", protocol.acs, name="saml-acs"),
    path(f"{_SAML}/finish/", protocol.finish, name="saml-finish"),
    path(f"{_SAML}/metadata/", protocol.sp_metadata, name="saml-metadata"),
    path(f"{_SAML}/sls/", protocol.sls, name="saml-sls"),
]
