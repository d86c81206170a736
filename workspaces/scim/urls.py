"""The provider's address, and the page of a workspace's admins."""

from django.urls import path

from workspaces.scim.views import endpoint, page

_BASE = "scim/v2/<uuid:workspace>"
_PAGE = "w/<slug:workspace>/scim"

urlpatterns = [
    path(_BASE, endpoint.endpoint, name="scim-base"),
    path(f"{_BASE}/", endpoint.endpoint, name="scim-root"),
    path(f"{_BASE}/<path:rest>", endpoint.endpoint, name="scim"),
    path(f"{_PAGE}/", page.scim, name="scim-page"),
    path(f"{_PAGE}/tokens/", page.token_issue, name="scim-token-issue"),
    path(
        f"{_PAGE}/tokens/<uuid:token>/rotate/",
        page.token_rotate,
        name="scim-token-rotate",
    ),
    path(
        f"{_PAGE}/tokens/<uuid:token>/revoke/",
        page.token_revoke,
        name="scim-token-revoke",
    ),
    path(f"{_PAGE}/test/", page.scim_test, name="scim-test"),
    path(f"{_PAGE}/retry/", page.scim_retry, name="scim-retry"),
    path(f"{_PAGE}/switches/", page.scim_switches, name="scim-switches"),
    path(f"{_PAGE}/roles/<uuid:group>/", page.scim_role, name="scim-role"),
]
