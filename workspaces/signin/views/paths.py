"""Where a sign-in goes next: only ever to a path of this site."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

_NEXT_MAX = 500


def login_url(slug: str, *, email: str = "", next_path: str = "") -> str:
    """The address that starts a sign-in through a connection."""
    query = {"login_hint": email, "next": next_path}
    kept = urlencode({name: value for name, value in query.items() if value})
    url = reverse("workspaces:saml-login", args=[slug])
    return f"{url}?{kept}" if kept else url


def safe_path(path: str | None) -> str:
    """A path of this site, or nothing: never another host, never a scheme."""
    if not path or len(path) > _NEXT_MAX or not path.startswith("/"):
        return ""
    is_ours = url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours and path.isprintable() else ""
