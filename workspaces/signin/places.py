"""Where the organization's pages of sign-in lie, and the crumbs that lead to them."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Label = str | Promise
SSO = (_("Single sign-on"), "workspaces:sso")


def link(request: Any, name: str, **names: Any) -> str:
    """The address of a page of this request's organization."""
    return reverse(name, kwargs={"organization": request.organization.slug, **names})


def crumbs(
    request: Any, label: Label, *, above: Sequence[tuple[Label, str]] = ()
) -> list[dict[str, Any]]:
    """The way to a page: the organization, `above` as (label, URL name), the page."""
    return [
        {"label": request.organization.name},
        *({"label": text, "url": link(request, name)} for text, name in above),
        {"label": label},
    ]
