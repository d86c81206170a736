"""The URL map of the whole site; each app owns its own part."""

from django.urls import include, path

urlpatterns = [
    path("", include("workspaces.urls")),
    path("", include("retention.urls")),
    path("", include("audit.urls")),
]
