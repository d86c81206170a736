"""The pages of a workspace's own life, and of its policy text."""

from django.urls import path

from workspaces.settings.views import acknowledging, opening, page

_W = "w/<slug:workspace>/settings"
_O = "o/<slug:organization>/workspaces"

urlpatterns = [
    path(f"{_W}/", page.settings_page, name="settings-page"),
    path(f"{_W}/rename/", page.settings_rename, name="settings-rename"),
    path(f"{_W}/text/", page.settings_text, name="settings-text"),
    path(f"{_O}/", opening.workspaces_list, name="workspaces-list"),
    path(f"{_O}/open/", opening.workspaces_open, name="workspaces-open"),
    path("me/policy-text/", acknowledging.my_policy_text, name="my-policy-text"),
]
