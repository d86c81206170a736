"""Founds organizations and workspaces with their keys and their first people.

Keys are made first and commit on their own: a row never names a key that is not in
the vault. A key whose row failed stays behind unused; it opens nothing.
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext as _

from kit import scoping, vault
from kit.actor import Actor
from kit.permissions import Permission
from workspaces.members import addresses, selectors
from workspaces.members.services import membership, people
from workspaces.roles.matrix import Role
from workspaces.tenancy import naming
from workspaces.tenancy import selectors as tenants
from workspaces.tenancy import services as tenancy
from workspaces.tenancy.models import Organization
from workspaces.tenancy.selectors import OrganizationRef, UnknownTenant, WorkspaceRef


def create_organization(
    *, actor: Actor, slug: str, name: str, owner_email: str, at: datetime
) -> OrganizationRef:
    """Open a tenant with its owner; the one that bears the slug is returned as is."""
    actor.require(Permission.OPERATOR)
    slug, name = naming.slug(slug), naming.name(name)
    email = addresses.fold(owner_email)
    try:
        return tenants.organization_by_slug(slug=slug)
    except UnknownTenant:
        key = vault.make_keys(parent=None)[0]
    try:
        with scoping.operator():
            founded = tenancy.open_organization(
                actor=actor, slug=slug, name=name, key_id=key.id, at=at
            )
            owner = people.ensure_person(email=email, at=at)
            tenancy.appoint_owner(
                actor=actor,
                organization=founded,
                user_id=owner.pk,
                user_public_id=owner.public_id,
                email=owner.email,
                at=at,
            )
            return founded
    except IntegrityError:
        # Somebody else founded it in the meantime.
        return tenants.organization_by_slug(slug=slug)


def create_workspace(
    *,
    actor: Actor,
    organization: OrganizationRef,
    slug: str,
    name: str,
    plan: str,
    at: datetime,
) -> WorkspaceRef:
    """Open a workspace whose owners are the organization's; an existing one returns."""
    actor.require(Permission.ORGANIZATION_MANAGE)
    slug, name, chosen = naming.slug(slug), naming.name(name), tenancy.known_plan(plan)
    existing = _existing(slug, organization)
    if existing:
        return existing
    key = vault.make_keys(parent=_key_of(organization))[0]
    try:
        with scoping.organization(organization_id=organization.id):
            opened = tenancy.open_workspace(
                actor=actor,
                organization=organization,
                slug=slug,
                name=name,
                plan=chosen,
                key_id=key.id,
                at=at,
            )
            for owner in selectors.organization_owners():
                membership.let_in(
                    actor=actor,
                    workspace=opened,
                    person=owner,
                    role=Role.OWNER,
                    at=at,
                )
            return opened
    except IntegrityError:
        existing = _existing(slug, organization)
        if existing is None:
            raise
        return existing


def _existing(slug: str, organization: OrganizationRef) -> WorkspaceRef | None:
    try:
        found = tenants.workspace_by_slug(slug=slug)
    except UnknownTenant:
        return None
    if found.organization.id != organization.id:
        raise naming.SlugIsTaken(_("The slug “%s” is taken.") % slug)
    return found


def _key_of(organization: OrganizationRef) -> UUID:
    with scoping.organization(organization_id=organization.id):
        return Organization.objects.get(pk=organization.id).key_id
