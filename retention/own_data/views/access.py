"""Which membership a page is about, and what opening it takes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse

from kit import scoping
from kit.actor import Actor
from kit.http import pages
from kit.refusals import Refused
from retention.conversations import selectors
from retention.conversations.selectors import UnknownConversation
from retention.eligibility import scopes
from retention.places import query
from retention.policies import selectors as policies
from workspaces.content.models import Conversation
from workspaces.members import acting
from workspaces.tenancy import plans
from workspaces.tenancy.plans import RetentionSetter
from workspaces.tenancy.selectors import Access

View = Callable[..., HttpResponse]


def with_refusals(view: View) -> View:
    """Outside a workspace nobody else turns a refusal into its page."""

    @wraps(view)
    def answered(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refused as refusal:
            return pages.refused(request, refusal)
        except UnknownConversation as unknown:
            raise Http404 from unknown

    return answered


def chosen(request: Any) -> Access:
    """The membership that the page is about: the one asked for, or the first."""
    slug = request.POST.get("in") or request.GET.get("in")
    accesses: list[Access] = request.accesses
    for access in accesses:
        if slug in (None, "", access.workspace.slug):
            return access
    raise Http404


def owned(request: Any, public_id: UUID) -> tuple[Access, Conversation]:
    """The conversation with the membership that owns it; else UnknownConversation."""
    for access in request.accesses:
        with scope_of(access):
            try:
                return access, selectors.conversation_of(
                    membership_id=access.membership_id, public_id=public_id
                )
            except UnknownConversation:
                continue
    raise UnknownConversation(public_id)


def scope_of(access: Access) -> AbstractContextManager[scoping.Scope]:
    """The scope of the membership's workspace."""
    return scoping.workspace(
        workspace_id=access.workspace.id,
        organization_id=access.workspace.organization.id,
    )


def actor_of(request: Any, access: Access) -> Actor:
    """The person as a member of that workspace."""
    return acting.in_workspace(
        user=request.user,
        access=access,
        ip=request.actor.ip,
        user_agent=request.actor.user_agent,
    )


def home(access: Access, **more: str) -> str:
    """The person's page about that workspace."""
    return reverse("retention:my-data") + query(**{"in": access.workspace.slug}, **more)


def members_decide(access: Access) -> bool:
    """Whether each member sets their own retention there."""
    setter = plans.of(access.workspace.plan).retention_setter
    return setter is RetentionSetter.MEMBER


def standing_of(access: Access, at: datetime) -> policies.Standing:
    """The policy that governs what the person owns."""
    own = members_decide(access)
    scope = scopes.member(access.membership_id) if own else scopes.WORKSPACE
    return policies.standing(workspace=access.workspace, at=at, scope=scope)


def undo_days_of(access: Access) -> int:
    """For how long what the person deletes can come back."""
    return plans.of(access.workspace.plan).default_undo_days


def address(name: str, row: Conversation) -> str:
    """A page about one conversation."""
    return reverse(f"retention:{name}", kwargs={"conversation": row.public_id})
