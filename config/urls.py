"""The URL map of the whole site; each app owns its own part."""

from django.conf import settings
from django.urls import include, path

from config.api import api

handler400 = "kit.http.pages.bad_request"
handler403 = "kit.http.pages.forbidden"
handler404 = "kit.http.pages.not_found"
handler500 = "kit.http.pages.failed"

urlpatterns = [
    path("operator/", include("workspaces.operators.urls")),
    path("", include("workspaces.urls")),
    path("", include("retention.urls")),
    path("", include("audit.urls")),
    path("", api.urls),
]

if settings.CUSTOS_DEMO or settings.DEBUG:
    # The catalogue of parts: for authors of pages, of no use to anyone else.
    urlpatterns.append(path("", include("kit.urls")))
