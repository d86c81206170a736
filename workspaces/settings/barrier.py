"""Puts the policy text before a workspace's pages, for who has not acknowledged it.

Asked at each request from what the membership itself says, without a query. Pages of
the person (`/me/`: their data, their sessions, this text) and signing out stay open.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from workspaces.tenancy.selectors import Access


def is_due(access: Access, *, at: datetime) -> bool:
    """Whether the member has a text to acknowledge before they go on."""
    return access.acknowledge_from is not None and access.acknowledge_from <= at


def of(
    request: Any, accesses: Sequence[Access], *, slug: str, at: datetime
) -> HttpResponse | None:
    """The way to the text, if it stands between the member and the workspace."""
    for access in accesses:
        if access.workspace.slug == slug and is_due(access, at=at):
            url = address(access, next_path=request.get_full_path())
            return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
    return None


def address(access: Access, *, next_path: str = "") -> str:
    """The page of the text, which leads on to where the person was going."""
    asked = {"in": access.workspace.slug}
    if next_path:
        asked["next"] = next_path
    return f"{reverse('workspaces:my-policy-text')}?{urlencode(asked)}"
