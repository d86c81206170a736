"""The operator's site at /operator/: tenants and plans, through the services only.

Django's own admin shows the forms; nothing is saved by it, deleted by it, or recorded
in its log. Content models are not registered, and the operator's scope would show
none of their rows.
"""
# ruff: noqa: ARG002 -- Django names these arguments.

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext_lazy as _

from kit import clock, guard, scoping
from kit.actor import Actor
from kit.http import pages
from kit.refusals import Refused
from workspaces.members import services as members
from workspaces.members import standing
from workspaces.members.models import Membership, User
from workspaces.operators import services as operators
from workspaces.tenancy import selectors
from workspaces.tenancy import services as tenancy
from workspaces.tenancy.models import (
    Organization,
    OrganizationAdministrator,
    Workspace,
)

# Writes that would go round the services, and links to objects by content type.
_LEFT_OUT = frozenset({"password_change", "password_change_done", "view_on_site"})


class OperatorSite(admin.AdminSite):
    """Django's admin for operators alone, in their scope."""

    site_header = _("Custos, operated")
    site_title = _("Custos, operated")
    index_title = _("Organizations and plans")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """An operator who came through this door: no tenant's provider opens it."""
        is_here = standing.is_for(request.session, organization_id=operators.SITE)
        return bool(is_here and request.user.is_active and request.user.is_staff)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002
        def in_scope(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            with scoping.operator():
                response = view(request, *args, **kwargs)
                return response.render() if hasattr(response, "render") else response

        return super().admin_view(in_scope, cacheable)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        urls = super().get_urls()
        return [url for url in urls if getattr(url, "name", "") not in _LEFT_OUT]

    @guard.public
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Password sign-in; it opens no tenant, whatever else the person is."""
        if request.method != "POST":
            shown: HttpResponse = super().login(request, extra_context)
            return shown
        return self._tried(request, extra_context)

    def _tried(
        self, request: HttpRequest, extra_context: dict[str, Any] | None
    ) -> HttpResponse:
        email = request.POST.get("username", "")
        ip, at = str(request.META.get("REMOTE_ADDR", "")), clock.now()
        try:
            operators.take_try(email=email, ip=ip)
        except operators.TooManyTries as refusal:
            operators.refuse(code="too-many-tries", ip=ip, at=at)
            return pages.refused(request, refusal)
        before = standing.held(request.session)  # signing in may empty the session
        response: HttpResponse = super().login(request, extra_context)
        # A refused form shows the page again, also to who is signed in elsewhere.
        if response.status_code == 302:
            actor, session = _actor(request), request.session
            operators.begin_session(
                actor=actor,
                session=session,
                before=before,
                email=email,
                ip=ip,
                at=at,
            )
        else:
            operators.refuse(code="password", ip=ip, at=at)
        return response

    @guard.public
    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        return super().logout(request, extra_context)


class _ThroughServices(admin.ModelAdmin):  # type: ignore[type-arg]
    """Nothing is deleted here, and our log is the only one."""

    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Left to the services, which record in the audit log."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Left to the services, which record in the audit log."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())


class _ReadOnly(_ThroughServices):
    """Shown, never changed."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OrganizationForm(forms.ModelForm):  # type: ignore[type-arg]
    """What founding an organization needs."""

    owner_email = forms.CharField(label=_("E-mail address of its owner"))


class OrganizationAdmin(_ThroughServices):
    """Organizations; founded here, then run by their owners."""

    list_display = ("name", "slug", "created_at")
    search_fields = ("slug", "name")
    ordering = ("name", "id")
    form = OrganizationForm
    fields = ("slug", "name", "owner_email")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("slug", "name", "public_id", "created_at") if obj else self.fields

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        made = members.create_organization(
            actor=_actor(request),
            slug=form.cleaned_data["slug"],
            name=form.cleaned_data["name"],
            owner_email=form.cleaned_data["owner_email"],
            at=clock.now(),
        )
        obj.pk = made.id


class WorkspaceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A workspace, and why its plan changes."""

    reason = forms.CharField(
        label=_("Reason, kept in the audit log"), required=False, max_length=500
    )


class WorkspaceAdmin(_ThroughServices):
    """Workspaces; their plan is changed here and nowhere else."""

    list_display = ("name", "slug", "plan", "organization", "created_at")
    list_filter = ("plan",)
    search_fields = ("slug", "name")
    ordering = ("name", "id")
    form = WorkspaceForm

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("organization", "slug", "name", "plan")
        return ("organization", "slug", "name", "plan", "reason")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("organization", "slug", "name") if obj else ()

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        if change:
            tenancy.change_plan(
                actor=_actor(request),
                workspace=selectors.workspace_by_slug(slug=obj.slug),
                plan=form.cleaned_data["plan"],
                at=clock.now(),
                reason=form.cleaned_data["reason"],
            )
            return
        made = members.create_workspace(
            actor=_actor(request),
            organization=selectors.organization_by_slug(
                slug=form.cleaned_data["organization"].slug
            ),
            slug=form.cleaned_data["slug"],
            name=form.cleaned_data["name"],
            plan=form.cleaned_data["plan"],
            at=clock.now(),
        )
        obj.pk = made.id


class MembershipAdmin(_ReadOnly):
    """Who is in which workspace."""

    list_display = ("email", "role", "status", "workspace", "created_at")
    list_filter = ("role", "status")
    ordering = ("email", "id")
    fields = ("email", "name", "role", "status", "workspace", "created_at")


class AdministratorAdmin(_ReadOnly):
    """Who runs which organization."""

    list_display = ("user_email", "role", "organization", "created_at")
    list_select_related = ("user", "organization")
    ordering = ("organization_id", "id")
    fields = ("user_email", "role", "organization", "created_at")

    @admin.display(description=_("Address"))
    def user_email(self, row: OrganizationAdministrator) -> str:
        return row.user.email


class UserAdmin(_ReadOnly):
    """People who can sign in, and operators."""

    list_display = ("email", "name", "is_active", "is_operator", "created_at")
    list_filter = ("is_operator", "is_active")
    ordering = ("email", "id")
    fields = ("email", "name", "is_active", "is_operator", "created_at", "last_login")


def _actor(request: Any) -> Actor:
    return Actor.operator(request.user.email)


site = OperatorSite()
site.register(Organization, OrganizationAdmin)
site.register(Workspace, WorkspaceAdmin)
site.register(Membership, MembershipAdmin)
site.register(OrganizationAdministrator, AdministratorAdmin)
site.register(User, UserAdmin)
